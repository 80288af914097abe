"""Coordinate descent on one panel of a factor, its gradient kept in registers.

A panel is `PANEL` columns, four vectors, of all rows of a factor F (k, m); its rows lie
``stride`` entries apart, and so do those of the product P that the gradient needs.
"""

from numba import njit

from nmfstudy.fitting.engine.rules import HELPER, NO_CURVATURE
from nmfstudy.fitting.engine.vectors import (
    LENGTH,
    larger,
    load,
    shifted,
    smaller,
    spread,
    store,
    total,
    where_positive,
)


@njit(**HELPER)
def gradient(F, P, stride, G, k, price):
    """The vectors of ``g F − P + price``: one row g of G, one panel of F and of the row P."""
    price = spread(price)
    a, b = price - load(P, 0), price - load(P, LENGTH)
    c, d = price - load(P, 2 * LENGTH), price - load(P, 3 * LENGTH)
    e = f = g = h = spread(0.0)  # sums that do not wait for the others
    r = 0
    while r + 2 <= k:
        x, y = spread(G[r]), spread(G[r + 1])
        a += x * load(F, r * stride)
        b += x * load(F, r * stride + LENGTH)
        c += x * load(F, r * stride + 2 * LENGTH)
        d += x * load(F, r * stride + 3 * LENGTH)
        r += 1
        e += y * load(F, r * stride)
        f += y * load(F, r * stride + LENGTH)
        g += y * load(F, r * stride + 2 * LENGTH)
        h += y * load(F, r * stride + 3 * LENGTH)
        r += 1
    if r < k:
        x = spread(G[r])
        a += x * load(F, r * stride)
        b += x * load(F, r * stride + LENGTH)
        c += x * load(F, r * stride + 2 * LENGTH)
        d += x * load(F, r * stride + 3 * LENGTH)
    return a + e, b + f, c + g, d + h


@njit(**HELPER)
def move_panel(F, g, step):
    """Entries with gradient g to their minima; returns the absolute projected gradients."""
    zero, f = spread(0.0), load(F, 0)
    store(F, 0, larger(f - g * step, zero))
    return where_positive(f, larger(g, zero - g), zero - smaller(g, zero))


@njit(**HELPER)
def sweep_panel(F, P, stride, G, k, prices, zero_dead):
    """One pass of coordinate descent over one panel of every component of F.

    Gradient ``G F − P + prices`` with a price per component; rows of F and P are ``stride``
    entries apart. Returns the sum of absolute projected gradients met on the way.
    """
    lost = spread(0.0)
    for t in range(k):
        curvature = G[t * k + t]
        step = NO_CURVATURE if zero_dead else 0.0
        if curvature != 0:
            step = 1.0 / curvature
        row = shifted(F, t * stride)
        a, b, c, d = gradient(F, shifted(P, t * stride), stride, shifted(G, t * k), k, prices[t])
        lost += move_panel(row, a, spread(step))
        lost += move_panel(shifted(row, LENGTH), b, spread(step))
        lost += move_panel(shifted(row, 2 * LENGTH), c, spread(step))
        lost += move_panel(shifted(row, 3 * LENGTH), d, spread(step))
    return total(lost)


@njit(**HELPER)
def squared(F, g):
    """Squares of the projected gradient."""
    g = where_positive(load(F, 0), g, smaller(g, spread(0.0)))
    return g * g


@njit(**HELPER)
def add_squared_gradient(F, P, stride, G, k, prices, squares):
    """Add to squares[t] the squared projected gradient of component t; see `sweep_panel`."""
    for t in range(k):
        row = shifted(F, t * stride)
        a, b, c, d = gradient(F, shifted(P, t * stride), stride, shifted(G, t * k), k, prices[t])
        squares[t] += total(
            (squared(row, a) + squared(shifted(row, LENGTH), b))
            + (squared(shifted(row, 2 * LENGTH), c) + squared(shifted(row, 3 * LENGTH), d))
        )
