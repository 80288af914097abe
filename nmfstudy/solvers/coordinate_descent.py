"""Coordinate descent: exact minimisation over one entry after the other (HALS).

From the same start and with ``stop="scikit_learn"`` these are the iterates of scikit-learn's
``NMF(solver="cd", shuffle=False)``. With ``stop="kkt"`` two rules are added, neither of which
ever raises the objective. An entry without curvature and with a positive gradient becomes zero
(left alone it keeps a component half dead, which is never stationary). Under a two-sided
penalty every component is rescaled to its cheapest gauge after each sweep, which plain descent
only drifts to.

Cichocki & Phan (2009); Hsieh & Dhillon (2011).
"""

import numpy as np

from nmfstudy.objective import data_norm, kkt_residual
from nmfstudy.solvers.base import Outcome, Solver, ignore_progress
from nmfstudy.solvers.threads import for_each_start

_SLICE_FLOPS = 3e8  # work between two looks at the clock: under .3 s on a slow core
_ESCAPE = 1e4  # a ratio of norms that has changed this much under a one-sided penalty


class CoordinateDescent(Solver):
    """See the module; all losses but Frobenius are refused."""

    name = "coordinate_descent"

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit every start on a thread of its own; see `Solver.solve`."""
        data = DenseData(X)
        W, H = W.copy(), H.copy()
        n_iter = np.zeros(len(W), dtype=np.int64)
        met = np.zeros(len(W), dtype=bool)

        def fit(i, go_on):
            descent = Descent(data, W[i], H[i], problem.penalty, self)
            while go_on() and not descent.finished:
                descent.advance()
            W[i], H[i] = descent.factors()
            n_iter[i], met[i] = descent.n_iter, descent.met

        for_each_start(fit, len(W), report)
        return Outcome(W, H, n_iter, met)


class DenseData:
    """A dense X in the layout of the kernels."""

    def __init__(self, X):
        from nmfstudy.solvers.kernels_dense import BLOCK

        self.X = X
        n, d = X.shape
        self.width = BLOCK if n > BLOCK else -(-n // 4) * 4
        n_blocks = -(-n // self.width)
        padded = np.zeros((n_blocks * self.width, d))
        padded[:n] = X
        self.blocks = np.ascontiguousarray(padded.reshape(n_blocks, self.width, d).swapaxes(1, 2))
        self.norm = data_norm(X)

    def pack(self, W):
        """W (n_samples, n_components) as blocks."""
        n_blocks, _, width = self.blocks.shape
        padded = np.zeros((n_blocks * width, W.shape[1]))
        padded[: len(W)] = W
        return np.ascontiguousarray(padded.reshape(n_blocks, width, -1).swapaxes(1, 2))

    def unpack(self, blocks):
        """The inverse of `pack`."""
        k = blocks.shape[1]
        return blocks.swapaxes(1, 2).reshape(-1, k)[: self.X.shape[0]]


class Descent:
    """One start on its way; `advance` makes a slice of sweeps."""

    def __init__(self, data, W, H, penalty, solver):
        from nmfstudy.solvers import kernels_dense as kernels

        self.kernels, self.data, self.penalty, self.solver = kernels, data, penalty, solver
        self.W, self.H = data.pack(W), np.array(H)
        n, d = data.X.shape
        k = W.shape[1]
        self.prices = np.array(penalty.weights(n, d))
        self.kkt = solver.stop == "kkt"
        self.gauge = kernels.FREE
        if self.kkt and penalty.is_zero:
            self.gauge = kernels.BALANCE
        elif self.kkt and not penalty.one_sided:
            self.gauge = kernels.OPTIMAL
        self.tol = solver.tol * data.norm**1.5 if self.kkt else solver.tol
        if self.kkt and penalty.one_sided:
            self.tol = -1.0  # there is no minimiser to be near to
        self.state = np.zeros(2)
        self.slice = int(max(1, min(_SLICE_FLOPS / (4 * n * d * k + 2 * (n + d) * k * k), 1e6)))
        self.n_iter, self.met, self.finished = 0, False, False
        self.first_ratio = None

    def factors(self):
        """``W`` and ``H`` as they stand."""
        return self.data.unpack(self.W), self.H

    def advance(self):
        """Make at most a slice of sweeps and see whether that is the end."""
        last = min(self.n_iter + self.slice, self.solver.max_iter)
        if self.penalty.one_sided:
            last = min(last, self.n_iter + 100 if self.n_iter else 10)
        self.n_iter, claimed = self.kernels.descend(
            self.data.blocks, self.W, self.H, self.prices, self.kkt, self.gauge, self.tol,
            self.n_iter, last, self.state,
        )  # fmt: skip
        if claimed:
            self._settle()
        if self.penalty.one_sided and self._escapes():
            self.finished = True
        if self.n_iter >= self.solver.max_iter:
            self.finished = True

    def _settle(self):
        """Decide on a claim by the true residual; come back at half the tolerance if refused."""
        W, H = self.factors()
        if not (np.isfinite(W).all() and np.isfinite(H).all()):
            self.finished = True
        elif not self.kkt:
            self.finished = self.met = True
        elif kkt_residual(self.data.X, W, H, penalty=self.penalty) <= self.solver.tol:
            self.finished = self.met = True
        else:
            self.tol *= 0.5

    def _escapes(self):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.linalg.norm(self.W) / np.linalg.norm(self.H)
            if self.first_ratio is None:
                self.first_ratio = ratio
            return abs(np.log(ratio / self.first_ratio)) >= np.log(_ESCAPE)
