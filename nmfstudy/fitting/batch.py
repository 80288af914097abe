"""A batch of starts from first factors to `Fits`: what is the same for every solver.

The solver's claims are not believed: objective, relative error and KKT residual come from
`nmfstudy.model.objective`, and with ``stop="kkt"`` they alone decide what has converged.
"""

import traceback

import numpy as np

from nmfstudy.fitting.saddles import ROUNDS, escape_saddle, suspects, zero_vanished_components
from nmfstudy.fitting.solvers.base import SolverResult, escapes, ignore_progress
from nmfstudy.fitting.solvers.second_order import UNBOUNDED
from nmfstudy.model.factorization import component_norms, live_components
from nmfstudy.model.fits import Fits
from nmfstudy.model.objective import (
    data_norm,
    is_counts,
    kkt_residual,
    loss_value,
    n_entries,
    reference_loss,
    squared_norm,
)
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.numba_cache import clock
from nmfstudy.util.threads import on_threads, one_blas_thread

_NOT_FINITE = "The factors or their objective are not finite numbers >= 0."
_CHUNK_BYTES = 2**20  # residual matrices that exist together on a thread


def fit_batch(solver, X, W0, H0, problem, search, seeds, progress):
    """Fit, evaluate, leave saddles.

    Parameters
    ----------
    solver : Solver
    X : array, csr_array or Weighted of shape (n_samples, n_features)
    W0, H0 : arrays
        Stacks of first factors.
    problem : Problem
    search : Search
    seeds : list of int
    progress : callable

    Returns
    -------
    Fits
    """
    with one_blas_thread():
        return _fit_batch(solver, X, W0, H0, problem, search, seeds, progress)


def _fit_batch(solver, X, W0, H0, problem, search, seeds, progress):
    begun = clock()
    count = _Counter(len(W0), progress)
    guard = _Guard(solver, X, problem)
    seeds = np.array(seeds, dtype=np.int64)
    state = _State(X, problem, search, guard.solve(W0, H0, seeds, count))
    if search.stop == "kkt" and problem.loss != "itakura-saito":
        state.leave_saddles(guard, seeds)
    errors = {int(seed): _NOT_FINITE for seed in seeds[~state.good]} | guard.errors
    count.finish()
    return Fits(
        W=state.W,
        H=state.H,
        objective=state.objective,
        relative_error=state.error,
        kkt_residual=state.kkt,
        step=state.step,
        min_curvature=state.min_curvature,
        n_iter=state.n_iter,
        converged=state.converged,
        stop_reason=state.stop_reasons(W0, H0),
        seconds=np.full(len(W0), (clock() - begun) / len(W0)),
        seed=seeds,
        errors=errors,
        problem=problem,
        search=search,
        data_norm=data_norm(X),
        reference_loss=reference_loss(X, problem.loss),
        is_counts=is_counts(X),
        n_entries=n_entries(X),
    )


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


class _Guard:
    """A solver whose exceptions become the outcome of the starts that raise them."""

    def __init__(self, solver, X, problem):
        self.solver, self.X, self.problem = solver, X, problem
        self.errors = {}

    def solve(self, W, H, seeds, report=ignore_progress):
        """The outcome; starts that raise come back as NaN, their traceback kept by seed.

        A batch that raises is tried again start by start, so that one bad start fails alone.
        """
        try:
            with np.errstate(all="ignore"):
                return _checked(self.solver.solve(self.X, W, H, self.problem, report), W, H)
        except Exception:  # whatever a solver raises
            if len(W) == 1:
                self.errors[int(seeds[0])] = traceback.format_exc()
                zero = np.zeros(1, dtype=np.int64)
                W, H = np.full_like(W, np.nan), np.full_like(H, np.nan)
                return SolverResult(W, H, zero, zero > 0, zero + np.nan, zero + np.nan)
        one_by_one = [
            self.solve(W[i : i + 1], H[i : i + 1], seeds[i : i + 1], report) for i in range(len(W))
        ]
        return SolverResult(*(np.concatenate(side) for side in zip(*one_by_one, strict=True)))


def _checked(outcome, W0, H0):
    """The outcome as arrays of the right shape and type, or an exception."""
    W, H = (np.array(factor, dtype=np.float64, order="C") for factor in outcome[:2])
    if W.shape != W0.shape or H.shape != H0.shape:
        raise ValueError(f"the solver returned factors of shape {W.shape} and {H.shape}")
    others = SolverResult(*outcome)[2:]
    n_iter, met, *facts = (np.array(np.broadcast_to(part, len(W0))) for part in others)
    return SolverResult(W, H, n_iter.astype(np.int64), met.astype(bool), *facts)


class _State:
    """The fits of a batch and their values, each by its one definition."""

    def __init__(self, X, problem, search, outcome):
        self.X, self.problem, self.search = X, problem, search
        self.W, self.H, self.n_iter, self.met, self.step, self.min_curvature = outcome
        self.norm, self.size = data_norm(X), np.sqrt(squared_norm(X))
        n_starts = len(self.W)
        self.saddle = np.zeros(n_starts, dtype=bool)
        self.objective, self.error, self.kkt = (np.full(n_starts, np.inf) for _ in range(3))
        self.evaluate(np.arange(n_starts))

    def evaluate(self, rows):
        """Compute the values of some starts, in chunks that stay in cache.

        Side by side only on large data: on small ones threads wait for the interpreter's lock.
        """
        size = _CHUNK_BYTES // (8 * self.X.shape[0] * self.X.shape[1])
        if size == 0:
            on_threads(self._evaluate_chunk, [rows[i : i + 1] for i in range(len(rows))])
            return
        for i in range(0, len(rows), size):
            self._evaluate_chunk(rows[i : i + size])

    def _evaluate_chunk(self, chunk, go_on=None):
        X, loss, penalty = self.X, self.problem.loss, self.problem.penalty
        chunk = chunk[_usable(self.W[chunk]) & _usable(self.H[chunk])]
        if not chunk.size:
            return
        with np.errstate(all="ignore"):
            W, H = self.W[chunk], self.H[chunk]
            if self.search.stop == "kkt":
                W, H = zero_vanished_components(W, H, penalty, self.norm)
                self.W[chunk], self.H[chunk] = W, H
            value = loss_value(X, W, H, loss)
            self.objective[chunk] = value + penalty.value(W, H)
            half_square = value if loss == "frobenius" else loss_value(X, W, H)
            self.error[chunk] = np.sqrt(2 * half_square) / self.size
            self.kkt[chunk] = kkt_residual(X, W, H, loss=loss, penalty=penalty)

    @property
    def good(self):
        """Which starts ended with finite factors of finite objective."""
        return np.isfinite(self.objective)

    @property
    def converged(self):
        """Which starts met the rule asked for, at a minimum that exists."""
        if self.problem.penalty.one_sided:
            return np.zeros(len(self.W), dtype=bool)
        met = self.kkt <= self.search.tol if self.search.stop == "kkt" else self.met
        return self.good & met & ~self.unbounded

    @property
    def unbounded(self):
        """Which starts have a term that dwarfs all that is known of the data."""
        if not isinstance(self.X, Weighted):
            return np.zeros(len(self.W), dtype=bool)
        w, h = component_norms(self.W, self.H)
        return (w * h > UNBOUNDED * self.norm).any(axis=1)

    def leave_saddles(self, guard, seeds):
        """Go on from stationary points that are no minima, and mark those that remain."""
        rows = np.flatnonzero(self.converged)
        for rounds_left in range(ROUNDS, -1, -1):
            rows, W, H = self._ways_down(rows)
            self.saddle[rows] = rounds_left == 0
            if not rows.size or rounds_left == 0:
                return
            outcome = guard.solve(W, H, seeds[rows])
            self.W[rows], self.H[rows] = outcome.W, outcome.H
            self.n_iter[rows] += outcome.n_iter
            self.step[rows], self.min_curvature[rows] = outcome.step, outcome.min_curvature
            self.evaluate(rows)
            rows = rows[self.converged[rows]]

    def _ways_down(self, rows):
        """The starts among ``rows`` that have one, and where it begins."""
        penalty, found = self.problem.penalty, []
        with one_blas_thread(), np.errstate(all="ignore"):
            for i in rows[suspects(self.W[rows], self.H[rows])] if rows.size else rows:
                factors = escape_saddle(self.X, self.W[i], self.H[i], penalty, self.problem.loss)
                if factors is not None:
                    found.append((i, *factors))
        if not found:
            return rows[:0], self.W[:0], self.H[:0]
        return tuple(np.stack(side) for side in zip(*found, strict=True))

    def stop_reasons(self, W0, H0):
        """How every start ended."""
        alive = live_components(self.W, self.H)
        reason = np.full(len(self.W), "converged", dtype="U12")
        reason[~alive.all(axis=1)] = "dead"
        reason[self.saddle] = "saddle"
        reason[~alive.any(axis=1)] = "collapsed"
        reason[~self.converged] = "max_iter"
        reason[self.unbounded] = "unbounded"
        if self.problem.penalty.one_sided:
            # Short of max_iter nothing but the scale ends such a start.
            escaped = self.n_iter < self.search.max_iter
            reason[escaped | escapes(W0, H0, self.W, self.H)] = "scale_escape"
        reason[~self.good] = "failed"
        return reason


def _usable(factors):
    return ((factors >= 0) & (factors < np.inf)).all(axis=(1, 2))
