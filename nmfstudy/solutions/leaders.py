"""Many fits that are nearly equal: a few of them stand for all."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nmfstudy.solutions import kernels
from nmfstudy.solutions.pairs import Terms, terms_of
from nmfstudy.util.threads import n_threads, on_threads

_BLOCK_BYTES = 2**26  # factors that are prepared at a time
_BLOCK_FITS = 2048
RADII = (1e-8, 2.5e-4)  # of leaders: the Gram form's floor; a quarter of the usual distance_tol


@dataclass(frozen=True, eq=False)
class LeaderClusters:
    """Fits and their leaders.

    Attributes
    ----------
    positions : int array of shape (n_points,)
        Pooled index of each fit, in the order given; fits without factors are left out.
    n_merged : int array of shape (n_points,)
    leader : int array of shape (n_points,)
        Row of `terms` that stands for the fit.
    length : array of shape (n_points,)
        Distance to it; 0 for the leaders.
    first : int array of shape (n_leaders,)
        Point that each leader is.
    terms : Terms
        Of the leaders.
    """

    positions: np.ndarray
    n_merged: np.ndarray
    leader: np.ndarray
    length: np.ndarray
    first: np.ndarray
    terms: Terms

    def shared(self, owners, indices, same):
        """The same leaders where several fits share the factors of one.

        Parameters
        ----------
        owners : int array
            Pooled index of the fits that were to be led, in their order.
        indices : int array
            Of all fits, each owner before those that share its factors.
        same : int array
            Position of each fit's owner among the owners.
        """
        point = np.full(len(owners), -1)
        point[np.isin(owners, self.positions)] = np.arange(len(self.positions))
        at = point[same]
        indices, at = indices[at >= 0], at[at >= 0]
        leader = self.leader[at]
        first = np.unique(leader, return_index=True)[1]
        return LeaderClusters(
            indices, self.n_merged[at], leader, self.length[at], first, self.terms
        )


def radius_of(noise_floor, largest=RADII[1]):
    """How near a leader has to be: a quarter of the noise floor, within limits."""
    return max(RADII[0], min(noise_floor / 4, largest))


def lead_themselves(pool, indices):
    """Every fit is its own leader."""
    positions, terms = _present(pool, indices)
    alone = np.arange(len(terms))
    return LeaderClusters(positions, terms.n_merged, alone, np.zeros(len(terms)), alone, terms)


def _present(pool, indices):
    """Fits that have factors, and their terms."""
    terms = terms_of(pool, indices)
    if terms.present.all():
        return indices, terms
    return indices[terms.present], terms[terms.present]


def find_leaders(pool, indices, radius, n_settled=0):
    """In this order, each fit follows a leader within the radius or becomes one.

    The first ``n_settled`` are leaders whatever their distances.
    Sorted term sizes, which are apart by no more than the distance, say which leaders are worth
    a comparison, so that few are made where the minima are few.
    """
    if not len(indices):
        return lead_themselves(pool, indices)
    part = pool.parts[0]
    each = 8 * part.W.shape[2] * (part.W.shape[1] + part.H.shape[2])
    step = min(_BLOCK_FITS, max(1, _BLOCK_BYTES // each))
    leaders = _Growing()
    columns = []
    bounds = [*range(0, n_settled, step), *range(n_settled, len(indices), step), len(indices)]
    for i, stop in pairwise(bounds):
        block, terms = _present(pool, indices[i:stop])
        ranked = np.sort(terms.sizes, axis=1)[:, ::-1].copy()
        leader, length = np.full(len(block), -1), np.zeros(len(block))
        if i < n_settled:
            leader = leaders.n + np.arange(len(block))
            leaders.add(terms, ranked)
            columns.append((block, terms.n_merged, leader, length))
            continue
        if leaders.n:
            _follow(terms, ranked, leaders, radius, leader, length)
        elected = kernels.elect_leaders(
            terms.W, terms.H, terms.sizes, ranked, radius, leader, length
        )
        row_of = np.full(len(block), -1)
        row_of[elected] = leaders.n + np.arange(len(elected))
        here = leader < -1
        leader[here] = row_of[-2 - leader[here]]
        leaders.add(terms[elected], ranked[elected])
        columns.append((block, terms.n_merged, leader, length))
    positions, n_merged, leader, length = (np.concatenate(c) for c in zip(*columns, strict=True))
    first = np.unique(leader, return_index=True)[1]
    return LeaderClusters(positions, n_merged, leader, length, first, leaders.terms())


def _follow(terms, ranked, leaders, radius, leader, length):
    """Look for a leader for each fit, on threads."""
    by_size = np.argsort(leaders.ranked[: leaders.n, 0], kind="stable")
    bounds = np.linspace(0, len(terms), 4 * n_threads() + 1).astype(int)

    def some(i, go_on):
        kernels.fill_leaders(
            terms.W, terms.H, terms.sizes, ranked, leaders.W, leaders.H, leaders.sizes,
            leaders.ranked, by_size, radius, bounds[i], bounds[i + 1], leader, length,
        )  # fmt: skip

    on_threads(some, range(len(bounds) - 1))


class _Growing:
    """Terms of the leaders so far, in arrays that double when they are full."""

    def __init__(self):
        self.n = 0

    def add(self, terms, ranked):
        new = {"W": terms.W, "H": terms.H, "sizes": terms.sizes, "ranked": ranked}
        for name, rows in new.items():
            old = getattr(self, name, rows[:0])
            if self.n + len(rows) > len(old):
                grown = np.empty((max(2 * len(old), self.n + len(rows)), *rows.shape[1:]))
                grown[: self.n] = old[: self.n]
                old = grown
            old[self.n : self.n + len(rows)] = rows
            setattr(self, name, old)
        self.n += len(ranked)

    def terms(self):
        n = self.n
        flat = np.zeros(n, dtype=np.int64)
        return Terms(self.W[:n], self.H[:n], self.sizes[:n], flat, flat == 0)
