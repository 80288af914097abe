"""What is embedded for the slider and the picker: true to the tree, and small."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from nmfstudy.report.explore import MOST_GROUPS, tolerance_data
from nmfstudy.solutions.tree import spanning_tree


def chain(lengths, n_near):
    """Points in a row, in order of objective, the first of them near-optimal."""
    n = len(lengths) + 1
    tree = spanning_tree(n, np.arange(n - 1), np.arange(1, n), np.asarray(lengths))
    merges = tree.merges(np.arange(n) < n_near, np.ones(n, dtype=int))
    everything = tree.merges(np.full(n, True), np.ones(n, dtype=int))
    return SimpleNamespace(
        tree=tree,
        merges=merges,
        distance_tol=1e-3,
        plateau=None,
        curve=lambda tolerances: (tolerances, merges.counts(tolerances)),
        minima_curve=lambda tolerances: (tolerances, everything.counts(tolerances)),
    )


def counted(data, tolerance):
    """Groups at a tolerance as the script finds them: near-optimal ones, and the sizes of all."""
    group = list(range(len(data["leaves"])))
    for length, a, b in data["merges"]:
        if length <= tolerance:
            old, new = max(group[a], group[b]), min(group[a], group[b])
            group = [new if g == old else g for g in group]
    near = {g for g, (_, good) in zip(group, data["leaves"], strict=True) if good}
    sizes = [sum(n for g, (n, _) in zip(group, data["leaves"], strict=True) if g == h)
             for h in sorted(set(group))]  # fmt: skip
    return len(near), sizes


@pytest.mark.parametrize("n_near", (1, 7, 60))
def test_few_fits_are_told_apart_as_the_tree_does(rng, n_near):
    solutions = chain(10.0 ** rng.uniform(-10, 0.3, 59), n_near)
    data = tolerance_data(solutions)
    assert data["floor"] == 0
    for tolerance in (*np.logspace(-9, 0, 19), *solutions.tree.length[-20:]):
        near, sizes = counted(data, tolerance)
        assert near == solutions.merges.counts(tolerance)
        assert sizes == np.bincount(solutions.tree.labels(tolerance)).tolist()
    for i in (0, 90, 180):
        near, sizes = counted(data, 10.0 ** (i / 20 - 9))
        assert data["counts"][i] == [near, len(sizes)]


def test_a_hundred_thousand_fits_stay_small(rng):
    solutions = chain(10.0 ** rng.uniform(-6, 0, 99_999), 50_000)
    data = tolerance_data(solutions)
    assert len(json.dumps(data)) < 30_000
    assert 0 < len(data["leaves"]) <= MOST_GROUPS
    assert sum(n for n, _ in data["leaves"]) == 100_000
    assert data["used"] == [c(1e-3)[1] for c in (solutions.curve, solutions.minima_curve)]
    for tolerance in (data["floor"], (1 + data["floor"]) / 2, 1.0):
        assert counted(data, tolerance)[0] == solutions.merges.counts(tolerance)
