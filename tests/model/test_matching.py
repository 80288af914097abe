from itertools import permutations

import numpy as np
import pytest

from nmfstudy import Factorization, RequestError, match
from nmfstudy.model.matching import congruence, pad


def test_match_finds_the_permutation_whatever_the_scale(make_factors, rng):
    f = Factorization(*make_factors(n_components=5))
    order = rng.permutation(5)
    c = np.exp(rng.normal(size=5))
    g = f.permute(order)
    found, cosines = match(f, (g.W * c, g.H / c[:, None]))
    np.testing.assert_array_equal(order[found], np.arange(5))
    np.testing.assert_allclose(cosines, 1)


def test_match_is_the_cheapest_of_all_permutations(make_factors):
    a, b = (Factorization(*make_factors(n_components=4)) for _ in range(2))
    order, _ = match(a, b)

    def cost(p):
        return ((a.terms() - b.terms()[list(p)]) ** 2).sum()

    assert cost(order) == pytest.approx(min(cost(p) for p in permutations(range(4))))


def test_unequal_numbers_of_components_are_padded(make_factors):
    f = Factorization(*make_factors(n_components=3))
    order, cosines = match(f, f.permute([2, 0]))
    assert sorted(order) == [0, 1, 2]
    assert order[1] == 2  # the component that b lacks is matched with a zero term
    np.testing.assert_allclose(cosines, [1, 0, 1])
    assert pad(f, 5).dead.tolist() == [False] * 3 + [True] * 2


def test_zero_terms_have_no_congruence(make_factors):
    W, H = make_factors()
    W[:, 1] = 0
    assert (congruence((W, H), (W, H))[1] == 0).all()


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_sizes_out_of_the_range_of_squares_do_not_disturb(make_factors, rng, scale):
    f = Factorization(*make_factors(n_components=4))
    order = rng.permutation(4)
    f = Factorization(f.W * scale, f.H * scale)
    found, cosines = match(f, f.permute(order))
    np.testing.assert_array_equal(order[found], np.arange(4))
    np.testing.assert_allclose(cosines, 1)


def test_a_huge_factorization_meets_a_small_one(make_factors):
    W, H = make_factors()
    W[:, 0] = 0
    order, cosines = match((W * 1e140, H * 1e140), (W, H))
    assert sorted(order) == [0, 1, 2]
    assert np.isfinite(cosines).all()


def test_matrices_of_different_shapes_are_refused(make_factors):
    with pytest.raises(RequestError, match="8×6 and of a 9×6"):
        match(make_factors(), make_factors(n_samples=9))
