"""Coordinate descent with Anderson acceleration: the fast road to full convergence.

The first ``warmup`` sweeps are those of `coordinate_descent`, and decide for the most part which
basin a start falls into. From there on the last points are combined so that their steps cancel
(Anderson, 1965; Walker & Ni, 2011), and the combination is kept only if the objective is no
higher than after the plain sweep. Fewer sweeps by a factor of five to a hundred, more where the
objective has flat valleys; nothing is gained at loose tolerances.
"""

import numpy as np
from scipy import sparse

from nmfstudy.problem import check_integer
from nmfstudy.solvers.coordinate_descent import CoordinateDescent
from nmfstudy.solvers.descents import Descent


class Accelerated(CoordinateDescent):
    """See the module; with ``stop="scikit_learn"`` it is plain coordinate descent.

    Parameters
    ----------
    tol, max_iter, stop
        See `nmfstudy.solvers.base.Solver`.
    warmup : int, >= 0
        Plain sweeps before the acceleration.
    """

    name = "accelerated"

    def __init__(self, tol=1e-9, max_iter=20000, stop="kkt", warmup=20):
        super().__init__(tol, max_iter, stop)
        self.warmup = check_integer("solver.warmup", warmup, 0)

    def _applies(self, X, penalty):
        return self.stop == "kkt" and not penalty.one_sided and not sparse.issparse(X)

    def _tiny(self, X, problem):
        return super()._tiny(X, problem) and not self._applies(X, problem.penalty)

    def _descent(self, X, penalty):
        return AcceleratedDescent if self._applies(X, penalty) else Descent


class AcceleratedDescent(Descent):
    """One start on its way; `advance` makes a slice of sweeps."""

    def __init__(self, data, W, H, penalty, solver, residual):
        from nmfstudy.solvers.kernels_accelerated import BETA, MEMORY, accelerate

        super().__init__(data, W, H, penalty, solver, residual)
        self.accelerate = accelerate
        self.points = [np.empty((MEMORY, factor.size)) for factor in self.packed]
        self.steps = [np.zeros((MEMORY, self.packed[1].size)) for _ in range(2)]
        self.memo = np.zeros(3)
        self.memo[BETA] = 1.0

    def _sweep(self, last):
        if self.n_iter < self.solver.warmup:
            return super()._sweep(min(last, self.solver.warmup))
        return self.accelerate(
            *self.data.arrays, *self.packed, *self.points, *self.steps, self.prices, self.gauge,
            0.5 * self.data.norm**2, self.tol, self.n_iter, last, self.state, self.memo,
        )  # fmt: skip
