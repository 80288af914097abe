"""Matching across data, and what stands where a component does not come back."""

from itertools import permutations

import numpy as np
import pytest

from nmfstudy.assess.recurrence import FATES, match_features, recurrence
from nmfstudy.model.factorization import Factorization


def factors(rng, k, n=12, d=9):
    return Factorization(rng.random((n, k)), rng.random((k, d)))


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def names(fate):
    return [FATES[i] for i in fate]


def test_features_are_matched_as_the_best_of_all_permutations(rng):
    for _ in range(20):
        a, b = factors(rng, 4), factors(rng, 4, n=7)
        order, congruence = match_features(a, b)
        best = max(
            sum(cosine(a.H[r], b.H[s]) for r, s in enumerate(p)) for p in permutations(range(4))
        )
        assert congruence.sum() == pytest.approx(best, abs=1e-12)
        assert sorted(order) == [0, 1, 2, 3]


@pytest.mark.parametrize("same_samples", [False, True])
def test_order_and_scale_of_components_do_not_matter(rng, same_samples):
    a = factors(rng, 5)
    scale, shuffled = rng.random(5) + 0.1, rng.permutation(5)
    b = Factorization(a.W * scale, a.H / scale[:, None]).permute(shuffled)
    order, congruence, fate = recurrence(a, b, same_samples=same_samples)
    np.testing.assert_array_equal(shuffled[order], np.arange(5))
    np.testing.assert_allclose(congruence, 1, atol=1e-12)
    assert names(fate) == ["found"] * 5


def test_what_a_smaller_fit_lacks_is_lost(rng):
    a = Factorization(np.ones((6, 3)), np.eye(3))
    b = Factorization(np.ones((4, 2)), np.eye(3)[[2, 0]])
    order, congruence, fate = recurrence(a, b)
    assert order[0] == 1 and order[2] == 0 and order[1] >= 2
    assert congruence.tolist() == [1, 0, 1]
    assert names(fate) == ["found", "swapped", "found"]
    assert names(recurrence(b, a)[2]) == ["found", "found"]


def test_each_fate_by_hand():
    e = np.eye(6)
    reference = np.array([e[0] + e[1], e[2], e[3], e[4]])
    W = np.ones((5, 4))
    there = {
        "split": [e[0], e[1], e[2], e[3]],
        "similar": [e[0] + 0.4 * e[1], e[2], e[3], e[4]],
        "swapped": [e[5], e[2], e[3], e[4]],
    }
    for fate, H in there.items():
        found = names(recurrence(Factorization(W, reference), Factorization(W, np.array(H)))[2])
        assert found[0] == fate, fate
    H = np.array([e[0] + e[1], e[2] + e[3], e[4], e[5]])
    found = names(recurrence(Factorization(W, reference), Factorization(W, H))[2])
    assert found == ["found", "merged", "merged", "found"]


def test_a_whole_term_says_more_than_its_features(rng):
    """The same rows of H in other samples are no same term."""
    H = np.eye(2, 5)
    a = Factorization(np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]]), H)
    b = Factorization(a.W[[1, 0, 3, 2]], H)
    assert names(recurrence(a, b)[2]) == ["found", "found"]
    assert recurrence(a, b, same_samples=True)[1].max() == 0
