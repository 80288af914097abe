"""Does the count come out right where the answer is known?"""

import math

import numpy as np
import pandas as pd

from nmfstudy.display import number
from nmfstudy.questions.answer import Answer
from nmfstudy.questions.lookup import plural

QUESTION = "Do count and certificate come out right where the answer is known?"
ASKED = (
    "For some matrices mathematics tells how many exact factorizations there are. Do the number of "
    "solutions that the starts find and the certificate, which proves without starts, agree with "
    "it and with one another?"
)
CAVEAT = "These matrices are small and free of noise; real data rarely fit exactly."
EXACT = 1e-6  # relative error below which a fit counts as a factorization of the data
_COLUMNS = "problem known n_exact kind certificate n_certified agree".split()
_METHOD = (
    "Known is the number of exact factorizations of this size, by published theorems or by a proof "
    "given with the dataset. The count is that of the distinct fits with a relative error below "
    f"{number(EXACT)}; of a continuum, or of starts that nearly all differ, it is infinite. The "
    "certificate sees only one of them, not the starts, and never the truth. A certificate that "
    "leaves the question open does not disagree."
)


def answer(study):
    """The answer; None if the study has no problem whose answer is known.

    Parameters
    ----------
    study : Study
    """
    results = [r for r in study.results if _is_known(r)]
    if not results:
        return None
    table = pd.DataFrame([_row(r) for r in results], columns=_COLUMNS)
    wrong = table.problem[table.agree == "no"].tolist()
    right = int((table.agree == "yes").sum())
    verdict = "Yes" if not wrong else f"Not in {', '.join(wrong)}"
    return Answer(
        key="known",
        question=QUESTION,
        verdict=verdict,
        summary=(
            f"Of {plural(len(table), 'problem')} with a known answer, {right} come out right by "
            "count and certificate."
        ),
        method=_METHOD,
        tables={"known_answers": table},
        asked=ASKED,
        caveat=CAVEAT,
        short="Known answers",
    )


def _is_known(result):
    known, problem = result.dataset.known, result.problem
    plain = problem.penalty.is_zero and problem.loss == "frobenius"
    return known is not None and plain and known.n_components == problem.n_components


def _row(result):
    truth = float(result.dataset.known.n_solutions)
    found = _count(result)
    verdict = result.verdicts.get(0)
    status, certified = _certified(verdict, found)
    right = found == truth and certified in (None, truth)
    return {
        "problem": result.title,
        "known": _text(truth),
        "n_exact": _text(found),
        "kind": result.solutions.kind,
        "certificate": status,
        "n_certified": "" if certified is None else _text(certified),
        "agree": "yes" if right else "no",
    }


def _count(result):
    """Number of distinct exact factorizations found; inf for a continuum."""
    solutions = result.solutions
    exact = np.array([fit.relative_error < EXACT for fit in solutions.representatives], dtype=bool)
    if exact.any() and solutions.kind == "continuum":
        return math.inf
    return float(exact.sum())


def _certified(verdict, found):
    """Status and number of solutions that the certificate claims; None where it claims none.

    It speaks of the product of the best fit, which is the data only if that fit is exact.
    """
    if verdict is None:
        return "", None
    if not found:
        return verdict.status, None
    claimed = None if verdict.n_solutions is None else float(verdict.n_solutions)
    return verdict.status, claimed


def _text(number):
    return "∞" if math.isinf(number) else str(int(number))
