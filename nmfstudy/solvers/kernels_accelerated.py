"""Coordinate descent with Anderson acceleration: compiled loops without policy.

A sweep is a map x → g(x) whose fixed points are the stationary points. Anderson's method takes
the combination of the last points whose steps ``g(x) − x`` cancel best, here the steps of H, of
which W is all but a function. The combination is kept only if the objective is no higher than
after the plain sweep; else the last step is prolonged, which is what helps to leave a saddle;
else the plain sweep stands. The objective of a candidate costs little: the product of X with H
that it takes is the one that the next sweep begins with.

Layout and prices as in `kernels_dense`.
"""

import numpy as np
from numba import njit

from nmfstudy.solvers.kernels_dense import (
    BLOCK,
    CHECK_EVERY,
    LAST_ESTIMATE,
    NEAR,
    OPTIMAL,
    add_squared_gradient,
    products,
    regauge,
    squared_residual,
    sum_blocks,
    sweep_entries,
    update_groups,
)
from nmfstudy.solvers.kernels_products import COMPILE, HELPER, add_times_transposed, times

MEMORY = 6  # points that are combined
INNER = 3  # passes over a factor with one product: the product is what costs
_RIDGE = 1e-14  # keeps the little least-squares problem solvable
_SLACK = 1e-14  # rounding of the objective, in units of ½‖X‖²
_CHUNK = 512
# Columns of `memo`, carried from slice to slice.
COUNT, BETA, OBJECTIVE = 0, 1, 2


@njit(**HELPER)
def penalty_value(WB, H, prices):
    """The penalty as `nmfstudy.penalties` defines it."""
    value = 0.0
    for r in range(H.shape[0]):
        w1 = w2 = h1 = h2 = 0.0
        for b in range(WB.shape[0]):
            for i in range(WB.shape[2]):
                v = WB[b, r, i]
                w1 += v
                w2 += v * v
        for j in range(H.shape[1]):
            v = H[r, j]
            h1 += v
            h2 += v * v
        value += prices[0] * w1 + 0.5 * prices[1] * w2 + prices[2] * h1 + 0.5 * prices[3] * h2
        value += prices[4] * w1 * np.sqrt(h2)
    return value


@njit(**HELPER)
def inner_product(A, B):
    """Sum of products of two matrices' entries."""
    total = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            total += A[i, j] * B[i, j]
    return total


@njit(**HELPER)
def look_ahead(XB, WB, H, PB, half_square, prices):
    """The objective at (W, H); leaves the product ``H Xᵀ`` in PB, block by block."""
    k = H.shape[0]
    G, GW = np.zeros((k, k)), np.zeros((k, k))
    add_times_transposed(H, H, G)
    cross = 0.0
    for b in range(XB.shape[0]):
        times(H, XB[b], PB[b])
        cross += inner_product(PB[b], WB[b])
        add_times_transposed(WB[b], WB[b], GW)
    return half_square - cross + 0.5 * inner_product(G, GW) + penalty_value(WB, H, prices)


@njit(**HELPER)
def combine(points, weights, newest, out):
    """``Σ_i weights[i]·points[i]`` cut off at zero; zero wherever the newest point is."""
    m, size = points.shape
    for start in range(0, size, _CHUNK):
        stop = min(start + _CHUNK, size)
        for i in range(start, stop):
            out[i] = 0.0
        for p in range(m):
            a = weights[p]
            if a != 0:
                for i in range(start, stop):
                    out[i] += a * points[p, i]
        for i in range(start, stop):
            out[i] = max(out[i], 0.0) if points[newest, i] > 0 else 0.0


@njit(**HELPER)
def anderson_weights(changes, step, newest, count, weights):
    """Weights of the last ``count`` points whose steps cancel best; they sum to one.

    ``changes[p]`` is the step at point p minus the step at the point before it; points lie on a
    ring of which ``newest`` is the last.
    """
    m = changes.shape[0]
    n = count - 1
    ring = np.empty(n, np.int64)
    for a in range(n):
        ring[a] = (newest - a) % m
    A, right, size = np.empty((n, n)), np.empty(n), np.empty(n)
    for a in range(n):
        for b in range(a + 1):
            A[a, b] = np.dot(changes[ring[a]], changes[ring[b]])
            A[b, a] = A[a, b]
        size[a] = np.sqrt(A[a, a]) if A[a, a] > 0 else 1.0
        right[a] = np.dot(changes[ring[a]], step) / size[a]
    for a in range(n):
        for b in range(n):
            A[a, b] /= size[a] * size[b]
        A[a, a] += _RIDGE
    for a in range(n):  # Cholesky, in place
        for b in range(a + 1):
            total = A[a, b]
            for c in range(b):
                total -= A[a, c] * A[b, c]
            if a == b:
                A[a, a] = np.sqrt(max(total, _RIDGE))
            else:
                A[a, b] = total / A[b, b]
    for a in range(n):
        for c in range(a):
            right[a] -= A[a, c] * right[c]
        right[a] /= A[a, a]
    for a in range(n - 1, -1, -1):
        for c in range(a + 1, n):
            right[a] -= A[c, a] * right[c]
        right[a] /= A[a, a]
    weights[:] = 0.0
    weights[newest] = 1.0
    for a in range(n):
        gamma = right[a] / size[a]
        weights[ring[a]] -= gamma
        weights[(ring[a] - 1) % m] += gamma


@njit(**COMPILE)
def accelerate(
    XB, WB, H, W_points, H_points, steps, changes, prices, gauge, half_square, tol, n_iter, last,
    state, memo,
):  # fmt: skip
    """Sweep in place until sweep number ``last`` or until the KKT residual seems met.

    Parameters
    ----------
    XB, WB, H, prices, gauge, tol, n_iter, last, state
        See `kernels_dense.descend`.
    W_points : array of shape (MEMORY, WB.size)
    H_points : array of shape (MEMORY, H.size)
        The last points, after their sweeps.
    steps, changes : arrays of shape (MEMORY, H.size)
    half_square : float
        ``½‖X‖²``.
    memo : array (3,)

    Returns
    -------
    n_iter : int
    met : bool
        Also when a factor is not finite any more.
    """
    n_blocks, k, width = WB.shape
    d = H.shape[1]
    PB, PH = np.empty((n_blocks, k, width)), np.empty((k, d))
    GW, G = np.empty((k, k)), np.empty((k, k))
    g = np.empty(max(width, BLOCK, d if prices[4] > 0 else 0))
    scale, total, l1_norms = np.empty(k), np.empty(k), np.empty(k)
    price_W, price_H, weights = np.empty(k), np.full(k, prices[2]), np.empty(MEMORY)
    W_flat, H_flat = WB.reshape(-1), H.reshape(-1)
    slack = _SLACK * half_square
    while True:
        if n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
            if squared_residual(XB, WB, H, prices, GW, PH) <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        count = int(memo[COUNT])
        newest = (count - 1) % MEMORY
        accepted = False
        if count > 1:
            limit = memo[OBJECTIVE] + slack
            anderson_weights(changes, steps[newest], newest, min(count, MEMORY), weights)
            combine(W_points, weights, newest, W_flat)
            combine(H_points, weights, newest, H_flat)
            accepted = look_ahead(XB, WB, H, PB, half_square, prices) <= limit
            if not accepted:
                weights[:] = 0.0
                weights[newest] = 1.0 + memo[BETA]
                weights[(newest - 1) % MEMORY] = -memo[BETA]
                combine(W_points, weights, newest, W_flat)
                combine(H_points, weights, newest, H_flat)
                accepted = look_ahead(XB, WB, H, PB, half_square, prices) <= limit
                memo[BETA] = min(1.5 * memo[BETA], 100.0) if accepted else max(memo[BETA] / 3, 0.3)
            if not accepted:
                W_flat[:] = W_points[newest]
                H_flat[:] = H_points[newest]
        if not accepted:
            for b in range(n_blocks):
                times(H, XB[b], PB[b])
        following = count % MEMORY
        steps[following] = H_flat
        G[:] = 0.0
        add_times_transposed(H, H, G)
        for r in range(k):
            scale[r] = G[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(G[r, r])
            G[r, r] += prices[1]
        violation = 0.0
        for b in range(n_blocks):
            for _ in range(INNER):
                violation += sweep_entries(WB[b], 0, width, G, PB[b], 0, price_W, True, g)
        products(XB, WB, GW, PH)
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        if prices[4] > 0:
            sum_blocks(WB, l1_norms)
            for _ in range(INNER):
                update_groups(H, GW, PH, l1_norms, prices[4], g)
        else:
            total[:] = 0.0
            add_squared_gradient(H, 0, d, GW, PH, 0, price_H, total)
            state[LAST_ESTIMATE] = np.sqrt(np.dot(total, scale))
            for start in range(0, d, BLOCK):
                stop = min(start + BLOCK, d)
                for _ in range(INNER):
                    violation += sweep_entries(H, start, stop, GW, PH, start, price_H, True, g)
        n_iter += 1
        if not np.isfinite(violation):
            return n_iter, True
        for r in range(k):
            GW[r, r] -= prices[3]
        G[:] = 0.0
        add_times_transposed(H, H, G)
        value = half_square - inner_product(PH, H) + 0.5 * inner_product(G, GW)
        if gauge == OPTIMAL:
            regauge(WB, H, prices, gauge)
        memo[OBJECTIVE] = value + penalty_value(WB, H, prices)
        W_points[following] = W_flat
        H_points[following] = H_flat
        for i in range(H_flat.size):
            steps[following, i] = H_flat[i] - steps[following, i]
            changes[following, i] = steps[following, i] - steps[newest, i]
        memo[COUNT] = count + 1
