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

GLOSSARY = (
    ("Matrix X", "The data: one row per sample, one column per feature, nothing negative."),
    (
        "NMF",
        "Nonnegative matrix factorization: X is approximated by the product W H. Row r of H is a "
        "pattern over the features, column r of W says how much of it each sample has.",
    ),
    ("Component", "One such pattern with its amounts. k is how many there are."),
    (
        "Start, fit",
        "The method begins somewhere (often at random) and improves until nothing improves any "
        "more. One beginning is a start, what it ends in is a fit.",
    ),
    (
        "Converged",
        "The fit satisfies the conditions of an optimum (Karush, Kuhn, Tucker) to within the "
        "tolerance stated. Only such fits are counted; an unfinished fit looks like a solution of "
        "its own.",
    ),
    (
        "Same solution",
        "Two fits are the same if their components agree after putting them into the same order "
        "and giving them the same scale. The distance between fits takes both into account and is "
        "measured relative to the size of X.",
    ),
    (
        "Distinct solutions",
        "Different solutions whose objective is within the stated share of the best one: for any "
        "practical purpose they fit equally well, and nothing but the start decides which one a "
        "user sees.",
    ),
    ("Best solutions", "Those whose objective equals the lowest one found to the last digits."),
    (
        "Minima",
        "All different converged fits, worse ones included. A worse minimum does not make the "
        "solution ambiguous; it is where an unlucky start gets stuck.",
    ),
    (
        "Continuum",
        "The solutions are not separate: one can be bent into another without changing the fit. "
        "Every start then ends in one of its own.",
    ),
    (
        "Not settled",
        "Too few starts, too few converged ones, or a count that depends on the tolerance; the "
        "reason is given.",
    ),
    (
        "Plateau",
        "The range of distance tolerances over which the number of solutions stays the same. A "
        "long one means that the count is not an artefact of the tolerance.",
    ),
    (
        "Coverage",
        "The estimated chance that one more start ends in a minimum already seen (Good–Turing).",
    ),
    ("Chao1", "An estimate from below of how many minima there are, seen and unseen."),
    (
        "Certificate",
        "A mathematical proof that the factorization found is the only one of its product W H, or "
        "a second factorization of the same product. It speaks of that product, not of whether "
        "another product fits X as well.",
    ),
    (
        "Saddle",
        "A point where a fit rests although it could still improve; it is no solution and is "
        "reported apart.",
    ),
    (
        "Scale escape",
        "With a penalty on one factor only, the scale moves into the other factor without end; "
        "such fits never converge.",
    ),
    (
        "L1, ridge",
        "Penalties added to the objective: the sum of the entries (L1), or half the sum of their "
        "squares (ridge, squared Frobenius norm).",
    ),
)


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


def distinct_text(row):
    """How many distinct solutions, honestly: a continuum has no number."""
    if not row["n_minima"]:
        return "none"
    return "∞" if row["kind"] == "continuum" else number(row["n_distinct"])


def result_sentence(row, result):
    """What was found for one problem."""
    if row["kind"] == "one":
        return f"One solution: {_reached(row, 'it')}{_worse(row)}. {_plateau(row)}".strip()
    if row["kind"] == "several":
        best = "one of them has" if row["n_best"] == 1 else f"{number(row['n_best'])} of them have"
        return (
            f"{number(row['n_distinct'])} different solutions fit equally well "
            f"(objectives within {percent(row['objective_rtol'])} of the best; {best} the very "
            f"lowest). A single fit shows one of them and hides the others. {_plateau(row)}"
        ).strip()
    if row["kind"] == "continuum":
        return (
            "A continuum of solutions: they fit equally well and one can be bent into another, so "
            f"what a single fit shows is one choice among many.{_size(result)}"
        )
    return f"Not settled. {row['reason']}"


def _size(result):
    """Dimension of a continuum as its fits and as a certificate have it."""
    found, verdict = result.judged.dimension, result.verdicts.get(0)
    text = ""
    if found is not None:
        text += (
            f" By the distances among them the set has {found.value:.1f} ± {found.error:.1f} "
            "dimensions."
        )
    if verdict is not None and verdict.local_dimension is not None:
        d, bound = verdict.local_dimension, "" if verdict.dimension_exact else "at most "
        text += (
            f" A certificate gives the factorizations of the best product {bound}{d} "
            f"dimension{'' if d == 1 else 's'} around the best fit."
        )
    return text


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
    return f"The count is the same for every distance tolerance from {low:.1g} to {high:.2g}."
