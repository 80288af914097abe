"""Coordinate descent that jumps ahead between its sweeps, on one sparse matrix.

The same road as in `accelerated`, in the layout of `sparse`.
"""

import numpy as np
from numba import njit

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
from nmfstudy.fitting.engine.sparse import (
    multiply,
    norms,
    regauge_rows,
    squared_residual_sparse,
    sweep_rows,
    update_groups_rows,
)


@njit(**HELPER)
def loss_of(PH, HT, GW, GH):
    """``½‖X − WH‖² − ½‖X‖²``, from ``XᵀW`` and the Gram matrices."""
    k = len(GW)
    value = 0.0
    for r in range(k):
        for s in range(k):
            value += 0.5 * GW[r, s] * GH[r, s]
    for j in range(len(HT)):
        for r in range(k):
            value -= PH[j, r] * HT[j, r]
    return value


@njit(**HELPER)
def penalty_of(GW, GH, w1, h1, prices):
    """The penalty, from the Gram matrices and the sums of columns."""
    value = 0.0
    for r in range(len(w1)):
        value += prices[0] * w1[r] + 0.5 * prices[1] * GW[r, r]
        value += prices[2] * h1[r] + 0.5 * prices[3] * GH[r, r]
        value += prices[4] * w1[r] * np.sqrt(GH[r, r])
    return value


@njit(**COMPILE)
def accelerate_sparse(
    k, by_row, by_column, W, HT, W_points, points, steps, changes, prices, gauge, half_square,
    tol, n_iter, last, state, memo,
):  # fmt: skip
    """Sweep in place; see `accelerated.accelerate` and `sparse.descend_sparse`."""
    PW, PH = aligned(*W.shape), aligned(*HT.shape)
    GW, GH = np.empty((k, k)), np.empty((k, k))
    w1, h1, squares, none = np.empty(k), np.empty(k), np.empty(k), np.empty(0)
    price_W, price_H, scale = np.empty(k), np.full(k, prices[2]), np.empty(k)
    weights = np.empty(MEMORY)
    W_flat, H_flat = W.reshape(-1), HT.reshape(-1)
    W_before, H_before = np.empty(W.size), np.empty(HT.size)
    slack, rest = SLACK * half_square, False
    while True:
        if due(n_iter, state[LAST_ESTIMATE], tol):
            square = squared_residual_sparse(k, by_row, by_column, W, HT, prices, PW, PH)
            if square <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        n_iter += 1
        kind = NONE
        if not rest:
            kind = jump(W_points, points, steps, changes, memo, weights, W_flat, H_flat)
        if kind != NONE:
            W_before[:] = W_flat
        norms(HT, GH, h1)
        for r in range(k):
            scale[r] = GH[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(GH[r, r])
            GH[r, r] += prices[1]
        multiply(by_row[0], by_row[1], by_row[2], HT, PW)
        violation = sweep_rows(PW, W, GH, price_W, PASSES, True, none, GW)
        for r in range(k):
            GH[r, r] = scale[r]
        multiply(by_column[0], by_column[1], by_column[2], W, PH)
        if kind != NONE:
            norms(W, GW, w1)
            value = loss_of(PH, HT, GW, GH) + penalty_of(GW, GH, w1, h1, prices)
            better = value <= memo[OBJECTIVE] + slack
            learn(memo, kind, better)
            if not better:
                rest = kind == MOMENTUM
                W_flat[:] = W_before
                H_flat[:] = points[int(memo[COUNT] - 1) % MEMORY]
                continue
        rest = False
        H_before[:] = H_flat
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        if prices[4] > 0:
            norms(W, GH, w1)
            for _ in range(PASSES):
                update_groups_rows(PH, HT, GW, w1, prices[4])
        else:
            violation += sweep_rows(PH, HT, GW, price_H, PASSES, True, squares, GH)
            state[LAST_ESTIMATE] = np.sqrt(np.dot(squares, scale))
        if not np.isfinite(violation):
            return n_iter, True
        norms(W, GW, w1)
        norms(HT, GH, h1)
        loss = loss_of(PH, HT, GW, GH)
        if gauge == OPTIMAL:
            regauge_rows(W, HT, GW, GH, w1, h1, prices, gauge)
            norms(W, GW, w1)
            norms(HT, GH, h1)
        memo[OBJECTIVE] = loss + penalty_of(GW, GH, w1, h1, prices)
        if W_points.size:
            W_points[int(memo[COUNT]) % MEMORY] = W_flat
        remember(points, steps, changes, memo, H_before, H_flat)
