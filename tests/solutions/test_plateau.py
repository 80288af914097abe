"""Noise floors, plateaus and trees, on merges that can be written down."""

import numpy as np
import pytest

from nmfstudy.solutions.plateau import CEILING, DISTANCE_ROUNDING, Plateau, noise_floor, plateau
from nmfstudy.solutions.tree import Tree


@pytest.mark.parametrize(
    ("kkt", "n_iter", "floor"),
    [
        ([], [], DISTANCE_ROUNDING),
        ([1e-9], [0], 1e-9),
        ([1e-9, 1e-10, 1e-10], [10, 1000, 20], 1e-7),  # the largest of all, not the first
        ([1e-9, 1e-12], [1000, 10], 1e-6),
        ([1e-20], [3], DISTANCE_ROUNDING),
        ([1.0], [100], CEILING),
    ],
)
def test_the_noise_floor_is_the_largest_step_still_to_go(kkt, n_iter, floor):
    unknown, every = np.full(len(kkt), np.nan), np.arange(len(kkt))
    given = np.array(kkt), np.array(n_iter, dtype=int)
    assert noise_floor(*given, unknown, every) == pytest.approx(floor)


def test_a_known_step_takes_the_place_of_the_estimate():
    kkt, n_iter, step = np.full(3, 1e-9), np.full(3, 100), np.array([1e-5, 1e-11, np.nan])
    assert noise_floor(kkt, n_iter, step, [0, 1, 2]) == pytest.approx(2e-5)
    assert noise_floor(kkt, n_iter, step, [1, 2]) == pytest.approx(1e-7)
    assert noise_floor(kkt, n_iter, step, [1]) == pytest.approx(2e-11)


def line(*places):
    """The tree of points on a line."""
    places = np.sort(np.array(places))
    length = np.diff(places)
    order = np.argsort(length, kind="stable")
    return Tree(len(places), order, order + 1, length[order])


def brute_force(places, tolerance):
    """Clusters of sorted points on a line: cut where the gap is longer than the tolerance."""
    return np.concatenate([[0], np.cumsum(np.diff(np.sort(places)) > tolerance)])


# Powers of two: sums and differences are exact, so an edge can be as long as a tolerance.
PLACES = [0.0, 2**-20, 2**-19, 0.25, 0.25 + 2**-8, 0.75]


@pytest.mark.parametrize("tolerance", [0.0, 2**-21, 2**-20, 2**-8, 2**-7, 0.24, 0.5, 1.0])
def test_labels_and_merges_are_the_cuts_of_a_line(tolerance):
    tree, expected = line(*PLACES), brute_force(PLACES, tolerance)
    assert tree.labels(tolerance).tolist() == expected.tolist()
    weights = np.array([2, 1, 0, 1, 1, 1])
    flagged = np.array([True, True, True, False, False, True])
    merges = tree.merges(flagged, weights)
    clusters = [c for c in np.unique(expected) if flagged[expected == c].any()]
    # A cluster is known by its flagged points and holds all the starts that have joined it.
    total = [weights[expected == c].sum() for c in clusters]
    row = merges.at(tolerance)
    assert merges.counts([tolerance]).tolist() == [len(clusters)]
    assert merges.total[row] == sum(total)
    assert merges.once[row] == sum(t == 1 for t in total)
    coverage = 1 - sum(t == 1 for t in total) / sum(total)
    assert merges.coverage(row) == pytest.approx(coverage)


def test_the_shortest_way_out_of_each_cluster():
    tree = line(*PLACES)
    left, right = 0.25 - 2**-19, 0.5 - 2**-8
    assert tree.leaving(tree.labels(2**-8), 3).tolist() == [left, left, right]
    assert tree.leaving(tree.labels(1.0), 1).tolist() == [np.inf]


def of(places, floor, weights=None):
    weights = np.full(len(places), 2) if weights is None else np.array(weights)
    return plateau(line(*places).merges(np.full(len(places), True), weights), floor)


def test_a_plateau_is_the_longest_stretch_within_floor_and_ceiling():
    pair = [0.0, 1e-5, 0.3]
    assert of(pair, 1e-9) == Plateau(pytest.approx(1e-5), pytest.approx(0.3, rel=1e-4), 2)
    assert of([0.0, 1e-2, 0.3], 1e-9) == Plateau(1e-9, pytest.approx(1e-2), 3)
    assert of([0.0, 1e-5, 0.9], 1e-9) == Plateau(pytest.approx(1e-5), CEILING, 2)
    assert of([0.0], 1e-9) == Plateau(1e-9, CEILING, 1)


def test_a_stretch_short_of_a_decade_or_of_single_starts_is_none():
    places = np.cumsum([0.0, 1e-3, 5e-3, 2.5e-2, 0.12])
    assert of(places, 3e-4) is None
    assert of(places, 1e-5) == Plateau(1e-5, pytest.approx(1e-3), 5)
    assert of([0.0, 1e-2, 0.3], 1e-9, weights=[1, 1, 1]) == Plateau(
        pytest.approx(1e-2), pytest.approx(0.29), 2
    )
    assert of([0.0, 0.3, 0.6, 0.9], 1e-9, weights=[1, 1, 1, 1]) is None


def test_nothing_counted_has_no_plateau():
    tree = line(0.0, 1.0)
    assert plateau(tree.merges(np.array([False, False]), np.array([1, 1])), 1e-9) is None
