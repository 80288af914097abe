"""Small systems, one per row of a factor: Cholesky factors, projected Newton steps, and entries.

Factors have components as rows: W is held as Wᵀ (k, n_samples), H as (k, n_features).
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.rules import COMPILE, HELPER

TINY = 1e-140  # added to what is divided by, squares too; data are of the size of one
DEPENDENT = 1e-14  # least pivot, as a share of its diagonal entry
MARGIN = 1e-13  # rounding of a gradient, in units of what it is summed from


@njit(**HELPER)
def cholesky(B, free, L):
    """Factorize B on its free rows; pivots that vanish are lifted, so that it never fails.

    A direction without curvature then gets a step as long as its slope asks for. The diagonal
    of L holds inverses.
    """
    k = B.shape[0]
    for i in range(k):
        for j in range(i + 1):
            a = B[i, j] if free[i] and free[j] else 0.0
            for c in range(j):
                a -= L[i, c] * L[j, c]
            if j < i:
                L[i, j] = a * L[j, j]
            else:
                L[i, i] = 1.0 / np.sqrt(max(a, DEPENDENT * B[i, i] + TINY)) if free[i] else 1.0


@njit(**HELPER)
def cholesky_solve(L, free, b, z):
    """``z = B⁻¹ b`` on the free rows, zero elsewhere."""
    k = b.shape[0]
    for i in range(k):
        a = b[i] if free[i] else 0.0
        for c in range(i):
            a -= L[i, c] * z[c]
        z[i] = a * L[i, i]
    for i in range(k - 1, -1, -1):
        a = z[i]
        for c in range(i + 1, k):
            a -= L[c, i] * z[c]
        z[i] = a * L[i, i] if free[i] else 0.0


@njit(**HELPER)
def least(B, g, w, v, free, L, b, z):
    """The ``v >= 0`` that minimises ``gᵀ(v − w) + ½(v − w)ᵀB(v − w)``: active sets, from w on."""
    k = w.shape[0]
    for r in range(k):
        free[r] = w[r] > 0.0 or g[r] < 0.0
        v[r] = w[r]
    for _ in range(4 * k + 4):
        cholesky(B, free, L)
        for r in range(k):
            b[r] = -g[r]
            for c in range(k):
                if not free[c]:
                    b[r] += B[r, c] * (w[c] - v[c])
        cholesky_solve(L, free, b, z)
        share, first = 1.0, -1
        for r in range(k):
            if free[r]:
                z[r] += w[r]
                if z[r] < 0.0 and v[r] <= share * (v[r] - z[r]):
                    share, first = v[r] / (v[r] - z[r]), r
        for r in range(k):
            if free[r]:
                v[r] = max(v[r] + share * (z[r] - v[r]), 0.0)
        if first >= 0:
            v[first] = 0.0
            free[first] = False
            continue
        worst, first = 0.0, -1
        for r in range(k):
            if not free[r]:
                a, size = g[r], abs(g[r])
                for c in range(k):
                    d = B[r, c] * (v[c] - w[c])
                    a += d
                    size += abs(d)
                a = (a + MARGIN * size) / (np.sqrt(B[r, r]) + TINY)
                if a < worst:
                    worst, first = a, r
        if first < 0:
            break
        free[first] = True


@njit(**COMPILE)
def factorize(block, free, factor):
    """Cholesky factors (n, k, k) of blocks on the entries that are free (n, k)."""
    for i in range(block.shape[0]):
        cholesky(block[i], free[i], factor[i])


@njit(**COMPILE)
def solve_rows(factor, free, b, out):
    """Solve with all blocks; b and the solution are (k, n)."""
    k, n = b.shape
    V = np.empty((2, k))
    for i in range(n):
        for r in range(k):
            V[0, r] = b[r, i]
        cholesky_solve(factor[i], free[i], V[0], V[1])
        for r in range(k):
            out[r, i] = V[1, r]


@njit(**COMPILE)
def times_blocks(block, free, E, out):
    """The product of all blocks with E (k, n), on the free entries; zero elsewhere."""
    k, n = E.shape
    for i in range(n):
        for r in range(k):
            a = 0.0
            if free[i, r]:
                for c in range(k):
                    if free[i, c]:
                        a += block[i, r, c] * E[c, i]
            out[r, i] = a


@njit(**COMPILE)
def least_rows(block, gradient, M, out):
    """The minimisers of the quadratic models of all rows over nonnegative entries, from M on."""
    k, n = M.shape
    V, L, free = np.empty((5, k)), np.empty((k, k)), np.empty(k, np.bool_)
    for i in range(n):
        for r in range(k):
            V[0, r], V[1, r] = gradient[r, i], M[r, i]
        least(block[i], V[0], V[1], V[2], free, L, V[3], V[4])
        for r in range(k):
            out[r, i] = V[2, r]


@njit(**COMPILE)
def stored_products(start, index, W, H, out):
    """``w_i·h_j`` at the stored entries of a CSR matrix; W is (n, k), H is (d, k)."""
    for i in range(W.shape[0]):
        for e in range(start[i], start[i + 1]):
            a, j = 0.0, index[e]
            for r in range(W.shape[1]):
                a += W[i, r] * H[j, r]
            out[e] = a
