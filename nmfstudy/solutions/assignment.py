"""The assignment problem, compiled: which terms of one factorization match which of another."""

import numpy as np
from numba import njit

from nmfstudy.util.compiling import IEEE

MAX_SUBSETS = (
    8  # up to this many terms the assignment goes over subsets, beyond it by shortest paths
)


@njit(**IEEE)
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


@njit(**IEEE)
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


@njit(**IEEE)
def assign(gain, best, choice, order):
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
    if k <= MAX_SUBSETS:
        _assign_by_subsets(gain, best, choice, order)
    else:
        _assign_by_paths(gain, order)


@njit(**IEEE)
def assignment(gain):
    """The permutation that maximises ``Σ_r gain[r, order[r]]`` for a square matrix."""
    _, best, choice, order = work_arrays(gain.shape[0])
    assign(gain, best, choice, order)
    return order


@njit(**IEEE)
def work_arrays(k):
    """What `assign` needs for k terms: gain, best, choice, order."""
    size = 1 << k if k <= MAX_SUBSETS else 1
    order = np.empty(k, dtype=np.int64)
    return np.empty((k, k)), np.empty(size), np.empty(size, dtype=np.int64), order
