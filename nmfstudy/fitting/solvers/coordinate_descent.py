"""Coordinate descent: exact minimisation over one entry after the other (HALS).

From the same start and with ``stop="scikit_learn"`` these are the iterates of scikit-learn's
``NMF(solver="cd", shuffle=False)``. With ``stop="kkt"`` two rules are added, neither of which
ever raises the objective. An entry without curvature and with a positive gradient becomes zero
(left alone it keeps a component half dead, which is never stationary). Under a two-sided
penalty every component is rescaled to its cheapest gauge after each sweep, which plain descent
only drifts to.

Under a scale-free penalty the prices of W's entries are ``strength·‖h_r‖`` and every row of H
is minimised over as a whole; the mirror image is the same on the transposed data.

Data with weights or unknown entries are left to `newton`.

Cichocki & Phan (2009); Hsieh & Dhillon (2011).
"""

import numpy as np
from scipy import sparse

from nmfstudy.fitting.solvers.base import Solver, SolverResult, ignore_progress
from nmfstudy.fitting.solvers.descents import DenseData, LaneData, Lanes, OneByOne, SparseData
from nmfstudy.fitting.solvers.newton import Newton
from nmfstudy.fitting.solvers.second_order import Finish, has_finish
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.errors import RequestError
from nmfstudy.util.references import Reference
from nmfstudy.util.threads import n_threads, on_threads

_IN_LANES = 64, 512  # least and most starts of a task whose starts share lanes
_ONE_BY_ONE = 32  # most starts of a task, for less to do between kernels
FINISHES = ("none", "newton")
SWITCH = 1e-5  # KKT residual at which Newton's method takes over
MOST_STEPS = 1000  # of it, before the sweeps are given another try
_WEIGHTED_SWEEPS = 50  # before both factors move together: cheaper than the steps they spare
_TASK_FLOPS = 3e4  # of one sweep of all its starts, which keeps larger problems at one start


_CICHOCKI = Reference(
    "Cichocki & Phan, 2009",
    "Cichocki, A. & Phan, A.-H. (2009). Fast local algorithms for large scale nonnegative matrix "
    "and tensor factorizations. IEICE Transactions on Fundamentals E92-A(3), 708–721.",
)


class CoordinateDescent(Solver):
    """See the module. Frobenius loss, every penalty, dense and sparse data.

    Parameters
    ----------
    tol, max_iter, stop
        See `nmfstudy.fitting.solvers.base.Solver`.
    rescale : bool
        With ``stop="kkt"`` and a two-sided penalty: whether to rescale after each sweep.
    finish : {"none", "newton"}
        With ``stop="kkt"`` and an objective that is smooth for positive factors: whether Newton's
        method ends what the sweeps begin, see `nmfstudy.fitting.solvers.second_order`.
    """

    name = "coordinate_descent"
    label = "coordinate descent (Cichocki & Phan, 2009)"
    references = (_CICHOCKI,)

    def __init__(self, tol=1e-9, max_iter=20000, stop="kkt", rescale=True, finish="none"):
        super().__init__(tol, max_iter, stop)
        if finish not in FINISHES:
            raise RequestError(f"solver.finish is {finish!r}; possible: {', '.join(FINISHES)}")
        self.rescale, self.finish = rescale, finish

    def on(self, X):
        """With weights every row has a Gram matrix of its own: that is what `Newton` is made of."""
        if isinstance(X, Weighted):
            return Newton(self.tol, self.max_iter, self.stop, sweeps=_WEIGHTED_SWEEPS)
        return self

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit starts side by side on threads; see `Solver.solve`."""
        penalty = problem.penalty
        kind, Data = self._kind(X, problem)
        # A penalty that makes H sparse is one that makes W sparse on the transposed data.
        data = Data(X.T if penalty.name == "scale_free_H" else X, problem.n_components)
        finish = self._finish(X, problem)
        W, H = W.copy(), H.copy()
        n_iter = np.zeros(len(W), dtype=np.int64)
        met = np.zeros(len(W), dtype=bool)
        step, curvature = np.full((2, len(W)), np.nan)

        def descend(rows, tol, go_on):
            stack = kind(X, data, W[rows], H[rows], penalty, self, tol)
            stack.n_iter[:] = n_iter[rows]
            while go_on() and not stack.finished:
                stack.advance()
            W[rows], H[rows] = stack.factors()
            n_iter[rows], met[rows] = stack.n_iter, stack.met

        def fit(rows, go_on):
            descend(rows, self.tol if finish is None else max(self.tol, SWITCH), go_on)
            left = rows[:0] if finish is None else rows[met[rows]]
            for attempt in range(2):
                for i in left:
                    last = min(n_iter[i] + MOST_STEPS, self.max_iter)
                    W[i], H[i], n_iter[i], met[i], step[i], curvature[i] = finish(
                        W[i], H[i], self.tol, n_iter[i], last, go_on
                    )
                left = left[~met[left]]
                if attempt == 0 and left.size:
                    descend(left, self.tol, go_on)
            return len(rows)

        share = -(-len(W) // n_threads())
        if kind is Lanes:
            size = int(np.clip(share, *_IN_LANES))
        else:
            most = min(_ONE_BY_ONE, -(-share // 2))
            size = int(np.clip(_TASK_FLOPS / data.n_flops(W.shape[2]), 1, most))
        on_threads(fit, np.split(np.arange(len(W)), range(size, len(W), size)), report)
        return SolverResult(W, H, n_iter, met, step, curvature)

    def _finish(self, X, problem):
        """What ends the work of the sweeps, or None."""
        wanted = self.finish == "newton" and self.stop == "kkt" and self.tol > 0
        return Finish(X, problem) if wanted and has_finish(problem) else None

    def _kind(self, X, problem):
        """Kernels by shape and penalty alone: a start must not depend on its batch."""
        from nmfstudy.fitting.engine.lanes import MAX_ROWS, n_rows

        if sparse.issparse(X):
            return OneByOne, SparseData
        rows = n_rows.py_func(*X.shape, problem.n_components)
        if isinstance(problem.penalty, ElementwisePenalty) and rows <= MAX_ROWS:
            return Lanes, LaneData
        return OneByOne, DenseData
