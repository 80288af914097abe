"""Single linkage for all tolerances at once, from one minimum spanning tree."""

from dataclasses import dataclass

import numpy as np


class _Sets:
    """Disjoint sets with path halving."""

    def __init__(self, n):
        self.parent = list(range(n))

    def find(self, i):
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i


@dataclass(frozen=True, eq=False)
class Tree:
    """A minimum spanning tree of points 0 … n_points − 1, shortest edge first.

    Points are one cluster at a tolerance when a chain of edges up to that length joins them, so
    the number of clusters is 1 + the number of longer edges.
    """

    n_points: int
    first: np.ndarray
    second: np.ndarray
    length: np.ndarray

    def labels(self, tolerance):
        """Cluster of every point at a tolerance, numbered by first appearance."""
        sets = _Sets(self.n_points)
        for a, b in zip(*self._edges(self.length <= tolerance), strict=True):
            a, b = sets.find(a), sets.find(b)
            if a != b:
                sets.parent[max(a, b)] = min(a, b)
        roots = np.array([sets.find(i) for i in range(self.n_points)], dtype=np.int64)
        return np.unique(roots, return_inverse=True)[1].reshape(-1)

    def merges(self, flagged, weights):
        """How the clusters that hold a flagged point join as the tolerance grows.

        Parameters
        ----------
        flagged : bool array of shape (n_points,)
        weights : int array of shape (n_points,)
            How many starts each point stands for.

        Returns
        -------
        Merges
        """
        sets = _Sets(self.n_points)
        weight, flag = weights.tolist(), flagged.tolist()
        heavy = [w for w, f in zip(weight, flag, strict=True) if f]
        n, once, total = len(heavy), sum(w == 1 for w in heavy), sum(heavy)
        rows = [(0.0, n, once, total)]
        edges = zip(*self._edges(slice(None)), self.length.tolist(), strict=True)
        for a, b, length in edges:
            a, b = sets.find(a), sets.find(b)
            if flag[a] or flag[b]:
                for root in (a, b):
                    if flag[root]:
                        once -= weight[root] == 1
                        total -= weight[root]
                once += weight[a] + weight[b] == 1
                total += weight[a] + weight[b]
                n -= flag[a] and flag[b]
                rows.append((length, n, once, total))
            sets.parent[b] = a
            weight[a] += weight[b]
            flag[a] = flag[a] or flag[b]
        return Merges(*(np.array(column) for column in zip(*rows, strict=True)))

    def leaving(self, labels, n_clusters):
        """Length of the shortest edge that leaves each cluster; inf where none does.

        It is the distance from the cluster to the nearest point outside it, since the shortest
        edge across any cut lies in a minimum spanning tree.
        """
        shortest = np.full(n_clusters, np.inf)
        a, b = labels[self.first], labels[self.second]
        for end in (a[a != b], b[a != b]):
            np.minimum.at(shortest, end, self.length[a != b])
        return shortest

    def _edges(self, which):
        return self.first[which].tolist(), self.second[which].tolist()


@dataclass(frozen=True, eq=False)
class Merges:
    """State after each merge: tolerance, number of clusters, those seen once, starts in all."""

    tolerance: np.ndarray
    n: np.ndarray
    once: np.ndarray
    total: np.ndarray

    def at(self, tolerances):
        """Row that holds at each tolerance."""
        return np.searchsorted(self.tolerance, tolerances, side="right") - 1

    def counts(self, tolerances):
        """Number of clusters at each tolerance."""
        return self.n[self.at(tolerances)]

    def coverage(self, rows):
        """Good–Turing coverage in these rows, NaN without starts."""
        with np.errstate(invalid="ignore"):
            return 1 - self.once[rows] / np.where(self.total[rows] > 0, self.total[rows], np.nan)


def spanning_tree(n_points, first, second, length):
    """The minimum spanning tree within the given edges (Kruskal 1956), which must connect.

    Edges of equal length are taken in the order of their ends, so the tree depends on nothing
    else.
    """
    first, second = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((second, first, length))
    sets, kept = _Sets(n_points), []
    for e, a, b in zip(order.tolist(), first[order].tolist(), second[order].tolist(), strict=True):
        a, b = sets.find(a), sets.find(b)
        if a != b:
            sets.parent[max(a, b)] = min(a, b)
            kept.append(e)
    kept = np.array(kept, dtype=np.int64)
    return Tree(n_points, first[kept], second[kept], length[kept])
