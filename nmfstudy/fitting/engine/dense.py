"""Coordinate descent on one dense matrix: compiled loops without policy.

Layout: panels of samples. ``XP`` is (n_panels, n_features, PANEL) and ``WP`` is
(n_panels, n_components, PANEL), padded with zeros, and H is (n_components, columns) with columns
a multiple of PANEL. A block of panels is read once per sweep for both factors, while it is near.
Entries of zero in the padding stay zero under every update.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.panels import add_squared_gradient, sweep_panel
from nmfstudy.fitting.engine.products import BLOCK_BYTES, add_times_transposed, aligned, times
from nmfstudy.fitting.engine.rules import (
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
from nmfstudy.fitting.engine.vectors import PANEL, address, shifted


@njit(**HELPER)
def gram(F, G):
    """``F Fᵀ`` into G."""
    k, m = F.shape
    for t in range(k):
        for r in range(t + 1):
            value = 0.0
            for i in range(m):
                value += F[t, i] * F[r, i]
            G[t, r] = value
            G[r, t] = value


@njit(**HELPER)
def regauge(WP, H, prices, gauge):
    """Rescale every component in place, see `regauge_norms`."""
    n_panels, k, width = WP.shape
    for r in range(k):
        w1 = w2 = h1 = h2 = 0.0
        for p in range(n_panels):
            for i in range(width):
                v = WP[p, r, i]
                w1 += v
                w2 += v * v
        for j in range(H.shape[1]):
            v = H[r, j]
            h1 += v
            h2 += v * v
        c = regauge_norms(w1, w2, h1, h2, prices, gauge)
        if c != 1.0:
            inverse = 1.0 / c if c > 0 else 0.0
            for p in range(n_panels):
                for i in range(width):
                    WP[p, r, i] *= c
            for j in range(H.shape[1]):
                H[r, j] *= inverse


@njit(**HELPER)
def block_size(XP):
    """Panels of a block."""
    return max(4, BLOCK_BYTES // (8 * PANEL * XP.shape[1]))


@njit(**HELPER)
def products(XP, WP, GW, PH):
    """``WᵀW`` into GW and ``WᵀX`` into PH."""
    GW[:] = 0.0
    PH[:] = 0.0
    size = block_size(XP)
    for start in range(0, len(XP), size):
        stop = min(start + size, len(XP))
        add_times_transposed(WP, WP, start, stop, GW)
        add_times_transposed(WP, XP, start, stop, PH)


@njit(**HELPER)
def update_groups(H, GW, PH, l1_norms, strength, g):
    """Minimise over one whole row of H after the other under ``strength·‖w_r‖₁‖h_r‖₂``.

    ``h = (1 − strength‖w‖₁/‖g‖)₊ g/‖w‖²`` with ``g = [(X − other terms)ᵀ w]₊``.
    """
    k, d = H.shape
    for r in range(k):
        for j in range(d):
            g[j] = PH[r, j]
        for s in range(k):
            if s != r:
                a = GW[r, s]
                for j in range(d):
                    g[j] -= a * H[s, j]
        size = 0.0
        for j in range(d):
            g[j] = max(g[j], 0.0)
            size += g[j] * g[j]
        size = np.sqrt(size)
        step = 0.0
        if GW[r, r] > 0 and size > strength * l1_norms[r]:
            step = (1.0 - strength * l1_norms[r] / size) / GW[r, r]
        for j in range(d):
            H[r, j] = step * g[j]


@njit(**HELPER)
def sum_panels(WP, l1_norms):
    """``‖w_r‖₁`` of every component."""
    l1_norms[:] = 0.0
    for p in range(WP.shape[0]):
        for r in range(WP.shape[1]):
            for i in range(WP.shape[2]):
                l1_norms[r] += WP[p, r, i]


@njit(**HELPER)
def squared_gradient(H, PH, GW, prices, squares):
    """Squared projected gradient of every component of H into ``squares`` (k,)."""
    k, columns = H.shape
    squares[:] = 0.0
    for j in range(0, columns, PANEL):
        panel, product = shifted(address(H), j), shifted(address(PH), j)
        add_squared_gradient(panel, product, columns, address(GW), k, address(prices), squares)


@njit(**HELPER)
def squared_residual(XP, WP, H, prices, GW, PH):
    """Square of the KKT residual's numerator (gradients scaled as if balanced)."""
    k = H.shape[0]
    G = np.empty((k, k))
    gram(H, G)
    products(XP, WP, GW, PH)
    of_W, of_H = np.zeros(k), np.zeros(k)
    scale, price_W, price_H = np.ones(k), np.empty(k), np.empty(k)
    sum_panels(WP, price_H)
    for r in range(k):
        size = np.sqrt(G[r, r])
        price_W[r] = prices[0] + prices[4] * size
        if GW[r, r] > 0 and size > 0:
            scale[r] = size / np.sqrt(GW[r, r])
            # The gradient of the 2-norm is the direction of h: like a curvature of its own.
            GW[r, r] += prices[4] * price_H[r] / size
        G[r, r] += prices[1]
        GW[r, r] += prices[3]
        price_H[r] = prices[2]
    n_panels, d, columns = len(XP), XP.shape[1], H.shape[1]
    x, w, h, P = address(XP), address(WP), address(H), aligned(k, PANEL)
    for p in range(n_panels):
        times(h, columns, k, shifted(x, p * d * PANEL), d, address(P))
        panel = shifted(w, p * k * PANEL)
        add_squared_gradient(panel, address(P), PANEL, address(G), k, address(price_W), of_W)
    squared_gradient(H, PH, GW, price_H, of_H)
    value = 0.0
    for r in range(k):
        value += of_W[r] / scale[r] + of_H[r] * scale[r]
    return value


@njit(**HELPER)
def sweep_samples(XP, WP, H, G, prices, passes, zero_dead, P, GW, PH):
    """Passes over W, with room P for ``H Xᵀ``; leaves ``WᵀW`` in GW and ``WᵀX`` in PH."""
    n_panels, k, _ = WP.shape
    d, columns, size = XP.shape[1], H.shape[1], block_size(XP)
    x, w, h, product = address(XP), address(WP), address(H), address(P)
    GW[:] = 0.0
    PH[:] = 0.0
    violation = 0.0
    for start in range(0, n_panels, size):
        stop = min(start + size, n_panels)
        for p in range(start, stop):
            times(h, columns, k, shifted(x, p * d * PANEL), d, product)
            panel = shifted(w, p * k * PANEL)
            for _ in range(passes):
                violation += sweep_panel(
                    panel, product, PANEL, address(G), k, address(prices), zero_dead
                )
        add_times_transposed(WP, WP, start, stop, GW)
        add_times_transposed(WP, XP, start, stop, PH)
    return violation


@njit(**HELPER)
def sweep_features(H, PH, GW, prices, passes, zero_dead):
    """Passes over H."""
    k, columns = H.shape
    violation = 0.0
    for j in range(0, columns, PANEL):
        panel, product = shifted(address(H), j), shifted(address(PH), j)
        for _ in range(passes):
            violation += sweep_panel(
                panel, product, columns, address(GW), k, address(prices), zero_dead
            )
    return violation


@njit(**COMPILE)
def descend(XP, WP, H, prices, kkt_rule, gauge, tol, n_iter, last, state):
    """Sweep in place until sweep number ``last`` or until the stopping rule seems met.

    Parameters
    ----------
    XP, WP, H : arrays
        Panels of X and W, and H in rows, see above.
    prices : array (l1_W, l2_W, l1_H, l2_H, strength of the scale-free penalty on W)
    kkt_rule : bool
        Stop by the KKT residual, with the dead-coordinate rule; else by the ratio of summed
        violations to that of the first sweep, and nothing but plain coordinate descent.
    gauge : FREE, BALANCE or OPTIMAL
    tol : float
        Of the rule; the KKT residual's numerator.
    n_iter : int
        Sweeps made before.
    state : array (2,)

    Returns
    -------
    n_iter : int
    met : bool
        Also when a factor is not finite any more.
    """
    k, columns = H.shape
    P, PH = aligned(k, PANEL), aligned(k, columns)
    GW, G = np.empty((k, k)), np.empty((k, k))
    g = np.empty(columns if prices[4] > 0 else 0)
    scale, squares, l1_norms = np.empty(k), np.empty(k), np.empty(k)
    price_W, price_H = np.empty(k), np.full(k, prices[2])
    while True:
        if kkt_rule and n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
            if squared_residual(XP, WP, H, prices, GW, PH) <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        gram(H, G)
        for r in range(k):
            scale[r] = G[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(G[r, r])
            G[r, r] += prices[1]
        violation = sweep_samples(XP, WP, H, G, price_W, 1, kkt_rule, P, GW, PH)
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        if prices[4] > 0:
            sum_panels(WP, l1_norms)
            update_groups(H, GW, PH, l1_norms, prices[4], g)
        else:
            if kkt_rule:
                squared_gradient(H, PH, GW, price_H, squares)
                state[LAST_ESTIMATE] = np.sqrt(np.dot(squares, scale))
            violation += sweep_features(H, PH, GW, price_H, 1, kkt_rule)
        n_iter += 1
        if gauge == OPTIMAL or (gauge == BALANCE and n_iter % CHECK_EVERY == 0):
            regauge(WP, H, prices, gauge)
        if not np.isfinite(violation):
            return n_iter, True
        if not kkt_rule:
            if n_iter == 1:
                state[FIRST_VIOLATION] = violation
            if violation == 0 or violation / state[FIRST_VIOLATION] <= tol:
                return n_iter, True
