"""What is near is found without comparing all pairs; what is not listed is only overestimated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_fits import brute_force_labels, by_appearance, draw_minima, make_fits

import nmfstudy as ns
from nmfstudy.report.words_on_kind import kind_sentence
from nmfstudy.solutions import linkage, neighbours
from nmfstudy.solutions.pairs import distances, terms_of
from nmfstudy.solutions.pool import pool

shapes = st.tuples(st.integers(2, 30), st.integers(1, 9), st.integers(0, 2**32 - 1))


def some_terms(shape):
    n, k, seed = shape
    rng = np.random.default_rng(seed)
    W, H, _ = draw_minima(rng, [3] * (-(-n // 3)), k=k, noise=rng.choice([1e-9, 1e-3, 0.3]))
    return terms_of(pool(make_fits(W, H)), np.arange(len(W)))


@given(shapes)
@settings(max_examples=60, deadline=None)
def test_signatures_differ_by_no_more_than_the_distance(shape):
    terms = some_terms(shape)
    points = neighbours.signature(terms, 3)
    apart = np.abs(points[:, None] - points[None]).max(axis=2)
    assert (apart <= distances(terms, terms) + 1e-14).all()


@given(shapes, st.floats(0.01, 1.5))
@settings(max_examples=60, deadline=None)
def test_near_pairs_are_all_there_are(shape, share):
    terms = some_terms(shape)
    apart = distances(terms, terms, symmetric=True)
    reach = share * apart.max()
    first, second, length = neighbours.near_pairs(terms, reach)
    found = np.zeros(apart.shape, dtype=int)
    np.add.at(found, (first, second), 1)
    found += found.T
    clear = np.abs(apart - reach) > 1e-7 * reach  # rounding decides no case
    np.fill_diagonal(clear, False)
    assert (found == (apart <= reach))[clear].all()
    np.testing.assert_allclose(length, apart[first, second], rtol=1e-7, atol=1e-14)


def test_too_many_near_pairs_are_not_listed(monkeypatch):
    terms = some_terms((12, 3, 0))
    monkeypatch.setattr(neighbours, "_MOST", 5)
    assert neighbours.near_pairs(terms, 10.0) is None


@pytest.fixture
def sparse(monkeypatch):
    """Count as if comparing all pairs were never affordable."""
    monkeypatch.setattr(linkage, "max_all_pairs", lambda k, n, d: 1)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-4, 3e-3]))
@settings(max_examples=25, deadline=None)
def test_beyond_the_tolerance_counts_are_upper_bounds(seed, floor):
    rng = np.random.default_rng(seed)
    # Random walks: chains and near misses at the tolerance, single points far away.
    steps = np.cumsum(rng.normal(size=(60, 5, 2)) * rng.choice([1e-3, 1e-2]), axis=0)
    W = np.abs(1 + np.concatenate([steps, rng.random((20, 5, 2))]))
    fits = make_fits(W, np.broadcast_to(rng.random((2, 4)), (80, 2, 4)))
    everything = np.arange(80)
    exact = linkage.link(pool(fits), everything, 2e-3, floor, all_pairs=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "max_all_pairs", lambda k, n, d: 3)
        listed = linkage.link(pool(fits), everything, 2e-3, floor)
    assert (exact.exact_to, listed.exact_to) == (np.inf, 2e-3)
    labels = by_appearance(listed.tree.labels(2e-3))
    assert (labels == brute_force_labels(fits, 2e-3)).all()
    radius = listed.led.length.max()
    assert (listed.tree.length >= exact.tree.length - 2 * radius - 1e-12).all()
    near = (exact.tree.length > 3 * radius) & (exact.tree.length <= 2e-3)
    assert np.abs(listed.tree.length - exact.tree.length)[near].max(initial=0) <= 2 * radius + 1e-12


def test_a_large_continuum_is_told_and_says_what_was_not_compared(sparse):
    fits = ns.fit(ns.load_dataset("menu"), 4, n_starts=60)
    solutions = ns.distinct_solutions(fits)
    assert solutions.kind == "continuum" and solutions.exact_to == 1e-3
    assert "counts at tolerances above 0.001 are upper bounds" in kind_sentence(solutions)


def test_no_plateau_is_claimed_where_counts_are_upper_bounds(sparse, rng):
    W, H, _ = draw_minima(rng, [30, 20, 10, 5], noise=1e-9)
    solutions = ns.distinct_solutions(make_fits(W, H, kkt_residual=1e-9, n_iter=1000))
    assert solutions.n_minima == 4 and solutions.plateau == (pytest.approx(1e-6), 1e-3)
