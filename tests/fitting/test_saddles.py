import numpy as np
import pytest
from scipy import sparse

import nmfstudy as ns
from nmfstudy.fitting.saddles import escape_saddle, growth, suspects, zero_vanished_components
from nmfstudy.model.objective import kkt_residual, objective
from nmfstudy.model.penalties import ElementwisePenalty, ScaleFreePenalty

MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)
NONE = ElementwisePenalty()
RIDGE = ElementwisePenalty(0.01)
L1 = ElementwisePenalty(0.01, l1_ratio=1.0)
FREE_W, FREE_H = ScaleFreePenalty("W", 0.3), ScaleFreePenalty("H", 0.3)


def stationary(k, penalty, spare=1):
    """A converged fit of k components and ``spare`` dead ones."""
    fits = ns.fit(MENU, k, n_starts=1, penalty=penalty)
    assert fits.converged.all()
    W = np.hstack([fits.W[0], np.zeros((6, spare))])
    H = np.vstack([fits.H[0], np.zeros((spare, 4))])
    return W, H


@pytest.mark.parametrize("data", [MENU, sparse.csr_array(MENU)], ids=["dense", "sparse"])
@pytest.mark.parametrize("penalty", [NONE, RIDGE, FREE_W, FREE_H], ids=lambda p: p.name)
def test_a_dead_component_is_stationary_and_yet_a_saddle(penalty, data):
    W, H = stationary(2, penalty)
    assert kkt_residual(MENU, W, H, penalty=penalty) <= 1e-9
    below = escape_saddle(data, W, H, penalty)
    assert objective(MENU, *below, penalty=penalty) < objective(MENU, W, H, penalty=penalty) - 1e-6
    assert all((factor >= 0).all() for factor in below)


def test_under_an_l1_share_a_dead_component_is_a_local_minimum():
    for rho in (0.2, 1.0):
        penalty = ElementwisePenalty(0.01, l1_ratio=rho)
        W, H = stationary(2, penalty)
        assert escape_saddle(MENU, W, H, penalty) is None
        value = objective(MENU, W, H, penalty=penalty)
        rng = np.random.default_rng(0)
        for _ in range(200):
            w, h = W.copy(), H.copy()
            w[:, -1], h[-1] = 1e-6 * rng.random(6), 1e-6 * rng.random(4)
            assert objective(MENU, w, h, penalty=penalty) > value


def test_an_exact_fit_with_a_dead_component_is_no_saddle():
    W, H = stationary(3, NONE)
    assert escape_saddle(MENU, W, H, NONE) is None


@pytest.mark.parametrize(("alpha", "collapses"), [(1.18, False), (1.19, True)])
def test_the_collapse_threshold_of_ridge(alpha, collapses):
    """All zero is the global minimum iff alpha >= sigma_1 / sqrt(n d) = 1.18832."""
    penalty = ElementwisePenalty(alpha)
    way_up = growth(MENU, np.zeros((6, 1)), np.zeros((1, 4)), penalty)
    assert (way_up is None) == collapses
    fits = ns.fit(MENU, 2, n_starts=5, penalty=penalty)
    assert fits.converged.all()
    assert ((fits.stop_reason == "collapsed") == collapses).all()
    assert np.isclose(fits.objective.min(), 0.5 * (MENU**2).sum()) == collapses


@pytest.mark.parametrize(("alpha", "collapses"), [(0.4613, False), (0.4615, True)])
def test_the_collapse_threshold_of_l1(alpha, collapses):
    """All zero is always a local minimum, and the global one iff alpha >= .46139."""
    fits = ns.fit(MENU, 3, n_starts=60, alpha_W=alpha, l1_ratio=1.0)
    assert fits.converged.all()
    alive = fits.objective[fits.stop_reason != "collapsed"]
    assert (alive.min() > 0.5 * (MENU**2).sum()) == collapses


@pytest.mark.parametrize(("strength", "collapses"), [(4.35, False), (4.36, True)])
def test_the_collapse_threshold_of_a_scale_free_penalty(strength, collapses):
    """Zero is a minimum iff no row is longer than the strength; the longest is sqrt(19)."""
    fits = ns.fit(MENU, 2, n_starts=5, penalty=ScaleFreePenalty("W", strength))
    assert fits.converged.all()
    assert ((fits.stop_reason == "collapsed") == collapses).all()


def test_a_duplicate_pair_is_a_saddle_under_l1_and_free_under_ridge():
    for penalty, merged in ((L1, True), (RIDGE, False)):
        W, H = stationary(1, penalty, spare=0)
        share = np.sqrt(0.5)
        W2, H2 = np.hstack([W * share, W * share]), np.vstack([H * share, H * share])
        assert np.allclose(W2 @ H2, W @ H)
        assert suspects(W2[None], H2[None]).all()
        below = escape_saddle(MENU, W2, H2, penalty)
        if merged:
            assert (objective(MENU, *below, penalty=L1)) < objective(MENU, W2, H2, penalty=L1)
            assert (below[0] == 0).all(axis=0).sum() == 1
        else:  # the pair costs nothing, but its spare half has something better to do
            assert objective(MENU, *below, penalty=penalty) < objective(MENU, W, H, penalty=penalty)


def test_live_and_different_terms_are_not_suspected():
    W, H = stationary(3, NONE, spare=0)
    assert not suspects(W[None], H[None]).any()
    assert suspects(*(factor[None] for factor in stationary(3, NONE))).all()


def test_burying_keeps_the_product():
    W, H = np.ones((2, 4, 3)), np.ones((2, 3, 5))
    H[0, 1] = 0.0
    w, h = zero_vanished_components(W, H, NONE, 1.0)
    assert np.array_equal(w @ h, W @ H) and (w[0, :, 1] == 0).all() and (w[1] == 1).all()
    assert (W == 1).all()


def test_starts_on_the_menu_with_ridge_leave_their_saddles():
    fits = ns.fit(MENU, 4, n_starts=60, alpha_W=0.01)
    assert np.allclose(fits.objective, 0.441755, atol=1e-6)
    assert (fits.stop_reason == "converged").all()


def test_reviving_goes_on_until_no_component_is_dead():
    W, H = np.zeros((6, 3)), np.zeros((3, 4))
    fits = ns.fit(MENU, 3, init="custom", solver_options={"W": W, "H": H}, alpha_W=0.01)
    assert fits.stop_reason[0] == "converged" and np.isclose(fits.objective[0], 0.459261, atol=1e-6)
