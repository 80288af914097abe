"""Fitting many starts of one search on one problem: `fit`, and `fit_starts` beneath it."""

from time import perf_counter

import numpy as np

from nmfstudy.errors import RequestError
from nmfstudy.fits import Fits, concatenate
from nmfstudy.inits import check_init, draw_starts
from nmfstudy.objective import data_norm, kkt_residual, loss_value, reference_loss
from nmfstudy.penalties import ElementwisePenalty
from nmfstudy.problem import Problem, Search, check_integer
from nmfstudy.solvers import make_solver
from nmfstudy.solvers.base import Outcome, ignore_progress
from nmfstudy.solvers.threads import one_blas_thread

_BATCH_BYTES = 2**28  # factors and work of the starts that are on their way together
_CHUNK_BYTES = 2**26  # residual matrices that are evaluated together


def fit(
    X,
    n_components,
    *,
    n_starts=100,
    seed=0,
    init="random",
    solver="coordinate_descent",
    tol=1e-9,
    max_iter=20000,
    alpha_W=0.0,
    alpha_H="same",
    l1_ratio=0.0,
    penalty=None,
    loss="frobenius",
    stop="kkt",
    solver_options=None,
):
    """Factorize X from many starts.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features), or Dataset
        Finite and nonnegative, not all zero.
    n_components : int, >= 1
    n_starts : int
        Seeds ``seed, seed + 1, …``; a deterministic init makes one start, recorded as seed 0.
    seed : int, >= 0
        First seed.
    init : one of `nmfstudy.inits.INITS`
    solver : one of `nmfstudy.solvers.SOLVERS`, or an import path ``package.module:Class``
    tol : float
        KKT residual to reach; with ``stop="scikit_learn"`` what scikit-learn means by it.
    max_iter : int
        Sweeps per start.
    alpha_W, alpha_H, l1_ratio
        Elementwise penalty in scikit-learn's scaling, see `nmfstudy.penalties`.
    penalty : ElementwisePenalty or ScaleFreePenalty, optional
        Instead of the three before.
    loss : one of `nmfstudy.objective.LOSSES`
    stop : {"kkt", "scikit_learn"}
    solver_options : mapping, optional
        Further keywords of the solver; ``W`` and ``H`` of the custom init.

    Returns
    -------
    Fits
        One entry per start.

    Raises
    ------
    RequestError
        If the data or the request cannot be used, before any work.
    """
    if penalty is None:
        penalty = ElementwisePenalty(alpha_W, alpha_H, l1_ratio)
    elif (alpha_W, alpha_H, l1_ratio) != (0.0, "same", 0.0):
        raise RequestError("give either penalty or alpha_W, alpha_H, l1_ratio, not both")
    problem = Problem(n_components, loss, penalty)
    search = Search(init, solver, tol, max_iter, stop, dict(solver_options or {}))
    n_starts = check_integer("n_starts", n_starts, 1)
    first = check_integer("seed", seed, 0)
    return fit_starts(getattr(X, "X", X), problem, search, range(first, first + n_starts))


def fit_starts(X, problem, search, seeds, progress=None):
    """Fit one start per seed.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    problem : Problem
    search : Search
    seeds : sequence of int
        A deterministic init makes exactly one start whatever they are, recorded as seed 0.
    progress : callable, optional
        ``progress(n)`` is called as n more starts are finished.

    Returns
    -------
    Fits
        In the order of the seeds. The bits of a start depend on nothing but the problem, the
        search and its own seed. An exception in the solver or factors that are not finite make
        the starts concerned ``failed``, with objective inf.
    """
    from nmfstudy.datasets.base import check_data

    X = check_data(X)
    solver = make_solver(search)
    if hasattr(solver, "check"):
        solver.check(problem)
    check_init(search.init, X.shape, problem.n_components)
    seeds = [0] if search.deterministic else [int(seed) for seed in seeds]
    size = max(1, _BATCH_BYTES // (6 * 8 * sum(X.shape) * problem.n_components))
    return concatenate(
        _fit_batch(X, problem, search, solver, seeds[i : i + size], progress or ignore_progress)
        for i in range(0, len(seeds), size)
    )


def _fit_batch(X, problem, search, solver, seeds, progress):
    begun = perf_counter()
    W, H = draw_starts(X, search.init, problem.n_components, seeds, search.options)
    count = _Counter(len(W), progress)
    outcome = _guarded(solver, X, W, H, problem, count)
    fits = _evaluate(X, problem, search, outcome, seeds, perf_counter() - begun)
    count.finish()
    return fits


class _Counter:
    """Passes finished starts on, never more than there are."""

    def __init__(self, total, progress):
        self.left, self.progress = total, progress

    def __call__(self, n):
        n = min(n, self.left)
        if n > 0:
            self.left -= n
            self.progress(n)

    def finish(self):
        self(self.left)


def _guarded(solver, X, W, H, problem, report):
    """The solver's outcome; starts that raise are given back as NaN.

    A batch that raises is tried again start by start, so that one bad start fails alone.
    """
    try:
        with np.errstate(all="ignore"):
            return _checked(solver.solve(X, W, H, problem, report), W, H)
    except Exception:  # whatever a solver raises is an outcome of its start
        if len(W) == 1:
            nan = Outcome(W * np.nan, H * np.nan, np.zeros(1, dtype=int), np.zeros(1, dtype=bool))
            return nan
    parts = [
        _guarded(solver, X, W[i : i + 1], H[i : i + 1], problem, report) for i in range(len(W))
    ]
    return Outcome(*(np.concatenate(side) for side in zip(*parts, strict=True)))


def _checked(outcome, W0, H0):
    """The outcome as arrays of the right shape, or an exception."""
    W, H, n_iter, met = outcome
    n_iter = np.broadcast_to(np.asarray(n_iter, dtype=np.int64), len(W0))
    met = np.broadcast_to(np.asarray(met, dtype=bool), len(W0))
    W, H = np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64)
    if W.shape != W0.shape or H.shape != H0.shape:
        raise ValueError(f"factors of shape {W.shape} and {H.shape} returned")
    return Outcome(W, H, n_iter, met)


def _evaluate(X, problem, search, outcome, seeds, seconds):
    """Objective, residual and stop reason of every start, each by its one definition."""
    W, H, n_iter, met = outcome
    n_starts, norm, penalty = len(W), data_norm(X), problem.penalty
    good = np.array(
        [np.isfinite(w).all() and np.isfinite(h).all() and min(w.min(), h.min()) >= 0
         for w, h in zip(W, H, strict=True)]
    )  # fmt: skip
    objective, error, kkt = (np.full(n_starts, np.inf) for _ in range(3))
    size = max(1, _CHUNK_BYTES // (8 * (X.shape[0] * X.shape[1] + 1)))
    with one_blas_thread(), np.errstate(all="ignore"):
        for i in range(0, n_starts, size):
            rows = np.flatnonzero(good[i : i + size]) + i
            if rows.size:
                w, h = W[rows], H[rows]
                loss = loss_value(X, w, h, problem.loss)
                objective[rows] = loss + penalty.value(w, h)
                if problem.loss != "frobenius":
                    loss = 0.5 * loss_value(X, w, h)
                error[rows] = np.sqrt(2 * loss) / norm
                kkt[rows] = kkt_residual(X, w, h, loss=problem.loss, penalty=penalty)
        reference = reference_loss(X, problem.loss)
    good &= np.isfinite(objective)
    converged = good & (kkt <= search.tol if search.stop == "kkt" else met)
    reason = _stop_reasons(W, H, good, converged, penalty.one_sided, n_iter >= search.max_iter)
    return Fits(
        W=W, H=H, objective=objective, relative_error=error, kkt_residual=kkt, n_iter=n_iter,
        converged=converged & (not penalty.one_sided), stop_reason=reason,
        seconds=np.full(n_starts, seconds / n_starts), seed=np.array(seeds, dtype=np.int64),
        problem=problem, search=search, data_norm=norm, reference_loss=reference,
    )  # fmt: skip


def _stop_reasons(W, H, good, converged, one_sided, exhausted):
    alive = (np.linalg.norm(W, axis=1) > 0) & (np.linalg.norm(H, axis=2) > 0)
    reason = np.full(len(W), "converged", dtype="U12")
    reason[~alive.all(axis=1)] = "dead"
    reason[~alive.any(axis=1)] = "collapsed"
    reason[~converged] = "max_iter"
    if one_sided:
        # Before max_iter there is but one way out: the scale.
        reason[~exhausted] = "scale_escape"
    reason[~good] = "failed"
    return reason
