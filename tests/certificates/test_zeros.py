import numpy as np
import pytest
from known_cases import KNOWN, hexagon_factors, laurberg

from nmfstudy import Factorization, certify
from nmfstudy.certificates.zeros import (
    brought_to,
    choose_threshold,
    pattern_interval,
    relative_sizes,
    sized,
    with_zeros,
)
from nmfstudy.util.streams import stream


def test_sizes_do_not_depend_on_scales_of_components():
    rng = stream(0, "sizes")
    W, H = rng.random((7, 3)), rng.random((3, 5))
    s = np.array([1e-100, 1.0, 1e100])
    for a, b in zip(
        relative_sizes(Factorization(W, H)),
        relative_sizes(Factorization(W * s, H / s[:, None])),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_small_row_keeps_its_entries_and_dust_in_a_large_one_goes():
    W = np.array([[1.0, 1e-12], [1e-12, 1.0], [2e-14, 3e-14]])
    kept = sized(Factorization(W, np.eye(2))).reading(1e-9)
    np.testing.assert_array_equal(kept.W == 0, [[False, True], [True, False], [False, False]])


def test_interval_is_where_the_pattern_is_the_same():
    entries = np.array([1e-12, 1e-5, 0.5, 1.0])
    assert pattern_interval(entries, 1e-9) == (1e-12, 1e-5)
    assert pattern_interval(entries, 1e-5) == (1e-5, 0.5)
    assert pattern_interval(entries, 0.0) == (0.0, 1e-12)


@pytest.mark.parametrize(
    ("dust", "low", "high"),
    [([], 1e-9, 1e-9), ([1e-15], 1e-9, 1e-9), ([5e-10, 2e-9], 2e-9, 1e-6), ([3e-8], 0, 3e-8)],
)
def test_threshold_lies_above_the_dust(dust, low, high):
    entries = np.array([*dust, 0.1, 1.0])
    assert low <= choose_threshold(entries) <= high


def test_entries_that_go_are_made_up_for():
    rng = stream(0, "refit")
    W, H = rng.random((8, 3)) + 0.1, rng.random((3, 9)) + 0.1
    W[rng.random(W.shape) < 0.4] = 0
    W[0] = [1, 0.001, 0.5]
    X = W @ H
    plain = np.where(W == 0.001, 0, W) @ H
    given = Factorization(W, H)
    fitted = with_zeros(given, relative_sizes(given), 0.002, X)
    assert (fitted.W[W <= 0.001] == 0).all()
    assert np.linalg.norm(fitted.product() - X) < 0.5 * np.linalg.norm(plain - X)


@pytest.mark.parametrize("size", [1e-11, 1e-9, 1e-7])
@pytest.mark.parametrize("known", [k for k in KNOWN if k.W.shape[1] < 4], ids=lambda k: k.name)
def test_a_fit_of_exact_data_is_judged_as_the_data(known, size):
    # A fit ends near the truth, with dust in place of zeros.
    rng = stream(1, f"{known.name}{size}")
    W = known.W * (1 + size * rng.normal(size=known.W.shape)) + size * rng.random(known.W.shape)
    H = known.H * (1 + size * rng.normal(size=known.H.shape)) + size * rng.random(known.H.shape)
    verdict = certify(W, H, X=known.W @ known.H)
    assert verdict.residual < 1e-14
    assert verdict.status == known.status
    assert verdict.n_solutions == known.n_solutions
    assert verdict.identifiable_W == known.identifiable_W
    assert verdict.verify()


def test_data_that_are_not_nearly_fitted_leave_the_factors_alone():
    W, H = laurberg(0.3)
    given = Factorization(W, H)
    X = W @ H + 0.1
    assert brought_to(given, X) is given
    factors = sized(given, X)
    assert factors.thresholds() == (1e-9,)
    assert factors.reading(1e-9) is given and not factors.is_exact(given)
    assert sized(given, W @ H).is_exact(given)


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1e150])
def test_any_size_of_the_data(scale):
    W, H = hexagon_factors()
    noisy = W * (1 + 1e-9 * stream(0, "size").normal(size=W.shape))
    factors = sized(Factorization(noisy * scale, H), W @ H * scale)
    found = factors.reading(*factors.thresholds())
    np.testing.assert_allclose(found.product() / scale, W @ H, rtol=1e-13)


def test_ladder_ends_where_the_status_does():
    W, H = laurberg(0.3)
    low, high = certify(W, H).threshold_interval
    assert low == 0 and 1e-2 < high
    assert certify(W, H, ladder=False).threshold_interval == (0.0, 0.3)


def test_entries_of_a_tiny_component_are_not_taken_for_zeros():
    # Component 0 is 5e-14 of the only row and column that it is in, but its support is nested.
    W = np.array([[0, 0.8, 0], [0, 0, 1.3], [0, 1, 1], [5e-14, 0.8, 0]])
    H = np.array([[0, 0, 5e-14], [1, 1, 0], [0, 1, 1e-13]])
    verdict = certify(W, H, zero_threshold=0.0)
    assert 1 not in verdict.identifiable_W
    assert verdict.verify()


@pytest.mark.parametrize("side", ["rows", "columns"])
def test_rows_and_columns_that_are_empty_in_the_data_are_emptied_of_dust(side):
    """And only of dust: what is large in the product stays, though the data lack it."""
    W, H = laurberg(0.3)
    X = W @ H
    for size, stays in ((1e-9, False), (0.1, True)):
        dust = Factorization(np.vstack([W, size * W[:1]]), H)
        data = np.vstack([X, np.zeros(6)])
        if side == "columns":
            dust, data = Factorization(dust.H.T, dust.W.T), data.T
        found = sized(dust, data).reading(0.0)
        last = found.W[-1] if side == "rows" else found.H[:, -1]
        assert last.any() == stays
