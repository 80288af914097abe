"""Coordinate descent: exact minimisation over one entry after the other (HALS).

From the same start and with ``stop="scikit_learn"`` these are the iterates of scikit-learn's
``NMF(solver="cd", shuffle=False)``. With ``stop="kkt"`` two rules are added, neither of which
ever raises the objective. An entry without curvature and with a positive gradient becomes zero
(left alone it keeps a component half dead, which is never stationary). Under a two-sided
penalty every component is rescaled to its cheapest gauge after each sweep, which plain descent
only drifts to.

Under a scale-free penalty the prices of W's entries are ``strength·‖h_r‖`` and every row of H
is minimised over as a whole; the mirror image is the same on the transposed data.

Cichocki & Phan (2009); Hsieh & Dhillon (2011).
"""

import numpy as np
from scipy import sparse

from nmfstudy.objective import data_norm, kkt_residual
from nmfstudy.penalties import ScaleFreePenalty
from nmfstudy.solvers.base import Outcome, Solver, escapes, ignore_progress
from nmfstudy.solvers.threads import for_each_start

_SLICE_FLOPS = 3e8  # work between two looks at the clock: under .3 s on a slow core
_ESCAPE_SLICE = 100  # sweeps between two looks at the scale under a one-sided penalty


class CoordinateDescent(Solver):
    """See the module. Frobenius loss, every penalty, dense and sparse data."""

    name = "coordinate_descent"

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit every start on a thread of its own; see `Solver.solve`."""
        flip = problem.penalty.name == "scale_free_H"
        kind = SparseData if sparse.issparse(X) else DenseData
        data = kind(X.T if flip else X)
        W, H = W.copy(), H.copy()
        n_iter = np.zeros(len(W), dtype=np.int64)
        met = np.zeros(len(W), dtype=bool)

        def residual(w, h):
            w, h = (h.T, w.T) if flip else (w, h)
            return kkt_residual(
                X, np.ascontiguousarray(w), np.ascontiguousarray(h), penalty=problem.penalty
            )

        def fit(i, go_on):
            start = (H[i].T, W[i].T) if flip else (W[i], H[i])
            descent = Descent(data, *start, problem.penalty, self, residual)
            while go_on() and not descent.finished:
                descent.advance()
            w, h = descent.factors()
            W[i], H[i] = (h.T, w.T) if flip else (w, h)
            n_iter[i], met[i] = descent.n_iter, descent.met

        for_each_start(fit, len(W), report)
        return Outcome(W, H, n_iter, met)


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
        self.n_iter, claimed = self.data.kernel(
            *self.data.arrays, *self.packed, self.prices, self.kkt, self.gauge, self.tol,
            self.n_iter, last, self.state,
        )  # fmt: skip
        if claimed:
            self._settle()
        if self.n_iter >= self.solver.max_iter:
            self.finished = True
        elif self.kkt and self.penalty.one_sided and escapes(*self.start, *self.factors()):
            self.finished = True

    def _settle(self):
        """Decide on a claim by the true residual; come back at half the tolerance if refused."""
        W, H = self.factors()
        if not (np.isfinite(W).all() and np.isfinite(H).all()):
            self.finished = True
        elif not self.kkt or self.residual(W, H) <= self.solver.tol:
            self.finished = self.met = True
        else:
            self.tol *= 0.5
