"""Starts on their way down by coordinate descent: the layouts of the kernels and their slices.

`Descent` carries one start on dense or sparse data, `Lanes` many starts on tiny data. Both
make a slice of sweeps at a time, short enough to be interrupted, and settle a kernel's claims
by the true KKT residual. Nothing that a start does depends on the slices or on other starts.
"""

import numpy as np
from scipy import sparse

from nmfstudy.objective import data_norm
from nmfstudy.penalties import ScaleFreePenalty
from nmfstudy.solvers.base import escapes

_SLICE_FLOPS = 3e8  # work between two looks at the clock: under .3 s on a slow core
_ESCAPE_SLICE = 104  # sweeps between two looks at the scale under a one-sided penalty


class DenseData:
    """A dense X in the layout of its kernel, which takes W in blocks of samples."""

    def __init__(self, X):
        from nmfstudy.solvers.kernels_dense import BLOCK, descend

        self.kernel, self.shape, self.norm = descend, X.shape, data_norm(X)
        self.width = BLOCK if len(X) > BLOCK else -(-len(X) // 4) * 4
        self.arrays = (self._blocks(X),)

    def n_flops(self, k):
        """Of a sweep."""
        n, d = self.shape
        return 4 * n * d * k + 2 * (n + d) * k * k

    def pack(self, W, H):
        """Copies of the factors as the kernel takes them."""
        return self._blocks(W), np.array(H, order="C")

    def unpack(self, W, H):
        """The inverse of `pack`."""
        flat = W.swapaxes(1, 2).reshape(-1, W.shape[1])
        return np.ascontiguousarray(flat[: self.shape[0]]), H

    def _blocks(self, A):
        """``A`` (n_samples, m) as (n_blocks, m, width), padded with zeros."""
        n_blocks = -(-len(A) // self.width)
        padded = np.zeros((n_blocks * self.width, A.shape[1]))
        padded[: len(A)] = A
        return np.ascontiguousarray(padded.reshape(n_blocks, self.width, -1).swapaxes(1, 2))


class SparseData:
    """A sparse X by rows and by columns; the kernel takes W and Hᵀ."""

    def __init__(self, X):
        from nmfstudy.solvers.kernels_sparse import descend_sparse

        self.kernel, self.shape, self.norm = descend_sparse, X.shape, data_norm(X)
        self.n_nonzero = X.nnz
        # One index type, so that the kernel is compiled once.
        self.arrays = tuple(
            (A.indptr.astype(np.int64), A.indices.astype(np.int64), A.data)
            for A in (sparse.csr_array(X), sparse.csr_array(X.T))
        )

    def n_flops(self, k):
        """Of a sweep."""
        return 4 * self.n_nonzero * k + 4 * sum(self.shape) * k * k

    def pack(self, W, H):
        """Copies of the factors as the kernel takes them."""
        return np.array(W, order="C"), np.array(H.T, order="C")

    def unpack(self, W, HT):
        """The inverse of `pack`."""
        return W, np.ascontiguousarray(HT.T)


def prices_of(penalty, shape):
    """``(l1_W, l2_W, l1_H, l2_H, strength)`` as the kernels take them."""
    if isinstance(penalty, ScaleFreePenalty):
        return np.array([0.0, 0.0, 0.0, 0.0, penalty.strength])
    return np.array([*penalty.weights(*shape), 0.0])


def gauge_of(penalty, kkt):
    """Which rescaling goes with the sweeps."""
    from nmfstudy.solvers.kernels_dense import BALANCE, FREE, OPTIMAL

    if not kkt or penalty.one_sided:
        return FREE
    invariant = penalty.is_zero or isinstance(penalty, ScaleFreePenalty)
    return BALANCE if invariant else OPTIMAL


class Descent:
    """One start on its way; `advance` makes a slice of sweeps."""

    def __init__(self, data, W, H, penalty, solver, residual):
        self.data, self.penalty, self.solver, self.residual = data, penalty, solver, residual
        self.packed = data.pack(W, H)
        self.kkt = solver.stop == "kkt"
        self.prices = prices_of(penalty, data.shape)
        self.gauge = gauge_of(penalty, self.kkt)
        self.tol = solver.tol * data.norm**1.5 if self.kkt else solver.tol
        self.slice = int(np.clip(_SLICE_FLOPS / data.n_flops(W.shape[1]), 1, 1e6))
        if penalty.one_sided and self.kkt:
            self.tol = -1.0  # there is no minimiser to be near to
            self.slice = min(self.slice, _ESCAPE_SLICE)
        self.start = W, H
        self.state = np.zeros(2)
        self.n_iter, self.met, self.finished = 0, False, False

    def factors(self):
        """``W`` and ``H`` as they stand."""
        return self.data.unpack(*self.packed)

    def advance(self):
        """Make at most a slice of sweeps and see whether that is the end."""
        last = min(self.n_iter + self.slice, self.solver.max_iter)
        self.n_iter, claimed = self._sweep(last)
        if claimed:
            self._settle()
        if self.n_iter >= self.solver.max_iter:
            self.finished = True
        elif self.kkt and self.penalty.one_sided and escapes(*self.start, *self.factors()):
            self.finished = True

    def _sweep(self, last):
        """Sweep until number ``last``, or until the kernel claims to have met the rule."""
        return self.data.kernel(
            *self.data.arrays, *self.packed, self.prices, self.kkt, self.gauge, self.tol,
            self.n_iter, last, self.state,
        )  # fmt: skip

    def _settle(self):
        """Decide on a claim by the true residual; come back at half the tolerance if refused."""
        W, H = self.factors()
        if not (np.isfinite(W).all() and np.isfinite(H).all()):
            self.finished = True
        elif not self.kkt or self.residual(W, H) <= self.solver.tol:
            self.finished = self.met = True
        else:
            self.tol *= 0.5


class Lanes:
    """A stack of starts on tiny data, many at a time; `advance` makes a slice of sweeps.

    ``W`` and ``H`` are changed in place.
    """

    def __init__(self, X, W, H, penalty, solver, residual):
        from nmfstudy.solvers.kernels_lanes import LANES, descend_lanes

        self.kernel, self.data = descend_lanes, (np.array(X), np.array(X.T, order="C"))
        self.W, self.H, self.solver, self.residual = W, H, solver, residual
        self.start = W.copy(), H.copy()
        self.kkt, self.one_sided = solver.stop == "kkt", penalty.one_sided
        self.prices = prices_of(penalty, X.shape)
        self.gauge = gauge_of(penalty, self.kkt)
        tol = solver.tol * data_norm(X) ** 1.5 if self.kkt else solver.tol
        (n, d), k = X.shape, W.shape[2]
        flops = (4 * n * d * k + 2 * (n + d) * k * k) * LANES
        self.slice = int(np.clip(_SLICE_FLOPS / flops, 1, 1e5)) * 8
        if self.one_sided and self.kkt:
            tol = -1.0
            self.slice = _ESCAPE_SLICE
        self.tol = np.full(len(W), tol)
        self.n_iter = np.zeros(len(W), dtype=np.int64)
        self.state = np.zeros((len(W), 2))
        self.resting = np.zeros(len(W), dtype=bool)
        self.met = np.zeros(len(W), dtype=bool)

    @property
    def finished(self):
        """Whether no start has anything left to do."""
        return bool((self.resting | (self.n_iter >= self.solver.max_iter)).all())

    def advance(self):
        """Make at most a slice of sweeps and see which starts are at their end."""
        before = self.resting.copy()
        self.kernel(
            *self.data, self.W, self.H, self.prices, self.kkt, self.gauge, self.tol,
            self.n_iter, self.solver.max_iter, self.state, self.resting, self.slice,
        )  # fmt: skip
        claims = np.flatnonzero(self.resting & ~before)
        if claims.size:
            self._settle(claims)
        if self.one_sided and self.kkt:
            self.resting |= escapes(*self.start, self.W, self.H)

    def _settle(self, claims):
        """Decide on claims by the true residual; come back at half the tolerance if refused."""
        W, H = self.W[claims], self.H[claims]
        finite = np.isfinite(W).all(axis=(1, 2)) & np.isfinite(H).all(axis=(1, 2))
        if not self.kkt:
            self.met[claims] = finite
            return
        met = np.zeros(len(claims), dtype=bool)
        if finite.any():
            met[finite] = self.residual(W[finite], H[finite]) <= self.solver.tol
        self.met[claims] = met
        refused = claims[finite & ~met]
        self.resting[refused] = False
        self.tol[refused] *= 0.5
