"""Results of fitting: many starts of one search on one problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from nmfstudy.model.factorization import Factorization, live_components
from nmfstudy.model.problem import Problem, Search
from nmfstudy.util.display import Shown, count, number

STOP_REASONS = (
    "converged",  # the stopping rule asked for is met and every component is alive
    "max_iter",  # it is not met after max_iter sweeps
    "scale_escape",  # a one-sided penalty pushes all scale into the free factor
    "unbounded",  # a term grows without limit where nothing is known, towards no minimum
    "collapsed",  # every component is zero
    "dead",  # converged with a zero component, and no descent direction was found
    "saddle",  # converged with a zero component that could be revived, again and again
    "failed",  # an exception, or factors that are not finite
)


_LISTED = 5  # fits in the table that is printed


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Shown):
    """One start and how it ended.

    Attributes
    ----------
    W : array of shape (n_samples, n_components)
    H : array of shape (n_components, n_features)
        The factorization found.
    objective : float
        Loss and penalty, in scikit-learn's scaling: ``½‖X − WH‖²`` without a penalty.
    relative_error : float
        ``‖X − WH‖ / ‖X‖``, both over known entries and by their weights.
    kkt_residual : float
        How far the factors are from a stationary point, without units.
    step : float
        Bound on the distance to the minimum, in units of ``‖X‖``; NaN where not known.
    min_curvature : float
        Smallest curvature there, in units of the loss's own; NaN where not known.
    n_iter : int
        Sweeps over both factors.
    converged : bool
        Whether the residual is within the tolerance.
    stop_reason : str
        Why the start ended: converged, max_iter, scale_escape, unbounded, collapsed, dead, saddle
        or failed.
    seconds : float
    seed : int

    Examples
    --------
    >>> import nmfstudy as ns
    >>> menu = ns.load_dataset("menu")
    >>> best = ns.fit(menu.X, n_components=3, n_starts=4)[0]
    >>> best.W.shape, best.H.shape, best.stop_reason
    ((6, 3), (3, 4), 'converged')
    """

    W: np.ndarray
    H: np.ndarray
    objective: float
    relative_error: float
    kkt_residual: float
    step: float
    min_curvature: float
    n_iter: int
    converged: bool
    stop_reason: str
    seconds: float
    seed: int

    @property
    def factorization(self) -> Factorization:
        """The factors as a checked `Factorization`."""
        return Factorization(self.W, self.H)

    def _shown(self):
        (n, k), d = self.W.shape, self.H.shape[1]
        title = f"Fit of a {n} × {d} matrix with {count(k, 'component')}"
        return title, _HEADERS, [_row(self)]


@dataclass(frozen=True, eq=False, repr=False)
class Fits(Shown):
    """Fits of one search, stacked; entry i belongs to ``seed[i]``.

    Attributes
    ----------
    W : array of shape (n_kept, n_samples, n_components)
    H : array of shape (n_kept, n_components, n_features)
        The factors that were kept, see `nmfstudy.fitting.keeping`; with ``record="all"``, those of
        every fit in order. NaN for rows and columns of X without any known entry.
    objective, relative_error, kkt_residual, seconds : float arrays of shape (n_fits,)
        The objective with its penalty; ``‖X − WH‖/‖X‖``; `nmfstudy.model.objective.kkt_residual`;
        wall time of the start, or its share of the batch's.
    step, min_curvature : float arrays of shape (n_fits,)
        Length of the next Newton step as a distance between solutions, a bound on the distance
        to the minimum up to terms of second order; the smallest curvature there, 0 on a
        continuum. NaN where not known, see `nmfstudy.fitting.solvers.second_order`.
    n_iter, seed : int arrays of shape (n_fits,)
    converged : bool array of shape (n_fits,)
        Whether the stopping rule asked for was met (never with scale escape).
    stop_reason : str array of shape (n_fits,)
        One of `STOP_REASONS`.
    problem, search : Problem, Search
    data_norm, reference_loss : float
        ``‖X‖_F`` and `nmfstudy.model.objective.reference_loss`, which tolerances are relative to.
    is_counts : bool
        Whether every entry of X is a whole number, so that X may be counts.
    n_entries : int
        Known entries of X; all of them unless given.
    zeros_W, zeros_H : float arrays of shape (n_fits,)
        Shares of exact zeros; counted from the factors unless given.
    n_dead : int array of shape (n_fits,)
        Components of size zero; counted from the factors unless given.
    errors : dict
        Traceback by seed of the starts that failed.
    row : int array of shape (n_fits,)
        Row of W and H with the factors of each fit, −1 if they were not kept. Fits that are the
        same may share one. By default fit i has row i.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> fits = ns.fit(ns.load_dataset("menu").X, n_components=3, n_starts=4)
    >>> len(fits), fits.W.shape
    (4, (4, 6, 3))
    >>> bool(fits.converged.all())
    True
    """

    W: np.ndarray
    H: np.ndarray
    objective: np.ndarray
    relative_error: np.ndarray
    kkt_residual: np.ndarray
    n_iter: np.ndarray
    converged: np.ndarray
    stop_reason: np.ndarray
    seconds: np.ndarray
    seed: np.ndarray
    problem: Problem
    search: Search
    data_norm: float
    reference_loss: float
    is_counts: bool = False
    n_entries: int | None = None
    zeros_W: np.ndarray | None = None
    zeros_H: np.ndarray | None = None
    n_dead: np.ndarray | None = None
    step: np.ndarray | None = None
    min_curvature: np.ndarray | None = None
    errors: dict = field(default_factory=dict)
    row: np.ndarray | None = None

    def __post_init__(self):
        """Count zeros and dead components where they are not given; the rest is not known."""
        if self.row is None:
            object.__setattr__(self, "row", np.arange(len(self.seed)))
        if self.n_entries is None:
            object.__setattr__(self, "n_entries", self.W.shape[1] * self.H.shape[2])
        if self.zeros_W is None:
            object.__setattr__(self, "zeros_W", (self.W == 0).mean(axis=(1, 2)))
        if self.zeros_H is None:
            object.__setattr__(self, "zeros_H", (self.H == 0).mean(axis=(1, 2)))
        for name in ("step", "min_curvature"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(len(self.seed), np.nan))
        if self.n_dead is None:
            dead = ~live_components(self.W, self.H)
            object.__setattr__(self, "n_dead", dead.sum(axis=1))

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.seed)

    @overload
    def __getitem__(self, index: int) -> Fit: ...

    @overload
    def __getitem__(self, index: slice | ArrayLike) -> Fits: ...

    def __getitem__(self, index):
        """A `Fit` for an integer, with NaN for factors that were not kept; else `Fits`."""
        if isinstance(index, int | np.integer):
            values = {name: getattr(self, name)[index].item() for name in _OF_FIT}
            return Fit(*self.factors(self.row[index]), **values)
        columns = {name: getattr(self, name)[index] for name in _COLUMNS}
        return replace(self, **columns).with_rows(self.row[index])

    def __iter__(self) -> Iterator[Fit]:
        """One `Fit` after the other."""
        return (self[i] for i in range(len(self)))

    @cached_property
    def has_factors(self):
        """Which fits have their factors, finite where X is known; bool array of shape (n_fits,)."""
        W, H = (np.isfinite(factor).all(axis=(1, 2)) for factor in self.known_factors)
        return np.append(W & H, False)[self.row]

    @cached_property
    def known_factors(self):
        """W and H without the rows and columns of X of which nothing is known."""
        rows = ~np.isnan(self.W).all(axis=(0, 2))
        columns = ~np.isnan(self.H).all(axis=(0, 1))
        if (rows.all() and columns.all()) or not (rows.any() and columns.any()):
            return self.W, self.H
        return self.W[:, rows], self.H[:, :, columns]

    def with_unknown(self, shape, rows, columns):
        """The same fits of a larger matrix of which nothing but these rows and columns is known."""
        W = np.full((len(self.W), shape[0], self.W.shape[2]), np.nan)
        H = np.full((len(self.H), self.H.shape[1], shape[1]), np.nan)
        W[:, rows], H[:, :, columns] = self.W, self.H
        return replace(self, W=W, H=H)

    def factors(self, row):
        """W and H of one row; NaN for row −1."""
        if row < 0:
            return tuple(np.full(factor.shape[1:], np.nan) for factor in (self.W, self.H))
        return self.W[row], self.H[row]

    def with_rows(self, row):
        """The same fits with these rows of W and H; rows that no fit has are dropped."""
        used, first, number = np.unique(row, return_index=True, return_inverse=True)
        if used.size and used[0] < 0:
            used, first, number = used[1:], first[1:], number - 1
        order = np.argsort(first)
        place = np.append(np.argsort(order), -1)
        W, H = (factor[used[order]] for factor in (self.W, self.H))
        return replace(self, W=W, H=H, row=place[number.reshape(-1)])

    def _shown(self):
        """How many starts there are, the best objective, and the first few."""
        k, penalty = self.problem.n_components, self.problem.penalty.name
        title = (
            f"Fits: {count(len(self), 'start')}, {int(self.converged.sum()):,} converged, "
            f"{count(k, 'component')}, loss {self.problem.loss}, penalty {penalty}\n"
            f"init {self.search.init}, solver {self.search.solver_label}"
        )
        if len(self) > _LISTED:
            title += f"; best objective {number(self.objective.min())}; the first {_LISTED}:"
        shown = range(min(len(self), _LISTED))
        return title, _HEADERS, [_row(self[i]) for i in shown]


_HEADERS = ("seed", "objective", "relative error", "KKT residual", "sweeps", "stop")


def _row(fit):
    values = (fit.objective, fit.relative_error, fit.kkt_residual)
    return (fit.seed, *map(number, values), f"{fit.n_iter:,}", fit.stop_reason)


_OF_FIT = [f.name for f in fields(Fit) if f.name not in ("W", "H")]
_COLUMNS = [*_OF_FIT, "zeros_W", "zeros_H", "n_dead"]


def concatenate(parts):
    """One `Fits` out of several of the same problem; the search is that of the first."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    stacked = {n: np.concatenate([getattr(p, n) for p in parts]) for n in (*_COLUMNS, "W", "H")}
    before = np.cumsum([0] + [len(part.W) for part in parts[:-1]])
    rows = [np.where(p.row < 0, -1, p.row + b) for p, b in zip(parts, before, strict=True)]
    errors = {seed: text for part in parts for seed, text in part.errors.items()}
    return replace(parts[0], **stacked, row=np.concatenate(rows), errors=errors)
