"""Compiled distances, assignments and trees against plain definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_fits import brute_force_labels, by_appearance, disguise, draw_minima, make_fits
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import squareform

from nmfstudy.model.distance import distance
from nmfstudy.solutions import leaders, linkage, pairs
from nmfstudy.solutions.assignment import assignment
from nmfstudy.solutions.pairs import distances, terms_of
from nmfstudy.solutions.pool import pool


def terms(fits):
    return terms_of(pool(fits), np.arange(len(fits)))


def plain(fits):
    pairs = [(f.W, f.H) for f in fits]
    return np.array([[distance(a, b, scale=fits.data_norm) for b in pairs] for a in pairs])


@given(st.integers(1, 13), st.integers(0, 2**32 - 1), st.sampled_from(["real", "ties", "zeros"]))
@settings(max_examples=150, deadline=None)
def test_the_assignment_has_scipys_total(k, seed, sort):
    rng = np.random.default_rng(seed)
    gain = {
        "real": rng.random((k, k)),
        "ties": rng.integers(0, 3, (k, k)).astype(float),
        "zeros": rng.random((k, k)) * (rng.random((k, k)) < 0.3),
    }[sort]
    order = assignment(gain)
    assert sorted(order) == list(range(k))
    rows, columns = linear_sum_assignment(gain, maximize=True)
    assert gain[np.arange(k), order].sum() == pytest.approx(gain[rows, columns].sum(), abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 9, 11])
def test_distances_are_the_plain_ones(rng, k):
    W, H = rng.random((12, 6, k)), rng.random((12, k, 5))
    W[3, :, 0] = 0  # a dead component
    W[4:6], H[4:6] = W[3:4], H[3:4]
    W[5] *= 1 + 1e-9 * rng.random(W[5].shape)
    fits = make_fits(W, H)
    np.testing.assert_allclose(
        distances(terms(fits), terms(fits)), plain(fits), rtol=1e-9, atol=1e-15
    )
    half = distances(terms(fits), terms(fits), symmetric=True)
    np.testing.assert_allclose(half, plain(fits), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("size", [1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-3])
def test_small_distances_do_not_cancel(rng, size):
    W, H = rng.random((7, 4)), rng.random((4, 6))
    moved = W * (1 + size * rng.random(W.shape))
    # The terms' change is known without any subtraction of large numbers.
    change = np.einsum("nk,kd->knd", moved - W, H)
    w, h = disguise(rng, moved, H)
    fits = make_fits([W, w], [H, h])
    expected = np.linalg.norm(change) / fits.data_norm
    # Rounding of the factors below 1e-6, where the direct form is used; of the Gram form above.
    rounding = 1e-15 / size if expected < 1e-6 else 1e-15 / size**2
    found = distances(terms(fits), terms(fits))[0, 1]
    assert found == pytest.approx(expected, rel=rounding + 1e-9)


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_extreme_scales_of_the_data(rng, scale):
    W, H = rng.random((5, 6, 3)) * scale, rng.random((5, 3, 4))
    reference = make_fits(W / scale, H)
    np.testing.assert_allclose(
        distances(terms(make_fits(W, H)), terms(make_fits(W, H))),
        plain(reference),
        rtol=1e-9,
        atol=1e-15,
    )


def test_parallel_terms_are_merged(rng):
    W, H = rng.random((6, 3)), rng.random((3, 5))
    split = np.column_stack([W, W[:, 1] * 0.4]), np.vstack([H, H[1]])
    whole = np.column_stack([W * [1, 1.4, 1], np.zeros(6)]), np.vstack([H, np.zeros(5)])
    t = terms(make_fits([split[0], whole[0]], [split[1], whole[1]]))
    assert t.n_merged.tolist() == [1, 0]
    assert distances(t, t)[0, 1] < 1e-14


def test_missing_factors_are_seen(rng):
    W, H = rng.random((4, 6, 3)), rng.random((4, 3, 5))
    W[1], H[2, 0, 0] = np.nan, np.inf
    assert terms(make_fits(W, H)).present.tolist() == [True, False, False, True]


@pytest.mark.parametrize("k", [2, 4])
def test_the_tree_is_scipys_single_linkage(rng, k, monkeypatch):
    fits = make_fits(rng.random((60, 6, k)), rng.random((60, k, 5)))
    apart = distances(terms(fits), terms(fits), symmetric=True)
    expected = np.sort(scipy_linkage(squareform(apart, checks=False), "single")[:, 2])
    everything = np.arange(60)
    tree = linkage.link(pool(fits), everything, 1e-3, 1e-9).tree
    np.testing.assert_allclose(tree.length, expected, rtol=1e-12)
    monkeypatch.setattr(linkage, "_DENSE", 1)
    without_matrix = linkage.link(pool(fits), everything, 1e-3, 1e-9).tree
    np.testing.assert_allclose(without_matrix.length, expected, rtol=1e-9)


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=40),
    st.sampled_from([1e-9, 1e-4, 1e-2]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_leaders_never_change_the_labels(places, floor, seed):
    # Points on a line with steps of .0437 tolerances: clusters touch, chain and just miss.
    tolerance = 1e-2
    rng = np.random.default_rng(seed)
    W = np.array([[[1.0], [tolerance * 0.0437 * place]] for place in places])
    fits = make_fits(W, np.ones((len(places), 1, 1)), scale=1.0)
    order = rng.permutation(len(places))
    exact = linkage.link(pool(fits), order, tolerance, floor, all_pairs=True).tree
    led = linkage.link(pool(fits), order, tolerance, floor, all_pairs=False)
    expected = by_appearance(exact.labels(tolerance))
    assert (by_appearance(led.tree.labels(tolerance)) == expected).all()
    # Lengths above the radius are exact within the two groups' radii.
    radius = led.led.length.max()
    far = exact.length > 3 * radius
    assert np.abs(led.tree.length - exact.length)[far].max(initial=0) <= 2 * radius + 1e-12


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.integers(1, 9),
    st.sampled_from([0.0, 1e-9, 1e-6, 1e-3, 0.1]),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_labels_equal_brute_force(counts, k, noise, seed, all_pairs):
    W, H, _ = draw_minima(np.random.default_rng(seed), counts, k=k, noise=noise)
    fits = make_fits(W, H)
    if len(fits) < 2:
        return
    tree = linkage.link(pool(fits), np.arange(len(fits)), 1e-3, 1e-5, all_pairs=all_pairs).tree
    assert (by_appearance(tree.labels(1e-3)) == brute_force_labels(fits, 1e-3)).all()


def test_labels_equal_brute_force_on_hundreds(rng):
    # Random walks of steps near the tolerance: long chains, many near misses.
    steps = rng.normal(size=(150, 5, 2)) * 1e-3
    W = np.abs(1 + np.concatenate([np.cumsum(steps[:75], axis=0), np.cumsum(steps[75:], axis=0)]))
    fits = make_fits(W, np.broadcast_to(rng.random((2, 4)), (150, 2, 4)))
    expected = brute_force_labels(fits, 1e-3)
    assert 3 < expected.max() < 145
    for all_pairs in (True, False):
        tree = linkage.link(pool(fits), np.arange(150), 1e-3, 8e-4, all_pairs=all_pairs).tree
        assert (by_appearance(tree.labels(1e-3)) == expected).all()


@pytest.mark.parametrize(("far", "clusters"), [(27, 1), (28, 2)])
def test_followers_can_join_what_their_leaders_cannot(far, clusters):
    # 5 follows 0; 27 is within the tolerance of 5 (22 steps, .96) though not of 0 (1.18).
    tolerance = 1e-2
    places = np.array([0, 5, far, far + 3])
    W = np.array([[[1.0], [tolerance * 0.0437 * place]] for place in places])
    fits = make_fits(W, np.ones((4, 1, 1)), scale=1.0)
    led = linkage.link(pool(fits), np.arange(4), tolerance, 1.0, all_pairs=False)
    assert led.led.leader.tolist() == [0, 0, 1, 1]
    assert led.tree.labels(tolerance).max() + 1 == clusters


def test_groups_touch_where_they_are_nearest():
    """The pair that joins two groups is neither the first nor the last of either's members."""
    tolerance, step = 1e-2, 0.0437
    places = np.array([0, 5, 3, 30, 27, 29])
    W = np.array([[[1.0], [tolerance * step * place]] for place in places])
    fits = make_fits(W, np.ones((6, 1, 1)), scale=1.0)
    led = linkage.link(pool(fits), np.arange(6), tolerance, 1.0, all_pairs=False)
    assert led.led.leader.tolist() == [0, 0, 0, 1, 1, 1]
    assert led.tree.labels(tolerance).max() == 0
    assert led.tree.length.max() == pytest.approx(22 * tolerance * step)


def test_leaders_are_found_across_blocks(rng, monkeypatch):
    monkeypatch.setattr(leaders, "_BLOCK_FITS", 7)
    W, H, which = draw_minima(rng, [40, 20, 5, 1, 1], k=4, noise=1e-8)
    W[11, 0, 0] = np.nan
    fits = make_fits(W, H)
    led = linkage.link(pool(fits), np.arange(67), 1e-3, 1e-6, all_pairs=False)
    assert len(led.led.first) == 5 and len(led.led.positions) == 66
    kept = np.delete(which, 11)
    assert (by_appearance(led.led.leader) == by_appearance(kept)).all()
    assert (by_appearance(led.tree.labels(1e-3)) == by_appearance(kept)).all()


def test_terms_do_not_depend_on_how_many_are_prepared_at_a_time(rng, monkeypatch):
    fits = make_fits(rng.random((20, 6, 3)), rng.random((20, 3, 5)))
    together, each = terms(fits), 8 * 3 * (6 + 5)
    for size in (1, 3, 5):
        monkeypatch.setattr(pairs, "_CHUNK_BYTES", size * each)
        apart = terms(fits)
        for name in ("W", "H", "sizes", "n_merged", "present"):
            np.testing.assert_array_equal(getattr(apart, name), getattr(together, name))


@pytest.mark.parametrize("first", [1, 2, 3, 5])
def test_leaders_may_be_few_at_first_and_then_many(rng, monkeypatch, first):
    """The room for leaders grows with whatever comes."""
    monkeypatch.setattr(leaders, "_BLOCK_FITS", 9)
    one = np.arange(9) % first
    W = np.concatenate([rng.random((first, 5, 2))[one], rng.random((25, 5, 2))])
    H = np.concatenate([rng.random((first, 2, 4))[one], rng.random((25, 2, 4))])
    led = linkage.link(pool(make_fits(W, H)), np.arange(34), 1e-3, 1e-6, all_pairs=False).led
    assert len(led.first) == first + 25
    assert by_appearance(led.leader).tolist() == [*one, *range(first, first + 25)]
