"""Newton's method from the first factors on: the solver of the Kullback–Leibler loss.

Row after row of either factor takes a projected Newton step with the other factor fixed, for
``sweeps`` sweeps, which decides the basin; then both factors move together, see `second_order`.
Under the Frobenius loss a row's step is exact, which makes the sweeps alternating least squares.

Lin & Boutros (2020) describe the row-wise step for single entries.
"""

import numpy as np

from nmfstudy.fitting.solvers.base import Solver, SolverResult, ignore_progress
from nmfstudy.fitting.solvers.second_order import Finish
from nmfstudy.util.errors import RequestError, check_integer
from nmfstudy.util.references import Reference
from nmfstudy.util.threads import on_threads

_LIN = Reference(
    "Lin & Boutros, 2020",
    "Lin, X. & Boutros, P. C. (2020). Optimization and expansion of non-negative matrix "
    "factorization. BMC Bioinformatics 21, 7.",
)


class Newton(Solver):
    """See the module. Frobenius and Kullback–Leibler loss, elementwise penalties.

    Parameters
    ----------
    tol, max_iter, stop
        See `nmfstudy.fitting.solvers.base.Solver`; no other rule than ``stop="kkt"``.
    sweeps : int, >= 0
        Row-wise sweeps before both factors move together.
    """

    name = "newton"
    losses = ("frobenius", "kullback-leibler")
    penalties = ("none", "l1", "ridge", "elastic")
    weighted = True
    label = "projected Newton steps by row (Lin & Boutros, 2020), then jointly"
    references = (_LIN,)

    def __init__(self, tol=1e-9, max_iter=20000, stop="kkt", sweeps=10):
        super().__init__(tol, max_iter, stop)
        self.sweeps = check_integer("solver.sweeps", sweeps, 0)

    def check(self, problem):
        """See `Solver.check`."""
        super().check(problem)
        if self.stop != "kkt":
            raise RequestError(f"solver newton does not support stop {self.stop}; possible: kkt")

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit starts side by side on threads; see `Solver.solve`."""
        finish, arrivals = Finish(X, problem), [None] * len(W)

        def fit(i, go_on):
            w, h = finish.covered(W[i], H[i])
            arrivals[i] = finish(w, h, self.tol, 0, self.max_iter, go_on, self.sweeps)
            return 1

        on_threads(fit, range(len(W)), report)
        return SolverResult(*(np.array(part) for part in zip(*arrivals, strict=True)))
