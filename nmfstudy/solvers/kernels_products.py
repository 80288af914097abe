"""Products of a few rows with a block of X.

Plain loops over two rows and four columns at a time, with the block's columns outermost so that
everything else stays in the nearest cache: up to twice as fast as a BLAS made for squares, and
no call to pay for. Many rows are left to BLAS.
"""

import numpy as np
from numba import njit

FEW = 20  # rows up to which the loops are the faster
# All but the licence to assume that NaN and infinity never occur.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
COMPILE = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": FASTMATH}
HELPER = {**COMPILE, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@njit(**HELPER)
def times(A, B, out):
    """``out = A B`` for A (m, n), B (n, width)."""
    m, n = A.shape
    width = B.shape[1]
    if m > FEW:
        np.dot(A, B, out)
        return
    out[:] = 0.0
    j = 0
    while j + 4 <= n:
        for t in range(0, m - 1, 2):
            u = t + 1
            a0, a1, a2, a3 = A[t, j], A[t, j + 1], A[t, j + 2], A[t, j + 3]
            b0, b1, b2, b3 = A[u, j], A[u, j + 1], A[u, j + 2], A[u, j + 3]
            for i in range(width):
                x0, x1, x2, x3 = B[j, i], B[j + 1, i], B[j + 2, i], B[j + 3, i]
                out[t, i] += (a0 * x0 + a1 * x1) + (a2 * x2 + a3 * x3)
                out[u, i] += (b0 * x0 + b1 * x1) + (b2 * x2 + b3 * x3)
        if m % 2:
            t = m - 1
            a0, a1, a2, a3 = A[t, j], A[t, j + 1], A[t, j + 2], A[t, j + 3]
            for i in range(width):
                out[t, i] += (a0 * B[j, i] + a1 * B[j + 1, i]) + (
                    a2 * B[j + 2, i] + a3 * B[j + 3, i]
                )
        j += 4
    while j < n:
        for t in range(m):
            a = A[t, j]
            for i in range(width):
                out[t, i] += a * B[j, i]
        j += 1


@njit(**HELPER)
def add_times_transposed(A, B, out):
    """``out += A Bᵀ`` for A (m, width), B (n, width)."""
    m, width = A.shape
    n = B.shape[0]
    for j in range(0, n, 4):
        j1, j2, j3 = min(j + 1, n - 1), min(j + 2, n - 1), min(j + 3, n - 1)
        for t in range(0, m, 2):
            u = min(t + 1, m - 1)
            s0 = s1 = s2 = s3 = r0 = r1 = r2 = r3 = 0.0
            for i in range(width):
                a, b = A[t, i], A[u, i]
                x0, x1, x2, x3 = B[j, i], B[j1, i], B[j2, i], B[j3, i]
                s0 += a * x0
                s1 += a * x1
                s2 += a * x2
                s3 += a * x3
                r0 += b * x0
                r1 += b * x1
                r2 += b * x2
                r3 += b * x3
            for c, s, r in ((j, s0, r0), (j + 1, s1, r1), (j + 2, s2, r2), (j + 3, s3, r3)):
                if c < n:
                    out[t, c] += s
                    if u > t:
                        out[u, c] += r
