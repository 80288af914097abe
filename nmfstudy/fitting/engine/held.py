"""Least squares with one entry of H held at a given share of its row, by coordinate descent.

Only the row that holds the entry is special: with ``h_j = share·Σ h`` the entries of the row are
one block, whose best values follow from a single number, the multiplier of that equation. Scale is
free, so W is not constrained. A sweep costs 4 n d k.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.rules import COMPILE, HELPER

STILL = 10  # sweeps that have to lower the objective by more than the tolerance
ROW_PASSES = 2  # over a row of W, while its products are at hand


@njit(**HELPER)
def closest_row(t, j, share, out):
    """The row ``h ≥ 0`` nearest to t with ``h_j = share·Σ h``.

    With ``c = share / (1 − share)`` and the multiplier m, ``h_l = max(t_l − c m, 0)`` for l ≠ j,
    where ``c Σ h_l = t_j + m``. The left side less the right falls with m and is convex, so
    Newton's method from the left meets the root in finitely many steps.
    """
    if share >= 1.0:
        out[:] = 0.0
        out[j] = max(t[j], 0.0)
        return
    c = share / (1.0 - share)
    m = -t[j]
    for _ in range(t.shape[0] + 1):
        total, n_positive = 0.0, 0
        for i in range(t.shape[0]):
            if i != j and t[i] > c * m:
                total += t[i] - c * m
                n_positive += 1
        value = c * total - t[j] - m
        step = value / (1.0 + c * c * n_positive)
        m += step
        if step <= 1e-15 * (abs(m) + abs(t[j])):
            break
    total = 0.0
    for i in range(t.shape[0]):
        if i != j:
            out[i] = max(t[i] - c * m, 0.0)
            total += out[i]
    out[j] = c * total


@njit(**COMPILE)
def fit_held(X, W, H, r, j, share, max_iter, tol):
    """Minimise ``½‖X − WH‖²`` in place under ``H[r, j] = share·Σ H[r]``.

    Parameters
    ----------
    X : array of shape (n, d)
    W, H : arrays of shape (n, k) and (k, d)
    r, j : int
    share : float
        From 0 to 1.
    max_iter : int
        Sweeps.
    tol : float
        Stop when ten sweeps lower the objective by no more than this.

    Returns
    -------
    float
        The objective.
    """
    n, k = W.shape
    d = H.shape[1]
    square, t, row = 0.0, np.empty(d), np.empty(d)
    for x in X.flat:
        square += x * x
    # The entry is where it is to be before anything else moves.
    t[:] = H[r]
    closest_row(t, j, share, H[r])
    before, value = np.inf, np.inf
    for n_iter in range(max_iter):
        G, C = H @ H.T, X @ H.T
        for i in range(n):
            for _ in range(ROW_PASSES):
                for s in range(k):
                    if G[s, s] > 0.0:
                        g = -C[i, s]
                        for q in range(k):
                            g += G[s, q] * W[i, q]
                        W[i, s] = max(W[i, s] - g / G[s, s], 0.0)
        G, C = W.T @ W, W.T @ X
        for s in range(k):
            if G[s, s] > 0.0:
                row[:] = -C[s]
                for q in range(k):
                    for i in range(d):
                        row[i] += G[s, q] * H[q, i]
                for i in range(d):
                    t[i] = H[s, i] - row[i] / G[s, s]
                if s == r:
                    closest_row(t, j, share, H[s])
                else:
                    for i in range(d):
                        H[s, i] = max(t[i], 0.0)
        if n_iter % STILL == STILL - 1:
            value = 0.5 * square
            for s in range(k):
                for i in range(d):
                    product = 0.0
                    for q in range(k):
                        product += G[s, q] * H[q, i]
                    value += H[s, i] * (0.5 * product - C[s, i])
            if not before - value > tol:
                break
            before = value
    return max(value, 0.0)
