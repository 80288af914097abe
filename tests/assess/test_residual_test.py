"""Order in a residual, measured against random signs."""

import numpy as np
import pytest
from planted_data import planted, pure_noise
from scipy import sparse

from nmfstudy.assess.residual_test import (
    ORDERED,
    least_share_left,
    one_component,
    share_left,
    structure_left,
)


def test_one_component_is_the_leading_singular_pair(rng):
    X = rng.random((12, 7))
    U, s, V = np.linalg.svd(X)
    W, H = one_component(X)
    np.testing.assert_allclose(W @ H, s[0] * np.outer(U[:, 0], V[0]), atol=1e-9)
    assert (W >= 0).all() and (H >= 0).all()
    W, H = one_component(sparse.csr_array(X))
    np.testing.assert_allclose(W @ H, s[0] * np.outer(U[:, 0], V[0]), atol=1e-9)


def test_structure_is_seen_whatever_the_scale_and_form(rng):
    X = planted(3, "gaussian", 0.3, 0)
    W, H = one_component(X)
    found = structure_left(X, W, H)
    assert found > 1.2
    assert structure_left(X, W, H) == found
    assert structure_left(1000 * X, 10 * W, 100 * H) == pytest.approx(found, rel=1e-9)
    assert structure_left(sparse.csr_array(X), W, H) == pytest.approx(found, rel=1e-9)


def test_noise_is_called_structure_as_seldom_as_promised():
    """Once in 20 times; of 200 draws more than 20 would be three standard deviations away."""
    found = [
        structure_left(X, *one_component(X))
        for X in (pure_noise("uniform", seed, (30, 15)) for seed in range(200))
    ]
    assert (np.array(found) > 1).sum() <= 20


def test_noise_may_differ_from_entry_to_entry():
    """Shuffled entries would be more even than such noise, and call it structure."""
    sizes = np.outer(np.geomspace(1, 30, 60), np.geomspace(1, 30, 40))
    found = []
    for seed in range(40):
        X = 5 * sizes + sizes * np.random.default_rng(seed).uniform(-1, 1, sizes.shape)
        found.append(structure_left(X, *one_component(X)))
    assert (np.array(found) > 1).sum() <= 6


@pytest.mark.parametrize(("kind", "most"), [("exponential", 0.05), ("poisson", 0.2)])
def test_skewed_noise_seldom_passes_the_line(kind, most):
    """Counts that are nearly all 0 or 1 are the hardest: their signs follow from their sizes."""
    found = []
    for seed in range(50):
        X = pure_noise(kind, seed)
        found.append(structure_left(X, *one_component(X)))
    assert (np.array(found) > ORDERED).mean() <= most


def test_large_matrices_are_looked_at_in_part():
    X = planted(2, "gaussian", 0.3, 1, (1500, 1200))
    assert structure_left(X, *one_component(X)) > 1.5
    noise = pure_noise("uniform", 1, (1500, 1200))
    assert structure_left(noise, *one_component(noise)) <= ORDERED


def test_nothing_left_unknown_factors_and_no_freedom():
    w, h = np.arange(1.0, 5)[:, None], np.ones((1, 3))
    assert structure_left(w @ h, w, h) == 0
    assert structure_left(w @ h, *one_component(w @ h)) == 0
    assert np.isnan(structure_left(w @ h, w * np.nan, h))
    X = np.random.default_rng(0).random((4, 3))
    assert structure_left(X, np.ones((4, 3)), np.ones((3, 3))) == 0


def test_share_left_is_one_for_what_only_uses_up_freedom():
    (n, d), free = (20, 10), lambda k: 1 - k * (30 - k) / 200
    for k, more in ((1, 2), (2, 5)):
        after = np.sqrt(free(more) / free(k))
        assert share_left((k, 1.0), (more, after), (n, d)) == pytest.approx(1)
    assert share_left((1, 1.0), (2, 0.1), (n, d)) == pytest.approx(0.01 * free(1) / free(2))
    assert np.isnan(share_left((2, 0.0), (3, 0.0), (n, d)))
    assert np.isnan(share_left((9, 0.1), (10, 0.0), (n, d)))


@pytest.mark.parametrize("shape", [(6, 5), (10, 5), (10, 8), (15, 8), (20, 12), (40, 15)])
@pytest.mark.parametrize("kind", ["uniform", "exponential", "poisson"])
def test_a_component_of_noise_takes_away_no_more_than_it_should(kind, shape):
    passed = 0
    for seed in range(40):
        X = pure_noise(kind, seed, shape)
        W, H = one_component(X)
        left = X - W @ H
        top = np.linalg.svd(left, compute_uv=False)
        # No nonnegative component takes away more than the leading one of any sign.
        errors = np.sqrt((top**2).sum()), np.sqrt((top[1:] ** 2).sum())
        share = share_left((1, errors[0]), (2, errors[1]), shape)
        passed += share < least_share_left(shape)
    assert passed <= (4 if kind == "poisson" else 0)
