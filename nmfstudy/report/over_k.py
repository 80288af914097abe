"""Choosing k: what speaks for which number of components of a dataset."""

from nmfstudy.assess.choice_of_k import AGREED, advise, table_over_k
from nmfstudy.assess.component_trust import persistence
from nmfstudy.assess.residual_test import ORDERED
from nmfstudy.plots.problems import illustrate_choosing_k
from nmfstudy.report.page.files import plain_name
from nmfstudy.report.page.numbers import ABSENT, cell_text, label, number
from nmfstudy.report.page.page import Cell, Details, Facts, Paragraph, Section, Table
from nmfstudy.report.phrases import KINDS, coverage_text, distinct_text
from nmfstudy.report.words_on_k import advice_sentence, doubts, reasons
from nmfstudy.report.words_on_trust import (
    persistence_sentence,
    trusted_sentence,
)
from nmfstudy.study.evidence import evidence_of

MOST_DATASETS = 6
_NOT_LOOKED_AT = (
    "This folder does not hold what the data say of k. The command that fitted the study looks at "
    "them: give it again, which fits nothing that is finished."
)


def over_k_section(advised, files):
    """One part per dataset with several k of one loss and penalty; None without any."""
    parts = [_part(*one, files) for one in advised]
    if not parts:
        return None
    how = Paragraph(
        "The error falls with every component, so it cannot tell which k is right. Three looks at "
        "the data can. Hidden entries decide: a tenth of X is left out of the fit and predicted, "
        "six to twelve times, where what is missed counts by its precision; the smallest k within "
        "a standard error of the best is taken. More are taken where both others say so. Order "
        "left over: the largest singular value of X − W H, relative to the largest that its "
        "entries have with random signs (19 draws, after Hong, Sheng & Dobriban, 2020); above "
        f"{number(ORDERED)} is more than noise. Random halves: the component that agrees least "
        "with its counterpart in halves of the samples should have a congruence of "
        f"{number(AGREED)}. Whether the components of a k are determined is a question of its "
        "own, and stands apart."
    )
    parts.append(Section("over-k-how", "How k is chosen", (how,), folded=True))
    return Section("over-k", "Choosing the number of components", (), tuple(parts))


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
    list of (list of ProblemResult, Evidence, Advice)
        The last two are None where the folder does not hold what the data say of k.
    """
    found = []
    for results in groups(study)[:MOST_DATASETS]:
        evidence, advice = evidence_of(results), None
        if evidence is not None:
            carrier = results[0].dominance
            advice = advise([r.candidate for r in results], evidence, carrier)
        found.append((results, evidence, advice))
    return found


def chosen(results, advice):
    """The problem with the k advised, if there is one with components."""
    ks = {r.problem.n_components: r for r in results if r.trust.components}
    return ks.get(advice.n_components)


def question(results):
    """What the advice answers."""
    return f"How many components should be used for “{results_title(results)}”?"


def _id(results):
    return plain_name(f"over-k-{results_title(results)}")


def results_title(results):
    """Everything of a problem's title but k."""
    return ", ".join(p for p in results[0].title.split(", ") if not p.startswith("k = "))


def _part(results, evidence, advice, files):
    results = sorted(results, key=lambda r: r.problem.n_components)
    table = table_over_k([r.candidate for r in results], evidence)
    title = results_title(results)
    identifier = _id(results)
    numbers = f"{identifier}-table"
    blocks = _advice(results, advice, numbers)
    more = files.figures(illustrate_choosing_k, table, title)
    more.append(_numbers(results, table, files.file(f"over-k-{title}", table), numbers))
    more += _persistence(results)
    blocks.append(Details("What speaks for each k: figure and numbers", tuple(more)))
    return Section(identifier, title, tuple(blocks))


def _advice(results, advice, numbers):
    """The advice with its reasons, doubts and the trust in the components there."""
    links = (("Table of the numbers", numbers),)
    if advice is None:
        return [Paragraph(_NOT_LOOKED_AT, "note", links=links)]
    blocks = [
        Paragraph(advice_sentence(advice), "lead"),
        Paragraph(sentences(reasons(advice, results[0].dataset)), links=links),
    ]
    if sentence := doubts(advice):
        blocks.append(Paragraph(sentences(sentence), "caveat"))
    if (result := chosen(results, advice)) is not None:
        blocks.append(Paragraph(f"At k = {advice.n_components}: {trusted_sentence(result)}"))
    return blocks


def _numbers(results, table, file, identifier):
    """The file's table turned round: a column per k, which fits on a phone."""
    sentence = {"kind": _kind, "n_distinct": distinct_text, "coverage": coverage_text}
    by_k = {r.problem.n_components: r for r in results}
    ks = table.n_components.tolist()

    def text(name, row):
        result = by_k.get(row.n_components)
        if name in sentence:
            return sentence[name](result) if result else ABSENT
        return cell_text(name, getattr(row, name))

    names = [name for name in table.columns if name not in ("n_components", "within_one")]
    rows = tuple(
        (Cell(label(name)), *(Cell(text(name, row)) for row in table.itertuples()))
        for name in names
    )
    headers = ("", *(f"k = {k}" for k in ks))
    return Table(
        "The numbers for each k", headers, rows, (False,) + (True,) * len(ks), file, id=identifier
    )


def _kind(result):
    """In one word where there is one, for a narrow column."""
    known = result.known_optimum
    if result.dominance is not None:
        return ABSENT
    return KINDS[known][0] if known else result.assessed.kind


def sentences(clauses):
    """Clauses as sentences, each with a capital but for the symbol k."""
    starts = (c if c.startswith("k = ") else c[:1].upper() + c[1:] for c in clauses)
    return ". ".join(starts) + "."


def _persistence(results):
    counted = [r for r in results if len(r.solutions) and r.dominance is None]
    pairs = list(zip(counted, counted[1:], strict=False))
    kept = [persistence_sentence(persistence(a.solutions, b.solutions)) for a, b in pairs]
    if not kept:
        return []
    heads = [f"k = {a.problem.n_components} to {b.problem.n_components}" for a, b in pairs]
    parts = tuple(zip(heads, kept, strict=True))
    return [Paragraph("What becomes of the components of the best solution when k grows:"),
            Facts(parts)]  # fmt: skip
