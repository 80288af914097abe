"""The minimum spanning tree of all fits that count."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nmfstudy.solutions import kernels
from nmfstudy.solutions.leaders import LeaderClusters, find_leaders, lead_themselves, radius_of
from nmfstudy.solutions.neighbours import near_pairs, neighbour_pairs
from nmfstudy.solutions.pairs import distances, terms_of
from nmfstudy.solutions.tree import Tree, spanning_tree
from nmfstudy.util.threads import n_threads, thread_pool

_FLOPS = 2e10  # about a second of work for Gram matrices
_ASSIGNMENT = 200  # what matching costs per pair, in the same unit
_DENSE = 8000  # points whose distances are kept as a matrix, 512 MB; of more they are not kept


@dataclass(frozen=True, eq=False)
class SpanningTree:
    """Points, and the tree between them.

    Attributes
    ----------
    led : LeaderClusters
        The points and who stands for them.
    tree : Tree
    exact_to : float
        Beyond this tolerance the tree's counts are upper bounds; inf where all pairs counted.
    """

    led: LeaderClusters
    tree: Tree
    exact_to: float

    def distances(self, rows, columns):
        """Distances between points, shape (len(rows), len(columns)); of their leaders, strictly."""
        leader = self.led.leader
        (a, of_row), (b, of_column) = (
            np.unique(leader[points], return_inverse=True) for points in (rows, columns)
        )
        return distances(self.led.terms[a], self.led.terms[b])[np.ix_(of_row, of_column)]

    def affordable(self, most):
        """How many points, at most ``most``, can all be compared in about a second."""
        k, n, d = *self.led.terms.W.shape[1:], self.led.terms.H.shape[2]
        return min(most, max_all_pairs(k, n, d))


def max_all_pairs(k, n_samples, n_features):
    """How many fits of this shape can all be compared in about a second."""
    return int(np.sqrt(2 * _FLOPS / (2 * k * k * (n_samples + n_features) + _ASSIGNMENT)))


def link(pool, indices, distance_tol, noise_floor, *, all_pairs=None):
    """Link fits of a pool by a minimum spanning tree.

    Where comparing all pairs is affordable the tree is exact. Otherwise fits within a radius of
    a quarter of the noise floor (at least 1e-8, at most a quarter of ``distance_tol``) follow a
    leader, and the tree runs over the leaders:

    - Each follower hangs on its leader; both are one at any tolerance above the radius.
    - A distance between groups differs from that of their leaders by no more than the two
      groups' radii (triangle inequality). So the lengths of edges between groups are exact
      within half the noise floor, and below the radius lengths are upper bounds.
    - At ``distance_tol`` the clusters are exact: groups that lie apart by more than it, but by
      less with both radii taken off, are compared member by member.

    Parameters
    ----------
    pool : Pool
    indices : int array
        In the order in which fits become leaders.
    distance_tol, noise_floor : float
    all_pairs : bool, optional
        Whether to compare all pairs; None decides by the work.

    Returns
    -------
    SpanningTree
    """
    (n, k), d = pool.parts[0].W.shape[1:], pool.parts[0].H.shape[2]
    owners, same = pool.distinct(indices)
    if all_pairs is None:
        all_pairs = len(owners) <= max_all_pairs(k, n, d)
    if all_pairs:
        led = lead_themselves(pool, owners)
    else:
        led = find_leaders(pool, owners, radius_of(noise_floor, distance_tol / 4))
    led = led.shared(owners, indices, same)
    radius = np.zeros(len(led.first))
    np.maximum.at(radius, led.leader, led.length)
    reach = distance_tol + 2 * radius.max(initial=0.0)
    edges, near = _tree_of(led.terms, reach)
    edges = [(led.first[edges[0]], led.first[edges[1]], edges[2])]
    followers = np.flatnonzero(led.first[led.leader] != np.arange(len(led.leader)))
    if len(followers):
        edges.append((led.first[led.leader[followers]], followers, led.length[followers]))
    tree = _merge(len(led.leader), edges)
    if len(followers):
        calls = _close_calls(led, tree, distance_tol, radius, near)
        extra = [_shortest_between(pool, led, i, j) for i, j in calls]
        tree = _merge(len(led.leader), [(tree.first, tree.second, tree.length), *extra])
    return SpanningTree(led, tree, np.inf if near is None else distance_tol)


def _merge(n_points, edges):
    return spanning_tree(n_points, *(np.concatenate(c) for c in zip(*edges, strict=True)))


def _tree_of(terms, reach):
    """A spanning tree: ends and lengths of its edges, and the pairs within reach if listed.

    Of few fits it is the minimum one, by Prim's algorithm (1957), and no pairs are listed. Of
    many it is the minimum one of the listed pairs, of each fit's likely neighbours and of a
    tree between the parts that these leave. Any spanning tree of a part of the edges has the
    same number of edges within reach and no fewer longer than any length, so it never joins
    what is apart, and beyond reach its counts are upper bounds.
    """
    k, n, d = *terms.W.shape[1:], terms.H.shape[2]
    affordable = max_all_pairs(k, n, d)
    if len(terms) <= min(_DENSE, affordable):
        return kernels.prim(distances(terms, terms, symmetric=True)), None
    near = near_pairs(terms, reach) if len(terms) > 2 * affordable else None
    if near is None:
        return _prim_without_matrix(terms), None
    edges = [near, neighbour_pairs(terms)]
    forest = _merge(len(terms), edges)
    firsts = np.unique(forest.labels(np.inf), return_index=True)[1]
    (first, second, length), _ = _tree_of(terms[firsts], reach)
    edges = [(forest.first, forest.second, forest.length)]
    tree = _merge(len(terms), [*edges, (firsts[first], firsts[second], length)])
    return (tree.first, tree.second, tree.length), near


def _prim_without_matrix(terms):
    """Prim's algorithm that works distances out as it goes and keeps none."""
    m = len(terms)
    ranked = np.sort(terms.sizes, axis=1)[:, ::-1].copy()
    left, near = np.arange(1, m), np.full(m - 1, np.inf)
    nearest, squares = np.zeros(m - 1, dtype=np.int64), terms.squares
    first, length = np.zeros(m - 1, dtype=np.int64), np.zeros(m - 1)

    def step(ends, go_on):
        return kernels.prim_step(
            terms.W, terms.H, terms.sizes, squares, ranked, new, left, near, nearest, *ends
        )

    second = np.zeros(m - 1, dtype=np.int64)
    new = 0
    with thread_pool() as run:
        for edge, last in enumerate(range(m - 2, -1, -1)):
            bounds = np.linspace(0, last + 1, min(n_threads(), last + 1) + 1).astype(int)
            picks = []
            run(step, pairwise(bounds.tolist()), picks.append)
            pick = min(picks, key=lambda j: (near[j], j))
            first[edge], second[edge], length[edge] = nearest[pick], left[pick], near[pick]
            new = left[pick]
            for array in (left, near, nearest):
                array[pick] = array[last]
    return first, second, length


def _close_calls(led, tree, tolerance, radius, near):
    """Groups of different clusters some of whose members may be within the tolerance.

    If any two clusters can touch at the tolerance, the tree has an edge between them that is no
    longer than the tolerance and both radii; where there is none, nothing is left to check.
    """
    reach = tolerance + 2 * radius.max()
    if not ((tree.length > tolerance) & (tree.length <= reach)).any():
        return []
    cluster, wide = (tree.labels(t)[led.first] for t in (tolerance, reach))
    if near is not None:
        i, j, apart = near
        close = (apart <= tolerance + radius[i] + radius[j]) & (cluster[i] != cluster[j])
        return list(zip(i[close], j[close], strict=True))
    calls = []
    for region in np.unique(wide):
        rows = np.flatnonzero(wide == region)
        if len(np.unique(cluster[rows])) > 1:
            apart = distances(led.terms[rows], led.terms[rows], symmetric=True)
            limit = tolerance + radius[rows][:, None] + radius[rows][None, :]
            different = cluster[rows][:, None] < cluster[rows][None, :]
            i, j = np.nonzero((apart <= limit) & different)
            calls += zip(rows[i], rows[j], strict=True)
    return calls


def _shortest_between(pool, led, a, b):
    """The shortest edge between the members of two groups, as arrays of length one."""
    members = [np.flatnonzero(led.leader == leader) for leader in (a, b)]
    apart = distances(*(terms_of(pool, led.positions[some]) for some in members))
    i, j = np.unravel_index(np.argmin(apart), apart.shape)
    return members[0][i : i + 1], members[1][j : j + 1], apart[i : i + 1, j]
