"""Coordinate descent on a tiny matrix: many starts side by side, one per lane.

The state of all starts under way is one array ``B`` of shape (n_rows, LANES): row after row an
entry of W or H, each lane another start, so that every operation is one vector instruction on
several starts. A lane that is done takes the next start; its arithmetic never sees a neighbour.

Rows: the entries of Wᵀ (component by component), of H, the Gram matrix of the factor that is
held, then two rows per component: its step and its weight. Both half sweeps are the same code
on X and on Xᵀ.
"""

import numpy as np
from numba import njit

from nmfstudy.fitting.engine.rules import (
    BALANCE,
    CHECK_EVERY,
    COMPILE,
    HELPER,
    NEAR,
    NO_CURVATURE,
    OPTIMAL,
    regauge_norms,
)
from nmfstudy.fitting.engine.vectors import (
    LENGTH,
    PANEL,
    address,
    larger,
    load,
    shifted,
    smaller,
    spread,
    store,
    where_positive,
)

LANES = PANEL  # four vectors
PLAIN, RULED, LOOK = 0, 1, 2
MAX_ROWS = 512  # beyond, the state leaves the nearest cache and panels of one start do better


@njit(**HELPER)
def n_rows(n, d, k):
    """Rows of the state."""
    return (n + d) * k + k * k + 2 * k


@njit(**HELPER)
def dot_rows(left, right, step_left, step_right, count, a, b, c, d):
    """Add ``Σ_r left[r]·right[r]`` to the four vectors of a row; rows lie so many entries apart."""
    for r in range(count):
        x, y = shifted(left, r * step_left), shifted(right, r * step_right)
        a += load(x, 0) * load(y, 0)
        b += load(x, LENGTH) * load(y, LENGTH)
        c += load(x, 2 * LENGTH) * load(y, 2 * LENGTH)
        d += load(x, 3 * LENGTH) * load(y, 3 * LENGTH)
    return a, b, c, d


@njit(**HELPER)
def subtract_data(X, rows, count, a, b, c, d):
    """Subtract ``Σ_j X[j]·rows[j]`` from the four vectors of a row."""
    for j in range(count):
        x, row = spread(-X[j]), shifted(rows, j * LANES)
        a += x * load(row, 0)
        b += x * load(row, LENGTH)
        c += x * load(row, 2 * LENGTH)
        d += x * load(row, 3 * LENGTH)
    return a, b, c, d


@njit(**HELPER)
def store_row(row, a, b, c, d):
    """Write the four vectors of a row."""
    store(row, 0, a)
    store(row, LENGTH, b)
    store(row, 2 * LENGTH, c)
    store(row, 3 * LENGTH, d)


@njit(**HELPER)
def fill_gram(gram, factor, m, k):
    """``F Fᵀ`` of the factor (k, m) at the address ``factor`` into the rows at ``gram``."""
    zero = spread(0.0)
    for t in range(k):
        for r in range(t + 1):
            one, other = shifted(factor, t * m * LANES), shifted(factor, r * m * LANES)
            a, b, c, d = dot_rows(one, other, LANES, LANES, m, zero, zero, zero, zero)
            store_row(shifted(gram, (t * k + r) * LANES), a, b, c, d)
            store_row(shifted(gram, (r * k + t) * LANES), a, b, c, d)


@njit(**HELPER)
def prepare(B, own, m, gram, k, l2, mode):
    """Write the rows of steps and weights, and add the ridge to the Gram matrix's diagonal."""
    step = gram + k * k
    weight = step + k
    for t in range(k):
        a = gram + t * k + t
        row, its = step + t, weight + t
        if mode == LOOK:
            for lane in range(LANES):
                B[row, lane] = 0.0
            for i in range(own + t * m, own + t * m + m):
                for lane in range(LANES):
                    B[row, lane] += B[i, lane] * B[i, lane]
            for lane in range(LANES):
                w, h = B[row, lane], B[a, lane]
                B[its, lane] = np.sqrt(w / h) if w > 0 and h > 0 else 1.0
                B[row, lane] = 0.0
                B[a, lane] += l2
        else:
            empty = NO_CURVATURE if mode == RULED else 0.0
            for lane in range(LANES):
                B[its, lane] = 1.0 if mode == RULED else 0.0
                c = B[a, lane] + l2
                B[a, lane] = c
                B[row, lane] = 1.0 / c if c != 0 else empty


@njit(**HELPER)
def move(row, at, g, step, weight, plain, lost):
    """One vector of an entry to its minimum; what was lost so far and on the way."""
    zero, f = spread(0.0), load(row, at)
    size = where_positive(f, larger(g, zero - g), zero - smaller(g, zero))
    store(row, at, larger(f - g * load(step, at), zero))
    return lost + size * (plain + load(weight, at) * size)


@njit(**HELPER)
def half_sweep(B, total, X, own, other, gram, k, l1, l2, mode):
    """One pass over every entry of the factor (k, m) at row ``own``; X is (m, q).

    Modes: PLAIN moves every entry to its minimum and adds the absolute projected gradients met
    on the way to ``total``. RULED adds their squares, and zeroes entries without
    curvature (whose gradient is the price alone). LOOK moves nothing and adds the squares
    scaled as if every component were balanced.
    """
    m, q = X.shape
    start, x, lost = address(B), address(X), address(total)
    fill_gram(shifted(start, gram * LANES), shifted(start, other * LANES), q, k)
    prepare(B, own, m, gram, k, l2, mode)
    plain, price = spread(1.0 if mode == PLAIN else 0.0), spread(l1)
    e, f, g, h = load(lost, 0), load(lost, LENGTH), load(lost, 2 * LENGTH), load(lost, 3 * LENGTH)
    for i in range(m):
        for t in range(k):
            held = shifted(start, (other + t * q) * LANES)
            a, b, c, d = subtract_data(shifted(x, i * q), held, q, price, price, price, price)
            grams = shifted(start, (gram + t * k) * LANES)
            rows = shifted(start, (own + i) * LANES)
            a, b, c, d = dot_rows(grams, rows, LANES, m * LANES, k, a, b, c, d)
            row = shifted(rows, t * m * LANES)
            step = shifted(start, (gram + k * k + t) * LANES)
            weight = shifted(step, k * LANES)
            e = move(row, 0, a, step, weight, plain, e)
            f = move(row, LENGTH, b, step, weight, plain, f)
            g = move(row, 2 * LENGTH, c, step, weight, plain, g)
            h = move(row, 3 * LENGTH, d, step, weight, plain, h)
    store_row(lost, e, f, g, h)


@njit(**HELPER)
def add_rows(B, first, count, power, acc):
    """Sum of rows, or of their squares, into ``acc``."""
    acc[:] = 0.0
    for i in range(first, first + count):
        for lane in range(LANES):
            acc[lane] += B[i, lane] * B[i, lane] if power == 2 else B[i, lane]


@njit(**HELPER)
def scale_rows(B, first, count, factor):
    """Multiply rows by ``factor``, lane by lane."""
    for i in range(first, first + count):
        for lane in range(LANES):
            B[i, lane] *= factor[lane]


@njit(**HELPER)
def regauge_lanes(B, factor, norms, n, d, k, prices, gauge):
    """`dense.regauge` for every lane; ``norms`` is (4, LANES) of room."""
    w1, w2, h1, h2 = norms
    l1_only = gauge == OPTIMAL and prices[1] == 0 and prices[3] == 0
    l2_only = gauge == OPTIMAL and prices[0] == 0 and prices[2] == 0
    for r in range(k):
        w, h = r * n, n * k + r * d
        if not l2_only:
            add_rows(B, w, n, 1, w1)
            add_rows(B, h, d, 1, h1)
        if not l1_only:
            add_rows(B, w, n, 2, w2)
            add_rows(B, h, d, 2, h2)
        if l1_only:
            ratio = prices[2] / prices[0]
            for lane in range(LANES):
                alive = w1[lane] > 0 and h1[lane] > 0
                factor[lane] = np.sqrt(ratio * h1[lane] / w1[lane]) if alive else 0.0
        elif l2_only:
            ratio = prices[3] / prices[1]
            for lane in range(LANES):
                alive = w2[lane] > 0 and h2[lane] > 0
                factor[lane] = np.sqrt(np.sqrt(ratio * h2[lane] / w2[lane])) if alive else 0.0
        else:
            for lane in range(LANES):
                factor[lane] = regauge_norms(w1[lane], w2[lane], h1[lane], h2[lane], prices, gauge)
        scale_rows(B, w, n, factor)
        for lane in range(LANES):
            factor[lane] = 1.0 / factor[lane] if factor[lane] > 0 else 0.0
        scale_rows(B, h, d, factor)


@njit(**HELPER)
def fill_lane(B, lane, W, H, s):
    """Put one start into a lane."""
    _, n, k = W.shape
    d = H.shape[2]
    for r in range(k):
        for i in range(n):
            B[r * n + i, lane] = W[s, i, r]
        for j in range(d):
            B[n * k + r * d + j, lane] = H[s, r, j]


@njit(**HELPER)
def empty_lane(B, lane, W, H, s):
    """Take one start out of a lane."""
    _, n, k = W.shape
    d = H.shape[2]
    for r in range(k):
        for i in range(n):
            W[s, i, r] = B[r * n + i, lane]
        for j in range(d):
            H[s, r, j] = B[n * k + r * d + j, lane]


@njit(**COMPILE)
def descend_lanes(X, XT, W, H, prices, kkt_rule, gauge, tol, n_iter, max_iter, state, met, budget):
    """Carry starts on, in place, until each is done or ``budget`` sweeps of all lanes are made.

    Parameters
    ----------
    X, XT : arrays
        The data and its transpose, both C-ordered.
    W, H : stacks of factors
    prices, kkt_rule, gauge
        See `dense.descend`.
    tol, n_iter, met : arrays of shape (n_starts,)
        Starts with ``met`` or ``n_iter >= max_iter`` are passed over.
    state : array of shape (n_starts, 2)
    budget : int, a multiple of CHECK_EVERY

    Returns
    -------
    bool
        Whether every start is done: claims to have met the rule, or has made max_iter sweeps.
    """
    n_starts, n, k = W.shape
    d = H.shape[2]
    h, gram = n * k, (n + d) * k
    B = np.zeros((n_rows(n, d, k), LANES))
    start_of = np.full(LANES, -1)
    mode = RULED if kkt_rule else PLAIN
    acc, total, norms = np.zeros(LANES), np.zeros(LANES), np.zeros((4, LANES))
    width, following, clock, look = 0, 0, 0, False
    while True:
        if clock % CHECK_EVERY == 0:
            # Close gaps, then take new starts: full vectors of starts under way.
            lane = 0
            while lane < width:
                if start_of[lane] >= 0:
                    lane += 1
                    continue
                width -= 1
                start_of[lane] = start_of[width]
                start_of[width] = -1
                for row in range(gram):
                    B[row, lane] = B[row, width]
            while width < LANES and following < n_starts and clock < budget:
                if not met[following] and n_iter[following] < max_iter:
                    start_of[width] = following
                    fill_lane(B, width, W, H, following)
                    width += 1
                following += 1
            if width == 0 or clock >= budget:
                break
            look = False
            for lane in range(width):
                s = start_of[lane]
                look = look or (kkt_rule and not state[s, 1] > NEAR * tol[s])
        # Both halves of a look at the residual, if it is time, then both halves of a sweep.
        for half in range(0 if look else 2, 4):
            side = half % 2
            if side == 0 or (half == 3 and kkt_rule):
                total[:] = 0.0
            half_sweep(
                B, total, X if side == 0 else XT, side * h, h - side * h, gram, k,
                prices[2 * side], prices[2 * side + 1], LOOK if half < 2 else mode,
            )  # fmt: skip
            if half == 1:
                for lane in range(width):
                    s = start_of[lane]
                    if not state[s, 1] > NEAR * tol[s] and total[lane] <= tol[s] * tol[s]:
                        met[s] = True
                        empty_lane(B, lane, W, H, s)
                        start_of[lane] = -1
        look = False
        clock += 1
        if gauge == OPTIMAL or (gauge == BALANCE and clock % CHECK_EVERY == 0):
            regauge_lanes(B, acc, norms, n, d, k, prices, gauge)
        for lane in range(width):
            s = start_of[lane]
            if s < 0:
                continue
            n_iter[s] += 1
            violation = total[lane]
            if kkt_rule:
                done = not np.isfinite(violation)
                state[s, 1] = np.sqrt(violation)
            else:
                if n_iter[s] == 1:
                    state[s, 0] = violation
                done = violation == 0 or not violation / state[s, 0] > tol[s]
            met[s] = done
            if done or n_iter[s] >= max_iter:
                empty_lane(B, lane, W, H, s)
                start_of[lane] = -1
    for lane in range(width):
        s = start_of[lane]
        empty_lane(B, lane, W, H, s)
    return width == 0 and following >= n_starts
