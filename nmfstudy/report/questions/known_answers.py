"""Does the count come out right where the answer is known?"""

import math
import re
from functools import partial

import numpy as np
import pandas as pd

from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.certificates.wording import in_words
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.problems import plot_known_counts
from nmfstudy.report.questions.answer import Answer
from nmfstudy.util.display import count, number

QUESTION = "Do count and certificate come out right where the answer is known?"
ASKED = (
    "For some matrices it is proved how many exact factorizations there are. Do the number of "
    "solutions that the starts find and the certificate, which needs no starts, agree with that "
    "and with each other?"
)
CAVEAT = "These matrices are small and free of noise; real data rarely fit exactly."
_CHECKS = ["count_agrees", "certificate_agrees"]  # yes, no; of the certificate also open
_FEW = 3  # matrices of a family make no picture
_COLUMNS = ["problem", "known", "n_exact", "kind", "certificate", "n_certified", *_CHECKS]
_METHOD = (
    "Known is the number of exact factorizations of this size, by published theorems or by a proof "
    "given with the dataset. The count is that of the distinct fits with a relative error below "
    f"{number(EXACT_FIT)}; of a continuum, or of starts that nearly all differ, it is infinite. "
    "The certificate sees only one of them, not the starts, and never the truth. One that leaves "
    "the question open does not disagree."
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
    wrong = table.problem[(table[_CHECKS] == "no").any(axis=1)].tolist()
    verdict = "Yes" if not wrong else f"Not in {', '.join(wrong)}"
    return Answer(
        key="known",
        question=QUESTION,
        verdict=verdict,
        summary=_summary(table),
        method=_METHOD,
        illustrations=tuple(_illustrations(results)),
        tables={"known_answers": table},
        asked=ASKED,
        caveat=CAVEAT,
        short="Known answers",
    )


def _illustrations(results):
    families = {}
    for result in results:
        if named := re.fullmatch(r"(.+)\(([\d.]+)\)", result.dataset.name):
            row = float(named[2]), float(result.dataset.known.n_solutions), _count(result)
            families.setdefault(named[1], []).append(row)
    for name, rows in families.items():
        table = pd.DataFrame(sorted(rows), columns=["parameter", "known", "counted"])
        if len(table) > _FEW:
            yield Illustration(
                name=f"known-{name}",
                caption=(
                    f"{name}: solutions over the parameter of the matrix, by a theorem (ring) and "
                    "counted from random starts (dot)."
                ),
                draw=partial(_draw, table, name),
                data=table,
                size=(7.0, 3.0),
            )


def _draw(table, name, figure):
    plot_known_counts(table, xlabel=f"parameter of {name}", ax=figure.add_subplot())


def _summary(table):
    """How often the count is right, and how often the certificate decides and is."""
    right = int((table.count_agrees == "yes").sum())
    decided = table.certificate_agrees != "open"
    against = int((table.certificate_agrees == "no").sum())
    return (
        f"The count is right in {right} of {count(len(table), 'problem')} with a known answer; "
        f"the certificate decides {int(decided.sum())} and contradicts {against or 'none'}."
    )


def _is_known(result):
    known, problem = result.dataset.known, result.problem
    plain = problem.penalty.is_zero and problem.loss == "frobenius"
    return known is not None and plain and known.n_components == problem.n_components


def _row(result):
    truth = float(result.dataset.known.n_solutions)
    found = _count(result)
    verdict = result.verdicts.get(0)
    certified, agrees = _certified(verdict if found else None, truth)
    return {
        "problem": result.title,
        "known": _text(truth),
        "n_exact": _text(found),
        "kind": result.solutions.kind,
        "certificate": "" if verdict is None else in_words(verdict.status, verdict.witness),
        "n_certified": certified,
        "count_agrees": "yes" if found == truth else "no",
        "certificate_agrees": agrees,
    }


def _count(result):
    """Number of distinct exact factorizations found; inf for a continuum."""
    solutions = result.solutions
    exact = np.array(
        [fit.relative_error < EXACT_FIT for fit in solutions.representatives], dtype=bool
    )
    if exact.any() and solutions.kind == "continuum":
        return math.inf
    return float(exact.sum())


def _certified(verdict, truth):
    """The number of factorizations that a certificate claims as text, and whether it agrees.

    It speaks of the product of the best fit, which is the data only if that fit is exact;
    otherwise, and without a claim, the question is open.
    """
    if verdict is None or (verdict.n_solutions is None and verdict.witness is None):
        return "", "open"
    if verdict.n_solutions is None:
        return "at least 2", "yes" if truth >= 2 else "no"
    claimed = float(verdict.n_solutions)
    return _text(claimed), "yes" if claimed == truth else "no"


def _text(number):
    return "∞" if math.isinf(number) else str(int(number))
