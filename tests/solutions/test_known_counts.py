"""Counts of real fits where the answer is known."""

import numpy as np
import pytest

from nmfstudy import distinct_solutions, fit, load_dataset, match
from nmfstudy.report.words_on_kind import kind_sentence


def count(name, k, n_starts=100, *, tol=1e-9, ridge=0.0, **params):
    X = load_dataset(name, **params).X
    fits = fit(X, k, n_starts=n_starts, tol=tol, alpha_W=ridge)
    return distinct_solutions(fits, kkt_tol=tol)


def assert_isolated(solutions, n):
    assert solutions.n_distinct == n
    assert solutions.kind == ("one" if n == 1 else "several")
    low, high = solutions.plateau
    assert low < 1e-5 and high > 0.1
    # The noise floor is an upper estimate of how far fits of one minimum really are apart.
    assert solutions.evidence.extent < solutions.noise_floor
    tolerances = np.geomspace(1.1 * low, 0.99 * high, 40)
    assert (solutions.curve(tolerances)[1] == n).all()


@pytest.mark.parametrize("alpha", [0, 0.1, 0.2, 0.3, 0.4, 0.45])
def test_laurberg_below_one_half_is_unique(alpha):
    assert_isolated(count("laurberg", 3, alpha=alpha), 1)


def test_laurberg_with_worse_minima_beside():
    solutions = count("laurberg", 3, alpha=0.4)
    assert (solutions.n_minima, solutions.n_distinct, solutions.n_best) == (3, 1, 1)
    assert solutions.representatives[1].relative_error == pytest.approx(0.0905, abs=5e-5)


def test_laurberg_at_one_half_has_exactly_two():
    assert_isolated(count("laurberg", 3, alpha=0.5), 2)


@pytest.mark.parametrize("alpha", [0.6, 0.8, 1.0])
def test_laurberg_above_one_half_is_a_continuum(alpha):
    assert count("laurberg", 3, alpha=alpha).kind == "continuum"


def test_hexagons():
    assert_isolated(count("hexagon", 3, a=2), 4)
    assert count("hexagon", 3, a=1.5).kind == "continuum"
    beyond = count("hexagon", 3, a=2.05)
    assert beyond.representatives[0].relative_error == pytest.approx(5.63e-3, abs=5e-6)


def test_circulant_of_three_has_exactly_two():
    solutions = count("circ3", 3)
    assert_isolated(solutions, 2)
    assert solutions.nearest == pytest.approx([1, 1])


def test_menu():
    assert_isolated(count("menu", 3, 200), 1)
    four = count("menu", 4)
    assert four.kind == "continuum" and four.n_distinct > 90
    assert 2 < four.dimension.value < 5


def test_menu_with_two_components_is_no_point():
    # One product with a short segment of factorizations: a tolerance of 2 % hides it.
    solutions = count("menu", 2, 200)
    assert solutions.kind == "continuum"
    # The width of all of them, not of one of the four minima that the tolerance makes of them.
    assert solutions.n_distinct == 4 and solutions.evidence.extent < 0.004
    text = kind_sentence(solutions)
    assert "form chains" in text and "at least 0.016 wide" in text
    assert solutions.curve([0.02])[1].tolist() == [1]
    assert solutions.curve([1e-6])[1][0] > 20
    assert solutions.dimension.value == pytest.approx(1, abs=0.5)


def test_basket_is_a_continuum_of_dimension_one():
    solutions = count("basket", 2)
    assert solutions.kind == "continuum"
    assert solutions.dimension.value == pytest.approx(1, abs=0.5)


def test_a_penalty_can_make_the_solution_unique():
    solutions = count("menu", 4, 40, ridge=0.01)
    assert solutions.n_best == 1
    assert solutions.representatives[0].objective == pytest.approx(0.441755, abs=1e-6)


def test_splits_of_one_term_are_no_solutions():
    solutions = count("menu", 4, 40, ridge=0.1)
    assert solutions.n_distinct == 1


def test_planted_unique_factors_survive_noise():
    data = load_dataset("planted", n=30, d=20, k=3, separable="both", noise=0.05)
    solutions = distinct_solutions(fit(data, 3, n_starts=60))
    assert_isolated(solutions, 1)
    _, close = match(data.truth, solutions.representatives[0].factorization)
    assert (close > 0.98).all()


@pytest.mark.parametrize("k", [3, 6])
def test_pure_noise_is_never_a_continuum(rng, k):
    fits = fit(rng.random((20, 15)), k, n_starts=60)
    solutions = distinct_solutions(fits)
    assert solutions.kind != "continuum"
    if solutions.coverage < 0.9:
        assert solutions.kind == "unsettled"
    if k == 6:
        assert solutions.n_minima > 5


def test_digits_with_three_components_has_two_that_fit_equally_well():
    data = load_dataset("digits")
    fits = fit(data, 3, n_starts=24)
    for tolerance in (1e-6, 1e-4, 1e-2):
        solutions = distinct_solutions(fits, distance_tol=tolerance)
        counts = solutions.n_minima, solutions.n_distinct, solutions.n_best
        assert counts == (2, 2, 1)
    assert solutions.objective == pytest.approx([755914.67, 755919.11], abs=0.02)
    assert_isolated(solutions, 2)


def test_digits_with_five_components_has_one_and_two_worse():
    fits = fit(load_dataset("digits"), 5, n_starts=30)
    for tolerance in (1e-6, 1e-4, 1e-2):
        solutions = distinct_solutions(fits, distance_tol=tolerance)
        counts = solutions.n_minima, solutions.n_distinct, solutions.n_best
        assert counts == (3, 1, 1)
    assert solutions.objective == pytest.approx([576594.03, 581570.19, 582438.67], abs=0.02)
    assert_isolated(solutions, 1)


def test_under_converged_fits_look_like_many_solutions():
    X = load_dataset("laurberg", alpha=0.3).X
    fits = fit(X, 3, n_starts=60, tol=1e-4, stop="scikit_learn", max_iter=200)
    assert distinct_solutions(fits).kind == "unsettled"
    rough = distinct_solutions(fits, kkt_tol=np.inf)
    assert rough.noise_floor > 1e-4
    assert rough.curve([1e-6])[1][0] > 30


def test_the_swimmers_torso_can_be_shared():
    # Linear rank 13 below 17 components; every limb may take a part of the torso.
    solutions = count("swimmer", 17, 8)
    assert solutions.n_best > 2
    assert solutions.kind != "one"
