"""The sentences of the report: what a row of the tables says in plain words."""

import math

from nmfstudy.certificates.wording import in_words
from nmfstudy.report.dominance import dominance_sentence
from nmfstudy.report.page.numbers import ABSENT, count, number, percent, small_percent
from nmfstudy.report.page.page import Cell
from nmfstudy.report.questions.lookup import KNOWN, covered, outcome, outcomes_text
from nmfstudy.report.words_on_kind import kind_clause, kind_sentence, plateau_text

KINDS = {
    "one": ("one solution", "good"),
    "several": ("several solutions", "caution"),
    "continuum": ("a continuum", "caution"),
    "unsettled": ("not settled", "quiet"),
    "dominated": ("not judged", "caution"),
    "zero": ("all zero", "quiet"),
    "none": ("no minimum", "quiet"),
}
# Of the product W H that a certificate is handed: it says nothing of other products.
_CERTIFICATES = {
    "unique": ("one factorization", "good"),
    "not_unique": ("not unique", "caution"),
    "locally_unique": ("isolated, others may exist", "quiet"),
    "inconclusive": ("no proof either way", "quiet"),
    "degenerate": ("not a full factorization", "quiet"),
}


def section_id(key):
    """An identifier for HTML and Markdown from a problem's key."""
    return "problem-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in key)


def kind_cell(result):
    """What came of a problem as a cell: ``3 solutions``, ``no minimum``."""
    came = outcome(result)
    if came == "several":
        return Cell(count(result.assessed.n_known, "solution"), KINDS[came][1])
    return Cell(*KINDS[came])


def certificate_cell(verdict, contradiction=False):
    """What is proved of a product W H as a cell; the verdict may be None."""
    if contradiction:
        return Cell("contradiction", "bad")
    if verdict is None:
        return Cell("not examined", "quiet")
    partial = in_words(verdict.status, verdict.witness), "caution"
    return Cell(*_CERTIFICATES.get(verdict.status, partial))


def rank_text(best, near_optimal):
    """How good a minimum is, behind its number: `` (best)``."""
    return " (best)" if best else " (as good)" if near_optimal else " (worse)"


def distinct_text(result):
    """How many distinct solutions, honestly: a continuum has no number, nor has what has none."""
    came = outcome(result)
    if came == "zero":
        return "1"
    if came == "dominated":
        return ABSENT
    if came == "none" or not result.solutions.n_minima:
        return "none"
    return "∞" if came == "continuum" else number(result.assessed.n_known)


def coverage_text(result):
    """The coverage where there is a number of solutions to be covered."""
    return percent(covered(result))


def result_sentences(row, result):
    """What was found for one problem: one sentence, and what stands behind it (may be empty)."""
    plateau = _plateau(row)
    if result.known_optimum:
        return KNOWN[result.known_optimum], _ended(result)
    if result.dominance is not None:
        return dominance_sentence(result), ""
    if row["kind"] == "one":
        return f"One solution: {_reached(row, 'it')}{_worse(row)}.", plateau
    if row["kind"] == "several" and row["n_distinct"] < result.assessed.n_known:
        return f"Several solutions: {kind_clause(result.assessed.evidence)}.", plateau
    if row["kind"] == "several":
        hidden = "the other" if row["n_distinct"] == 2 else "the others"
        return (
            f"{number(row['n_distinct'])} different solutions fit equally well; a single fit shows "
            f"one of them and hides {hidden}.",
            f"{_objectives(row)} {plateau}".strip(),
        )
    if row["kind"] == "continuum":
        if not result.assessed.bends:
            return (
                "A continuum of solutions, as it seems: more starts keep finding others that fit "
                "equally well, so a single fit shows one choice among very many.",
                kind_sentence(result.assessed),
            )
        return (
            "A continuum of solutions: they fit equally well and one can be bent into another, so "
            "a single fit shows one choice among infinitely many.",
            _size(result),
        )
    return f"Not settled. {kind_sentence(result.assessed)}", ""


def _objectives(row):
    """How far apart the objectives of several solutions are."""
    if row["n_best"] == row["n_distinct"]:
        return "All of them have the lowest objective found."
    best = "one of them has" if row["n_best"] == 1 else f"{number(row['n_best'])} of them have"
    return (
        f"Their objectives are within {small_percent(row['objective_rtol'])} of the lowest one "
        "found, "
        f"which {best}."
    )


def _ended(result):
    """How the starts of a problem ended whose optimum is known without them."""
    if result.known_optimum == "none":
        return kind_sentence(result.assessed)
    zero = sum(int((fits.stop_reason == "collapsed").sum()) for fits in result.searches)
    worse = result.solutions.n_minima
    stuck = f"; others in {count(worse, 'worse minimum', 'worse minima')}" if worse else ""
    return f"Of {count(result.n_starts, 'start')} {number(zero)} ended there{stuck}."


def _size(result):
    """Dimension of a continuum as its fits and as a certificate have it."""
    found, verdict = result.assessed.dimension, result.verdicts.get(0)
    sentence = []
    if found is not None:
        sentence.append(
            f"Judged by the distances between them, they form a set of {found.value:.1f} ± "
            f"{found.error:.1f} dimensions."
        )
    if verdict is not None and verdict.local_dimension is not None:
        d, bound = verdict.local_dimension, "" if verdict.dimension_exact else "at most "
        sentence.append(
            f"A certificate shows that around the best fit the factorizations of its product form "
            f"a set of {bound}{count(d, 'dimension')}."
        )
    return " ".join(sentence)


def study_headline(study):
    """The study in one sentence."""
    total = sum(result.n_starts for result in study)
    if len(study) <= 3:
        sentence = "; ".join(f"{result.title}: {kind_cell(result).text}" for result in study)
        return f"{sentence} ({count(total, 'start')})."
    return f"Of {len(study)} problems, fitted from {count(total, 'start')}, {outcomes_text(study)}."


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
    return f"The count is the same for every distance tolerance {plateau_text(low, high)}."
