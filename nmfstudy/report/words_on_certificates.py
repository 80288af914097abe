"""What the report says where there is no certificate, or one that contradicts the fits."""

from nmfstudy.certificates.wording import as_a_fit
from nmfstudy.model.weighted import Weighted
from nmfstudy.report.page.numbers import number
from nmfstudy.study.verdicts import LARGEST_PRODUCT, MOST_PER_PROBLEM

_REASONS = {
    "penalty": "a penalty picks among the factorizations of a product",
    "loss": "certificates need exact zeros, which this loss does not give",
    "large": f"the product has more than {LARGEST_PRODUCT:,} entries",
    "no_fit": "no fit counts",
    "no_factors": "its factors were not kept",
    "not_first": f"only the first {MOST_PER_PROBLEM} are examined",
}


def fit_sentences(result):
    """What is proved of a problem's best minimum as a fit: one sentence, or none."""
    best, verdict = result.verdicts.optimality, result.verdicts.get(0)
    status = verdict.status if verdict else ""
    return [] if best is None else [as_a_fit(best, result.problem.n_components, status)]


def no_verdict_clause(reason):
    """Why there is no certificate, of a `nmfstudy.study.verdicts.NoVerdict`."""
    return reason.error or _REASONS[reason.code]


def unknown_sentence(X):
    """What certificates do not say where entries of the data are unknown; None of plain data."""
    if not (isinstance(X, Weighted) and X.n_unknown):
        return None
    entries = "1 entry is" if X.n_unknown == 1 else f"{X.n_unknown:,} entries are"
    return (
        f"{entries} unknown. Certificates speak of the factorizations of the product W H; whether "
        "another product fits the known entries as well they do not say."
    )


def contradiction_sentence(contradiction, title):
    """What contradicts what on the problem of this title."""
    c = contradiction
    if c.error:
        return f"Certificates disagree on minimum {c.minimum + 1}: {c.error}"
    a, b = c.pair
    return (
        f"Minimum {c.minimum + 1} of {title} is certified as the only factorization of its "
        f"product, but minima {a + 1} and {b + 1} have the same product "
        f"(to {number(c.gap, 2)}) and are {number(c.apart, 2)} apart. One of the two is wrong; "
        "please report it, with the study's folder."
    )
