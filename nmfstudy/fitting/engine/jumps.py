"""Jumps ahead of coordinate descent: when to try which, and what their outcomes mean.

W is all but a function of H, so that a sweep is a map x → g(x) of H whose fixed points are the
stationary points. Anderson's method takes the combination of the last points whose steps
``g(x) − x`` cancel best; it is what ends quickly. Momentum prolongs the last move; it is what
crosses the flat country before. Factors are flat arrays here, whatever their layout.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.rules import CHECK_EVERY, HELPER, NEAR

MEMORY = 6  # points that are combined
MOST_W = 2**11  # entries of a W that is extrapolated too: its points are to stay near
PASSES = 5  # over a factor with one product: the product is what costs
LONGEST_WAIT = 8  # sweeps with momentum before Anderson's method is tried again
STALE = 20  # sweeps without the step halving, after which old points are forgotten
GROWTH, DECAY = 1.1, 0.5  # of the momentum, when it helped and when not
RIDGE = 1e-14  # keeps the little least-squares problem solvable
SLACK = 1e-14  # rounding of the objective, in units of ½‖X‖²
# Entries of `memo`, carried from slice to slice.
COUNT, OBJECTIVE, BETA, WAIT, PAUSE, LEAST_STEP, AGE = range(7)
N_MEMO = 7
# Kinds of jumps.
NONE, MOMENTUM, ANDERSON = 0, 1, 2


def first_memo():
    """A memo without points."""
    memo = np.zeros(N_MEMO)
    memo[BETA] = memo[PAUSE] = 1.0
    memo[LEAST_STEP] = np.inf
    return memo


@njit(**HELPER)
def due(n_iter, estimate, tol):
    """Whether to look at the residual: at once if H's part of it is small, else now and then."""
    often = n_iter % CHECK_EVERY == 0 and not estimate > NEAR * tol
    return often or 0.0 < estimate <= tol


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
        A[a, a] += RIDGE
    for a in range(n):  # Cholesky, in place
        for b in range(a + 1):
            total = A[a, b]
            for c in range(b):
                total -= A[a, c] * A[b, c]
            if a == b:
                A[a, a] = np.sqrt(max(total, RIDGE))
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
