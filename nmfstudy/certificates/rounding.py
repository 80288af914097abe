"""Bounds on what rounding in double precision can do, for proofs that rest on numbers."""

import numpy as np


def unit(n_terms):
    """Relative error bound of sums of so many products, with room for a few more operations."""
    return (n_terms + 10) * 2.0**-53


def positive_definite(stack, slack):
    """Which symmetric matrices are surely positive definite, after ``slack`` is taken off.

    Cholesky's decomposition that succeeds proves it, if slack covers the rounding (Rump 2006,
    *Verification of positive definiteness*).

    Parameters
    ----------
    stack : array of shape (n_matrices, size, size)
    slack : float
        Bound on the spectral norm of all errors, those of the decomposition included.

    Returns
    -------
    bool array of shape (n_matrices,)
    """
    size = stack.shape[1]
    A = stack - slack * np.eye(size)
    sure = np.ones(len(A), dtype=bool)
    for i in range(size):
        sure &= A[:, i, i] > 0
        A[~sure] = np.eye(size)  # lost already: nothing may overflow
        column = A[:, i:, i] / A[:, i, i, None]
        A[:, i:, i:] -= column[:, :, None] * A[:, i, None, i:]
    return sure
