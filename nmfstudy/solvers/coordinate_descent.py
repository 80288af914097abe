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

from nmfstudy.objective import kkt_residual
from nmfstudy.penalties import ElementwisePenalty
from nmfstudy.solvers.base import Outcome, Solver, ignore_progress
from nmfstudy.solvers.descents import DenseData, Descent, Lanes, SparseData
from nmfstudy.solvers.threads import n_threads, on_threads

_CHUNK = 64, 512  # least and most starts that share lanes


class CoordinateDescent(Solver):
    """See the module. Frobenius loss, every penalty, dense and sparse data."""

    name = "coordinate_descent"

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit starts side by side on threads; see `Solver.solve`."""
        W, H = W.copy(), H.copy()
        if self._tiny(X, problem):
            return self._solve_in_lanes(X, W, H, problem.penalty, report)
        return self._solve_one_by_one(X, W, H, problem.penalty, report)

    def _tiny(self, X, problem):
        """By shape and penalty alone: how a start is computed must not depend on its batch."""
        from nmfstudy.solvers.kernels_lanes import MAX_ROWS, n_rows

        elementwise = isinstance(problem.penalty, ElementwisePenalty)
        if sparse.issparse(X) or not elementwise or sum(X.shape) > MAX_ROWS:
            return False
        return n_rows.py_func(*X.shape, problem.n_components) <= MAX_ROWS

    def _descent(self, X, penalty):
        return Descent

    def _solve_one_by_one(self, X, W, H, penalty, report):
        # A penalty that makes H sparse is one that makes W sparse on the transposed data.
        flip = penalty.name == "scale_free_H"
        kind = SparseData if sparse.issparse(X) else DenseData
        data = kind(X.T if flip else X)
        make = self._descent(X, penalty)
        n_iter = np.zeros(len(W), dtype=np.int64)
        met = np.zeros(len(W), dtype=bool)

        def residual(w, h):
            w, h = (h.T, w.T) if flip else (w, h)
            return kkt_residual(
                X, np.ascontiguousarray(w), np.ascontiguousarray(h), penalty=penalty
            )

        def fit(i, go_on):
            start = (H[i].T, W[i].T) if flip else (W[i], H[i])
            descent = make(data, *start, penalty, self, residual)
            while go_on() and not descent.finished:
                descent.advance()
            w, h = descent.factors()
            W[i], H[i] = (h.T, w.T) if flip else (w, h)
            n_iter[i], met[i] = descent.n_iter, descent.met
            return 1

        on_threads(fit, range(len(W)), report)
        return Outcome(W, H, n_iter, met)

    def _solve_in_lanes(self, X, W, H, penalty, report):
        n_iter = np.zeros(len(W), dtype=np.int64)
        met = np.zeros(len(W), dtype=bool)

        def residual(w, h):
            return kkt_residual(X, w, h, penalty=penalty)

        def fit(rows, go_on):
            lanes = Lanes(X, W[rows], H[rows], penalty, self, residual)
            while go_on() and not lanes.finished:
                lanes.advance()
            n_iter[rows], met[rows] = lanes.n_iter, lanes.met
            return len(lanes.met)

        size = int(np.clip(-(-len(W) // (2 * n_threads())), *_CHUNK))
        on_threads(fit, [slice(i, i + size) for i in range(0, len(W), size)], report)
        return Outcome(W, H, n_iter, met)
