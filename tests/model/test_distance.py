from itertools import permutations

import numpy as np
import pytest

from nmfstudy import Factorization, distance
from nmfstudy.model.distance import factor_match_score, product_norm


def brute_force(a, b):
    """The definition: the best of all permutations, terms formed."""
    a, b = a.terms(), b.terms()
    return min(np.sqrt(((a - b[list(p)]) ** 2).sum()) for p in permutations(range(len(a))))


def test_distance_is_the_definition(make_factors):
    for _ in range(20):
        a, b = (Factorization(*make_factors()) for _ in range(2))
        assert distance(a, b, scale=1.0) == pytest.approx(brute_force(a, b), rel=1e-12)


def test_permuting_and_rescaling_leave_no_distance(make_factors, rng):
    f = Factorization(*make_factors())
    c = np.exp(rng.normal(size=3) * 5)
    g = f.permute([1, 2, 0])
    assert distance(f, (g.W * c, g.H / c[:, None])) < 1e-15


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_same_terms_have_distance_zero_in_any_unit(make_factors, scale):
    f = Factorization(*make_factors())
    same = (f.W * 2.0, f.H / 2.0)
    assert distance(f, f, scale=scale) == distance(f, same, scale=scale) == 0
    other = Factorization(*make_factors())
    expected = distance(f, other, scale=1.0) / scale
    assert distance(f, other, scale=scale) == pytest.approx(expected, rel=1e-12)


def test_axioms_of_a_metric_at_a_fixed_scale(make_factors):
    for _ in range(200):
        a, b, c = (Factorization(*make_factors()) for _ in range(3))
        ab, bc, ac = (distance(*pair, scale=2.0) for pair in ((a, b), (b, c), (a, c)))
        assert ab == pytest.approx(distance(b, a, scale=2.0), rel=1e-12)
        assert ab > 0
        assert ac <= ab + bc + 1e-12


def test_one_minus_match_score_is_no_metric():
    """The negative control: the popular score is no distance, halfway is less than half."""
    a, b, c = (Factorization([[x], [y]], [[1.0]]) for x, y in ((1, 0), (1, 1), (0, 1)))
    ab, bc, ac = (1 - factor_match_score(*pair) for pair in ((a, b), (b, c), (a, c)))
    assert ac > ab + bc
    assert distance(a, c, 1.0) <= distance(a, b, 1.0) + distance(b, c, 1.0)


@pytest.mark.parametrize("change", [1e-5, 1e-7, 1e-9, 1e-12])
def test_small_distances_keep_their_digits(make_factors, change):
    f = Factorization(*make_factors())
    W = f.W.copy()
    W[0] += change
    exact = np.sqrt(sum(change**2 * (h**2).sum() for h in f.H))
    assert distance(f, (W, f.H), scale=1.0) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_huge_and_tiny_factors(make_factors, scale):
    f, g = (Factorization(*make_factors()) for _ in range(2))
    expected = distance(f, g)
    assert distance((f.W * scale, f.H), (g.W * scale, g.H)) == pytest.approx(expected)
    assert distance((f.W * scale, f.H * scale), (g.W * scale, g.H * scale)) == pytest.approx(
        expected
    )


def test_a_split_component_and_a_zero_one_change_nothing(make_factors):
    W, H = make_factors()
    split = np.c_[W[:, 0] * 0.4, W[:, 1:], W[:, 0] * 0.6, np.zeros(len(W))]
    assert distance((W, H), (split, np.r_[H, H[:1], H[1:2]])) < 1e-15


def test_product_norm_is_that_of_the_product(make_factors):
    f = Factorization(*make_factors())
    assert product_norm(f) == pytest.approx(np.linalg.norm(f.product()))


def test_the_scale_of_one_pair_is_the_larger_norm(make_factors):
    a, b = (Factorization(*make_factors()) for _ in range(2))
    b = Factorization(3 * b.W, b.H)
    larger = max(np.linalg.norm(f.product()) for f in (a, b))
    assert distance(a, b) * larger == pytest.approx(distance(a, b, scale=1.0))
    assert distance(b, a) == pytest.approx(distance(a, b))


def test_nothing_has_size_zero_and_no_distance_to_itself(make_factors):
    W, H = make_factors()
    zero = Factorization(W * 0, H)
    assert product_norm(zero) == 0
    assert distance(zero, zero) == 0
    assert distance(zero, (W, H), scale=1.0) == pytest.approx(
        np.sqrt((Factorization(W, H).sizes ** 2).sum())
    )


def test_distance_bounds_the_difference_of_products(make_factors):
    """The prefilter of the clustering: equal terms make equal residuals."""
    for _ in range(50):
        a, b = (Factorization(*make_factors()) for _ in range(2))
        apart = np.linalg.norm(a.product() - b.product())
        assert apart <= np.sqrt(3) * distance(a, b, scale=1.0) + 1e-12
