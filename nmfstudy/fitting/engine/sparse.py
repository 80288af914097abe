"""Coordinate descent on one sparse matrix: compiled loops without policy.

Layout: both factors have one row per sample or feature, (m, columns) with columns a multiple of
LENGTH, so that a nonzero of X meets a contiguous row of the other factor. X is given twice, by
rows and by columns, each in slices of those rows of the other factor that stay in cache
together: ``(indptr, indices, data)`` with slice after slice, all rows in each. Rows are swept a
panel at a time. Nothing of the size of a dense X is ever written.
"""

import numpy as np
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

from nmfstudy.fitting.engine.panels import add_squared_gradient, sweep_panel
from nmfstudy.fitting.engine.products import add_times_transposed, aligned
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
from nmfstudy.fitting.engine.vectors import (
    LENGTH,
    PANEL,
    Emitter,
    address,
    address_type,
    choose,
    shifted,
)

SLICE_BYTES = 2**19  # of the other factor that stay in cache together
MOST_VECTORS = 8  # of a row whose sums stay in registers together


@intrinsic
def _add_nonzeros(typing, indices, data, start, stop, other, stride, count, out):
    """Add ``Σ_e data[e]·other[indices[e]]``, ``count`` vectors of a row, to out."""

    def generate(context, builder, signature, arguments):
        indices_, data_, start, stop, other, stride, count, out = arguments
        places = context.make_array(indices)(context, builder, indices_).data
        values = context.make_array(data)(context, builder, data_).data
        emit, integer = Emitter(builder), stride.type

        def vectors(n):
            offsets = [integer(v * LENGTH) for v in range(n)]
            sums = emit.sums(range(n))
            for place, offset in zip(sums.values(), offsets, strict=True):
                builder.store(emit.load(out, offset), place)
            with cgutils.for_range_slice(builder, start, stop, integer(1)) as (entry, _):
                row = builder.sext(builder.load(builder.gep(places, [entry])), integer)
                left = emit.spread(builder.load(builder.gep(values, [entry])))
                begin = builder.gep(other, [builder.mul(row, stride)])
                for place, offset in zip(sums.values(), offsets, strict=True):
                    emit.add_product(place, left, emit.load(begin, offset))
            for place, offset in zip(sums.values(), offsets, strict=True):
                emit.store(builder.load(place), out, offset)

        choose(builder, count, MOST_VECTORS, vectors)
        return context.get_dummy_value()

    size = types.intp
    return types.void(indices, data, size, size, address_type, size, size, address_type), generate


@njit(**HELPER)
def multiply(indptr, indices, data, other, P):
    """``X`` times the other factor into P (m, columns)."""
    m, columns = P.shape
    P[:] = 0.0
    held, out = address(other), address(P)
    for part in range(len(indptr) - 1):
        i = part % m
        for first in range(0, columns, MOST_VECTORS * LENGTH):
            count = min((columns - first) // LENGTH, MOST_VECTORS)
            _add_nonzeros(
                indices, data, indptr[part], indptr[part + 1], shifted(held, first), columns,
                count, shifted(out, i * columns + first),
            )  # fmt: skip


@njit(**HELPER)
def to_panel(F, first, k, panel):
    """Rows of F from ``first`` on as a panel (k, PANEL); zeros beyond the last."""
    here = min(PANEL, len(F) - first)
    for i in range(here):
        for t in range(k):
            panel[t, i] = F[first + i, t]
    panel[:, here:] = 0.0


@njit(**HELPER)
def from_panel(panel, F, first):
    """The inverse of `to_panel`."""
    for i in range(min(PANEL, len(F) - first)):
        for t in range(panel.shape[0]):
            F[first + i, t] = panel[t, i]


@njit(**HELPER)
def sweep_rows(P, F, G, prices, passes, zero_dead, squares, gram):
    """Passes over all entries of F (m, columns), given the product P of X.

    Leaves ``FᵀF`` in ``gram``, and the squared projected gradient of every component, from
    before, in ``squares`` unless it is empty.
    """
    k = len(G)
    f, p = aligned(k, PANEL), aligned(k, PANEL)
    stack = f.reshape(1, k, PANEL)
    gram[:] = 0.0
    squares[:] = 0.0
    violation = 0.0
    for first in range(0, len(F), PANEL):
        to_panel(F, first, k, f)
        to_panel(P, first, k, p)
        if len(squares):
            add_squared_gradient(
                address(f), address(p), PANEL, address(G), k, address(prices), squares
            )
        for _ in range(passes):
            violation += sweep_panel(
                address(f), address(p), PANEL, address(G), k, address(prices), zero_dead
            )
        add_times_transposed(stack, stack, 0, 1, gram)
        from_panel(f, F, first)
    return violation


@njit(**HELPER)
def squared_gradient_rows(P, F, G, prices, squares):
    """Squared projected gradient of every component into ``squares`` (k,)."""
    k = len(G)
    f, p = aligned(k, PANEL), aligned(k, PANEL)
    squares[:] = 0.0
    for first in range(0, len(F), PANEL):
        to_panel(F, first, k, f)
        to_panel(P, first, k, p)
        add_squared_gradient(address(f), address(p), PANEL, address(G), k, address(prices), squares)


@njit(**HELPER)
def update_groups_rows(P, F, G, l1_norms, strength):
    """The update of `dense.update_groups` for F (m, columns), given the product P."""
    m, k = len(F), len(G)
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
def norms(F, G, l1_norms):
    """``FᵀF`` into G and the column sums into l1_norms."""
    k = len(G)
    f = aligned(k, PANEL)
    stack = f.reshape(1, k, PANEL)
    G[:] = 0.0
    l1_norms[:] = 0.0
    for first in range(0, len(F), PANEL):
        to_panel(F, first, k, f)
        add_times_transposed(stack, stack, 0, 1, G)
        for t in range(k):
            l1_norms[t] += f[t].sum()


@njit(**HELPER)
def scale_columns(F, factor):
    """Multiply the first columns by ``factor``."""
    for i in range(len(F)):
        for r in range(len(factor)):
            F[i, r] *= factor[r]


@njit(**HELPER)
def regauge_rows(W, HT, GW, GH, w1, h1, prices, gauge):
    """Rescale every component in place, see `rules.regauge_norms`; leaves the norms."""
    norms(W, GW, w1)
    norms(HT, GH, h1)
    factor = np.empty(len(w1))
    for r in range(len(w1)):
        factor[r] = regauge_norms(w1[r], GW[r, r], h1[r], GH[r, r], prices, gauge)
    scale_columns(W, factor)
    for r in range(len(w1)):
        factor[r] = 1.0 / factor[r] if factor[r] > 0 else 0.0
    scale_columns(HT, factor)


@njit(**HELPER)
def squared_residual_sparse(k, by_row, by_column, W, HT, prices, PW, PH):
    """Square of the KKT residual's numerator (gradients scaled as if balanced)."""
    GW, GH = np.empty((k, k)), np.empty((k, k))
    of_W, of_H = np.empty(k), np.empty(k)
    price_W, price_H, scale = np.empty(k), np.empty(k), np.ones(k)
    norms(HT, GH, price_W)
    norms(W, GW, price_H)
    for r in range(k):
        size = np.sqrt(GH[r, r])
        price_W[r] = prices[0] + prices[4] * size
        if GW[r, r] > 0 and size > 0:
            scale[r] = size / np.sqrt(GW[r, r])
            GW[r, r] += prices[4] * price_H[r] / size
        price_H[r] = prices[2]
        GH[r, r] += prices[1]
        GW[r, r] += prices[3]
    multiply(by_row[0], by_row[1], by_row[2], HT, PW)
    squared_gradient_rows(PW, W, GH, price_W, of_W)
    multiply(by_column[0], by_column[1], by_column[2], W, PH)
    squared_gradient_rows(PH, HT, GW, price_H, of_H)
    total = 0.0
    for r in range(k):
        total += of_W[r] / scale[r] + of_H[r] * scale[r]
    return total


@njit(**COMPILE)
def descend_sparse(k, by_row, by_column, W, HT, prices, kkt_rule, gauge, tol, n_iter, last, state):
    """Sweep in place; see `dense.descend`.

    ``by_row`` and ``by_column`` are slices of X by rows and by columns; W and HT have k columns
    and padding.
    """
    PW, PH = aligned(*W.shape), aligned(*HT.shape)
    GW, GH = np.empty((k, k)), np.empty((k, k))
    w1, h1, squares, none = np.empty(k), np.empty(k), np.empty(k), np.empty(0)
    price_W, price_H, scale = np.empty(k), np.full(k, prices[2]), np.empty(k)
    while True:
        if kkt_rule and n_iter % CHECK_EVERY == 0 and not state[LAST_ESTIMATE] > NEAR * tol:
            square = squared_residual_sparse(k, by_row, by_column, W, HT, prices, PW, PH)
            if square <= tol * tol:
                return n_iter, True
        if n_iter >= last:
            return n_iter, False
        norms(HT, GH, h1)
        for r in range(k):
            scale[r] = GH[r, r]
            price_W[r] = prices[0] + prices[4] * np.sqrt(GH[r, r])
            GH[r, r] += prices[1]
        multiply(by_row[0], by_row[1], by_row[2], HT, PW)
        violation = sweep_rows(PW, W, GH, price_W, 1, kkt_rule, none, GW)
        for r in range(k):
            scale[r] = np.sqrt(scale[r] / GW[r, r]) if scale[r] > 0 and GW[r, r] > 0 else 1.0
            GW[r, r] += prices[3]
        multiply(by_column[0], by_column[1], by_column[2], W, PH)
        if prices[4] > 0:
            norms(W, GH, w1)
            update_groups_rows(PH, HT, GW, w1, prices[4])
        else:
            violation += sweep_rows(
                PH, HT, GW, price_H, 1, kkt_rule, squares if kkt_rule else none, GH
            )
            if kkt_rule:
                state[LAST_ESTIMATE] = np.sqrt(np.dot(squares, scale))
        n_iter += 1
        if gauge == OPTIMAL or (gauge == BALANCE and n_iter % CHECK_EVERY == 0):
            regauge_rows(W, HT, GW, GH, w1, h1, prices, gauge)
        if not np.isfinite(violation):
            return n_iter, True
        if not kkt_rule:
            if n_iter == 1:
                state[FIRST_VIOLATION] = violation
            if violation == 0 or violation / state[FIRST_VIOLATION] <= tol:
                return n_iter, True
