"""Coordinate descent that jumps ahead between its sweeps, on one dense matrix.

Only H is extrapolated (and W, where it is small); W follows by a few passes. A jump is kept only
if, W having followed, the objective is no higher than before; else W and H are put back. So the
objective never rises. Layout and prices as in `dense`.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.dense import (
    gram,
    regauge,
    squared_gradient,
    squared_residual,
    sum_panels,
    sweep_features,
    sweep_samples,
    update_groups,
)
from nmfstudy.fitting.engine.jumps import (
    COUNT,
    MEMORY,
    MOMENTUM,
    NONE,
    OBJECTIVE,
    PASSES,
    SLACK,
    due,
    jump,
    learn,
    remember,
)
from nmfstudy.fitting.engine.products import aligned
from nmfstudy.fitting.engine.rules import COMPILE, HELPER, LAST_ESTIMATE, OPTIMAL
from nmfstudy.fitting.engine.vectors import PANEL


@njit(**HELPER)
def penalty_value(WP, H, prices):
    """The penalty as `nmfstudy.model.penalties` defines it."""
    value = 0.0
    if not prices.any():
        return value
    for r in range(H.shape[0]):
        w1 = w2 = h1 = h2 = 0.0
        for p in range(WP.shape[0]):
            for i in range(WP.shape[2]):
                v = WP[p, r, i]
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
def fit_value(G, GW, PH, H):
    """``½‖X − WH‖² − ½‖X‖²``, from ``HHᵀ``, ``WᵀW`` and ``WᵀX``."""
    value = 0.0
    for r in range(H.shape[0]):
        for s in range(H.shape[0]):
            value += 0.5 * G[r, s] * GW[r, s]
        for j in range(H.shape[1]):
            value -= PH[r, j] * H[r, j]
    return value


@njit(**COMPILE)
def accelerate(
    XP, WP, H, W_points, points, steps, changes, prices, gauge, half_square, tol, n_iter, last,
    state, memo,
):  # fmt: skip
    """Sweep in place until sweep number ``last`` or until the KKT residual seems met.

    Parameters
    ----------
    XP, WP, H, prices, gauge, tol, n_iter, last, state
        See `dense.descend`.
    points, steps, changes : arrays of shape (MEMORY, H.size)
        The last H that sweeps led to, their steps, and the steps less those before.
    W_points : array of shape (MEMORY, WP.size) or (MEMORY, 0)
        The W that go with them, if it is small enough for being extrapolated too, which matters
        where W is slow to follow.
    half_square : float
        ``½‖X‖²``.
    memo : array (N_MEMO,)
        See `jumps.first_memo`.

    Returns
    -------
    n_iter : int
        Sweeps whose jump was taken back count too.
    met : bool
        Also when a factor is not finite any more.
    """
    k, columns = H.shape
    P, PH = aligned(k, PANEL), aligned(k, columns)
    GW, G = np.empty((k, k)), np.empty((k, k))
    g = np.empty(columns if prices[4] > 0 else 0)
    scale, squares, l1_norms = np.empty(k), np.empty(k), np.empty(k)
    price_W, price_H, weights = np.empty(k), np.full(k, prices[2]), np.empty(MEMORY)
    W_flat, H_flat = WP.reshape(-1), H.reshape(-1)
    W_before, H_before = np.empty(WP.size), np.empty(H.size)
    slack, rest = SLACK * half_square, False
    while True:
        if due(n_iter, state[LAST_ESTIMATE], tol):
            if squared_residual(XP, WP, H, prices, GW, PH) <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        n_iter += 1
        kind = (
            NONE if rest else jump(W_points, points, steps, changes, memo, weights, W_flat, H_flat)
        )
        if kind != NONE:
            W_before[:] = W_flat
        gram(H, G)
        for r in range(k):
            scale[r] = G[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(G[r, r])
            G[r, r] += prices[1]
        violation = sweep_samples(XP, WP, H, G, price_W, PASSES, True, P, GW, PH)
        for r in range(k):
            G[r, r] = scale[r]
        if kind != NONE:
            value = fit_value(G, GW, PH, H) + penalty_value(WP, H, prices)
            better = value <= memo[OBJECTIVE] + slack
            learn(memo, kind, better)
            if not better:
                rest = kind == MOMENTUM
                W_flat[:] = W_before
                H_flat[:] = points[int(memo[COUNT] - 1) % MEMORY]
                continue
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        rest = False
        H_before[:] = H_flat
        if prices[4] > 0:
            sum_panels(WP, l1_norms)
            for _ in range(PASSES):
                update_groups(H, GW, PH, l1_norms, prices[4], g)
        else:
            squared_gradient(H, PH, GW, price_H, squares)
            state[LAST_ESTIMATE] = np.sqrt(np.dot(squares, scale))
            violation += sweep_features(H, PH, GW, price_H, PASSES, True)
        if not np.isfinite(violation):
            return n_iter, True
        for r in range(k):
            GW[r, r] -= prices[3]
        gram(H, G)
        value = fit_value(G, GW, PH, H)
        if gauge == OPTIMAL:
            regauge(WP, H, prices, gauge)
        memo[OBJECTIVE] = value + penalty_value(WP, H, prices)
        if W_points.size:
            W_points[int(memo[COUNT]) % MEMORY] = W_flat
        remember(points, steps, changes, memo, H_before, H_flat)
