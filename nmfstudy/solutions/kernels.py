"""Compiled inner loops: preparing terms, the assignment, distances, the spanning tree.

Terms are rows here: a stack of factorizations is ``W (n_fits, k, n_samples)`` and
``H (n_fits, k, n_features)``, every term balanced (‖w‖ = ‖h‖) and scaled by ``‖X‖_F``. The
kernels release the interpreter's lock; callers run them on threads.
"""

import numpy as np
from numba import njit

from nmfstudy.distances import DIRECT_BELOW

_MASKS = 8  # up to this many terms the assignment goes over subsets, beyond it by shortest paths
_COMPILE = {"cache": True, "nogil": True, "error_model": "numpy"}
_SUMS = {"reassoc", "contract", "nsz"}  # lets sums vectorise; NaN and infinity stay themselves


@njit(**_COMPILE, fastmath=_SUMS)
def _dot(a, b):
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(**_COMPILE)
def _assign_by_subsets(gain, best, choice, order):
    """``best[mask]``: the most that the first |mask| rows gain from the columns of mask."""
    k = gain.shape[0]
    best[0] = 0.0
    for mask in range(1, 1 << k):
        row = -1
        rest = mask
        while rest:
            row += 1
            rest &= rest - 1
        top = -np.inf
        for column in range(k):
            if mask & (1 << column):
                value = best[mask ^ (1 << column)] + gain[row, column]
                if value > top:
                    top = value
                    choice[mask] = column
        best[mask] = top
    mask = (1 << k) - 1
    for row in range(k - 1, -1, -1):
        order[row] = choice[mask]
        mask ^= 1 << choice[mask]


@njit(**_COMPILE)
def _assign_by_paths(gain, order):
    """Shortest augmenting paths with potentials (Jonker & Volgenant 1987), maximising."""
    k = gain.shape[0]
    u = np.zeros(k + 1)
    v = np.zeros(k + 1)
    row_of = np.zeros(k + 1, dtype=np.int64)
    way = np.zeros(k + 1, dtype=np.int64)
    for i in range(1, k + 1):
        row_of[0] = i
        j0 = 0
        shortest = np.full(k + 1, np.inf)
        used = np.zeros(k + 1, dtype=np.bool_)
        while True:
            used[j0] = True
            i0 = row_of[j0]
            delta = np.inf
            j1 = 0
            for j in range(1, k + 1):
                if not used[j]:
                    reduced = -gain[i0 - 1, j - 1] - u[i0] - v[j]
                    if reduced < shortest[j]:
                        shortest[j] = reduced
                        way[j] = j0
                    if shortest[j] < delta:
                        delta = shortest[j]
                        j1 = j
            for j in range(k + 1):
                if used[j]:
                    u[row_of[j]] += delta
                    v[j] -= delta
                else:
                    shortest[j] -= delta
            j0 = j1
            if row_of[j0] == 0:
                break
        while j0:
            row_of[j0] = row_of[way[j0]]
            j0 = way[j0]
    for j in range(1, k + 1):
        order[row_of[j] - 1] = j - 1


@njit(**_COMPILE)
def _assign(gain, best, choice, order):
    """Write the columns that maximise ``Σ_r gain[r, order[r]]``."""
    k = gain.shape[0]
    taken = 0
    for r in range(k):  # Every row's own maximum, if no two rows want the same column.
        c = 0
        for s in range(1, k):
            if gain[r, s] > gain[r, c]:
                c = s
        order[r] = c
        taken |= 1 << c if c < 62 else 0
    distinct = 0
    while taken:
        distinct += 1
        taken &= taken - 1
    if distinct == k:
        return
    if k <= _MASKS:
        _assign_by_subsets(gain, best, choice, order)
    else:
        _assign_by_paths(gain, order)


@njit(**_COMPILE)
def assignment(gain):
    """The permutation that maximises ``Σ_r gain[r, order[r]]`` for a square matrix."""
    k = gain.shape[0]
    size = 1 << k if k <= _MASKS else 1
    order = np.empty(k, dtype=np.int64)
    _assign(gain, np.empty(size), np.empty(size, dtype=np.int64), order)
    return order


@njit(**_COMPILE, fastmath=_SUMS)
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


@njit(**_COMPILE)
def block_distances(gram, Wa, Ha, Wb, Hb, squares_a, squares_b, out):
    """Distances of all pairs of two stacks.

    Parameters
    ----------
    gram : array of shape (n_a * k, n_b * k)
        ``(w·w')(h·h')`` of all pairs of terms.
    squares_a, squares_b : arrays
        ``Σ_r ‖t_r‖²`` of each factorization.
    out : array of shape (n_a, n_b)
    """
    k = Wa.shape[1]
    size = 1 << k if k <= _MASKS else 1
    for a in range(squares_a.size):
        gain = np.empty((k, k))
        best, choice = np.empty(size), np.empty(size, dtype=np.int64)
        order = np.empty(k, dtype=np.int64)
        for b in range(squares_b.size):
            for r in range(k):
                for s in range(k):
                    gain[r, s] = gram[a * k + r, b * k + s]
            _assign(gain, best, choice, order)
            squared = squares_a[a] + squares_b[b]
            for r in range(k):
                squared -= 2 * gain[r, order[r]]
            if squared <= DIRECT_BELOW**2:
                squared = _direct(Wa[a], Ha[a], Wb[b], Hb[b], order)
            out[a, b] = np.sqrt(squared)


@njit(**_COMPILE, fastmath=_SUMS)
def prepare(W, H, root, tolerance, out_W, out_H, sizes, state):
    """Balance, scale and turn a block of factorizations into rows of terms.

    ``root = sqrt(‖X‖_F)``. ``state`` becomes 1 where two terms are parallel within tolerance
    and −1 where an entry is not finite; ``sizes`` are ‖t_r‖/‖X‖.
    """
    n_fits, n, k = W.shape
    d = H.shape[2]
    for f in range(n_fits):
        state[f] = 0
        norm_w, norm_h = np.empty(k), np.empty(k)
        for r in range(k):
            for i in range(n):
                out_W[f, r, i] = W[f, i, r]
            for i in range(d):
                out_H[f, r, i] = H[f, r, i]
            norm_w[r] = np.sqrt(_dot(out_W[f, r], out_W[f, r]))
            norm_h[r] = np.sqrt(_dot(out_H[f, r], out_H[f, r]))
            alive = norm_w[r] > 0 and norm_h[r] > 0
            size = np.sqrt(norm_w[r]) * np.sqrt(norm_h[r]) / root
            for i in range(n):
                out_W[f, r, i] = out_W[f, r, i] / norm_w[r] * size if alive else 0.0
            for i in range(d):
                out_H[f, r, i] = out_H[f, r, i] / norm_h[r] * size if alive else 0.0
            sizes[f, r] = size * size if alive else 0.0
            if not (np.isfinite(norm_w[r]) and np.isfinite(norm_h[r])):
                state[f] = -1
        for r in range(k):
            for s in range(r):
                product = sizes[f, r] * sizes[f, s]
                if state[f] == 0 and product > 0:
                    inner = _dot(out_H[f, r], out_H[f, s])
                    if inner * inner > (1 - tolerance) ** 2 * product:
                        inner *= _dot(out_W[f, r], out_W[f, s])
                        if inner > (1 - tolerance) * product:
                            state[f] = 1


@njit(**_COMPILE)
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
