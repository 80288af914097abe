"""Entries held out and predicted: how far a number of components generalises.

Single entries are hidden, speckled over the matrix (Wold 1978), the rest is fitted, and what the
product says of the hidden ones is compared with them. Entries count by their precision: noise
that grows with the value, as that of counts does, would else leave the judgement to the few
largest. Hidden entries are unknown ones to the fit, as those of the data are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.optimize import nnls

from nmfstudy.datasets.typing import Matrix, Sparse
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.objective import squared_norm
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.problem import Problem, Search, check_integer
from nmfstudy.model.weighted import Weighted, values_of
from nmfstudy.util.display import Shown, count, number
from nmfstudy.util.errors import RequestError
from nmfstudy.util.numba_cache import load_kernels
from nmfstudy.util.spacing import evenly_spaced
from nmfstudy.util.streams import stream
from nmfstudy.util.threads import on_threads

_RIDGE = 1.0  # prior precision of factor entries of variance mean(X)/k, as of exponential ones
_N_STARTS = 2
_SWEEPS = {"sweeps": 40}  # prediction needs no more
_SEARCH = Search(solver="newton", tol=1e-4, max_iter=40, options=_SWEEPS)
_LARGEST = 200_000  # entries looked at; more cost time and say no more
_OUTLYING = 5.0  # times as large as any other entry of its row and of its column
_PILOT = 10  # most components of the fit that the size of the noise is taken from
_BINS = 20
_LEAST_VARIANCE = 0.05  # of the mean: no entry counts more than 20 times the average


@dataclass(frozen=True, eq=False, repr=False)
class Holdout(Shown):
    """Held-out error for one or several numbers of components.

    Attributes
    ----------
    table : DataFrame
        n_components, error, standard_error. The error is the share of the hidden entries' sum of
        squares, each entry weighted by the precision of its noise, that is not predicted: lowest
        where the components are those of the data, higher where they are too few, or so many
        that they fit noise.
    errors : array of shape (n_repeats, n_k)
        The same, repeat by repeat; the entries hidden in a repeat are the same for every k.
    """

    table: pd.DataFrame
    errors: np.ndarray

    @property
    def best(self):
        """The number of components with the lowest error."""
        return int(self.table.n_components[self.table.error.idxmin()])

    @property
    def simplest(self):
        """The smallest number whose error is within one standard error of the lowest.

        The standard error is that of the difference, repeat by repeat (Hastie et al. 2009).
        """
        return int(self.table.n_components[int(np.argmax(within_one(self.errors)))])

    def _shown(self):
        title = (
            f"Held-out error of {count(len(self.errors), 'repeat')}: lowest at "
            f"n_components={self.best}; within a standard error: from {self.simplest}"
        )
        rows = [tuple(number(v) for v in row) for row in self.table.itertuples(index=False)]
        return title, ("components", "error", "standard error"), rows


def holdout(
    X: Matrix,
    n_components: int | Sequence[int],
    *,
    fraction: float = 0.1,
    n_repeats: int = 5,
    seed: int = 0,
    weights: ArrayLike | Sparse | None = None,
    hidden: ArrayLike | None = None,
) -> Holdout:
    """Hide a share of the entries, fit the others, and compare.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features), or Dataset
        Of more than 200,000 entries so many are taken, of evenly spaced rows and columns. Entries
        that are NaN are unknown, and neither fitted nor compared.
    n_components : int or sequence of int, >= 1
    fraction : float
        Share of the entries that is hidden, above 0 and below 1.
    n_repeats : int, >= 1
    seed : int, >= 0
    weights : array or sparse matrix of the shape of X, optional
        Precision of each entry, see `nmfstudy.fit`. None: as found in the data.
    hidden : bool array of shape (n_samples, n_features) or (n_repeats, n_samples, n_features)
        Which entries to hide, in place of ``fraction`` and ``n_repeats``.

    Returns
    -------
    Holdout

    References
    ----------
    Wold (1978); Owen & Perry (2009).

    Examples
    --------
    >>> import numpy as np, nmfstudy as ns
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((40, 3)) @ np.kron(np.eye(3), np.ones(5)) + 0.1 * rng.random((40, 15))
    >>> ns.holdout(X, [1, 2, 3, 4]).best
    3
    """
    from nmfstudy.datasets.base import check_data

    X = check_data(getattr(X, "X", X), weights)
    ks = [n_components] if isinstance(n_components, int | np.integer) else list(n_components)
    ks = [check_integer("n_components", k, 1) for k in ks]
    n_repeats, seed = check_integer("n_repeats", n_repeats, 1), check_integer("seed", seed, 0)
    if not ks:
        raise RequestError("n_components is an empty list; possible: one or more integers >= 1")
    if not 0 < fraction < 1:
        raise RequestError(f"fraction is {fraction!r}; possible: above 0 and below 1")
    if hidden is not None:
        hidden = _masks(hidden, X)
        n_repeats = len(hidden)
    X, _ = without_outlying(part_of(X))
    precision, X = known_entries(X) / noise_variance(X), values_of(X)
    largest = np.unravel_index(int(X.argmax()), X.shape)
    errors = np.empty((n_repeats, len(ks)))

    def repeat(b, go_on):
        if hidden is None:
            kept = stream(seed, f"hidden {b}").random(X.shape) >= fraction
            if not X[~kept].any():  # of a small or sparse matrix perhaps
                kept[largest] = False
        else:
            kept = ~hidden[b]
        for i, k in enumerate(ks):
            if not go_on():
                return
            predicted = _predict(X, kept * precision, k, stream(seed, f"masked {b} {k}"))
            hidden_precision = precision * ~kept
            error = (hidden_precision * np.square(X - predicted)).sum()
            errors[b, i] = error / (hidden_precision * X * X).sum()

    load_kernels()
    on_threads(repeat, range(n_repeats))
    spread = errors.std(axis=0, ddof=1) / np.sqrt(n_repeats) if n_repeats > 1 else np.nan
    table = {"n_components": ks, "error": errors.mean(axis=0), "standard_error": spread}
    return Holdout(pd.DataFrame(table), errors)


def within_one(errors):
    """Which columns have a mean within one standard error of the lowest; the lowest has."""
    best = int(np.argmin(errors.mean(axis=0)))
    worse = errors - errors[:, [best]]
    if len(errors) < 2:
        return worse[0] <= 0
    return worse.mean(axis=0) <= worse.std(axis=0, ddof=1) / np.sqrt(len(errors))


def _masks(hidden, X):
    """Given masks, of the part that is looked at, each with something to predict and to fit."""
    masks = np.asarray(hidden)
    masks = masks[None] if masks.ndim == 2 else masks
    if masks.dtype != bool or masks.ndim != 3 or masks.shape[1:] != X.shape or not len(masks):
        raise RequestError(
            f"hidden is an array of {masks.dtype} of shape {np.shape(hidden)}; possible: bool, "
            f"{X.shape} or (n_repeats, {X.shape[0]}, {X.shape[1]})"
        )
    rows, columns = _part(X.shape)
    masks = masks[:, rows][:, :, columns]
    there = values_of(part_of(X)) > 0
    if not (masks & there).any(axis=(1, 2)).all() or (masks | ~there).all(axis=(1, 2)).any():
        raise RequestError(
            "hidden leaves nothing to predict or nothing to fit; possible: in every repeat some of "
            "the known entries that are > 0, and not all"
        )
    return masks


def known_entries(X):
    """Which entries of dense data are known."""
    return X.weights > 0 if isinstance(X, Weighted) else np.ones(X.shape, dtype=bool)


def _predict(X, V, k, generator):
    """``W H`` of the best of some fits with weights V, whatever X is where V is 0.

    The ridge keeps what few entries hardly fix from running away; it is the prior precision of
    factors whose product has the mean of X.
    """
    data = Weighted(np.where(V > 0, X, 0.0), V)
    ridge = _RIDGE * k / data.mean() if data.values.any() else _RIDGE
    penalty = ElementwisePenalty(ridge / X.shape[1], ridge / X.shape[0])
    seeds = generator.integers(0, 2**32, _N_STARTS if k > 1 else 1).tolist()
    fits = fit_starts(data, Problem(k, penalty=penalty), _SEARCH, seeds)
    best = fits[int(np.argmin(fits.objective))]
    return np.nan_to_num(best.W) @ np.nan_to_num(best.H)


def noise_variance(X):
    """Variance of the noise of every entry, as a quadratic function of what is expected there.

    ``v(m) = a + b m + c m²``, all ≥ 0, covers noise of one size, Poisson, negative binomial and
    multiplicative noise. It is fitted to the mean squares of 20 groups of entries of like
    expectation. What is expected comes from a generous fit of the other three fourths of the
    entries. The square of what that misses would hold its own error besides the noise, most where
    entries are large; the square of what a fit of all entries leaves lacks the noise that it has
    taken in. Their product is neither too large nor too small: of least squares with leverage h,
    r / (1 - h) times r has the expectation v.

    Where the data come with weights, these are the precisions, up to a factor.

    Returns
    -------
    array of shape X.shape, positive
        Infinite where the data come with weights and nothing is known.
    """
    k = int(np.clip(min(X.shape) // 4, 1, _PILOT))
    known, rough = known_entries(X), _rough_variance(X, k)
    if isinstance(X, Weighted) and not X.is_mask:
        with np.errstate(divide="ignore"):
            return max(rough, 1e-8 * squared_norm(X) / known.sum()) / X.weights
    X = values_of(X)
    size = np.square(X).sum() / known.sum()
    part = stream(0, "fourths").integers(0, 4, X.shape)
    rough, expected = known / max(rough, 1e-8 * size), np.zeros(X.shape)
    for i in range(4):
        hidden = part == i
        expected[hidden] = _predict(X, rough * ~hidden, k, stream(0, f"fourth {i}"))[hidden]
    left = X - _predict(X, rough, k, stream(0, "all fourths"))
    m, square = expected[known], ((X - expected) * left)[known]
    groups = np.array_split(np.argsort(m), min(_BINS, max(1, len(m) // 30)))
    m, square = (np.array([values[g].mean() for g in groups]) for values in (m, square))
    square = np.maximum(square, max(1e-3 * square.mean(), 1e-8 * size))
    powers = np.stack([np.ones_like(m), m, m * m], axis=1)
    (a, b, c), _ = nnls(powers / square[:, None], np.ones_like(m))
    variance = a + b * expected + c * expected**2
    return np.maximum(variance, _LEAST_VARIANCE * variance[known].mean())


def _rough_variance(X, k):
    """Mean square of what a fit of k components leaves over, by weight, freedom accounted for."""
    search = Search(solver="accelerated", tol=1e-5, max_iter=500)
    fits = fit_starts(X, Problem(k), search, range(2))
    free = max(0.3, 1 - k * (sum(X.shape) - k) / fits.n_entries)
    squares = np.square(fits.relative_error.min()) * squared_norm(X)
    return float(squares / fits.n_entries / free)


def without_outlying(X):
    """Lower single entries that are more than five times any other of their row and column.

    One such entry takes a component of its own from every fit of least squares, and nothing in
    the data can predict it.

    Returns
    -------
    X : array or Weighted
        Such entries have the largest value that is left in their row and column.
    cells : int array of shape (n_cells, 2)
        Where they are.
    """
    if isinstance(X, Weighted):
        values, cells = without_outlying(X.values)
        return Weighted(values, X.weights), cells
    if min(X.shape) < 2:
        return np.array(X), np.zeros((0, 2), dtype=np.int64)
    rows, columns = np.sort(X, axis=1)[:, -2:], np.sort(X, axis=0)[-2:].T
    in_row = np.where(rows[:, [1]] == X, rows[:, [0]], rows[:, [1]])
    in_column = np.where(columns[:, 1] == X, columns[:, 0], columns[:, 1])
    others = np.maximum(in_row, in_column)
    outlying = (X > _OUTLYING * others) & (others > 0)
    return np.where(outlying, others, X), np.argwhere(outlying)


def part_of(X):
    """The data with every entry stored, or evenly spaced rows and columns of large ones."""
    rows, columns = _part(X.shape)
    if isinstance(X, Weighted):
        return X[rows].columns(columns).dense()
    X = X[rows][:, columns]
    return X.toarray() if sparse.issparse(X) else np.asarray(X)


def _part(shape):
    """Rows and columns that are looked at."""
    n, d = shape
    if n * d <= _LARGEST:
        return np.arange(n), np.arange(d)
    columns = evenly_spaced(d, max(int(np.sqrt(_LARGEST)), _LARGEST // n))
    return evenly_spaced(n, _LARGEST // len(columns)), columns
