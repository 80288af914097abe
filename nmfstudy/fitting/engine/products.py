"""Products of factors with panels of data, their sums kept in registers.

A matrix (m, n) is held as panels of `PANEL` columns: an array (n_panels, m, PANEL), padded with
zeros. What a product reads is then contiguous and stays in the nearest cache, which makes it
faster than a BLAS made for squares. Every row of a factor costs registers, so a few rows are
taken at a time; the loop for each number of rows is generated.
"""

import numpy as np
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

from nmfstudy.fitting.engine.rules import HELPER
from nmfstudy.fitting.engine.vectors import (
    LENGTH,
    N_REGISTERS,
    PANEL,
    VECTORS,
    Emitter,
    address,
    address_type,
    choose,
    shifted,
)

MOST_ROWS = N_REGISTERS // (VECTORS + 1)
MOST_COLUMNS = 6
BLOCK_BYTES = 2**18  # of data that is read twice in a row


@intrinsic
def _rows_times(typing, A, stride, count, B, n, out):
    """Write ``count`` rows of ``A B`` for one panel B (n, PANEL); A's rows are ``stride`` apart."""

    def generate(context, builder, signature, arguments):
        A, stride, count, B, n, out = arguments
        emit, integer = Emitter(builder), stride.type

        def rows_of(rows):
            starts = [builder.mul(stride, integer(r)) for r in range(rows)]
            sums = emit.sums([(r, v) for r in range(rows) for v in range(VECTORS)])
            with cgutils.for_range(builder, n) as loop:
                row = builder.mul(loop.index, integer(PANEL))
                right = [
                    emit.load(B, builder.add(row, integer(v * LENGTH))) for v in range(VECTORS)
                ]
                for r, start in enumerate(starts):
                    place = builder.gep(A, [builder.add(start, loop.index)])
                    left = emit.spread(builder.load(place))
                    for v in range(VECTORS):
                        emit.add_product(sums[r, v], left, right[v])
            for (r, v), place in sums.items():
                emit.store(builder.load(place), out, integer(r * PANEL + v * LENGTH))

        choose(builder, count, MOST_ROWS, rows_of)
        return context.get_dummy_value()

    size = types.intp
    return types.void(address_type, size, size, address_type, size, address_type), generate


@njit(**HELPER)
def columns_at_once(rows):
    """How many rows of B go with the rows of A in registers, beside their sums."""
    return min((N_REGISTERS - rows) // (rows + 1), MOST_COLUMNS)


@intrinsic
def _add_rows_by_rows(typing, n_panels, A, size_A, rows, B, size_B, columns, out, stride):
    """Add ``A Bᵀ`` of a few rows of both, over all panels, to out with rows of ``stride`` entries.

    Panels of A begin ``size_A`` entries apart, those of B ``size_B``.
    """

    def generate(context, builder, signature, arguments):
        n_panels, A, size_A, count, B, size_B, columns, out, stride = arguments
        emit, integer = Emitter(builder), stride.type
        inside = [builder.icmp_signed("<", integer(c), columns) for c in range(MOST_COLUMNS)]
        # Columns beyond the last are worked out as the first and thrown away.
        starts = [builder.select(ok, integer(c * PANEL), integer(0)) for c, ok in enumerate(inside)]

        def rows_of(rows):
            n_columns = columns_at_once.py_func(rows)
            sums = emit.sums([(r, c) for r in range(rows) for c in range(n_columns)])
            with cgutils.for_range(builder, n_panels) as loop:
                panel_A = builder.gep(A, [builder.mul(loop.index, size_A)])
                panel_B = builder.gep(B, [builder.mul(loop.index, size_B)])
                for v in range(VECTORS):
                    shift = integer(v * LENGTH)
                    left = [
                        emit.load(panel_A, integer(r * PANEL + v * LENGTH)) for r in range(rows)
                    ]
                    right = [
                        emit.load(panel_B, builder.add(start, shift))
                        for start in starts[:n_columns]
                    ]
                    for (r, c), place in sums.items():
                        emit.add_product(place, left[r], right[c])
            for (r, c), place in sums.items():
                with builder.if_then(inside[c]):
                    row = builder.mul(stride, integer(r))
                    entry = builder.gep(out, [builder.add(row, integer(c))])
                    value = emit.total(builder.load(place))
                    builder.store(builder.fadd(builder.load(entry), value), entry)

        choose(builder, count, MOST_ROWS, rows_of)
        return context.get_dummy_value()

    size, place = types.intp, address_type
    return types.void(size, place, size, size, place, size, size, place, size), generate


@njit(**HELPER)
def aligned(m, n):
    """An empty array of rows of panels whose vectors do not straddle lines of the cache."""
    room = np.empty(m * n + 8)
    skip = (-(room.ctypes.data // 8)) % 8
    return room[skip : skip + m * n].reshape(m, n)


@njit(**HELPER)
def rows_at_once(left):
    """How many of the ``left`` rows to take next: as even shares as there can be."""
    blocks = (left + MOST_ROWS - 1) // MOST_ROWS
    return (left + blocks - 1) // blocks


@njit(**HELPER)
def times(A, stride, k, B, n, out):
    """``out = A B``: the rows of A (k, n) are ``stride`` apart, B and out are single panels."""
    first = 0
    while first < k:
        rows = rows_at_once(k - first)
        _rows_times(shifted(A, first * stride), stride, rows, B, n, shifted(out, first * PANEL))
        first += rows


@njit(**HELPER)
def add_times_transposed(A, B, start, stop, out):
    """``out += A Bᵀ``, panels start:stop of A (n_panels, k, PANEL) and B (n_panels, m, PANEL)."""
    k, m, stride = A.shape[1], B.shape[1], out.shape[1]
    size_A, size_B = k * PANEL, m * PANEL
    a, b, c = shifted(address(A), start * size_A), shifted(address(B), start * size_B), address(out)
    first = 0
    while first < k:
        rows = rows_at_once(k - first)
        step = columns_at_once(rows)
        for column in range(0, m, step):
            _add_rows_by_rows(
                stop - start, shifted(a, first * PANEL), size_A, rows,
                shifted(b, column * PANEL), size_B, m - column,
                shifted(c, first * stride + column), stride,
            )  # fmt: skip
        first += rows
