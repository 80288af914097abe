"""Coordinate descent on one dense matrix: compiled loops without policy.

Layout: blocks of samples. ``XB`` is (n_blocks, n_features, BLOCK) and ``WB`` is
(n_blocks, n_components, BLOCK), padded with zeros, so that a block of X is read once per sweep
for both factors, products are BLAS calls on blocks that stay in cache, and the sweep over
samples is contiguous. Rows of zeros stay zero under every update.
"""

import numpy as np
from numba import njit

from nmfstudy.solvers.kernels_products import COMPILE, HELPER, add_times_transposed, times

BLOCK = 128
CHECK_EVERY = 8  # sweeps between two looks at the KKT residual, once it may be small
NEAR = 10.0  # look only when the gradient of H seen on the way is below NEAR·tol

# Columns of `state`, carried from slice to slice.
FIRST_VIOLATION, LAST_ESTIMATE = 0, 1
# Values of `gauge`.
FREE, BALANCE, OPTIMAL = 0, 1, 2


@njit(**HELPER)
def sweep_entries(F, start, stop, G, P, offset, l1, zero_dead, g):
    """One pass of coordinate descent over entries start:stop of every component of F (k, m).

    Gradient ``G F − P + l1`` with l1 (k,) a price per component; P is read from column
    ``offset`` on. Returns the sum of absolute projected gradients met on the way.
    """
    k = F.shape[0]
    m = stop - start
    violation = 0.0
    for t in range(k):
        for i in range(m):
            g[i] = l1[t] - P[t, offset + i]
        r = 0
        while r + 4 <= k:
            a, b, c, e = G[t, r], G[t, r + 1], G[t, r + 2], G[t, r + 3]
            for i in range(m):
                j = start + i
                g[i] += a * F[r, j] + b * F[r + 1, j] + (c * F[r + 2, j] + e * F[r + 3, j])
            r += 4
        while r < k:
            a = G[t, r]
            for i in range(m):
                g[i] += a * F[r, start + i]
            r += 1
        curvature = G[t, t]
        if curvature != 0:
            step = 1.0 / curvature
            total = 0.0
            for i in range(m):
                f = F[t, start + i]
                total += abs(g[i] if f > 0 else min(g[i], 0.0))
                F[t, start + i] = max(f - g[i] * step, 0.0)
            violation += total
        else:
            for i in range(m):
                f = F[t, start + i]
                violation += abs(g[i] if f > 0 else min(g[i], 0.0))
                if zero_dead and g[i] > 0:
                    F[t, start + i] = 0.0
    return violation


@njit(**HELPER)
def add_squared_gradient(F, start, stop, G, P, offset, l1, total):
    """Add to total[r] the squared projected gradient of component r, entries start:stop."""
    k = F.shape[0]
    for t in range(k):
        partial = 0.0
        for i in range(stop - start):
            g = l1[t] - P[t, offset + i]
            for r in range(k):
                g += G[t, r] * F[r, start + i]
            if F[t, start + i] <= 0:
                g = min(g, 0.0)
            partial += g * g
        total[t] += partial


@njit(**HELPER)
def optimal_scale(w1, w2, h1, h2, l1_W, l2_W, l1_H, l2_H):
    """The c that minimises the penalty of ``(c w, h/c)``, from ‖w‖₁, ‖w‖², ‖h‖₁, ‖h‖².

    The derivative in s = log c, ``a eˢ + b e²ˢ − p e⁻ˢ − q e⁻²ˢ``, increases; its root lies
    between those of the L1 and of the ridge part.
    """
    a, b, p, q = l1_W * w1, l2_W * w2, l1_H * h1, l2_H * h2
    if b == 0 and q == 0:
        return np.sqrt(p / a)
    if a == 0 and p == 0:
        return np.sqrt(np.sqrt(q / b))
    low, high = 0.5 * np.log(p / a), 0.25 * np.log(q / b)
    if low > high:
        low, high = high, low
    s = 0.5 * (low + high)
    for _ in range(60):
        c = np.exp(s)
        value = a * c + b * c * c - p / c - q / (c * c)
        slope = a * c + 2 * b * c * c + p / c + 2 * q / (c * c)
        if value > 0:
            high = s
        else:
            low = s
        new = s - value / slope
        if not low <= new <= high:
            new = 0.5 * (low + high)
        if abs(new - s) < 1e-16 * (1 + abs(s)):
            break
        s = new
    return np.exp(s)


@njit(**HELPER)
def regauge_norms(w1, w2, h1, h2, prices, gauge):
    """The factor of w_r, from its and h_r's norms: to the cheapest gauge, or near to balance.

    Zero for a component with a zero side under a price on both: the half left is worth nothing.
    """
    if w2 > 0 and h2 > 0:
        if gauge == OPTIMAL:
            return optimal_scale(w1, w2, h1, h2, prices[0], prices[1], prices[2], prices[3])
        if not 2.0**-8 < h2 / w2 < 2.0**8:
            # A power of two, so that not a bit of the term changes.
            return 2.0 ** np.round(0.25 * np.log2(h2 / w2))
        return 1.0
    return 0.0 if gauge == OPTIMAL else 1.0


@njit(**HELPER)
def regauge(WB, H, prices, gauge):
    """Rescale every component in place, see `regauge_norms`."""
    n_blocks, k, width = WB.shape
    for r in range(k):
        w1 = w2 = h1 = h2 = 0.0
        for b in range(n_blocks):
            for i in range(width):
                v = WB[b, r, i]
                w1 += v
                w2 += v * v
        for j in range(H.shape[1]):
            v = H[r, j]
            h1 += v
            h2 += v * v
        c = regauge_norms(w1, w2, h1, h2, prices, gauge)
        if c != 1.0:
            inverse = 1.0 / c if c > 0 else 0.0
            for b in range(n_blocks):
                for i in range(width):
                    WB[b, r, i] *= c
            for j in range(H.shape[1]):
                H[r, j] *= inverse


@njit(**HELPER)
def products(XB, WB, GW, PH):
    """``WᵀW`` into GW and ``WᵀX`` into PH, block by block."""
    GW[:] = 0.0
    PH[:] = 0.0
    for b in range(XB.shape[0]):
        add_times_transposed(WB[b], WB[b], GW)
        add_times_transposed(WB[b], XB[b], PH)


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
def sum_blocks(WB, l1_norms):
    """``‖w_r‖₁`` of every component."""
    for r in range(WB.shape[1]):
        total = 0.0
        for b in range(WB.shape[0]):
            for i in range(WB.shape[2]):
                total += WB[b, r, i]
        l1_norms[r] = total


@njit(**HELPER)
def squared_residual(XB, WB, H, prices, GW, PH):
    """Square of the KKT residual's numerator (gradients scaled as if balanced)."""
    n_blocks, k, width = WB.shape
    d = H.shape[1]
    G = np.zeros((k, k))
    add_times_transposed(H, H, G)
    products(XB, WB, GW, PH)
    of_W, of_H = np.zeros(k), np.zeros(k)
    scale, price_W, price_H = np.ones(k), np.empty(k), np.empty(k)
    sum_blocks(WB, price_H)
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
    P = np.empty((k, width))
    for b in range(n_blocks):
        times(H, XB[b], P)
        add_squared_gradient(WB[b], 0, width, G, P, 0, price_W, of_W)
    add_squared_gradient(H, 0, d, GW, PH, 0, price_H, of_H)
    total = 0.0
    for r in range(k):
        total += of_W[r] / scale[r] + of_H[r] * scale[r]
    return total


@njit(**COMPILE)
def descend(XB, WB, H, prices, kkt_rule, gauge, tol, n_iter, last, state):
    """Sweep in place until sweep number ``last`` or until the stopping rule seems met.

    Parameters
    ----------
    XB, WB, H : arrays
        Blocks of X and W, see above; H is (n_components, n_features).
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
    n_blocks, k, width = WB.shape
    d = H.shape[1]
    P, PH = np.empty((k, width)), np.empty((k, d))
    GW, G = np.empty((k, k)), np.empty((k, k))
    g = np.empty(max(width, BLOCK, d if prices[4] > 0 else 0))
    scale, total, l1_norms = np.empty(k), np.empty(k), np.empty(k)
    price_W, price_H = np.empty(k), np.full(k, prices[2])
    while True:
        if kkt_rule and n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
            if squared_residual(XB, WB, H, prices, GW, PH) <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        G[:] = 0.0
        add_times_transposed(H, H, G)
        for r in range(k):
            scale[r] = G[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(G[r, r])
            G[r, r] += prices[1]
        violation = 0.0
        GW[:] = 0.0
        PH[:] = 0.0
        for b in range(n_blocks):
            times(H, XB[b], P)
            violation += sweep_entries(WB[b], 0, width, G, P, 0, price_W, kkt_rule, g)
            add_times_transposed(WB[b], WB[b], GW)
            add_times_transposed(WB[b], XB[b], PH)
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        if prices[4] > 0:
            sum_blocks(WB, l1_norms)
            update_groups(H, GW, PH, l1_norms, prices[4], g)
        else:
            if kkt_rule:
                total[:] = 0.0
                add_squared_gradient(H, 0, d, GW, PH, 0, price_H, total)
                state[LAST_ESTIMATE] = np.sqrt(np.dot(total, scale))
            for start in range(0, d, BLOCK):
                stop = min(start + BLOCK, d)
                violation += sweep_entries(H, start, stop, GW, PH, start, price_H, kkt_rule, g)
        n_iter += 1
        if gauge == OPTIMAL or (gauge == BALANCE and n_iter % CHECK_EVERY == 0):
            regauge(WB, H, prices, gauge)
        if not np.isfinite(violation):
            return n_iter, True
        if not kkt_rule:
            if n_iter == 1:
                state[FIRST_VIOLATION] = violation
            if violation == 0 or violation / state[FIRST_VIOLATION] <= tol:
                return n_iter, True
