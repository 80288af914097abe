"""Which fits count, and which of them are as good as the best."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nmfstudy.solutions.pool import NOT_COUNTED

NEAR_ATOL = 1e-9  # of the reference loss; decides where the best objective is 0 (an exact fit)
NEAR_RTOL = 1e-3  # of what is missed or explained; where there is no likelihood
BEST_RTOL = 1e-9  # equal to the best, up to what a KKT residual of 1e-9 leaves open
BEST_ATOL = 1e-12
EVIDENCE = 3.84  # of twice the log-likelihood: 95 % of chi-squared with one degree of freedom


def counted(pool, kkt_tol):
    """Fits that may stand for a minimum: converged to ``kkt_tol``, and no saddle or escape."""
    return (pool.kkt_residual <= kkt_tol) & ~np.isin(pool.stop_reason, NOT_COUNTED)


def ill_conditioned(pool, kkt_tol, distance_tol):
    """Fits whose minimum may be farther away than what tells solutions apart.

    The objective is so flat there that the residual is met long before. None where ``kkt_tol``
    is infinite, which asks for fits that have not arrived.
    """
    return (pool.step > distance_tol) & (pool.kkt_residual <= kkt_tol) & (kkt_tol < np.inf)


@dataclass(frozen=True)
class Likelihood:
    """What objectives of one problem say about the data, as far as they are likelihoods.

    Attributes
    ----------
    model : {"gaussian", "poisson", "none"}
        Least squares is the likelihood of Gaussian residuals of one unknown size, Kullback–Leibler
        that of counts. A penalty, other losses, entries that are no counts, and an exact fit
        (``best <= 1e-9·reference_loss``), which leaves no noise to measure, have none.
    n_entries : int
        Known entries of X.
    """

    model: str
    n_entries: int

    @staticmethod
    def of(pool, best):
        """That of pooled fits, of which the lowest objective is ``best``."""
        loss, model = pool.problem.loss, "none"
        if pool.problem.penalty.is_zero and best > NEAR_ATOL * pool.reference_loss:
            if loss == "frobenius":
                model = "gaussian"
            elif loss == "kullback-leibler" and pool.is_counts:
                model = "poisson"
        return Likelihood(model, pool.n_entries)

    def ratio(self, objective, best):
        """Twice the log-likelihood ratio of the best fit to others; NaN without a likelihood.

        ``n·d·log(L/L₀)`` for Gaussian residuals, whose size is estimated, ``2(L − L₀)`` for counts.
        """
        objective = np.asarray(objective, dtype=float)
        if self.model == "gaussian":
            return self.n_entries * np.log1p((objective - best) / best)
        if self.model == "poisson":
            return 2 * (objective - best)
        return np.full(objective.shape, np.nan)

    def rtol(self, best, ratio=EVIDENCE):
        """How much worse than the best, relatively, a fit with this ratio is."""
        if self.model == "gaussian":
            return float(np.expm1(ratio / self.n_entries))
        return 0.5 * ratio / best


class Gate(NamedTuple):
    """Up to where a minimum is near-optimal.

    Attributes
    ----------
    by : {"evidence", "relative"}
    objective_rtol : float
        How much worse than the best objective, relatively; see `near_limit`.
    """

    by: str
    objective_rtol: float


def gate_of(likelihood, best, reference_loss, objective_rtol=None):
    """The gate of a problem.

    By default a likelihood ratio of 3.84, and where there is no likelihood `relative_gate` of
    1e-3.

    Parameters
    ----------
    likelihood : Likelihood
    best, reference_loss : float
    objective_rtol : float, optional
        A relative gate whatever the likelihood.

    Returns
    -------
    Gate
    """
    if objective_rtol is None and likelihood.model != "none":
        return Gate("evidence", likelihood.rtol(best))
    asked = NEAR_RTOL if objective_rtol is None else objective_rtol
    return Gate("relative", relative_gate(asked, best, reference_loss))


def relative_gate(objective_rtol, best, reference_loss):
    """The same tolerance relative to what the best fit misses or explains, whichever is less.

    Of a fit that misses nearly everything a small part of the objective is a large part of what
    it explains.
    """
    explained = reference_loss - best
    if not 0 <= explained < best:  # a loss can exceed its reference under a penalty, or be NaN
        return objective_rtol
    return objective_rtol * explained / best


def near_limit(best, objective_rtol, reference_loss):
    """The objective up to which a fit is as good as the best for any practical purpose.

    ``best·(1 + objective_rtol) + 1e-9·reference_loss``; the second part decides alone where the
    best fit is exact, and means a relative error up to 3e-5.
    """
    return best * (1 + np.asarray(objective_rtol)) + NEAR_ATOL * reference_loss


def best_limit(best, reference_loss):
    """Up to here a fit equals the best: ``best·(1 + 1e-9) + 1e-12·reference_loss``."""
    return best * (1 + BEST_RTOL) + BEST_ATOL * reference_loss
