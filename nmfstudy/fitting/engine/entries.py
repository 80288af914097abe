"""The loss entry by entry, its derivatives by row of either factor: for dense and sparse data.

With ``y = WH`` the loss of an entry has the first derivative ``e`` and the second ``q``: ``y − x``
and one, or ``1 − x/y`` and ``x/y²``, both times its weight. Only stored entries are visited. Where
the others count too, as zeros of sparse data, their share is that of a *background* over all
entries, which needs no visit: e = y under Frobenius, from Gram matrices, and e = 1 under
Kullback–Leibler, from sums. What all entries have in common of the second derivative under
Frobenius is *uniform* and comes from Gram matrices as well.

Factors have components as rows: W is held as Wᵀ (k, n_samples), H as (k, n_features), so that both
are treated alike. Which of them is meant is its side, `SIDE_W` or `SIDE_H`.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import sparse

from nmfstudy.fitting.engine.rows import TINY, factorize, least_rows, stored_products
from nmfstudy.model.weighted import Weighted, stored, values_of

SIDE_W, SIDE_H = 0, 1
SAFE = 0.6  # relative fall of an entry of WH up to which a full Newton step must decrease KL


class Slopes(NamedTuple):
    """By stored entry: y, minus the first derivative and the second, less what has no visit.

    The latter is None where nothing is left of it.
    """

    y: np.ndarray
    t: np.ndarray
    q: np.ndarray | None


class Local(NamedTuple):
    """A factor at a point: its gradient (k, n), the entries that are free (n, k), its Hessian.

    That consists of blocks (n, k, k), one per row; with their Cholesky factors on free entries.
    """

    gradient: np.ndarray
    free: np.ndarray
    block: np.ndarray
    factor: np.ndarray

    def factorize(self):
        """Compute the Cholesky factors on the entries that are free now."""
        factorize(self.block, self.free, self.factor)


class Entries:
    """Data and loss.

    Attributes
    ----------
    x : array
        The stored entries: all of them in the shape of the data, or flat, row after row.
    v : array or None
        Their weights; None where all are one.
    kullback : bool
        Whether the loss is Kullback–Leibler; Frobenius otherwise.
    background : float
        1 where unstored entries are zeros that count, else 0.
    uniform : float
        1 where all entries have a second derivative of one in common, else 0.
    """

    def __init__(self, x, v, shape, kullback, background):
        self.x, self.v, self.shape = x, v, shape
        self.kullback, self.background = kullback, background
        self.uniform = float(not kullback and (v is None or background > 0))
        self.q = None if v is None else v - self.uniform  # under Frobenius
        if kullback:
            x, v = x.reshape(-1), None if v is None else v.reshape(-1)
            self.positive, self.zero = np.flatnonzero(x > 0), np.flatnonzero(x == 0)
            self.x_positive = x[self.positive]
            self.v_positive, self.v_zero = (
                None if v is None else v[part] for part in (self.positive, self.zero)
            )

    def slopes(self, W, H):
        """The derivatives by entry."""
        x, v, y, b = self.x, self.v, self.product(W, H), self.background
        if not self.kullback:
            if v is None:
                return Slopes(y, x if b else x - y, None)
            return Slopes(y, v * (x - y) + b * y if b else v * (x - y), self.q)
        inverse = 1.0 / (y + TINY)
        t, q = x * inverse if b else (x - y) * inverse, x * inverse * inverse
        if not b:
            t[x == 0] = -1.0
        if v is not None:
            t, q = v * (t - b) + b, v * q
        return Slopes(y, t, q)

    def loss(self, W, H):
        """The loss, without cancellation where the background is zero."""
        v, y = self.v, self.product(W, H)
        if not self.kullback:
            squares = np.square(self.x - y)
            error = 0.5 * (squares if v is None else v * squares).sum()
            if self.background:
                error += 0.5 * (np.vdot(W @ W.T, H @ H.T) - np.square(y).sum())
            return float(error)
        y = y.reshape(-1)
        total = 0.0
        if self.background:
            total = W.sum(axis=1) @ H.sum(axis=1) - y.sum()
        x, zero, y = self.x_positive, y[self.zero], y[self.positive]
        e = (x - y) / x
        far = np.abs(e) >= 0.5
        logarithm = -np.log1p(-np.where(far, 0.0, e))
        logarithm[far] = np.log(x[far] / (y[far] + TINY))
        parts = x * (logarithm - e)
        if v is not None:
            parts, zero = self.v_positive * parts, self.v_zero * zero
        return float(total + (parts.sum() + zero.sum()))

    def local(self, slopes, side, M, F, l1, l2, only_positive=False):
        """Linearise M, the other factor F fixed.

        Free are positive entries and, unless ``only_positive``, zeros that want to grow.
        """
        gradient = l1 + l2 * M - self.sums(slopes.t, F, side)
        if self.background:
            gradient += F.sum(axis=1)[:, None] if self.kullback else (F @ F.T) @ M
        block = self._blocks(slopes.q, F, side)
        diagonal = np.einsum("nrr->nr", block)  # a view
        diagonal += l2
        free = (M > 0) if only_positive else (M > 0) | (gradient < 0)
        free = np.ascontiguousarray(free.T) & (diagonal > 0)
        return Local(gradient, free, block, np.empty_like(block))

    def _blocks(self, q, F, side):
        k, n = len(F), self.shape[side]
        if q is None:
            return np.tile(F @ F.T, (n, 1, 1))
        (r, c), block = _pairs(k), np.empty((n, k, k))
        block[:, r, c] = self.sums(q, F[r] * F[c], side).T
        block[:, c, r] = block[:, r, c]
        if self.uniform:
            block += F @ F.T
        return block

    def sweep(self, side, W, H, l1, l2):
        """A Newton step in every row of a factor, in place; under Frobenius it is exact."""
        M, F = (W, H) if side == SIDE_W else (H, W)
        slopes, new = self.slopes(W, H), np.empty_like(M)
        local = self.local(slopes, side, M, F, l1, l2)
        least_rows(local.block, local.gradient, M, new)
        if self.kullback:  # as far as is sure to decrease the loss
            y = self.product(new, H) if side == SIDE_W else self.product(W, new)
            fall = np.where(self.x > 0, (slopes.y - y) / (slopes.y + TINY), 0.0)
            fall = self.largest(fall, side)
            long = fall >= SAFE
            share = np.where(long, 1.0 / (1.0 + fall), 1.0)
            new = np.where(long, M + share * (new - M), new)
        M[:] = new


@cache
def _pairs(k):
    """Pairs of components, each with itself as well."""
    return np.tril_indices(k)


class DenseEntries(Entries):
    """All entries are stored."""

    def __init__(self, X, kullback):
        x, v, _ = stored(X)
        v = None if v is None else np.ascontiguousarray(v)
        super().__init__(np.ascontiguousarray(x), v, X.shape, kullback, 0.0)

    def product(self, W, H):
        """``WH`` at the stored entries."""
        return W.T @ H

    def sums(self, s, F, side):
        """``Σ_j s_ij F_rj`` (k, n_samples), or ``Σ_i s_ij F_ri`` (k, n_features)."""
        return F @ (s.T if side == SIDE_W else s)

    def largest(self, s, side):
        """The largest positive entry of every row or column, or zero."""
        return s.max(axis=1 - side, initial=0.0)


class SparseEntries(Entries):
    """The others are zeros, or unknown."""

    def __init__(self, X, kullback):
        X = X if isinstance(X, Weighted) else sparse.csr_array(X)
        x, v, background = stored(X)
        super().__init__(x, v, X.shape, kullback, background)
        X = values_of(X)
        self.pattern = X.indices, X.indptr
        self.start, self.index = X.indptr.astype(np.int64), X.indices.astype(np.int64)

    def product(self, W, H):
        """``WH`` at the stored entries."""
        out = np.empty(len(self.x))
        stored_products(
            self.start, self.index, np.ascontiguousarray(W.T), np.ascontiguousarray(H.T), out
        )
        return out

    def _matrix(self, s):
        return sparse.csr_array((s, *self.pattern), shape=self.shape)

    def sums(self, s, F, side):
        """``Σ_j s_ij F_rj`` (k, n_samples), or ``Σ_i s_ij F_ri`` (k, n_features)."""
        S = self._matrix(s)
        return np.ascontiguousarray(((S if side == SIDE_W else S.T) @ F.T).T)

    def largest(self, s, side):
        """The largest positive entry of every row or column, or zero."""
        largest = self._matrix(s).max(axis=1 - side).toarray()
        return np.maximum(largest.reshape(-1), 0.0)  # of two dimensions before scipy 1.13
