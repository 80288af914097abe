"""What is embedded for the slider and the picker: true to the tree, and small."""

import json
from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nmfstudy import distance, fit
from nmfstudy.datasets.base import Dataset
from nmfstudy.model.problem import Problem
from nmfstudy.report.explore import (
    LEADING_FEATURES,
    MOST_FEATURES,
    MOST_GROUPS,
    MOST_NUMBERS,
    MOST_SAMPLES,
    explore_blocks,
    pairs_data,
    tolerance_data,
)
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.solutions.tree import spanning_tree
from nmfstudy.store.job import Analysis
from nmfstudy.study.problem_result import ProblemResult


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


@pytest.fixture(scope="module")
def wide_result():
    """A problem with several minima, more samples and features than are shown."""
    X = np.random.default_rng(5).random((MOST_SAMPLES + 6, MOST_FEATURES + 20))
    fits = fit(X, n_components=4, n_starts=30, seed=0)
    run_of = (np.full(len(fits), "run"),)
    result = ProblemResult("wide", Dataset("wide", X), Problem(4), (fits,), run_of, Analysis())
    assert result.solutions.n_minima > 2
    return result


def test_of_many_features_the_leading_ones_are_kept(wide_result):
    data = pairs_data(wide_result)
    assert len(data["features"]) == MOST_FEATURES and data["image"] is None
    assert all(len(row) == MOST_FEATURES for s in data["solutions"] for row in s["H"])
    assert all(s["W"] is None for s in data["solutions"]) and data["samples"] == []
    for said in (f"the {LEADING_FEATURES} leading of", f"{MOST_SAMPLES + 6} samples"):
        assert said in data["note"]
    best = wide_result.solutions.representatives[0].factorization.normalize("max")
    dropped = set(range(best.H.shape[1])) - {int(f.split()[1]) - 1 for f in data["features"]}
    assert best.H[:, sorted(dropped)].max() <= 1 - 1e-9  # each component's largest entry is kept


def test_what_cannot_be_shown_is_said(wide_result, monkeypatch):
    slider, picker = explore_blocks(wide_result, "key", FigureFiles())
    assert (slider.name, picker.name) == ("slider", "picker")
    monkeypatch.setattr("nmfstudy.report.explore.MOST_NUMBERS", 1)
    assert len(pairs_data(wide_result)["solutions"]) == 2
    monkeypatch.setattr("nmfstudy.report.explore.TOO_MANY", 4 * 2 * MOST_FEATURES - 1)
    slider, said = explore_blocks(wide_result, "key", FigureFiles())
    assert slider.name == "slider" and said.role == "note"
    assert "480 numbers, too many" in said.text and "plots.plot_matching" in said.text
    lean = replace_factors(wide_result)
    _, said = explore_blocks(lean, "key", FigureFiles())
    assert "record=solutions" in said.text and pairs_data(lean) is None


def test_what_would_make_the_page_too_large_is_left_out(wide_result, monkeypatch):
    monkeypatch.setattr("nmfstudy.report.page.files.WIDGET_BYTES", 20_000)
    files = FigureFiles()
    left_out = []
    for _ in range(3):
        blocks = explore_blocks(wide_result, "key", files)
        left_out += [block for block in blocks if block.kind == "paragraph"]
    assert files.moved <= 20_000 and left_out
    assert all("left out here" in block.text for block in left_out)


def replace_factors(result):
    """The same result with the factors of its second minimum not kept."""
    lean = copy(result)
    fits = list(result.solutions.representatives)
    fits[1] = replace(fits[1], H=np.full_like(fits[1].H, np.nan))
    solutions = replace(result.solutions, representatives=tuple(fits))
    vars(lean).update(solutions=solutions, judged=result.assessed)
    return lean


def test_pairs_are_all_measured_and_numbers_bounded(wide_result):
    data = pairs_data(wide_result)
    fits = [f.factorization for f in wide_result.solutions.representatives]
    norm = np.linalg.norm(wide_result.dataset.X)
    for a, row in enumerate(data["pairs"]):
        for b, pair in enumerate(row):
            assert pair["distance"] == pytest.approx(distance(fits[a], fits[b], norm), abs=1e-7)
            assert sorted(pair["order"]) == list(range(4))
    numbers = [n for s in data["solutions"] for row in s["H"] for n in row]
    assert len(numbers) <= MOST_NUMBERS and 0 <= min(numbers) and max(numbers) == 1000
