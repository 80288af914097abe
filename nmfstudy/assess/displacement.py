"""How far single entries of the components can be moved before the fit gets worse: bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import brentq

from nmfstudy.assess.refits import reference_of, search_of, seeds_of
from nmfstudy.datasets.typing import Matrix
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.fits import Fits
from nmfstudy.model.matching import match
from nmfstudy.model.problem import Problem, check_integer
from nmfstudy.model.weighted import Weighted
from nmfstudy.solutions import distinct_solutions
from nmfstudy.solutions.gate import near_limit
from nmfstudy.util.display import Shown, count, number
from nmfstudy.util.errors import RequestError
from nmfstudy.util.numba_cache import load_kernels
from nmfstudy.util.threads import on_threads

PRECISION = 0.01  # of the end of a band, and of the mean entry, 1 / n_features
_SWEEPS = 2000
_SETTLED = 1e-2  # of the rise allowed: refits are exact to this
BAND_COLUMNS = [
    "component",
    "feature",
    "ratio",
    "value",
    "low",
    "high",
    "swapped_low",
    "swapped_high",
]


@dataclass(frozen=True, eq=False, repr=False)
class Displacement(Shown):
    """Bands of the entries of H, its rows of unit sum.

    Attributes
    ----------
    reference : Factorization
        The best fit, rows of H of unit sum.
    bands : DataFrame
        One row per likelihood ratio, component and feature:

        - ``component``, ``feature``: their numbers, from 0; ``value``: of the reference.
        - ``ratio``: the likelihood ratio allowed; NaN where there is no likelihood and the rise
          is that of the relative gate.
        - ``low``, ``high``: the ends. What was reached from the reference step by step: factors
          further away that cannot be reached so are not in it.
        - ``swapped_low``, ``swapped_high``: whether beyond that end there are fits as good in
          which components have changed places.
    """

    reference: Factorization
    bands: pd.DataFrame

    @property
    def n_swaps(self):
        """Number of swapped ends for each ratio, a Series."""
        ends = self.bands.swapped_low.astype(int) + self.bands.swapped_high
        return ends.groupby(self.bands.ratio, dropna=False).sum()

    def named(self, feature_names=None):
        """The bands for people: components from 1, features by name or from 1."""
        names = feature_names or range(1, self.reference.H.shape[1] + 1)
        return self.bands.assign(
            component=self.bands.component + 1, feature=[names[j] for j in self.bands.feature]
        )

    def _shown(self):
        title = f"Displacement: {count(self.reference.n_components, 'component')}, rows of unit sum"
        headers = ("ratio", "component", "mean width", "widest", "of feature", "swaps")
        rows = []
        for (ratio, component), part in self.bands.groupby(["ratio", "component"], dropna=False):
            width = part.high - part.low
            swaps = int(part.swapped_low.sum() + part.swapped_high.sum())
            widest = part.loc[width.idxmax()]
            span = f"{number(widest.low, 2)} to {number(widest.high, 2)}"
            rows.append(
                (number(ratio), str(component + 1), number(width.mean(), 2), span,
                 number(int(widest.feature) + 1), str(swaps))
            )  # fmt: skip
        return title, headers, rows


def displacement(
    X: Matrix,
    n_components: int,
    *,
    ratios: Sequence[float] | None = None,
    n_starts: int = 20,
    seed: int = 0,
    fits: Fits | Sequence[Fits] | None = None,
    progress: Callable[[int], object] = lambda n: None,
) -> Displacement:
    """Hold one entry of H at another value, fit everything else again, and see what it costs.

    For every entry the least and the largest share of its row's sum are sought at which the best
    fit of all other entries has a likelihood ratio ``n d log(L/L₀)`` to the reference of at most
    ``ratio``. As the ratio goes to zero the bands are the set of solutions itself, as far as it
    hangs together: a component that is determined has a band of no width.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features), or Dataset
    n_components : int, >= 1
    ratios : sequence of float, > 0, optional
        None takes that of the gate: 3.84, and where there is no likelihood, as of exact fits, the
        relative gate.
    n_starts : int, >= 1
        To find the reference.
    seed : int, >= 0
    fits : Fits or list of Fits, optional
        None makes them. Least squares without a penalty.
    progress : callable
        ``progress(n)`` is called as n more of the ``n_components·n_features`` entries are done.

    Returns
    -------
    Displacement

    Raises
    ------
    RequestError

    References
    ----------
    Paatero, Eberly, Brown & Norris (2014), Atmos. Meas. Tech. 7, 781–797.

    Examples
    --------
    Nothing in the three components of the menu can be moved:

    >>> import nmfstudy as ns
    >>> bands = ns.displacement(ns.load_dataset("menu"), 3).bands
    >>> bool((bands.high - bands.low).max() < 1e-9)
    True
    """
    from nmfstudy.datasets.base import check_data

    X = check_data(getattr(X, "X", X))
    if isinstance(X, Weighted):
        raise RequestError(
            "displacement does not support weights or unknown entries (NaN); possible: data of "
            "which all is known"
        )
    X = X.toarray() if sparse.issparse(X) else X
    n_starts = check_integer("n_starts", n_starts, 1)
    if fits is None:
        search = search_of("frobenius")
        seeds = seeds_of(seed, "data", n_starts)
        fits = fit_starts(X, Problem(n_components), search, seeds)
    solutions = distinct_solutions(fits)
    problem = solutions.problem
    if problem.loss != "frobenius" or not problem.penalty.is_zero:
        raise RequestError(
            f"displacement was given fits of {problem}; possible: loss=frobenius, no penalty"
        )
    if not len(solutions):
        raise RequestError(
            f"no start with n_components={n_components} can serve as reference; possible: more "
            "starts, or fewer components"
        )
    allowed = _allowed(solutions, ratios)
    reference = reference_of(solutions)
    load_kernels()
    entries = [(r, j) for r in range(reference.n_components) for j in range(X.shape[1])]
    rows = {}

    def one(entry, go_on):
        rows[entry] = _bands(X, reference, solutions.best_objective, entry, allowed, go_on)
        return 1

    on_threads(one, entries, progress)
    bands = pd.DataFrame([row for entry in entries for row in rows[entry]], columns=BAND_COLUMNS)
    return Displacement(reference, bands.sort_values(["ratio", "component", "feature"],
                                                     ignore_index=True))  # fmt: skip


def _allowed(solutions, ratios):
    """``[(ratio, objective allowed)]``, ascending."""
    best, likelihood = solutions.best_objective, solutions.likelihood
    known = likelihood.model != "none"
    if ratios is None:
        limit = near_limit(best, solutions.gate.objective_rtol, solutions.reference_loss)
        return [(likelihood.ratio(limit, best) if known else np.nan, limit)]
    if not known:
        raise RequestError(
            "ratios are given, but an exact fit has no likelihood; possible: ratios=None"
        )
    ratios = np.sort(np.atleast_1d(np.asarray(ratios, dtype=float)))
    if not len(ratios) or not (ratios > 0).all() or not np.isfinite(ratios).all():
        raise RequestError(f"ratios are {ratios.tolist()}; possible: numbers above 0")
    return [(ratio, best * (1 + likelihood.rtol(best, ratio))) for ratio in ratios]


def _bands(X, reference, best, entry, allowed, go_on):
    """One row of the table for each ratio."""
    held = _Held(X, reference, best, entry, allowed, go_on)
    value = reference.H[entry]
    ends = [[held.end(bound, limit) for _, limit in allowed] for bound in (0.0, 1.0)]
    return [
        (*entry, ratio, value, low[0], high[0], low[1], high[1])
        for (ratio, _), low, high in zip(allowed, *ends, strict=True)
    ]


class _Held:
    """Fits with one entry held, every one begun at the nearest that is known."""

    def __init__(self, X, reference, best, entry, allowed, go_on):
        self.X, self.reference, self.best, self.entry = X, reference, best, entry
        self.tol = _SETTLED * (allowed[0][1] - best)
        self.value = float(reference.H[entry])
        self.known = {self.value: (best, reference, False)}
        self.go_on = go_on

    def end(self, bound, limit):
        """The share furthest towards ``bound`` within the limit; whether swaps lead further.

        Steps double until one fails, so that no gap is jumped that is wider than the way before.
        """
        near, step = self._furthest(bound, limit), PRECISION / self.X.shape[1]
        while near != bound:
            far = min(near + step, bound) if bound > self.value else max(near - step, bound)
            if self._excess(limit, far) > 0:
                break
            near, step = far, 2 * step
        else:
            return bound, False
        xtol = PRECISION / self.X.shape[1]
        if abs(far - near) > xtol:
            brentq(partial(self._excess, limit), near, far, xtol=xtol, rtol=PRECISION)
        swapped = any(
            swapped and value <= limit and (share - self.value) * (bound - self.value) > 0
            for share, (value, _, swapped) in self.known.items()
        )
        return self._furthest(bound, limit), swapped

    def _furthest(self, bound, limit):
        """The share nearest to ``bound`` that is known to be within the limit."""
        low, high = sorted((self.value, bound))
        inside = [
            share
            for share, (value, _, swapped) in self.known.items()
            if value <= limit and not swapped and low <= share <= high
        ]
        return min(inside, key=lambda share: abs(share - bound))

    def _excess(self, limit, share):
        """Above zero beyond the band. Square roots are nearly straight lines in the share."""
        value, _, swapped = self.fit(float(share))
        allowed = np.sqrt(limit - self.best)
        return allowed if swapped else np.sqrt(max(value - self.best, 0.0)) - allowed

    def fit(self, share):
        """Objective, factors, and whether others than those of the reference match them."""
        if not self.go_on():
            return np.inf, self.reference, False
        if share not in self.known:
            from nmfstudy.fitting.engine.held import fit_held

            alike = [s for s, (_, _, swapped) in self.known.items() if not swapped]
            nearest = self.known[min(alike, key=lambda s: abs(s - share))][1]
            W, H = np.array(nearest.W), np.array(nearest.H)
            value = fit_held(self.X, W, H, *self.entry, share, _SWEEPS, self.tol)
            factors = Factorization(W, H)
            order, _ = match(self.reference, factors)
            swapped = bool((order != np.arange(len(order))).any())
            self.known[share] = value, factors, swapped
        return self.known[share]
