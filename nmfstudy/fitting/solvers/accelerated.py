"""Coordinate descent that jumps ahead between its sweeps: the fast road to full convergence.

The first ``warmup`` sweeps are those of `coordinate_descent`, and decide for the most part which
basin a start falls into. From there on the last points are combined so that their steps cancel
(Anderson, 1965; Walker & Ni, 2011), or the last move is prolonged (momentum, as in Ang & Gillis,
2019), and a jump is kept only if the objective is no higher after it. Fewer sweeps by a factor
of five to a hundred, more where the objective has flat valleys; nothing is gained at loose
tolerances. One-sided penalties are left to plain coordinate descent.
"""

import numpy as np
from scipy import sparse

from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent
from nmfstudy.fitting.solvers.descents import DenseData, OneByOne, SparseData
from nmfstudy.util.errors import check_integer
from nmfstudy.util.references import Reference

_ANDERSON = Reference(
    "Anderson, 1965",
    "Anderson, D. G. (1965). Iterative procedures for nonlinear integral equations. Journal of the "
    "ACM 12(4), 547–560.",
)
_ANG = Reference(
    "Ang & Gillis, 2019",
    "Ang, A. M. S. & Gillis, N. (2019). Accelerating nonnegative matrix factorization algorithms "
    "using extrapolation. Neural Computation 31(2), 417–439.",
)


class Accelerated(CoordinateDescent):
    """See the module; with ``stop="scikit_learn"`` it is plain coordinate descent.

    Parameters
    ----------
    tol, max_iter, stop
        See `nmfstudy.fitting.solvers.base.Solver`.
    warmup : int, >= 0
        Plain sweeps before the acceleration.
    """

    name = "accelerated"
    label = (
        "coordinate descent (Cichocki & Phan, 2009) accelerated by extrapolation (Anderson, 1965) "
        "or momentum (Ang & Gillis, 2019), never at the price of the objective"
    )
    references = (*CoordinateDescent.references, _ANDERSON, _ANG)

    def __init__(self, tol=1e-9, max_iter=20000, stop="kkt", warmup=20, finish="none"):
        super().__init__(tol, max_iter, stop, finish=finish)
        self.warmup = check_integer("solver.warmup", warmup, 0)

    def _kind(self, X, problem):
        if self.stop == "kkt" and not problem.penalty.one_sided:
            return AcceleratedStack, SparseData if sparse.issparse(X) else DenseData
        return super()._kind(X, problem)


class AcceleratedStack(OneByOne):
    """Some starts on their way; `advance` makes a slice of sweeps of all of them."""

    def __init__(self, X, data, W, H, penalty, solver, tol):
        from nmfstudy.fitting.engine.accelerated import accelerate
        from nmfstudy.fitting.engine.accelerated_sparse import accelerate_sparse
        from nmfstudy.fitting.engine.jumps import MEMORY, MOST_W, first_memo

        super().__init__(X, data, W, H, penalty, solver, tol)
        self.accelerate = accelerate_sparse if sparse.issparse(X) else accelerate
        n_starts, (W_size, H_size) = len(W), (factor[0].size for factor in self.packed)
        sizes = W_size if W_size <= MOST_W else 0, H_size, H_size, H_size
        self.memory = [np.zeros((n_starts, MEMORY, size)) for size in sizes]
        self.memo = np.tile(first_memo(), (n_starts, 1))

    def _sweep_one(self, i, last):
        warmup = self.solver.warmup
        if self.n_iter[i] < warmup:
            self.n_iter[i], claimed = super()._sweep_one(i, min(last, warmup))
            if claimed or self.n_iter[i] >= last:
                return self.n_iter[i], claimed
        W, H = self.packed
        return self.accelerate(
            *self.data.arrays, W[i], H[i], *(part[i] for part in self.memory), self.prices,
            self.gauge, 0.5 * self.data.norm**2, self.tol[i], self.n_iter[i], last,
            self.state[i], self.memo[i],
        )  # fmt: skip
