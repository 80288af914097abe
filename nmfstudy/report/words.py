"""The sentences of the report: what a row of the tables says in plain words."""

import math

from nmfstudy.report.numbers import count, number, percent
from nmfstudy.report.page import Cell

_KINDS = {
    "one": ("one solution", "good"),
    "several": ("several solutions", "caution"),
    "continuum": ("a continuum", "caution"),
    "unsettled": ("not settled", "quiet"),
}
_CERTIFICATES = {
    "unique": ("proved unique", "good"),
    "not_unique": ("proved not unique", "caution"),
    "partially_identifiable": ("some components proved", "caution"),
    "locally_unique": ("isolated, others may exist", "quiet"),
    "inconclusive": ("no proof either way", "quiet"),
    "degenerate": ("not a full factorization", "quiet"),
    "": ("not examined", "quiet"),
}


def section_id(key):
    """An identifier for HTML and Markdown from a problem's key."""
    return "problem-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in key)


def kind_cell(row):
    """The kind of a problem as a cell: ``3 solutions``."""
    text, tone = _KINDS.get(row["kind"], (row["kind"], ""))
    if row["kind"] == "several":
        text = count(row["n_distinct"], "solution")
    return Cell(text, tone)


def certificate_cell(status, contradiction=False):
    """A verdict's status as a cell."""
    if contradiction:
        return Cell("contradiction", "bad")
    text, tone = _CERTIFICATES.get(status, (str(status).replace("_", " "), ""))
    return Cell(text, tone)


def rank_text(best, near_optimal):
    """How good a minimum is, behind its number: `` (best)``."""
    return " (best)" if best else " (as good)" if near_optimal else " (worse)"


def distinct_text(row):
    """How many distinct solutions, honestly: a continuum has no number."""
    if not row["n_minima"]:
        return "none"
    return "∞" if row["kind"] == "continuum" else number(row["n_distinct"])


def result_sentences(row, result):
    """What was found for one problem: one sentence, and what stands behind it (may be empty)."""
    plateau = _plateau(row)
    if row["kind"] == "one":
        return f"One solution: {_reached(row, 'it')}{_worse(row)}.", plateau
    if row["kind"] == "several":
        hidden = "the other" if row["n_distinct"] == 2 else "the others"
        return (
            f"{number(row['n_distinct'])} different solutions fit equally well; a single fit shows "
            f"one of them and hides {hidden}.",
            f"{_objectives(row)} {plateau}".strip(),
        )
    if row["kind"] == "continuum":
        return (
            "A continuum of solutions: they fit equally well and one can be bent into another, so "
            "a single fit shows one choice among infinitely many.",
            _size(result),
        )
    return f"Not settled. {row['reason']}", ""


def _objectives(row):
    """How far apart the objectives of several solutions are."""
    if row["n_best"] == row["n_distinct"]:
        return "All of them have the lowest objective found."
    best = "one of them has" if row["n_best"] == 1 else f"{number(row['n_best'])} of them have"
    return (
        f"Their objectives are within {percent(row['objective_rtol'])} of the lowest one found, "
        f"which {best}."
    )


def _size(result):
    """Dimension of a continuum as its fits and as a certificate have it."""
    found, verdict = result.judged.dimension, result.verdicts.get(0)
    said = []
    if found is not None:
        said.append(
            f"Judged by the distances between them, they form a set of {found.value:.1f} ± "
            f"{found.error:.1f} dimensions."
        )
    if verdict is not None and verdict.local_dimension is not None:
        d, bound = verdict.local_dimension, "" if verdict.dimension_exact else "at most "
        said.append(
            f"A certificate shows that around the best fit the factorizations of its product form "
            f"a set of {bound}{count(d, 'dimension')}."
        )
    return " ".join(said)


def headline(study):
    """The study in one sentence."""
    rows = study.problems.to_dict("records")
    total = int(study.problems["n_starts"].sum())
    titles = {p.key: p.title for p in study}
    if len(rows) <= 3:
        said = "; ".join(f"{titles[r['problem']]}: {_short(r)}" for r in rows)
        return f"{said} ({count(total, 'start')})."
    kinds = [r["kind"] for r in rows]
    parts = [
        f"{kinds.count(kind)} {'has' if kinds.count(kind) == 1 else 'have'} {words}"
        for kind, words in (
            ("one", "one solution"),
            ("several", "several that fit equally well"),
            ("continuum", "a continuum of them"),
        )
        if kind in kinds
    ]
    if "unsettled" in kinds:
        n = kinds.count("unsettled")
        parts.append(f"{n} {'is' if n == 1 else 'are'} not settled")
    listed = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    return f"Of {len(rows)} problems, fitted from {count(total, 'start')}, {listed}."


def _short(row):
    return kind_cell(row).text


def _reached(row, what):
    near, starts = row["n_near_optimal"], row["n_starts"]
    if near == starts:
        return (
            f"all {number(starts)} starts reach {what}"
            if starts > 1
            else f"the start ends in {what}"
        )
    return f"{number(near)} of {number(starts)} starts reach {what}"


def _worse(row):
    worse = row["n_minima"] - row["n_distinct"]
    rest = row["n_starts"] - row["n_converged"]
    parts = []
    if worse:
        ending = number(row["n_converged"] - row["n_near_optimal"])
        parts.append(f"{ending} end in {count(worse, 'worse minimum', 'worse minima')}")
    if rest:
        parts.append(f"{number(rest)} did not converge and do not count")
    return f"; {' and '.join(parts)}" if parts else ""


def _plateau(row):
    low, high = row["plateau_low"], row["plateau_high"]
    if low is None or (isinstance(low, float) and math.isnan(low)):
        return ""
    return (
        f"The count is the same for every distance tolerance from {number(low, 1)} to "
        f"{number(high, 2)}."
    )
