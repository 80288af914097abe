"""Choosing k: what speaks for which number of components of a dataset."""

from dataclasses import asdict, fields, replace

import pandas as pd

from nmfstudy.assess.choice_of_k import Candidate, advise
from nmfstudy.assess.component_trust import persistence
from nmfstudy.assess.residual_test import ORDERED
from nmfstudy.plots.problems import illustrate_choosing_k
from nmfstudy.report.dominance import REMEDY, dominance_clause
from nmfstudy.report.page.files import plain_name
from nmfstudy.report.page.numbers import ABSENT, cell_text, label, number
from nmfstudy.report.page.page import Cell, Facts, Paragraph, Section, Table
from nmfstudy.report.phrases import KINDS, coverage_text, distinct_text

MOST_DATASETS = 6


def over_k_section(advised, files):
    """One part per dataset with several k of one loss and penalty; None without any."""
    parts = [_part(results, advice, files) for results, advice in advised]
    if not parts:
        return None
    said = Paragraph(
        "The error falls with every component that is added, so it cannot tell which k is right. "
        "What can be asked is up to which k what is left over has more order than noise, the count "
        "of solutions is settled, and the components come back in all of them. Order is measured "
        "by the largest singular value of X − W H, relative to the largest that its entries have "
        "with random signs (19 draws, after Hong, Sheng & Dobriban, 2020): above "
        f"{number(ORDERED)} is more than noise. Order in few rows or columns may escape that, so a "
        "component that takes away more than half of what is left (of a small table, more) counts "
        "in any case."
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


def advised(study):
    """The advice on k for each dataset that was fitted with several.

    Returns
    -------
    list of (list of ProblemResult, Advice)
    """
    return [(results, _advice(results)) for results in groups(study)[:MOST_DATASETS]]


def _advice(results):
    dataset = results[0].dataset
    advice = advise([r.candidate for r in results], dataset.X)
    if advice.dominance is None:
        return advice
    clause = dominance_clause(advice.dominance, dataset)
    return replace(advice, reasons=(clause,), doubts=(REMEDY,))


def advice_rows(advised):
    """Question, answer and reason on k, and on the components at the k advised, as cells."""
    rows = []
    for results, advice in advised:
        asked = Cell(question(results), target=_id(results))
        rows.append((asked, Cell(advice.sentence), Cell(f"{_sentences(advice.reasons[:1])}")))
        result = _chosen(results, advice)
        if result is not None:
            asked = f"Which components of “{result.title}” can be trusted?"
            rows.append(
                (
                    Cell(asked, target=_id(results)),
                    Cell(_trusted(result.trust)),
                    Cell(result.trust.sentence),
                )
            )
    return rows


def _chosen(results, advice):
    """The problem with the k advised, if there is one with components."""
    ks = {r.problem.n_components: r for r in results if r.trust.components}
    return ks.get(advice.n_components)


def _trusted(trust):
    n = sum(c.trusted for c in trust.components)
    return "All of them." if n == len(trust.components) else f"{n} of {len(trust.components)}."


def question(results):
    """What the advice answers."""
    return f"How many components should be used for “{_title(results)}”?"


def _id(results):
    return plain_name(f"over-k-{_title(results)}")


def _title(results):
    """Everything of a problem's title but k."""
    return ", ".join(p for p in results[0].title.split(", ") if not p.startswith("k = "))


def _part(results, advice, files):
    results = sorted(results, key=lambda r: r.problem.n_components)
    candidates = [r.candidate for r in results]
    table = pd.DataFrame([asdict(c) for c in candidates])
    title = _title(results)
    name = f"choosing-k-{title}"
    identifier = _id(results)
    numbers = f"{identifier}-table"
    blocks = [
        Paragraph(advice.sentence, "lead"),
        Paragraph(_sentences(advice.reasons), links=(("Table of the numbers", numbers),)),
        *([Paragraph(_sentences(advice.doubts), "caveat")] if advice.doubts else []),
    ]
    if (result := _chosen(results, advice)) is not None:
        blocks.append(Paragraph(f"At k = {advice.n_components}: {result.trust.sentence}"))
    blocks += files.figures(illustrate_choosing_k, table, name, title)
    blocks.append(_numbers(results, files.file(f"over-k-{title}", table), numbers))
    blocks += _persistence(results)
    return Section(identifier, title, tuple(blocks))


def _numbers(results, file, identifier):
    """The file's table turned round: a column per k, which fits on a phone."""
    said = {"kind": _kind, "n_distinct": distinct_text, "coverage": coverage_text}
    names = [field.name for field in fields(Candidate) if field.name != "n_components"]
    rows = tuple(
        (
            Cell(label(name)),
            *(
                Cell(said[name](r) if name in said else cell_text(name, getattr(r.candidate, name)))
                for r in results
            ),
        )
        for name in names
    )
    headers = ("", *(f"k = {r.problem.n_components}" for r in results))
    numeric = (False,) + (True,) * len(results)
    return Table("The numbers for each k", headers, rows, numeric, file, id=identifier)


def _kind(result):
    """In one word where there is one, for a narrow column."""
    known = result.known_optimum
    if result.dominance is not None:
        return ABSENT
    return KINDS[known][0] if known else result.assessed.kind


def _sentences(clauses):
    """Clauses as sentences, each with a capital but for the symbol k."""
    starts = (c if c.startswith("k = ") else c[:1].upper() + c[1:] for c in clauses)
    return ". ".join(starts) + "."


def _persistence(results):
    counted = [r for r in results if len(r.solutions) and r.dominance is None]
    pairs = list(zip(counted, counted[1:], strict=False))
    sentences = [persistence(a.solutions, b.solutions).sentence for a, b in pairs]
    if not sentences:
        return []
    heads = [f"k = {a.problem.n_components} to {b.problem.n_components}" for a, b in pairs]
    told = tuple(zip(heads, sentences, strict=True))
    return [Paragraph("What becomes of the components of the best solution when k grows:"),
            Facts(told)]  # fmt: skip
