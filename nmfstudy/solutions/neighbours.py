"""Pairs of fits that are near each other, found without comparing all pairs.

A *signature* is a point per fit whose coordinates differ by no more than the distance of the
fits, whatever the order of their terms: sorted sizes, and sorted inner products of the terms
with a few fixed matrices of norm one (sorting brings two lists as near as any order does). So
what is near lies in a box around the signature, and a k-d tree finds it.
"""

import numpy as np

from nmfstudy.solutions import kernels
from nmfstudy.util.streams import stream
from nmfstudy.util.threads import n_threads, on_threads

_MOST = 10**7  # near pairs that are listed
_NEIGHBOURS = 8


def signature(terms, n_products):
    """Sorted sizes and sorted inner products, shape (n_fits, k·(1 + n_products))."""
    rng = stream(0, "signature")
    blocks = [np.sort(terms.sizes, axis=1)]
    for _ in range(n_products):
        u, v = rng.random(terms.W.shape[2]), rng.random(terms.H.shape[2])
        products = (terms.W @ (u / np.linalg.norm(u))) * (terms.H @ (v / np.linalg.norm(v)))
        blocks.append(np.sort(products, axis=1))
    return np.hstack(blocks)


def near_pairs(terms, reach):
    """All pairs within ``reach`` with their distances; None if they may be too many to list."""
    from scipy.spatial import cKDTree

    tree = cKDTree(signature(terms, 1))
    box = {"r": reach * (1 + 1e-9) + 1e-14, "p": np.inf}
    n_near = tree.query_ball_point(tree.data, **box, return_length=True, workers=n_threads())
    if n_near.sum() - len(terms) > 2 * _MOST:
        return None
    first, second = tree.query_pairs(**box, output_type="ndarray").T
    length = pair_distances(terms, first, second)
    near = length <= reach
    return first[near], second[near], length[near]


def neighbour_pairs(terms):
    """Each fit with the few whose signatures are nearest, and their distances."""
    from scipy.spatial import cKDTree

    tree = cKDTree(signature(terms, 2))
    n_neighbours = min(_NEIGHBOURS + 1, len(terms))
    second = tree.query(tree.data, k=n_neighbours, workers=n_threads())[1].reshape(-1)
    first = np.repeat(np.arange(len(terms)), n_neighbours)
    first, second = first[first != second], second[first != second]
    return first, second, pair_distances(terms, first, second)


def pair_distances(terms, first, second):
    """Distances of listed pairs."""
    length, squares = np.empty(len(first)), terms.squares
    bounds = np.linspace(0, len(first), 4 * n_threads() + 1).astype(int)

    def some(i, go_on):
        here = slice(bounds[i], bounds[i + 1])
        kernels.fill_pair_distances(
            terms.W, terms.H, squares, first[here], second[here], length[here]
        )

    on_threads(some, range(len(bounds) - 1))
    return length
