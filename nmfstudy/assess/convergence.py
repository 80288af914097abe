"""How the optimality residual of a start falls, sweep by sweep, and where others would stop."""

from dataclasses import dataclass, replace

import numpy as np

from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.model.weighted import Weighted, stored

RATIO = 1.6  # of neighbouring checkpoints
MOST_WORK = 5e8  # entries of X × components × sweeps of a start that is followed
_PER_SWEEP = 1e5  # entries whose cost is that of beginning a sweep


@dataclass(frozen=True, eq=False)
class Convergence:
    """One start of a search, looked at on its way.

    Attributes
    ----------
    seed : int
    tol : float
        The residual asked for.
    n_iter : int array of shape (n_looks,)
        Sweeps done at each look, ascending; the last is where the start ends.
    kkt_residual, objective : float arrays of shape (n_looks,)
    stopped : tuple of (int, float, float) or None
        Sweeps, residual and objective where scikit-learn's rule ends the same start (``tol=1e-4,
        max_iter=200``, its defaults); None for a loss, weights or a penalty that its coordinate
        descent does not have.
    """

    seed: int
    tol: float
    n_iter: np.ndarray
    kkt_residual: np.ndarray
    objective: np.ndarray
    stopped: tuple[int, float, float] | None


def convergence_trace(X, problem, search, seed):
    """Fit a start again and look at it after 1, 2, 4, 7, … sweeps.

    Every look is a fit of its own up to so many sweeps, so that what is seen is what any solver
    does, whatever it remembers between sweeps. All looks together cost less than three fits.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    problem : Problem
    search : Search
        With ``stop="kkt"``.
    seed : int

    Returns
    -------
    Convergence

    Examples
    --------
    >>> from nmfstudy.datasets import load_dataset
    >>> from nmfstudy.model.problem import Problem, Search
    >>> seen = convergence_trace(load_dataset("menu").X, Problem(3), Search(), seed=0)
    >>> bool(seen.kkt_residual[-1] <= seen.tol < seen.kkt_residual[0])
    True
    """
    end = fit_starts(X, problem, search, [seed])[0]
    looks, sweeps = [], 1
    while sweeps < end.n_iter:
        looks.append(fit_starts(X, problem, replace(search, max_iter=sweeps), [seed])[0])
        sweeps = int(np.ceil(sweeps * RATIO))
    looks.append(end)
    stopped = None
    has_theirs = problem.loss == "frobenius" and not isinstance(X, Weighted)
    if has_theirs and not problem.penalty.name.startswith("scale_free"):
        theirs = replace(
            search, solver="coordinate_descent", stop="scikit_learn", tol=1e-4, max_iter=200,
            options={},
        )  # fmt: skip
        stopped = _values(fit_starts(X, problem, theirs, [seed])[0])
    n_iter, kkt_residual, objective = map(np.array, zip(*map(_values, looks), strict=True))
    return Convergence(int(seed), search.tol, n_iter, kkt_residual, objective, stopped)


def _values(fit):
    return fit.n_iter, fit.kkt_residual, fit.objective


def representative(X, fits):
    """Seed of the converged start with the median number of sweeps, if it is worth following.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    fits : Fits
        Of one block of starts.

    Returns
    -------
    int or None
        None where starts are not driven to a residual (another rule, a penalty on one factor
        alone), all are one, the solver is the user's own, none converges, or it takes too long.
    """
    search, problem = fits.search, fits.problem
    if search.stop != "kkt" or search.deterministic or problem.penalty.one_sided:
        return None
    converged = np.flatnonzero(fits.converged)
    if search.solver not in SOLVERS or not len(converged):
        return None
    order = converged[np.argsort(fits.n_iter[converged], kind="stable")]
    start = order[(len(order) - 1) // 2]
    size = stored(X).x.size
    work = float(fits.n_iter[start]) * (_PER_SWEEP + size * problem.n_components)
    return int(fits.seed[start]) if work <= MOST_WORK else None
