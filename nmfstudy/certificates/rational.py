"""From floats to exact numbers: nearby fractions where the factors are simple, else the doubles."""

from fractions import Fraction
from math import gcd, lcm

import numpy as np

MAX_DENOMINATOR = 10**6
MAX_MOVE = 1e-12  # no entry moves further when fractions are recovered,
RATIONAL_ROUNDING = 1e-14  # and no entry of the product further than this, which is rounding

RECOVERED = "exact rational (fractions with the product of the factors within 10⁻¹⁴)"
DOUBLES = "exact rational (the doubles themselves)"


def gauges(W, H):
    """Component scales in which simple factors may show: candidates for `recover`.

    Scales are taken from the factors themselves: maxima, or, along a tree over the components,
    from an entry of each that two components share a row (column) with. So scaling rows, columns
    and components of rational factors leaves at least one gauge rational.
    """
    k = W.shape[1]
    yield 1.0 / H.max(axis=1)
    yield W.max(axis=0) ** -1.0
    for turn in range(8):
        for first in ("W", "H"):
            scale, reached = np.ones(k), {0}
            while len(reached) < k:
                new = _neighbour(W, H, reached, scale, turn, first)
                if new is None:
                    return
                scale[new[0]] = new[1]
                reached.add(new[0])
            yield 1.0 / scale


def _neighbour(W, H, reached, scale, turn, first):
    """A component outside ``reached`` and the scale that makes a shared entry equal."""
    for side in ("W", "H") if first == "W" else ("H", "W"):
        rows = W if side == "W" else H.T
        for r in range(W.shape[1]):
            if r in reached:
                continue
            for s in sorted(reached):
                both = np.flatnonzero((rows[:, r] > 0) & (rows[:, s] > 0))
                if both.size:
                    row = rows[both[turn % both.size]]
                    ratio = row[r] / row[s] if side == "W" else row[s] / row[r]
                    return r, scale[s] * ratio
    return None


def _scaled(W, H, scale):
    """Factors with components scaled, then rows of W and columns of H at maximum 1."""
    W, H = W * scale, H / scale[:, None]
    rows, columns = W.max(axis=1), H.max(axis=0)
    return W / rows[:, None], H / columns, rows, columns


def _nearby(matrix):
    """Fractions within `MAX_MOVE` of every entry, or None. Zeros stay zero."""
    found = []
    for row in matrix.tolist():
        fractions = [Fraction(x).limit_denominator(MAX_DENOMINATOR) for x in row]
        for f, x in zip(fractions, row, strict=True):
            if abs(float(f) - x) > MAX_MOVE or (f == 0) != (x == 0):
                return None
        found.append(fractions)
    return found


def _same_product(W, H, exact_W, exact_H):
    """Whether fractions (rows of W, columns of H) have the product of the floats."""
    product = np.array(exact_W, dtype=float) @ np.array(exact_H, dtype=float).T
    return np.abs(product - W @ H).max() <= RATIONAL_ROUNDING


def recover(W, H):
    """Exact factors near the given ones.

    Fractions are taken only if the product stays what it is up to rounding: where a count turns on
    the last digits, a fraction nearby would decide it.

    Returns
    -------
    W : list of rows of Fractions
    H : list of columns of Fractions
    rows, columns : arrays
        Float scales: the given factors are ``diag(rows) W S`` and ``S⁻¹ H diag(columns)`` with
        some diagonal S, within rounding.
    arithmetic : str
        `RECOVERED` or `DOUBLES`.
    """
    for scale in gauges(W, H):
        scaled_W, scaled_H, rows, columns = _scaled(W, H, scale)
        exact_H = _nearby(scaled_H.T)
        exact_W = _nearby(scaled_W) if exact_H is not None else None
        if exact_W is not None and _same_product(scaled_W, scaled_H, exact_W, exact_H):
            return exact_W, exact_H, rows, columns, RECOVERED
    exact_W = [[Fraction(x) for x in row] for row in W.tolist()]
    exact_H = [[Fraction(x) for x in row] for row in H.T.tolist()]
    return exact_W, exact_H, np.ones(W.shape[0]), np.ones(H.shape[1]), DOUBLES


def integer_ray(fractions):
    """The same ray in coprime integers."""
    common = lcm(*(f.denominator for f in fractions))
    integers = [int(f * common) for f in fractions]
    g = gcd(*integers) or 1
    return tuple(x // g for x in integers)
