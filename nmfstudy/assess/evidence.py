"""What the data themselves say of every number of components, whatever was fitted to them.

Three looks: is there order in what is left over, are hidden entries predicted better, do the
components of random halves of the samples agree?
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from nmfstudy.assess.holdout import holdout, part_of, within_one, without_outlying
from nmfstudy.assess.resample import draw
from nmfstudy.assess.residual_test import one_component, structure_left
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.objective import n_entries, squared_error, squared_norm
from nmfstudy.model.problem import Problem, Search
from nmfstudy.model.weighted import Weighted, values_of
from nmfstudy.util.errors import RequestError
from nmfstudy.util.streams import stream

N_REPEATS = 6, 12  # of hidden entries, at least and at most,
_N_HIDDEN = 3000  # as long as so many entries are hidden in all
N_HALVES = 10
N_STARTS = 5  # of each half, and of the whole where outlying entries were lowered
_SEARCH = Search(solver="accelerated", tol=1e-6, max_iter=2000)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The three looks, for one component and every number asked for that can be judged.

    Attributes
    ----------
    table : DataFrame
        n_components (1 first), relative_error, structure (order left over, see
        `nmfstudy.assess.residual_test`), holdout and holdout_se (see `nmfstudy.assess.holdout`),
        within_one (of the lowest held-out error, by one standard error), replicated: of the
        component that agrees least, the mean congruence with its counterpart in random halves of
        the samples; NaN where a half has too few.
    outlying : int array of shape (n_cells, 2)
        Entries more than five times any other of their row and column, lowered beforehand.
    shape : (n_samples, n_features)
    """

    table: pd.DataFrame
    outlying: np.ndarray
    shape: tuple


def evidence_over_k(X, n_components, *, seed=0):
    """Look at the data with every number of components.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
        Of more than 200,000 entries so many are looked at.
    n_components : sequence of int
        From min(n_samples, n_features) on X = X·I fits any data, so those are left out.
    seed : int

    Returns
    -------
    Evidence
    """
    shape = X.shape
    X, outlying = without_outlying(part_of(X))
    X = X[np.flatnonzero(values_of(X).any(axis=1))]
    ks = numbers_looked_at(n_components, shape)
    best = {k: _best(X, k, stream(seed, f"evidence {k}")) for k in ks if k > 1}
    best[1] = _best(X, 1, None) if isinstance(X, Weighted) else one_component(X)
    n_repeats = int(np.clip(10 * _N_HIDDEN // n_entries(X), *N_REPEATS))
    held_out = holdout(X, ks, n_repeats=n_repeats, seed=seed)
    table = pd.DataFrame(
        {
            "n_components": ks,
            "relative_error": [np.sqrt(squared_error(X, *best[k])) for k in ks],
            "structure": [structure_left(X, *best[k]) for k in ks],
            "holdout": held_out.table.error,
            "holdout_se": held_out.table.standard_error,
            "within_one": within_one(held_out.errors),
            "replicated": _replicated(X, best, ks, seed),
        }
    )
    table["relative_error"] /= np.sqrt(squared_norm(X))
    return Evidence(table, outlying, shape)


def numbers_looked_at(n_components, shape):
    """One, and those below the number of rows and of columns, ascending."""
    return sorted({1, *(int(k) for k in n_components if k < min(shape))})


def _best(X, k, generator, n_starts=N_STARTS):
    seeds = [0] if generator is None else generator.integers(0, 2**32, n_starts).tolist()
    fits = fit_starts(X, Problem(k), _SEARCH, seeds)
    best = int(np.argmin(fits.objective))
    # Of a column nothing is known perhaps in half of the samples.
    return np.nan_to_num(fits.W[best]), np.nan_to_num(fits.H[best])


def _replicated(X, best, ks, seed):
    """Mean congruence over the halves of the component that agrees least, for each k."""
    lowest = []
    for k in ks:
        try:
            halves = draw(X, "halves", N_HALVES, n_components=k, seed=seed)
        except RequestError:  # too few samples in a half
            lowest.append(np.nan)
            continue
        close = [
            _agreement(best[k][1], _best(X[h.rows], k, stream(seed, f"{h.name} {k}"))[1])
            for h in halves
        ]
        lowest.append(float(np.mean(close, axis=0).min()))
    return lowest


def _agreement(H, other):
    """Cosine of each row of H with its counterpart."""
    unit = [A / np.maximum(np.linalg.norm(A, axis=1, keepdims=True), 1e-300) for A in (H, other)]
    cosines = unit[0] @ unit[1].T
    rows, matched = linear_sum_assignment(-cosines)
    return cosines[rows, matched]
