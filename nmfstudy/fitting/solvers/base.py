"""What a solver is, and the part of fitting that is the same for all of them."""

from typing import NamedTuple

import numpy as np

from nmfstudy.model.objective import LOSSES
from nmfstudy.model.penalties import PENALTIES
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.errors import RequestError
from nmfstudy.util.references import Reference


class SolverResult(NamedTuple):
    """Factors of a batch of starts and how each ended, as the solver saw it.

    W and H are stacks; the others have shape (n_starts,). ``met`` says whether the solver thinks
    the stopping rule met; ``step`` and ``min_curvature``, where it knows them, are those of
    `nmfstudy.fitting.solvers.second_order.Arrival`.
    """

    W: np.ndarray
    H: np.ndarray
    n_iter: np.ndarray
    met: np.ndarray
    step: np.ndarray | float = np.nan
    min_curvature: np.ndarray | float = np.nan


def ignore_progress(n_finished):
    """Do nothing: the default where progress is not shown."""


_ESCAPE = 1e4


def escapes(W0, H0, W, H):
    """Whether ``‖W‖/‖H‖`` has changed ten-thousandfold since the start.

    Under a one-sided penalty it has no limit; stacks of factors give an array.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        before, now = (
            np.linalg.norm(w, axis=(-2, -1)) / np.linalg.norm(h, axis=(-2, -1))
            for w, h in ((W0, H0), (W, H))
        )
        return np.abs(np.log(now / before)) >= np.log(_ESCAPE)


class Solver:
    """Base of all solvers; a member overrides the class attributes and `solve`.

    A member says of itself its ``name``, the ``losses`` and ``penalties`` that it minimises,
    whether it takes ``weighted`` data, its ``label`` for people, where each reference stands by
    its key, and these ``references``.

    Parameters
    ----------
    tol : float
        With ``stop="kkt"`` the KKT residual to reach, with ``"scikit_learn"`` its own ``tol``.
    max_iter : int
    stop : {"kkt", "scikit_learn"}

    Notes
    -----
    A solver keeps no state between starts: the factors of a start are the same whatever shares
    its batch. With ``stop="kkt"`` what it claims is checked by
    `nmfstudy.model.objective.kkt_residual`. An exception fails the starts that raise it, not the
    batch.
    """

    name = ""
    losses = ("frobenius",)
    penalties = PENALTIES
    weighted = False
    label = ""
    references: tuple[Reference, ...] = ()

    def __init__(self, tol=1e-9, max_iter=20000, stop="kkt"):
        self.tol, self.max_iter, self.stop = tol, max_iter, stop

    def on(self, X):
        """The solver that does this one's work on X; refuses weights that none of its can use."""
        if isinstance(X, Weighted) and not self.weighted:
            raise RequestError(
                f"solver {self.name} does not support weights or unknown entries (NaN); possible: "
                "newton, coordinate_descent, accelerated"
            )
        return self

    def check(self, problem):
        """Refuse, in one sentence, a problem that this solver does not solve."""
        for what, value, possible in (
            ("loss", problem.loss, self.losses),
            ("penalty", problem.penalty.name, self.penalties),
        ):
            if value not in possible:
                raise RequestError(
                    f"solver {self.name} does not support {what} {value}; "
                    f"possible: {', '.join(possible)}"
                )

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit a batch of starts.

        Parameters
        ----------
        X : array or csr_array of shape (n_samples, n_features), or Weighted
        W : array of shape (n_starts, n_samples, n_components)
        H : array of shape (n_starts, n_components, n_features)
            Left as they are.
        problem : nmfstudy.model.problem.Problem
        report : callable
            ``report(n)`` says that n more starts are finished; calling it is optional.

        Returns
        -------
        SolverResult
        """
        raise NotImplementedError


class UserSolver(Solver):
    """A user's own class that has nothing but ``solve(X, W, H, problem)``."""

    losses = LOSSES

    def __init__(self, inner):
        super().__init__()
        self.inner, self.name = inner, type(inner).__name__
        self.weighted = getattr(inner, "weighted", False)

    def solve(self, X, W, H, problem, report=ignore_progress):
        """See `Solver.solve`."""
        return self.inner.solve(X, W, H, problem)
