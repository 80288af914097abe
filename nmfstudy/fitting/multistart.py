"""Fitting many starts of one search on one problem: `fit`, and `fit_starts` beneath it."""

from __future__ import annotations

import warnings
from typing import Any

from numpy.typing import ArrayLike

from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.typing import Matrix, Sparse
from nmfstudy.datasets.weights import unknown_notes
from nmfstudy.fitting.batch import fit_batch
from nmfstudy.fitting.inits import check_init, draw_starts, is_deterministic
from nmfstudy.fitting.keeping import RECORDS, check_record
from nmfstudy.fitting.solvers import make_solver
from nmfstudy.fitting.solvers.base import ignore_progress
from nmfstudy.model.fits import Fits
from nmfstudy.model.penalties import ElementwisePenalty, ScaleFreePenalty
from nmfstudy.model.problem import Problem, Search, check_seeds, default_solver, default_tol
from nmfstudy.model.weighted import known_part
from nmfstudy.util.errors import RequestError, check_memory, short

_BATCH_BYTES = 2**28  # factors and work of the starts that are on their way together
_WORK = 6  # factors that exist of a start while it is fitted
_VALUES_BYTES = 200  # what is known of a start besides its factors


def fit(
    X: Matrix,
    n_components: int,
    *,
    weights: ArrayLike | Sparse | None = None,
    n_starts: int = 100,
    seed: int = 0,
    init: str = "random",
    solver: str | None = None,
    tol: float | None = None,
    max_iter: int = 20000,
    alpha_W: float = 0.0,
    alpha_H: float | str = "same",
    l1_ratio: float = 0.0,
    penalty: ElementwisePenalty | ScaleFreePenalty | None = None,
    loss: str = "frobenius",
    stop: str = "kkt",
    record: str = "all",
    solver_options: dict[str, Any] | None = None,
) -> Fits:
    """Factorize X from many starts.

    Parameters
    ----------
    X : array, DataFrame or sparse matrix of shape (n_samples, n_features), or Dataset
        Nonnegative, not all zero. NaN is for what is unknown.
    n_components : int, >= 1
    weights : array or sparse matrix of the shape of X, optional
        How much each entry counts in the loss, ``1/σ²`` for an uncertainty σ: finite and >= 0.
        Where it is 0 the entry is unknown; a sparse one lists the entries that are known, zeros
        too. Of a row or column without any known entry the factors are NaN, and a warning says
        so.
    n_starts : int
        Seeds ``seed, seed + 1, …``; a deterministic init makes one start, recorded as seed 0.
    seed : int, >= 0
        First seed.
    init : one of `nmfstudy.fitting.inits.INITS`
    solver : one of `nmfstudy.fitting.solvers.SOLVERS`, or an import path ``package.module:Class``
        By default the one that converges fully for the loss: coordinate_descent, or newton for
        Kullback–Leibler.
    tol : float, optional
        KKT residual to reach: 1e-9, or 1e-6 by multiplicative updates, which never reach a zero.
        With ``stop="scikit_learn"`` what scikit-learn means by it.
    max_iter : int
        Sweeps per start.
    alpha_W, alpha_H, l1_ratio
        Elementwise penalty in scikit-learn's scaling, see `nmfstudy.model.penalties`.
    penalty : ElementwisePenalty or ScaleFreePenalty, optional
        Instead of the three before.
    loss : one of `nmfstudy.model.objective.LOSSES`
    stop : {"kkt", "scikit_learn"}
    record : {"all", "solutions", "none"}
        Which factors are kept, see `nmfstudy.fitting.keeping`. Starts are fitted in batches, so
        what is not kept takes no memory.
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

    Examples
    --------
    >>> import nmfstudy as ns
    >>> fits = ns.fit(ns.load_dataset("menu").X, n_components=3, n_starts=10)
    >>> len(fits)
    10
    >>> bool(fits.kkt_residual.max() <= 1e-9)
    True

    With an entry that is unknown:

    >>> X = ns.load_dataset("menu").X.copy()
    >>> X[4, 2] = float("nan")
    >>> best = ns.fit(X, n_components=2, n_starts=10)[0]
    >>> bool(best.converged)
    True
    """
    if penalty is None:
        penalty = ElementwisePenalty(alpha_W, alpha_H, l1_ratio)
    elif (alpha_W, alpha_H, l1_ratio) != (0.0, "same", 0.0):
        raise RequestError("give either penalty or alpha_W, alpha_H, l1_ratio, not both")
    problem = Problem(n_components, loss, penalty)
    options = dict(solver_options or {})
    solver = default_solver(loss, stop) if solver is None else solver
    tol = default_tol(loss, solver) if tol is None else tol
    search = Search(init, solver, tol, max_iter, stop, options, is_deterministic(init))
    check_seeds(seed, n_starts)
    X = check_data(X.X if isinstance(X, Dataset) else X, weights)
    for note in unknown_notes(X):
        warnings.warn(f"{note[:-1]}: the factors are NaN there.", stacklevel=2)
    seeds = range(seed, seed + n_starts)
    return fit_starts(X, problem, search, seeds, record=check_record(record))


def fit_starts(X, problem, search, seeds, progress=None, record="all"):
    """Fit one start per seed.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
    problem : Problem
    search : Search
    seeds : sequence of int
        A deterministic init makes exactly one start whatever they are, recorded as seed 0.
    progress : callable, optional
        ``progress(n)`` is called as n more starts are finished.
    record : one of `nmfstudy.fitting.keeping.RECORDS`

    Returns
    -------
    Fits
        In the order of the seeds. The bits of a start depend on nothing but the problem, the
        search and its own seed. An exception in the solver or factors that are not finite make
        the starts concerned ``failed``, with objective inf.
    """
    X = check_data(X)
    part = known_part(X)
    solver = make_solver(search).on(part[0])
    solver.check(problem)
    if problem.loss == "itakura-saito" and X.min() == 0:
        raise RequestError("X has zeros, where loss itakura-saito is infinite; give positive data")
    check_init(search.init, X.shape, problem.n_components)
    check_size(X.shape, problem.n_components, 1 if search.deterministic else len(seeds), record)
    seeds = [0] if search.deterministic else [int(seed) for seed in seeds]
    size = max(1, _BATCH_BYTES // (_WORK * 8 * sum(X.shape) * problem.n_components))
    return RECORDS[record](
        _fit_seeds(X, part, problem, search, solver, seeds[i : i + size], progress)
        for i in range(0, len(seeds), size)
    )


def check_size(shape, n_components, n_starts, record="all"):
    """Refuse starts that this machine's memory does not hold, by counting alone.

    Parameters
    ----------
    shape : (n_samples, n_features)
    n_components : int
    n_starts : int
    record : one of `nmfstudy.fitting.keeping.RECORDS`

    Raises
    ------
    RequestError
    """
    factors = 8 * sum(shape) * n_components
    kept = n_starts * (factors if record == "all" else 0)
    check_memory(
        f"{n_starts} starts with n_components={short(n_components)}",
        kept + n_starts * _VALUES_BYTES + _WORK * factors,
        "fewer starts (block= of a study), fewer components, record=solutions",
    )


def _fit_seeds(X, part, problem, search, solver, seeds, progress):
    W, H = draw_starts(X, search.init, problem.n_components, seeds, search.options)
    known, rows, columns = part
    if known is not X:
        W, H = W[:, rows], H[:, :, columns]
    progress = progress or ignore_progress
    fits = fit_batch(solver, known, W, H, problem, search, seeds, progress)
    return fits if known is X else fits.with_unknown(X.shape, rows, columns)
