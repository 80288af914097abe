"""Fits of several searches of one problem as one list, in an order that no caller decides."""

from dataclasses import dataclass, fields

import numpy as np

from nmfstudy.model.fits import Fit, Fits
from nmfstudy.model.problem import Problem
from nmfstudy.util.errors import RequestError

# Stop reasons that are no minimum, whatever the residual says.
NOT_COUNTED = ("saddle", "collapsed", "scale_escape", "unbounded", "failed")
_COLUMNS = ("objective", "kkt_residual", "step", "n_iter", "seed", "stop_reason")
_SCALARS = [f.name for f in fields(Fit) if f.name not in ("W", "H")]


@dataclass(frozen=True, eq=False)
class Pool:
    """The columns of all fits one after the other; the factors stay where they are.

    Attributes
    ----------
    parts : tuple of Fits
    offsets, row_offsets : int array
        Position of each part's first fit and of its first row of factors, and the total.
    row : int array of shape (n_fits,)
        Row of the factors of each fit, counted through all parts; −1 if they were not kept.
    searches : tuple of Search
        The different ones, in an order of their own.
    search : int array of shape (n_fits,)
        Index into `searches` of each fit.
    random : bool array of shape (n_fits,)
        Whether the start was drawn; deterministic inits are no sample of anything.
    """

    parts: tuple
    offsets: np.ndarray
    row_offsets: np.ndarray
    row: np.ndarray
    problem: Problem
    searches: tuple
    search: np.ndarray
    random: np.ndarray
    objective: np.ndarray
    kkt_residual: np.ndarray
    step: np.ndarray
    n_iter: np.ndarray
    seed: np.ndarray
    stop_reason: np.ndarray
    data_norm: float
    reference_loss: float
    is_counts: bool

    def __len__(self):
        """Number of fits."""
        return int(self.offsets[-1])

    @property
    def n_entries(self):
        """Known entries of X."""
        return self.parts[0].n_entries

    @property
    def n_unknown(self):
        """Entries of X that are unknown."""
        return self.parts[0].W.shape[1] * self.parts[0].H.shape[2] - self.n_entries

    def copies(self, indices):
        """The `Fit` at each pooled index; they do not keep the stacks they come from alive."""
        home = np.searchsorted(self.offsets, indices, side="right") - 1
        copies = [None] * len(indices)
        for p in np.unique(home).tolist():
            at = np.flatnonzero(home == p)
            part, rows = self.parts[p], indices[at] - self.offsets[p]
            columns = [getattr(part, name)[rows].tolist() for name in _SCALARS]
            for i, row, *scalars in zip(at.tolist(), part.row[rows], *columns, strict=True):
                W, H = (factor.copy() for factor in part.factors(row))
                copies[i] = Fit(W, H, **dict(zip(_SCALARS, scalars, strict=True)))
        return tuple(copies)

    def distinct(self, indices):
        """The first fit of each row of factors, and the position of every fit's among them.

        Fits whose factors were not kept are each on their own.
        """
        row = self.row[indices]
        key = np.where(row < 0, -1 - np.arange(len(row)), row)
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(first)
        return indices[first[order]], np.argsort(order)[inverse.reshape(-1)]

    def sorted(self, indices):
        """The same fits by objective, KKT residual, seed and search."""
        keys = (self.search, self.seed, self.kkt_residual, self.objective)
        return indices[np.lexsort([key[indices] for key in keys])]


def pool(fits):
    """One `Pool` of `Fits` or of a list of them.

    Raises
    ------
    RequestError
        If there are none, if they are of different problems or data, or if a seed of one search
        occurs twice, which would count one draw as two.
    """
    parts = (fits,) if isinstance(fits, Fits) else tuple(fits)
    if not parts:
        raise RequestError("fits is an empty list; possible: Fits, or a list of at least one Fits")
    for part in parts:
        if not isinstance(part, Fits):
            raise RequestError(
                f"fits contains {type(part).__name__}; possible: Fits, or a list of them"
            )
    first = parts[0]
    for part in parts[1:]:
        if part.problem != first.problem:
            raise RequestError(
                f"fits are of different problems, {first.problem} and {part.problem}; "
                "possible: several searches of one problem"
            )
        if not np.isclose(part.data_norm, first.data_norm, rtol=1e-12, atol=0):
            raise RequestError(
                f"fits are of different data, of norm {first.data_norm:g} and {part.data_norm:g}; "
                "possible: several searches of one problem"
            )
        if (part.W.shape[1:], part.H.shape[1:]) != (first.W.shape[1:], first.H.shape[1:]):
            raise RequestError(
                f"fits have factors of different shapes, {first.W.shape[1:]} and "
                f"{part.W.shape[1:]}; possible: several searches of one problem"
            )
    keys = [_search_key(part.search) for part in parts]
    names = sorted(set(keys))
    searches = tuple(parts[keys.index(name)].search for name in names)
    lengths = np.array([len(part) for part in parts])
    row_offsets = np.concatenate([[0], np.cumsum([len(part.W) for part in parts])])
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS}
    search = np.repeat([names.index(key) for key in keys], lengths)
    random = np.array([not s.deterministic for s in searches])[search]
    _refuse_repeats(searches, search[random], columns["seed"][random])
    return Pool(
        parts=parts,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        row_offsets=row_offsets,
        row=np.concatenate(
            [np.where(p.row < 0, -1, p.row + o) for p, o in zip(parts, row_offsets, strict=False)]
        ),
        problem=first.problem,
        searches=searches,
        search=search,
        random=random,
        data_norm=float(first.data_norm),
        reference_loss=float(first.reference_loss),
        is_counts=all(part.is_counts for part in parts),
        **columns,
    )


def _search_key(search):
    """What tells searches apart, comparable and free of their order."""
    options = sorted((str(name), repr(value)) for name, value in search.options.items())
    return (
        search.init,
        search.solver,
        search.stop,
        search.tol,
        search.max_iter,
        options.__repr__(),
    )


def _refuse_repeats(searches, search, seed):
    pairs, times = np.unique(np.column_stack([search, seed]), axis=0, return_counts=True)
    if (times > 1).any():
        which, seed = pairs[np.argmax(times > 1)]
        s = searches[which]
        raise RequestError(
            f"seed {seed} of init {s.init} and solver {s.solver} occurs {times.max()} times; "
            "possible: every start once"
        )
