"""What every kernel of coordinate descent keeps to: when to look, when to stop, how to rescale."""

import numpy as np
from numba import njit

# All but the licence to assume that NaN and infinity never occur.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
COMPILE = {
    "cache": True, "nogil": True, "error_model": "numpy", "fastmath": FASTMATH,
    "no_cfunc_wrapper": True,
}  # fmt: skip
HELPER = {**COMPILE, "no_cpython_wrapper": True}

CHECK_EVERY = 8  # sweeps between two looks at the KKT residual, once it may be small
NEAR = 10.0  # look only when the gradient of H seen on the way is below NEAR·tol
NO_CURVATURE = 1e300  # a step so long that any positive gradient leads to zero

# Columns of `state`, carried from slice to slice.
FIRST_VIOLATION, LAST_ESTIMATE = 0, 1
# Values of `gauge`.
FREE, BALANCE, OPTIMAL = 0, 1, 2


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
