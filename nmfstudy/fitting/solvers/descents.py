"""Stacks of starts on their way down by coordinate descent: layouts, slices, settling.

A stack makes a slice of sweeps at a time, short enough to be interrupted, and settles what a
kernel claims by the true KKT residual. `OneByOne` calls a kernel for one start after the other,
on dense or sparse data; `Lanes` one for many starts at once, on tiny data. Nothing that a start
does depends on slices or on the other starts.
"""

import numpy as np
from scipy import sparse

from nmfstudy.fitting.solvers.base import escapes
from nmfstudy.model.objective import data_norm, kkt_residual
from nmfstudy.model.penalties import ScaleFreePenalty

_SLICE_FLOPS = 3e8  # work between two looks at the clock: under .3 s on a slow core
_ESCAPE_SLICE = 104  # sweeps between two looks at the scale under a one-sided penalty


class DenseData:
    """A dense X in the layout of its kernel, which takes W in blocks of samples."""

    def __init__(self, X, k):
        from nmfstudy.fitting.engine.dense import descend
        from nmfstudy.fitting.engine.vectors import PANEL

        self.kernel, self.shape, self.norm = descend, X.shape, data_norm(X)
        self.width = PANEL
        self.arrays = (self._panels(X[None])[0],)

    def n_flops(self, k):
        """Of a sweep."""
        n, d = self.shape
        return 4 * n * d * k + 2 * (n + d) * k * k

    def pack(self, W, H):
        """Copies of stacked factors as the kernel takes them, one start after the other."""
        padded = _aligned_zeros((*H.shape[:2], -(-H.shape[2] // self.width) * self.width))
        padded[:, :, : H.shape[2]] = H
        return self._panels(W), padded

    def unpack(self, W, H):
        """The inverse of `pack`."""
        flat = W.swapaxes(2, 3).reshape(len(W), -1, W.shape[2])
        n, d = self.shape
        return np.ascontiguousarray(flat[:, :n]), np.ascontiguousarray(H[:, :, :d])

    def _panels(self, A):
        """``A`` (…, n_samples, m) as (…, n_panels, m, width), padded with zeros."""
        n_starts, n, m = A.shape
        panels = _aligned_zeros((n_starts, -(-n // self.width), m, self.width))
        whole = n // self.width
        split = A[:, : whole * self.width].reshape(n_starts, whole, self.width, m)
        panels[:, :whole] = split.swapaxes(2, 3)
        if whole * self.width < n:
            panels[:, whole, :, : n % self.width] = A[:, whole * self.width :].swapaxes(1, 2)
        return panels


def _aligned_zeros(shape):
    """Zeros whose vectors do not straddle lines of the cache, which would halve the speed."""
    size = int(np.prod(shape))
    room = np.zeros(size + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + size].reshape(shape)


class SparseData:
    """A sparse X by rows and by columns, in slices; the kernel takes W and Hᵀ, padded."""

    def __init__(self, X, k):
        from nmfstudy.fitting.engine.sparse import SLICE_BYTES, descend_sparse
        from nmfstudy.fitting.engine.vectors import LENGTH

        self.kernel, self.shape, self.norm = descend_sparse, X.shape, data_norm(X)
        self.n_nonzero, self.k, self.columns = X.nnz, k, -(-k // LENGTH) * LENGTH
        height = max(1, SLICE_BYTES // (8 * self.columns))
        self.arrays = k, *(_slices(A, height) for A in (X, X.T))

    def n_flops(self, k):
        """Of a sweep."""
        return 4 * self.n_nonzero * k + 4 * sum(self.shape) * k * k

    def pack(self, W, H):
        """Copies of stacked factors as the kernel takes them, one start after the other."""
        return self._padded(W), self._padded(H.swapaxes(1, 2))

    def unpack(self, W, HT):
        """The inverse of `pack`."""
        W, HT = W[:, :, : self.k], HT[:, :, : self.k]
        return np.ascontiguousarray(W), np.ascontiguousarray(HT.swapaxes(1, 2))

    def _padded(self, A):
        rows = _aligned_zeros((*A.shape[:2], self.columns))
        rows[:, :, : self.k] = A
        return rows


def _slices(X, width):
    """``(indptr, indices, data)`` of as many columns of X at a time, slice after slice."""
    X = sparse.csc_array(X)
    parts = [sparse.csr_array(X[:, j : j + width]) for j in range(0, X.shape[1], width)]
    steps = np.concatenate([[0], *(np.diff(part.indptr) for part in parts)])
    indices = [part.indices + i * width for i, part in enumerate(parts)]
    data = np.concatenate([part.data for part in parts])
    return np.cumsum(steps, dtype=np.int64), np.concatenate(indices).astype(np.int32), data


class LaneData:
    """A tiny X and its transpose; the kernel takes the factors as they are."""

    def __init__(self, X, k):
        from nmfstudy.fitting.engine.lanes import LANES, descend_lanes

        self.kernel, self.shape, self.norm = descend_lanes, X.shape, data_norm(X)
        self.lanes = LANES
        self.arrays = np.array(X), np.array(X.T, order="C")

    def n_flops(self, k):
        """Of a sweep of all lanes."""
        n, d = self.shape
        return self.lanes * (4 * n * d * k + 2 * (n + d) * k * k)

    def pack(self, W, H):
        """Copies of stacked factors."""
        return W.copy(), H.copy()

    def unpack(self, W, H):
        """The inverse of `pack`."""
        return W, H


def prices_of(penalty, shape):
    """``(l1_W, l2_W, l1_H, l2_H, strength)`` as the kernels take them."""
    if isinstance(penalty, ScaleFreePenalty):
        return np.array([0.0, 0.0, 0.0, 0.0, penalty.strength])
    return np.array([*penalty.weights(*shape), 0.0])


def gauge_of(penalty, ruled, rescale):
    """Which rescaling goes with the sweeps."""
    from nmfstudy.fitting.engine.rules import BALANCE, FREE, OPTIMAL

    if not ruled or penalty.one_sided:
        return FREE
    if penalty.is_zero or isinstance(penalty, ScaleFreePenalty):
        return BALANCE
    return OPTIMAL if rescale else FREE


class Stack:
    """Some starts on their way; `advance` makes a slice of sweeps of all of them.

    Parameters
    ----------
    X : array or CSR array
        As the user gave it; what `data` holds may be its transpose.
    data : DenseData, SparseData or LaneData
    W, H : stacks of factors
    penalty : Penalty
    solver : CoordinateDescent
    tol : float
        What its rule is to reach.
    """

    def __init__(self, X, data, W, H, penalty, solver, tol):
        self.X, self.data, self.penalty, self.solver = X, data, penalty, solver
        self.flip = penalty.name == "scale_free_H"
        self.start = W, H
        self.packed = data.pack(*self._flipped(W, H))
        self.kkt = solver.stop == "kkt"
        self.endless = self.kkt and penalty.one_sided
        self.prices = prices_of(penalty, data.shape)
        self.gauge = gauge_of(penalty, self.kkt, solver.rescale)
        self.goal = tol
        tol = tol * data.norm**1.5 if self.kkt else tol
        # Under a one-sided penalty there is no minimiser to be near to.
        self.tol = np.full(len(W), -1.0 if self.endless else tol)
        flops = data.n_flops(W.shape[2]) * (len(W) if isinstance(self, OneByOne) else 1)
        self.slice = 8 * int(min(max(_SLICE_FLOPS / flops / 8, 1), 1e5))
        if self.endless:
            self.slice = min(self.slice, _ESCAPE_SLICE)
        self.n_iter = np.zeros(len(W), dtype=np.int64)
        self.state = np.zeros((len(W), 2))
        self.resting, self.met = np.zeros((2, len(W)), dtype=bool)

    def factors(self):
        """``W`` and ``H`` as they stand, stacked."""
        return self._flipped(*self.data.unpack(*self.packed))

    @property
    def finished(self):
        """Whether no start has anything left to do."""
        return bool((self.resting | (self.n_iter >= self.solver.max_iter)).all())

    def advance(self):
        """Make at most a slice of sweeps and see which starts are at their end."""
        before = self.resting.copy()
        self._sweep()
        claims = np.flatnonzero(self.resting & ~before)
        if claims.size:
            self._settle(claims)
        if self.endless:
            self.resting |= escapes(*self.start, *self.factors())

    def _settle(self, claims):
        """Decide on claims by the true residual; come back at half the tolerance if refused."""
        W, H = self._flipped(*self.data.unpack(*(factor[claims] for factor in self.packed)))
        finite = np.isfinite(W).all(axis=(1, 2)) & np.isfinite(H).all(axis=(1, 2))
        met = finite.copy()
        if self.kkt and finite.any():
            residual = kkt_residual(self.X, W[finite], H[finite], penalty=self.penalty)
            met[finite] = residual <= self.goal
        self.met[claims] = met
        refused = claims[finite & ~met]
        self.resting[refused] = False
        self.tol[refused] *= 0.5

    def _flipped(self, W, H):
        """The factors of the transposed data, and back."""
        if not self.flip:
            return W, H
        return tuple(np.ascontiguousarray(factor.swapaxes(1, 2)) for factor in (H, W))


class Lanes(Stack):
    """Many starts at once."""

    def _sweep(self):
        self.data.kernel(
            *self.data.arrays, *self.packed, self.prices, self.kkt, self.gauge, self.tol,
            self.n_iter, self.solver.max_iter, self.state, self.resting, self.slice,
        )  # fmt: skip


class OneByOne(Stack):
    """One start after the other."""

    def _sweep(self):
        for i in np.flatnonzero(~self.resting & (self.n_iter < self.solver.max_iter)):
            last = min(self.n_iter[i] + self.slice, self.solver.max_iter)
            self.n_iter[i], self.resting[i] = self._sweep_one(i, last)

    def _sweep_one(self, i, last):
        """Sweep until number ``last``, or until the kernel claims to have met the rule."""
        W, H = self.packed
        return self.data.kernel(
            *self.data.arrays, W[i], H[i], self.prices, self.kkt, self.gauge, self.tol[i],
            self.n_iter[i], last, self.state[i],
        )  # fmt: skip
