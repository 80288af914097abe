"""Coordinate descent on one sparse matrix: compiled loops without policy.

Layout: both factors have one row per sample or feature, (m, n_components), so that a nonzero of
X meets a contiguous row of the other factor. X is given twice, by rows and by columns; product
and sweep of a row are fused and nothing of the size of X is ever written.
"""

import numpy as np
from numba import njit

from nmfstudy.solvers.kernels_rules import (
    BALANCE,
    CHECK_EVERY,
    COMPILE,
    FIRST_VIOLATION,
    HELPER,
    LAST_ESTIMATE,
    NEAR,
    OPTIMAL,
    regauge_norms,
)


@njit(**HELPER)
def row_product(indptr, indices, data, i, other, p):
    """Row i of X times the other factor, four nonzeros at a time."""
    k = other.shape[1]
    for r in range(k):
        p[r] = 0.0
    e, stop = indptr[i], indptr[i + 1]
    while e + 4 <= stop:
        a, b, c, d = indices[e], indices[e + 1], indices[e + 2], indices[e + 3]
        x, y, z, u = data[e], data[e + 1], data[e + 2], data[e + 3]
        for r in range(k):
            p[r] += (x * other[a, r] + y * other[b, r]) + (z * other[c, r] + u * other[d, r])
        e += 4
    while e < stop:
        a, x = indices[e], data[e]
        for r in range(k):
            p[r] += x * other[a, r]
        e += 1


@njit(**HELPER)
def sweep_rows(indptr, indices, data, F, other, G, l1, zero_dead, squares):
    """One pass over all entries of F (m, k); see `kernels_panels.sweep_panel`.

    Adds the squared projected gradients met on the way to ``squares`` (k,).
    """
    m, k = F.shape
    p = np.empty(k)
    step = np.empty(k)
    for t in range(k):
        step[t] = 1.0 / G[t, t] if G[t, t] != 0 else 0.0
        squares[t] = 0.0
    violation = 0.0
    for i in range(m):
        row_product(indptr, indices, data, i, other, p)
        for t in range(k):
            g = l1[t] - p[t]
            for r in range(k):
                g += G[t, r] * F[i, r]
            f = F[i, t]
            projected = g if f > 0 else min(g, 0.0)
            violation += abs(projected)
            squares[t] += projected * projected
            if step[t] != 0:
                F[i, t] = max(f - g * step[t], 0.0)
            elif zero_dead and g > 0:
                F[i, t] = 0.0
    return violation


@njit(**HELPER)
def squared_gradient_rows(indptr, indices, data, F, other, G, l1, squares):
    """Squared projected gradient of every component into ``squares`` (k,)."""
    m, k = F.shape
    p = np.empty(k)
    squares[:] = 0.0
    for i in range(m):
        row_product(indptr, indices, data, i, other, p)
        for t in range(k):
            g = l1[t] - p[t]
            for r in range(k):
                g += G[t, r] * F[i, r]
            if F[i, t] <= 0:
                g = min(g, 0.0)
            squares[t] += g * g


@njit(**HELPER)
def update_groups_rows(indptr, indices, data, F, other, G, l1_norms, strength):
    """The update of `kernels_dense.update_groups` for F (m, k)."""
    m, k = F.shape
    P = np.empty((m, k))
    for i in range(m):
        row_product(indptr, indices, data, i, other, P[i])
    g = np.empty(m)
    for r in range(k):
        size = 0.0
        for i in range(m):
            v = P[i, r] + G[r, r] * F[i, r]
            for s in range(k):
                v -= G[r, s] * F[i, s]
            g[i] = max(v, 0.0)
            size += g[i] * g[i]
        size = np.sqrt(size)
        step = 0.0
        if G[r, r] > 0 and size > strength * l1_norms[r]:
            step = (1.0 - strength * l1_norms[r] / size) / G[r, r]
        for i in range(m):
            F[i, r] = step * g[i]


@njit(**HELPER)
def gram(F, G, l1_norms):
    """``FᵀF`` into G and the column sums into l1_norms."""
    m, k = F.shape
    G[:] = 0.0
    l1_norms[:] = 0.0
    for i in range(m):
        for r in range(k):
            f = F[i, r]
            l1_norms[r] += f
            if f != 0:
                for s in range(k):
                    G[r, s] += f * F[i, s]


@njit(**HELPER)
def squared_residual_sparse(by_row, by_column, W, HT, prices):
    """Square of the KKT residual's numerator (gradients scaled as if balanced)."""
    k = W.shape[1]
    GW, GH = np.empty((k, k)), np.empty((k, k))
    of_W, of_H = np.empty(k), np.empty(k)
    price_W, price_H, scale = np.empty(k), np.empty(k), np.ones(k)
    gram(HT, GH, price_W)
    gram(W, GW, price_H)
    for r in range(k):
        size = np.sqrt(GH[r, r])
        price_W[r] = prices[0] + prices[4] * size
        if GW[r, r] > 0 and size > 0:
            scale[r] = size / np.sqrt(GW[r, r])
            GW[r, r] += prices[4] * price_H[r] / size
        price_H[r] = prices[2]
        GH[r, r] += prices[1]
        GW[r, r] += prices[3]
    squared_gradient_rows(by_row[0], by_row[1], by_row[2], W, HT, GH, price_W, of_W)
    squared_gradient_rows(by_column[0], by_column[1], by_column[2], HT, W, GW, price_H, of_H)
    total = 0.0
    for r in range(k):
        total += of_W[r] / scale[r] + of_H[r] * scale[r]
    return total


@njit(**COMPILE)
def descend_sparse(by_row, by_column, W, HT, prices, kkt_rule, gauge, tol, n_iter, last, state):
    """Sweep in place; see `kernels_dense.descend`.

    ``by_row`` and ``by_column`` are (indptr, indices, data) of X by rows and by columns.
    """
    k = W.shape[1]
    GW, GH = np.empty((k, k)), np.empty((k, k))
    w1, h1, squares = np.empty(k), np.empty(k), np.empty(k)
    price_W, price_H, scale = np.empty(k), np.full(k, prices[2]), np.empty(k)
    w2, h2, factor = np.empty(k), np.empty(k), np.empty(k)
    while True:
        if kkt_rule and n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
            if squared_residual_sparse(by_row, by_column, W, HT, prices) <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        gram(HT, GH, h1)
        for r in range(k):
            h2[r] = GH[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(GH[r, r])
            GH[r, r] += prices[1]
        violation = sweep_rows(
            by_row[0], by_row[1], by_row[2], W, HT, GH, price_W, kkt_rule, squares
        )
        gram(W, GW, w1)
        for r in range(k):
            w2[r] = GW[r, r]
            scale[r] = np.sqrt(h2[r] / w2[r]) if h2[r] > 0 and w2[r] > 0 else 1.0
            GW[r, r] += prices[3]
        if prices[4] > 0:
            update_groups_rows(by_column[0], by_column[1], by_column[2], HT, W, GW, w1, prices[4])
        else:
            violation += sweep_rows(
                by_column[0], by_column[1], by_column[2], HT, W, GW, price_H, kkt_rule, squares
            )
            state[LAST_ESTIMATE] = np.sqrt(np.dot(squares, scale))
        n_iter += 1
        if gauge == OPTIMAL or (gauge == BALANCE and n_iter % CHECK_EVERY == 0):
            for r in range(k):
                h1[r] = h2[r] = 0.0
            for j in range(HT.shape[0]):
                for r in range(k):
                    h1[r] += HT[j, r]
                    h2[r] += HT[j, r] * HT[j, r]
            for r in range(k):
                factor[r] = regauge_norms(w1[r], w2[r], h1[r], h2[r], prices, gauge)
            for i in range(W.shape[0]):
                for r in range(k):
                    W[i, r] *= factor[r]
            for r in range(k):
                factor[r] = 1.0 / factor[r] if factor[r] > 0 else 0.0
            for j in range(HT.shape[0]):
                for r in range(k):
                    HT[j, r] *= factor[r]
        if not np.isfinite(violation):
            return n_iter, True
        if not kkt_rule:
            if n_iter == 1:
                state[FIRST_VIOLATION] = violation
            if violation == 0 or violation / state[FIRST_VIOLATION] <= tol:
                return n_iter, True
