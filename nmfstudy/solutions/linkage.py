"""The minimum spanning tree of all fits that count."""

from dataclasses import dataclass

import numpy as np

from nmfstudy.solutions import kernels
from nmfstudy.solutions.pairs import Terms, distances, terms_of
from nmfstudy.solutions.tree import Tree, spanning_tree

_FLOPS = 2e10  # about a second of work for Gram matrices


@dataclass(frozen=True, eq=False)
class Linked:
    """Points, the tree between them and what they stand for.

    Attributes
    ----------
    positions : int array of shape (n_points,)
        Pooled index of each point, in the order given; fits without factors are left out.
    n_merged : int array of shape (n_points,)
    tree : Tree
    leader : int array of shape (n_points,)
        Row of `terms` that stands for the point.
    terms : Terms
    """

    positions: np.ndarray
    n_merged: np.ndarray
    tree: Tree
    leader: np.ndarray
    terms: Terms

    def distances(self, rows, columns):
        """Distances between points, shape (len(rows), len(columns)); of their leaders, strictly."""
        return distances(self.terms[self.leader[rows]], self.terms[self.leader[columns]])

    def affordable(self, most):
        """How many points, at most ``most``, can all be compared in about a second."""
        return min(most, max_all_pairs(self.terms))


def max_all_pairs(terms):
    """How many fits of this shape can all be compared in about a second."""
    k, lengths = terms.W.shape[1], terms.W.shape[2] + terms.H.shape[2]
    return int(np.sqrt(2 * _FLOPS / (2 * k * k * lengths + 200)))


def link(pool, indices, distance_tol, noise_floor):
    """Link fits of a pool, in this order."""
    terms = terms_of(pool, indices)
    positions, terms = indices[terms.present], terms[terms.present]
    n = len(terms)
    tree = spanning_tree(n, *kernels.prim(distances(terms, terms, symmetric=True)))
    return Linked(positions, terms.n_merged, tree, np.arange(n), terms)
