"""Compiled inner loops: preparing terms, distances, leaders, the spanning tree.

Terms are rows here: a stack of factorizations is ``W (n_fits, k, n_samples)`` and
``H (n_fits, k, n_features)``, every term balanced (‖w‖ = ‖h‖) and scaled by ``‖X‖_F``. The
kernels release the interpreter's lock; callers run them on threads.
"""

import numpy as np
from numba import njit

from nmfstudy.model.distance import DIRECT_BELOW
from nmfstudy.solutions.assignment import MAX_SUBSETS, assign, work_arrays
from nmfstudy.util.compiling import IEEE

_SUMS = {"reassoc", "contract", "nsz"}  # lets sums vectorise; NaN and infinity stay themselves


@njit(**IEEE, fastmath=_SUMS)
def _dot(a, b):
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(**IEEE, fastmath=_SUMS)
def _direct(Wa, Ha, Wb, Hb, order):
    """``Σ_r ‖t_r − t'_order(r)‖²`` by differences: exact where the Gram form cancels."""
    total = 0.0
    for r in range(order.size):
        s = order[r]
        dw2, dw_w, w2 = 0.0, 0.0, 0.0
        for i in range(Wa.shape[1]):
            dw = Wa[r, i] - Wb[s, i]
            dw2 += dw * dw
            dw_w += dw * Wb[s, i]
            w2 += Wb[s, i] * Wb[s, i]
        dh2, dh_h, h2 = 0.0, 0.0, 0.0
        for i in range(Ha.shape[1]):
            dh = Ha[r, i] - Hb[s, i]
            dh2 += dh * dh
            dh_h += dh * Ha[r, i]
            h2 += Ha[r, i] * Ha[r, i]
        total += max(dw2 * h2 + w2 * dh2 + 2 * dw_w * dh_h, 0.0)
    return total


@njit(**IEEE)
def _larger(out, known, before, gain):
    # Into an array of its own: a conditional store would keep this from being vectorised.
    for b in range(out.size):
        value = before[b] + gain[b]
        out[b] = value if value > known[b] else known[b]


@njit(**IEEE)
def _best_gains(gram, best, work):
    """Into ``best[2^k − 1]``: what the best assignment gains, for many pairs side by side.

    The subsets go one by one and the pairs lie next to each other in memory, so that one
    instruction works on several pairs. ``gram`` is (k, k, n_pairs), ``best`` (2^k, n_pairs),
    ``work`` (2, n_pairs).
    """
    k = gram.shape[0]
    best[0, :] = 0.0
    for mask in range(1, 1 << k):
        row, rest = -1, mask
        while rest:
            row += 1
            rest &= rest - 1
        known, turn, seen = best[0], 0, 0
        for column in range(k):
            if mask & (1 << column):
                gain, before = gram[row, column], best[mask ^ (1 << column)]
                out = best[mask] if seen == row else work[turn]
                if seen == 0:
                    for b in range(out.size):
                        out[b] = before[b] + gain[b]
                else:
                    _larger(out, known, before, gain)
                known, turn, seen = out, 1 - turn, seen + 1


@njit(**IEEE)
def _block_distances(gram, Wa, Ha, Wb, Hb, squares_a, squares_b, out):
    """Distances of all pairs of two stacks, from ``gram (n_a, k, k, n_b)``: (w·w')(h·h')."""
    k, n_b = Wa.shape[1], squares_b.size
    gain, one_best, choice, order = work_arrays(k)
    side_by_side = k <= MAX_SUBSETS
    best, work = np.empty((1 << k if side_by_side else 1, n_b)), np.empty((2, n_b))
    squared = np.full(n_b, -1.0)
    for a in range(squares_a.size):
        if side_by_side:
            _best_gains(gram[a], best, work)
            top = best[(1 << k) - 1]
            for b in range(n_b):
                squared[b] = squares_a[a] + squares_b[b] - 2 * top[b]
            for b in range(n_b):
                out[a, b] = np.sqrt(max(squared[b], 0.0))
        for b in range(n_b):
            if squared[b] <= DIRECT_BELOW**2:  # Always, where pairs go one by one.
                for r in range(k):
                    for s in range(k):
                        gain[r, s] = gram[a, r, s, b]
                assign(gain, one_best, choice, order)
                exact = squares_a[a] + squares_b[b]
                for r in range(k):
                    exact -= 2 * gain[r, order[r]]
                if exact <= DIRECT_BELOW**2:
                    exact = _direct(Wa[a], Ha[a], Wb[b], Hb[b], order)
                out[a, b] = np.sqrt(exact)


@njit(**IEEE)
def _inner_products(rows, B, across, out):
    """All products of ``rows (n_rows, n)`` with those of B, in the order component, fit."""
    m, k, n = B.shape
    for i in range(n):
        for r in range(k):
            for b in range(m):
                across[i, r * m + b] = B[b, r, i]
    np.dot(rows, across, out)


@njit(**IEEE)
def strip_distances(Wa, Ha, squares_a, Wb, Hb, squares_b, start, width, out):
    """Distances of a few fits a to the fits b from ``start`` on, ``width`` of them at a time.

    Parameters
    ----------
    squares_a, squares_b : arrays
        ``Σ_r ‖t_r‖²`` of each factorization.
    out : array of shape (n_a, n_b)
    """
    (n_a, k, n), d = Wa.shape, Ha.shape[2]
    rows_W, rows_H = Wa.reshape(n_a * k, n), Ha.reshape(n_a * k, d)
    for j in range(start, squares_b.size, width):
        stop = min(j + width, squares_b.size)
        m = stop - j
        gram, other = np.empty((n_a * k, k * m)), np.empty((n_a * k, k * m))
        _inner_products(rows_W, Wb[j:stop], np.empty((n, k * m)), gram)
        _inner_products(rows_H, Hb[j:stop], np.empty((d, k * m)), other)
        gram *= other
        _block_distances(
            gram.reshape(n_a, k, k, m), Wa, Ha, Wb[j:stop], Hb[j:stop], squares_a,
            squares_b[j:stop], out[:, j:stop],
        )  # fmt: skip


@njit(**IEEE, fastmath=_SUMS)
def prepare_terms(W, H, which, root, tolerance, out_W, out_H, sizes, rows, state):
    """Balance, scale and write the terms of fits ``which`` into ``rows`` of the output.

    ``root = sqrt(‖X‖_F)``. ``state`` becomes 1 where two terms are parallel within tolerance
    and −1 where an entry is not finite; ``sizes`` are ‖t_r‖/‖X‖.
    """
    n, k = W.shape[1:]
    d = H.shape[2]
    norm_w, norm_h = np.empty(k), np.empty(k)
    for i_fit in range(which.size):
        source, f = which[i_fit], rows[i_fit]
        state[i_fit] = 0
        for r in range(k):
            for i in range(n):
                out_W[f, r, i] = W[source, i, r]
            for i in range(d):
                out_H[f, r, i] = H[source, r, i]
            norm_w[r] = np.sqrt(_dot(out_W[f, r], out_W[f, r]))
            norm_h[r] = np.sqrt(_dot(out_H[f, r], out_H[f, r]))
            alive = norm_w[r] > 0 and norm_h[r] > 0
            size = np.sqrt(norm_w[r]) * np.sqrt(norm_h[r]) / root
            scale_w = size / norm_w[r] if alive else 0.0
            scale_h = size / norm_h[r] if alive else 0.0
            for i in range(n):
                out_W[f, r, i] *= scale_w
            for i in range(d):
                out_H[f, r, i] *= scale_h
            sizes[f, r] = size * size if alive else 0.0
            if not (np.isfinite(norm_w[r]) and np.isfinite(norm_h[r])):
                state[i_fit] = -1
        for r in range(k):
            for s in range(r):
                product = sizes[f, r] * sizes[f, s]
                if state[i_fit] == 0 and product > 0:
                    inner = _dot(out_H[f, r], out_H[f, s])
                    if inner * inner > (1 - tolerance) ** 2 * product:
                        inner *= _dot(out_W[f, r], out_W[f, s])
                        if inner > (1 - tolerance) * product:
                            state[i_fit] = 1


@njit(**IEEE, fastmath=_SUMS)
def _distance(Wa, Ha, square_a, Wb, Hb, square_b, gain, best, choice, order):
    """Distance of one pair; the work arrays hold the matching afterwards."""
    k = order.size
    for r in range(k):
        for s in range(k):
            gain[r, s] = _dot(Wa[r], Wb[s]) * _dot(Ha[r], Hb[s])
    assign(gain, best, choice, order)
    squared = square_a + square_b
    for r in range(k):
        squared -= 2 * gain[r, order[r]]
    if squared <= DIRECT_BELOW**2:
        squared = _direct(Wa, Ha, Wb, Hb, order)
    return np.sqrt(squared)


@njit(**IEEE)
def fill_pair_distances(W, H, squares, first, second, out):
    """Distances of listed pairs of one stack."""
    gain, best, choice, order = work_arrays(W.shape[1])
    for e in range(first.size):
        a, b = first[e], second[e]
        out[e] = _distance(
            W[a], H[a], squares[a], W[b], H[b], squares[b], gain, best, choice, order
        )


@njit(**IEEE, fastmath=_SUMS)
def _lower_bound(Ha, sizes_a, Hb, sizes_b, gain, best, choice, order):
    """Of the squared distance, from one side: ``w·w' <= ‖w‖‖w'‖`` in every assignment."""
    k = order.size
    squared = 0.0
    for r in range(k):
        squared += sizes_a[r] ** 2 + sizes_b[r] ** 2
        for s in range(k):
            gain[r, s] = np.sqrt(sizes_a[r] * sizes_b[s]) * _dot(Ha[r], Hb[s])
    assign(gain, best, choice, order)
    for r in range(k):
        squared -= 2 * gain[r, order[r]]
    return squared - 1e-14  # Rounding of the Gram form.


@njit(**IEEE)
def _distance_within(Wa, Ha, sizes_a, Wb, Hb, sizes_b, radius, work):
    """An upper bound of the distance that is at most the radius, or inf if it is larger.

    The matching that the lower bound finds, worked out in full for the matched terms only, gives
    the upper bound.
    """
    gain, best, choice, order = work
    if _lower_bound(Ha, sizes_a, Hb, sizes_b, gain, best, choice, order) > radius**2:
        return np.inf
    above = np.sqrt(_direct(Wa, Ha, Wb, Hb, order))
    if above <= radius:
        return above
    square_a, square_b = np.square(sizes_a).sum(), np.square(sizes_b).sum()
    found = _distance(Wa, Ha, square_a, Wb, Hb, square_b, gain, best, choice, order)
    return found if found <= radius else np.inf


@njit(**IEEE)
def _similar_sizes(a, b, radius):
    # Sorted sizes are apart by no more than the distance (rearrangement inequality).
    squared = 0.0
    for r in range(a.size):
        squared += (a[r] - b[r]) ** 2
    return squared <= radius**2


@njit(**IEEE)
def fill_leaders(W, H, sizes, ranked, lead_W, lead_H, lead_sizes, lead_ranked, by_size,
                 radius, start, stop, leader, length):  # fmt: skip
    """For each of the fits start … stop − 1 the first leader within the radius, −1 if none.

    Parameters
    ----------
    ranked, lead_ranked : arrays of shape (n, k)
        Sizes in descending order.
    by_size : int array
        The leaders in ascending order of their largest size.
    """
    work = work_arrays(W.shape[1])
    largest = lead_ranked[by_size, 0]
    slack = radius * (1 + 1e-9) + 1e-14
    for f in range(start, stop):
        leader[f] = -1
        for j in range(np.searchsorted(largest, ranked[f, 0] - slack), by_size.size):
            m = by_size[j]
            if largest[j] > ranked[f, 0] + slack:
                break
            if _similar_sizes(ranked[f], lead_ranked[m], slack):
                apart = _distance_within(
                    W[f], H[f], sizes[f], lead_W[m], lead_H[m], lead_sizes[m], radius, work
                )
                if apart <= radius:
                    leader[f], length[f] = m, apart
                    break


@njit(**IEEE)
def elect_leaders(W, H, sizes, ranked, radius, leader, length):
    """Among fits without a leader, each in turn follows an earlier one or becomes a leader.

    ``leader`` is −1 where it is open and gets ``−2 − f`` for those that follow f (f itself, if
    it leads).
    """
    work = work_arrays(W.shape[1])
    slack = radius * (1 + 1e-9) + 1e-14
    elected = np.empty(leader.size, dtype=np.int64)
    n = 0
    for f in range(leader.size):
        if leader[f] != -1:
            continue
        leader[f], length[f] = -2 - f, 0.0
        for j in range(n):
            m = elected[j]
            if _similar_sizes(ranked[f], ranked[m], slack):
                apart = _distance_within(W[f], H[f], sizes[f], W[m], H[m], sizes[m], radius, work)
                if apart <= radius:
                    leader[f], length[f] = -2 - m, apart
                    break
        if leader[f] == -2 - f:
            elected[n] = f
            n += 1
    return elected[:n]


@njit(**IEEE)
def mirror(matrix):
    """Copy the upper half of a square matrix into the lower, in tiles, and clear the diagonal."""
    n, tile = len(matrix), 32
    for i in range(0, n, tile):
        for j in range(i, n, tile):
            for b in range(j, min(j + tile, n)):
                for a in range(i, min(i + tile, b)):
                    matrix[b, a] = matrix[a, b]
        for a in range(i, min(i + tile, n)):
            matrix[a, a] = 0.0


@njit(**IEEE)
def prim(distances):
    """A minimum spanning tree of a dense distance matrix: ends and lengths of its edges."""
    m = distances.shape[0]
    first = np.zeros(max(m - 1, 0), dtype=np.int64)
    second = np.zeros(max(m - 1, 0), dtype=np.int64)
    length = np.zeros(max(m - 1, 0))
    left = np.arange(1, m)
    near = distances[0, 1:].copy() if m else np.zeros(0)
    link = np.zeros(max(m - 1, 0), dtype=np.int64)
    for edge in range(m - 1):
        pick = 0
        for j in range(1, left.size):
            if near[j] < near[pick]:
                pick = j
        new = left[pick]
        first[edge], second[edge], length[edge] = link[pick], new, near[pick]
        last = left.size - 1
        left[pick], near[pick], link[pick] = left[last], near[last], link[last]
        left, near, link = left[:last], near[:last], link[:last]
        for j in range(last):
            if distances[new, left[j]] < near[j]:
                near[j] = distances[new, left[j]]
                link[j] = new
    return first, second, length


@njit(**IEEE)
def prim_step(W, H, sizes, squares, ranked, new, left, near, link, start, stop):
    """Update the nearest tree point of ``left[start:stop]`` for a new one; return the nearest.

    Pairs that are farther apart than what is known, by their sizes or by H alone, are skipped.
    """
    gain, best, choice, order = work_arrays(W.shape[1])
    bounding = W.shape[2] > 4 * H.shape[2]  # Else the bound costs more than it saves.
    pick = start
    for j in range(start, stop):
        i = left[j]
        look = _similar_sizes(ranked[i], ranked[new], near[j])
        if look and bounding:
            below = _lower_bound(H[i], sizes[i], H[new], sizes[new], gain, best, choice, order)
            look = below <= near[j] ** 2
        if look:
            apart = _distance(
                W[i], H[i], squares[i], W[new], H[new], squares[new], gain, best, choice, order
            )
            if apart < near[j]:
                near[j], link[j] = apart, new
        if near[j] < near[pick]:
            pick = j
    return pick
