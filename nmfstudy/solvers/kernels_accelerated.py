"""Coordinate descent that jumps ahead between its sweeps: compiled loops without policy.

W is all but a function of H, so that only H is extrapolated, and W follows by a few passes. A
sweep is then a map x → g(x) of H whose fixed points are the stationary points. Two jumps are
tried. Anderson's method takes the combination of the last points whose steps ``g(x) − x`` cancel
best; it is what ends quickly. Momentum prolongs the last move; it is what crosses the flat
country before. A jump is kept only if, W having followed, the objective is no higher than
before; else W and H are put back. So the objective never rises.

Layout and prices as in `kernels_dense`.
"""

import numpy as np
from numba import njit

from nmfstudy.solvers.kernels_dense import (
    gram,
    regauge,
    squared_gradient,
    squared_residual,
    sum_panels,
    sweep_features,
    sweep_samples,
    update_groups,
)
from nmfstudy.solvers.kernels_products import aligned
from nmfstudy.solvers.kernels_rules import (
    CHECK_EVERY,
    COMPILE,
    HELPER,
    LAST_ESTIMATE,
    NEAR,
    OPTIMAL,
)
from nmfstudy.solvers.kernels_vectors import PANEL

MEMORY = 10  # points that are combined
MOST_W = 2**11  # entries of a W that is extrapolated too: its points are to stay near
PASSES = 4  # over a factor with one product: the product is what costs
LONGEST_WAIT = 8  # sweeps with momentum before Anderson's method is tried again
STALE = 20  # sweeps without the step halving, after which old points are forgotten
GROWTH, DECAY = 1.1, 0.5  # of the momentum, when it helped and when not
_RIDGE = 1e-14  # keeps the little least-squares problem solvable
_SLACK = 1e-14  # rounding of the objective, in units of ½‖X‖²
# Entries of `memo`, carried from slice to slice.
COUNT, OBJECTIVE, BETA, WAIT, PAUSE, LEAST_STEP, AGE = range(7)
N_MEMO = 7
# Kinds of jumps.
NONE, MOMENTUM, ANDERSON = 0, 1, 2


@njit(**HELPER)
def penalty_value(WP, H, prices):
    """The penalty as `nmfstudy.penalties` defines it."""
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


@njit(**HELPER)
def combine(points, weights, newest, out):
    """``Σ_p weights[p]·points[p]``, cut off at zero; zero wherever the newest point is."""
    out[:] = 0.0
    for p in range(MEMORY):
        a = weights[p]
        if a != 0:
            for i in range(out.size):
                out[i] += a * points[p, i]
    for i in range(out.size):
        out[i] = max(out[i], 0.0) if points[newest, i] > 0 else 0.0


@njit(**HELPER)
def jump(W_points, points, steps, changes, memo, weights, W, H):
    """Move H and W (flat) ahead, if it is time, and say how."""
    count = int(memo[COUNT])
    if count < 2:
        return NONE
    newest = (count - 1) % MEMORY
    if memo[WAIT] > 0:
        memo[WAIT] -= 1.0
        weights[:] = 0.0
        weights[newest] = 1.0 + memo[BETA]
        weights[(newest - 1) % MEMORY] = -memo[BETA]
        kind = MOMENTUM
    else:
        anderson_weights(changes, steps[newest], newest, min(count, MEMORY), weights)
        kind = ANDERSON
    combine(points, weights, newest, H)
    if W_points.size:
        combine(W_points, weights, newest, W)
    return kind


@njit(**HELPER)
def learn(memo, kind, better):
    """What the outcome of a jump means for the next ones."""
    if kind == MOMENTUM:
        memo[BETA] = memo[BETA] * GROWTH if better else max(memo[BETA] * DECAY, 0.1)
    elif better:
        memo[PAUSE] = 1.0
    else:
        memo[WAIT] = memo[PAUSE]
        memo[PAUSE] = min(2.0 * memo[PAUSE], LONGEST_WAIT)


@njit(**HELPER)
def remember(points, steps, changes, memo, before, H):
    """Take up the point H (flat) that a sweep has led to from ``before``; forget if stale."""
    count = int(memo[COUNT])
    following, newest = count % MEMORY, (count - 1) % MEMORY
    size = 0.0
    for i in range(H.size):
        step = H[i] - before[i]
        points[following, i] = H[i]
        steps[following, i] = step
        changes[following, i] = step - steps[newest, i]
        size += step * step
    memo[COUNT] += 1.0
    memo[AGE] += 1.0
    if size < 0.25 * memo[LEAST_STEP]:
        memo[LEAST_STEP] = size
        memo[AGE] = 0.0
    elif memo[AGE] >= STALE:
        memo[COUNT] = memo[AGE] = 0.0
        memo[LEAST_STEP] = np.inf


@njit(**COMPILE)
def accelerate(
    XP, WP, H, W_points, points, steps, changes, prices, gauge, half_square, tol, n_iter, last,
    state, memo,
):  # fmt: skip
    """Sweep in place until sweep number ``last`` or until the KKT residual seems met.

    Parameters
    ----------
    XP, WP, H, prices, gauge, tol, n_iter, last, state
        See `kernels_dense.descend`.
    points, steps, changes : arrays of shape (MEMORY, H.size)
        The last H that sweeps led to, their steps, and the steps less those before.
    W_points : array of shape (MEMORY, WP.size) or (MEMORY, 0)
        The W that go with them, if it is small enough for being extrapolated too, which matters
        where W is slow to follow.
    half_square : float
        ``½‖X‖²``.
    memo : array (N_MEMO,)
        See `first_memo`.

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
    slack, rest = _SLACK * half_square, False
    while True:
        if n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
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


def first_memo():
    """A memo without points."""
    memo = np.zeros(N_MEMO)
    memo[BETA] = memo[PAUSE] = 1.0
    memo[LEAST_STEP] = np.inf
    return memo
