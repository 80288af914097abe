"""Choosing k: what speaks for which number of components of a dataset."""

from dataclasses import asdict

import pandas as pd

from nmfstudy.components import persistence
from nmfstudy.plots.problems import illustrate_choosing_k
from nmfstudy.report.page import Facts, Paragraph, Section
from nmfstudy.report.shelf import plain_name
from nmfstudy.selection import advise

MOST_DATASETS = 6


def over_k_section(study, shelf):
    """One part per dataset with several k of one loss and penalty; None without any."""
    parts = []
    for results in groups(study)[:MOST_DATASETS]:
        parts.append(_part(results, shelf))
    if not parts:
        return None
    said = Paragraph(
        "The error falls with every component that is added, so it cannot tell which k is right. "
        "What can be asked is up to which k the count of solutions is settled and the components "
        "come back in all of them."
    )
    return Section("over-k", "Choosing the number of components", (said,), tuple(parts))


def groups(study):
    """Per dataset and loss, the problems of one penalty that differ in n_components only.

    Without a penalty if there are several such, else the penalty with the most.
    """
    found = {}
    for result in study:
        data = result.dataset.sha256, result.problem.loss
        of_k = found.setdefault(data, {}).setdefault(result.problem.penalty, {})
        of_k.setdefault(result.problem.n_components, result)
    chosen = []
    for of_penalty in found.values():
        several = [(p, list(of_k.values())) for p, of_k in of_penalty.items() if len(of_k) > 1]
        if several:
            best = max(several, key=lambda pair: (pair[0].is_zero, len(pair[1])))
            chosen.append(best[1])
    return chosen


def k_advice(study):
    """Question and advice on k of each dataset that was fitted with several.

    Returns
    -------
    list of (str, Advice)
    """
    return [
        (question(_title(results)), advise([r.candidate for r in results]))
        for results in groups(study)[:MOST_DATASETS]
    ]


def question(title):
    """What the advice answers."""
    return f"How many components should be used for “{title}”?"


def _title(results):
    """Everything of a problem's title but k."""
    return ", ".join(p for p in results[0].title.split(", ") if not p.startswith("k = "))


def _part(results, shelf):
    results = sorted(results, key=lambda r: r.problem.n_components)
    candidates = [r.candidate for r in results]
    table = pd.DataFrame([asdict(c) for c in candidates])
    title = _title(results)
    name = f"choosing-k-{title}"
    identifier = plain_name(f"over-k-{title}")
    advice = advise(candidates)
    numbers = f"{identifier}-table"
    blocks = [
        Paragraph(advice.sentence, "lead"),
        Paragraph(_sentences(advice.reasons), links=(("Table of the numbers", numbers),)),
        Paragraph(_sentences(advice.doubts), "caveat"),
    ]
    blocks += shelf.figures(illustrate_choosing_k, table, name, title)
    blocks.append(shelf.table(f"over-k-{title}", table, "The numbers for each k", id=numbers))
    blocks += _persistence(results)
    return Section(identifier, title, tuple(blocks))


def _sentences(clauses):
    """Clauses as sentences, each with a capital but for the symbol k."""
    starts = (c if c.startswith("k = ") else c[:1].upper() + c[1:] for c in clauses)
    return ". ".join(starts) + "."


def _persistence(results):
    counted = [r for r in results if len(r.solutions)]
    pairs = list(zip(counted, counted[1:], strict=False))
    sentences = [persistence(a.solutions, b.solutions).sentence for a, b in pairs]
    if not sentences:
        return []
    heads = [f"k = {a.problem.n_components} to {b.problem.n_components}" for a, b in pairs]
    told = tuple(zip(heads, sentences, strict=True))
    return [Paragraph("What becomes of the components of the best solution when k grows:"),
            Facts(told)]  # fmt: skip
