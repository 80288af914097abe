"""Scikit-learn's NMF as a solver: the reference, and the road to other losses.

Coordinate descent for the Frobenius loss, multiplicative updates for Kullback–Leibler and
Itakura–Saito. With ``stop="kkt"`` the same call is continued, a chunk of iterations at a time,
until the KKT residual is reached. Multiplicative updates come close to a zero but never reach
it, so for them a tolerance near 1e-6 is what can be asked.
"""

import warnings

import numpy as np

from nmfstudy.fitting.solvers.base import Solver, SolverResult, ignore_progress
from nmfstudy.model.objective import LOSSES, kkt_residual
from nmfstudy.util.references import Reference
from nmfstudy.util.threads import one_blas_thread

_CHUNK = 100  # iterations between two looks at the KKT residual


_PEDREGOSA = Reference(
    "Pedregosa et al., 2011",
    "Pedregosa, F. et al. (2011). Scikit-learn: machine learning in Python. Journal of Machine "
    "Learning Research 12, 2825–2830.",
)


class ScikitLearn(Solver):
    """See the module."""

    name = "scikit_learn"
    label = "scikit-learn (Pedregosa et al., 2011)"
    references = (_PEDREGOSA,)
    losses = LOSSES
    penalties = ("none", "l1", "ridge", "elastic")

    def solve(self, X, W, H, problem, report=ignore_progress):
        """Fit one start after the other; see `Solver.solve`."""
        fits = []
        with one_blas_thread():
            for w, h in zip(W, H, strict=True):
                fits.append(self._fit(X, w, h, problem))
                report(1)
        return SolverResult(*(np.stack(side) for side in zip(*fits, strict=True)))

    def _fit(self, X, W, H, problem):
        if self.stop == "scikit_learn":
            W, H, n_iter = self._call(X, W, H, problem, self.tol, self.max_iter)
            # Its last allowed iteration does not say whether the rule was met.
            return W, H, n_iter, n_iter < self.max_iter
        n_iter = 0
        while True:
            residual = kkt_residual(X, W, H, loss=problem.loss, penalty=problem.penalty)
            met = bool(residual <= self.tol)
            # Scikit-learn does not go on from a factor of zeros, nor is there anything to do.
            ended = not (W.any() and H.any() and np.isfinite(W).all())
            if met or ended or n_iter >= self.max_iter:
                return W, H, n_iter, met
            chunk = min(_CHUNK, self.max_iter - n_iter)
            W, H, done = self._call(X, W, H, problem, 0.0, chunk)
            n_iter += max(done, 1)

    def _call(self, X, W, H, problem, tol, max_iter):
        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning

        penalty = problem.penalty
        model = NMF(
            problem.n_components,
            init="custom",
            solver="cd" if problem.loss == "frobenius" else "mu",
            beta_loss=problem.loss,
            tol=tol,
            max_iter=max_iter,
            alpha_W=penalty.alpha_W,
            alpha_H=penalty.alpha_H,
            l1_ratio=penalty.l1_ratio,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            W = model.fit_transform(X, W=W.copy(), H=H.copy())
        return W, model.components_, model.n_iter_
