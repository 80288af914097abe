"""Numbers that were published on matrices that are to be had, beside what a study finds of them.

A number is an entry of `PUBLISHED`; a kind of number is a function here, which measures it on a
problem, and its place in `MEASURES`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from nmfstudy.assess.consensus import cophenetic_correlation, membership_consensus, memberships
from nmfstudy.assess.recurrence import components_alike
from nmfstudy.solutions.coverage import wilson_interval
from nmfstudy.util.streams import stream

# Objectives are of single runs in the vignette of the R package NMF 0.30.
_R = "R package NMF, Gaujoux & Seoighe (2010)"
_BRUNET = "Brunet's rule of stopping"
_RESAMPLES = 200  # of the starts
FEWEST_PAIRS = 10


@dataclass(frozen=True)
class Published:
    """One number.

    Attributes
    ----------
    dataset : str
        Its name.
    n_components : int
    loss : str
    quantity : str
        Key of `MEASURES`.
    value : float
    rounding : float
        Half a unit of its last digit.
    source : str
    """

    dataset: str
    n_components: int
    loss: str
    quantity: str
    value: float
    rounding: float
    source: str


_KL = "kullback-leibler"
PUBLISHED = (
    Published("all_aml", 3, _KL, "objective", 543535.7, 0.05, f"{_R}: brunet"),
    Published("all_aml", 3, "frobenius", "objective", 673513120.5, 0.05, f"{_R}: lee"),
    Published("all_aml", 2, _KL, "cophenetic", 1.0, 0.0005, _BRUNET),
    Published("all_aml", 3, _KL, "cophenetic", 0.993, 0.0005, _BRUNET),
    Published("all_aml", 4, _KL, "cophenetic", 0.980, 0.0005, _BRUNET),
    Published("all_aml", 5, _KL, "cophenetic", 0.971, 0.0005, _BRUNET),
)
COLUMNS = (
    "dataset n_components loss quantity published rounding source n_starts found low high "
    "early_low early_high outcome"
).split()


class Measured(NamedTuple):
    """A quantity of the starts of a problem.

    Attributes
    ----------
    value, low, high : float
        Of the starts that converged, with a 95 % interval, or the range of the starts where the
        value is the lowest of them.
    levels : tuple of float
        The values that single minima have.
    early_low, early_high : float
        The least and the largest of the starts that were stopped early; NaN without such.
    """

    value: float
    low: float
    high: float
    levels: tuple = ()
    early_low: float = np.nan
    early_high: float = np.nan


def _objective(full, early, solutions):
    found = np.concatenate([fits.objective[fits.converged] for fits in full])
    stopped = [fits.objective for fits in early]
    ends = (np.min(stopped), np.max(stopped)) if stopped else (np.nan, np.nan)
    levels = tuple(fit.objective for fit in solutions.representatives)
    return Measured(float(found.min()), float(found.min()), float(found.max()), levels, *ends)


def _cophenetic(full, early, solutions):
    value, low, high = cophenetic_interval([fits[fits.converged] for fits in full])
    ends = [end for fits in early for end in cophenetic_interval(fits)[1:]]
    return Measured(value, low, high, (), *((min(ends), max(ends)) if ends else ()))


# What is measured of the converged searches, those that stopped early, and the solutions.
MEASURES = {"objective": _objective, "cophenetic": _cophenetic}


def cophenetic_interval(fits):
    """Cophenetic correlation of starts, and a 95 % interval by drawing the starts again.

    Parameters
    ----------
    fits : Fits or list of Fits

    Returns
    -------
    value, low, high : float
    """
    found = memberships(fits)
    rng = stream(0, "starts drawn again")
    drawn = (found[rng.integers(len(found), size=len(found))] for _ in range(_RESAMPLES))
    again = [cophenetic_correlation(membership_consensus(rows)) for rows in drawn]
    value = cophenetic_correlation(membership_consensus(found))
    return value, *map(float, np.quantile(again, (0.025, 0.975)))


def published_table(results):
    """What was published on the data of a study beside what its starts give.

    Parameters
    ----------
    results : sequence of ProblemResult

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; a row per number that was published on a problem at hand. ``outcome``
        is one of "reproduced" (equal within rounding, or inside the interval), "start" (another,
        worse minimum has this value), "convergence" (no minimum has it, starts that are stopped
        early pass it) and "different".
    """
    rows = []
    for entry in PUBLISHED:
        for result in filter(lambda r: _is_of(entry, r), results):
            measured = _measure(entry, result)
            if measured is not None:
                rows.append(_row(entry, result, measured))
    return pd.DataFrame(rows, columns=COLUMNS)


def _is_of(entry, result):
    problem = result.problem
    asked = problem.n_components, problem.loss, result.dataset.name
    return problem.penalty.is_zero and asked == (entry.n_components, entry.loss, entry.dataset)


def _measure(entry, result):
    drawn = [f for f in result.searches if not f.search.deterministic]
    full = [f for f in drawn if f.search.stop == "kkt" and f.converged.any()]
    early = [f for f in drawn if f.search.stop != "kkt"]
    return MEASURES[entry.quantity](full, early, result.solutions) if full else None


def _row(entry, result, measured):
    return {
        "dataset": entry.dataset,
        "n_components": entry.n_components,
        "loss": entry.loss,
        "quantity": entry.quantity,
        "published": entry.value,
        "rounding": entry.rounding,
        "source": entry.source,
        "n_starts": result.n_starts,
        "found": measured.value,
        "low": measured.low,
        "high": measured.high,
        "early_low": measured.early_low,
        "early_high": measured.early_high,
        "outcome": outcome_of(entry, measured),
    }


def outcome_of(entry, measured):
    """Whether a published number comes out, and if not, what it hangs on."""
    near = entry.rounding
    if measured.levels:
        first, *worse = (abs(level - entry.value) <= near for level in measured.levels)
        if first:
            return "reproduced"
        if any(worse):
            return "start"
    elif measured.low - near <= entry.value <= measured.high + near:
        return "reproduced"
    ends = [measured.value, measured.early_low, measured.early_high]
    if np.isfinite(ends).all() and min(ends) - near <= entry.value <= max(ends) + near:
        return "convergence"
    return "different"


ALIKE = (
    "problem title n_components n_pairs components_alike components_low components_high "
    "starts_alike starts_low starts_high"
).split()


def alike_table(results):
    """Whether two starts find the same components, and the same in all components.

    Parameters
    ----------
    results : sequence of ProblemResult

    Returns
    -------
    DataFrame
        Columns `ALIKE`; a row per problem with at least `FEWEST_PAIRS` pairs of converged random
        starts. Intervals of 95 %: of components by the spread of the pairs, of starts by Wilson.
    """
    rows = []
    for result in results:
        full = [f for f in result.searches if f.search.stop == "kkt" and not f.search.deterministic]
        largest = max(full, key=len, default=None)
        if largest is None or not result.problem.penalty.is_zero:
            continue
        counts = components_alike(largest[largest.converged & largest.has_factors])
        if len(counts) >= FEWEST_PAIRS:
            rows.append(_alike_row(result, counts))
    return pd.DataFrame(rows, columns=ALIKE)


def _alike_row(result, counts):
    k = result.problem.n_components
    share, half = counts.mean() / k, 1.96 * counts.std(ddof=1) / k / np.sqrt(len(counts))
    ends = np.clip([share - half, share + half], 0.0, 1.0)
    starts = wilson_interval(int((counts == k).sum()), len(counts))
    return dict(zip(ALIKE, (result.key, result.title, k, len(counts), share, *ends, *starts),
                    strict=True))  # fmt: skip
