"""Which fits count, and which of them are as good as the best."""

import numpy as np

from nmfstudy.solutions.pool import NOT_COUNTED

NEAR_ATOL = 1e-9  # of the reference loss; decides where the best objective is 0 (an exact fit)
BEST_RTOL = 1e-9  # equal to the best, up to what a KKT residual of 1e-9 leaves open
BEST_ATOL = 1e-12


def counted(pool, kkt_tol):
    """Fits that may stand for a minimum: converged to ``kkt_tol``, and no saddle or escape."""
    return (pool.kkt_residual <= kkt_tol) & ~np.isin(pool.stop_reason, NOT_COUNTED)


def near_limit(best, objective_rtol, reference_loss):
    """The objective up to which a fit is as good as the best for any practical purpose.

    ``best·(1 + objective_rtol) + 1e-9·reference_loss``; the second part decides alone where the
    best fit is exact, and means a relative error up to 3e-5.
    """
    return best * (1 + np.asarray(objective_rtol)) + NEAR_ATOL * reference_loss


def best_limit(best, reference_loss):
    """Up to here a fit equals the best: ``best·(1 + 1e-9) + 1e-12·reference_loss``."""
    return best * (1 + BEST_RTOL) + BEST_ATOL * reference_loss
