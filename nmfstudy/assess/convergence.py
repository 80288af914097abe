"""How the optimality residual of a start falls, sweep by sweep, and where others would stop."""

from dataclasses import dataclass, replace

import numpy as np

from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.fits import Fits

RATIO = 1.6  # of neighbouring checkpoints


@dataclass(frozen=True, eq=False)
class Convergence:
    """Some starts of one search, looked at on their way.

    Attributes
    ----------
    seed : int array of shape (n_starts,)
    n_iter : int array of shape (n_starts, n_looks)
        Sweeps done at each look; a start that has converged stays where it is.
    kkt_residual, objective : arrays of shape (n_starts, n_looks)
    stopped : Fits or None
        Where scikit-learn's rule ends the same starts (``tol=1e-4, max_iter=200``, its defaults);
        None for a loss or penalty that its coordinate descent does not have.
    tol : float
        The residual asked for.
    """

    seed: np.ndarray
    n_iter: np.ndarray
    kkt_residual: np.ndarray
    objective: np.ndarray
    stopped: Fits | None
    tol: float


def follow(X, problem, search, seeds):
    """Fit some starts again and look at them after 1, 2, 4, 7, … sweeps.

    Every look is a fit of its own up to so many sweeps, so that what is seen is what any solver
    does, whatever it remembers between sweeps. All looks together cost less than three fits.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    problem : Problem
    search : Search
        With ``stop="kkt"``.
    seeds : sequence of int

    Returns
    -------
    Convergence
    """
    looks, sweeps = [], 1
    while not looks or (not looks[-1].converged.all() and sweeps < search.max_iter * RATIO):
        asked = replace(search, max_iter=min(sweeps, search.max_iter))
        looks.append(fit_starts(X, problem, asked, seeds))
        sweeps = int(np.ceil(sweeps * RATIO))
    stopped = None
    if problem.loss == "frobenius" and not problem.penalty.name.startswith("scale_free"):
        theirs = replace(
            search, solver="coordinate_descent", stop="scikit_learn", tol=1e-4, max_iter=200,
            options={},
        )  # fmt: skip
        stopped = fit_starts(X, problem, theirs, seeds)
    return Convergence(
        looks[0].seed,
        *(np.stack([getattr(fits, name) for fits in looks], axis=1) for name in _SEEN),
        stopped,
        search.tol,
    )


_SEEN = ("n_iter", "kkt_residual", "objective")
