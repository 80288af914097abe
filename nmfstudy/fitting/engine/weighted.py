"""Weighted least squares with a ridge, by coordinate descent row after row: for masked entries.

Every row of a factor has a Gram matrix of its own, ``H diag(v_i) Hᵀ``, so a sweep costs
``n d k²`` instead of the ``n d k`` of equal weights.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.rules import COMPILE, HELPER

_PASSES = 3  # over a row, while its Gram matrix is at hand
_LOOK = 10  # sweeps between two looks at the objective


@njit(**HELPER)
def update_rows(X, V, A, B, ridge, G, R):
    """Each row a of A towards the minimum of ``Σ_j v_j (x_j − a·b_j)² + ridge ‖a‖²``, a ≥ 0."""
    k = A.shape[1]
    for i in range(A.shape[0]):
        G[:] = 0.0
        R[:] = 0.0
        for j in range(B.shape[0]):
            v = V[i, j]
            if v > 0.0:
                for r in range(k):
                    b = v * B[j, r]
                    R[r] += X[i, j] * b
                    for s in range(r + 1):
                        G[r, s] += b * B[j, s]
        for r in range(k):
            G[r, r] += ridge
            for s in range(r):
                G[s, r] = G[r, s]
        for _ in range(_PASSES):
            for r in range(k):
                if G[r, r] > 0.0:
                    z = R[r] + G[r, r] * A[i, r]
                    for s in range(k):
                        z -= G[r, s] * A[i, s]
                    A[i, r] = max(z / G[r, r], 0.0)


@njit(**HELPER)
def weighted_objective(X, V, W, H, ridge):
    """``Σ_ij v_ij (x_ij − w_i·h_j)² + ridge (‖W‖² + ‖H‖²)``."""
    value = 0.0
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            if V[i, j] > 0.0:
                e = X[i, j]
                for r in range(W.shape[1]):
                    e -= W[i, r] * H[j, r]
                value += V[i, j] * e * e
    for A in (W, H):
        for a in A.flat:
            value += ridge * a * a
    return value


@njit(**COMPILE)
def fit_weighted(X, V, W, H, ridge, max_iter, rtol):
    """Minimise `weighted_objective` in place.

    Parameters
    ----------
    X, V : arrays of shape (n, d)
        Data and weights >= 0; entries of weight 0 do not count, whatever they are.
    W, H : arrays of shape (n, k) and (d, k)
        First factors, positive; the second stands on its side.
    ridge : float, >= 0
    max_iter : int
        Sweeps.
    rtol : float
        Stop when ten sweeps lower the objective by no more than this share.

    Returns
    -------
    float
        The objective.
    """
    k = W.shape[1]
    G, R = np.empty((k, k)), np.empty(k)
    XT, VT = np.ascontiguousarray(X.T), np.ascontiguousarray(V.T)
    before = np.inf
    for n_iter in range(1, max_iter + 1):
        update_rows(X, V, W, H, ridge, G, R)
        update_rows(XT, VT, H, W, ridge, G, R)
        if n_iter % _LOOK == 0:
            value = weighted_objective(X, V, W, H, ridge)
            if not before - value > rtol * value:
                return value
            before = value
    return weighted_objective(X, V, W, H, ridge)
