import numpy as np
import pytest

from nmfstudy import Factorization, RequestError
from nmfstudy.model.factorization import component_norms, live_components


def test_permuting_and_normalizing_keep_the_multiset_of_terms(make_factors):
    f = Factorization(*make_factors())
    g = f.permute([2, 0, 1])
    np.testing.assert_array_equal(g.terms(), f.terms()[[2, 0, 1]])
    for norm, length in (("l2", np.linalg.norm), ("l1", np.sum), ("max", np.max)):
        unit = f.normalize(norm)
        np.testing.assert_allclose(unit.terms(), f.terms(), rtol=1e-14, atol=1e-16)
        np.testing.assert_allclose([length(h) for h in unit.H], 1)
    with pytest.raises(RequestError, match="possible: l2, l1, max"):
        f.normalize("l3")


def test_transform_is_another_factorization_of_the_same_product():
    f = Factorization([[2, 1], [1, 2], [1, 1]], [[2, 1, 1], [1, 2, 1]])
    Q = np.array([[1.0, -0.2], [0.0, 1.0]])
    g = f.transform(Q)
    np.testing.assert_allclose(g.product(), f.product(), rtol=1e-14)
    assert not np.allclose(g.W, f.W)
    with pytest.raises(RequestError, match="must be nonnegative"):
        f.transform(np.array([[1.0, -3.0], [0.0, 1.0]]))


def test_supports_are_relative_to_the_largest_entry_of_a_component():
    f = Factorization([[1.0, 0], [1e-9, 2.0]], [[5.0, 4e-9], [0, 1.0]])
    W, H = f.supports()
    assert W.tolist() == [[True, False], [True, True]]
    W, H = f.supports(1e-8)
    assert W.tolist() == [[True, False], [False, True]]
    assert H.tolist() == [[True, False], [False, True]]


def test_parallel_terms_are_one_term_and_others_are_left_alone(make_factors):
    W, H = make_factors()
    split = Factorization(
        np.c_[W[:, 0] * 0.3, W[:, 1], W[:, 0] * 1.4, W[:, 2]],
        H[[0, 1, 0, 2]] * [[1], [1], [2], [1]],
    )
    merged = split.merge_parallel()
    assert merged.dead.sum() == 1
    np.testing.assert_allclose(merged.product(), split.product(), rtol=1e-13)
    whole = Factorization(W, H)
    assert whole.merge_parallel() is whole
    # Sharing one side only is not parallel.
    shared = Factorization(np.c_[W[:, 0], W[:, 0]], H[:2])
    assert shared.merge_parallel().dead.sum() == 0


@pytest.mark.parametrize(
    ("W", "H", "message"),
    [
        ([[1, np.nan]], [[1], [1]], "W must be finite"),
        ([[1, -1]], [[1], [1]], "W must be nonnegative, got -1"),
        ([[1, 1]], [[1]], "W has 2 columns and H has 1 rows"),
        ([1, 1], [[1]], "W must have 2 dimensions, got 1"),
        ([["a"]], [[1]], "W must be a matrix of numbers"),
    ],
)
def test_what_is_no_factorization_is_refused(W, H, message):
    with pytest.raises(RequestError, match=message):
        Factorization(W, H)


def test_a_factorization_cannot_be_changed(make_factors):
    W, H = make_factors()
    f = Factorization(W, H)
    W[0, 0] = 99
    assert f.W[0, 0] != 99
    with pytest.raises(ValueError, match="read-only"):
        f.W[0, 0] = 1


@pytest.mark.parametrize("k", [1, 3, 8])
def test_component_norms_are_norms_with_the_bits_each_has_alone(rng, k):
    W, H = rng.random((5, 40, k)), rng.random((5, k, 7))
    H[2, 0] = 0
    w, h = component_norms(W, H)
    np.testing.assert_allclose(w, np.linalg.norm(W, axis=-2), rtol=1e-14)
    np.testing.assert_allclose(h, np.linalg.norm(H, axis=-1), rtol=1e-14)
    alone = [component_norms(*pair) for pair in zip(W, H, strict=True)]
    assert np.array_equal(np.stack(alone, axis=1), np.stack([w, h]))
    assert np.argwhere(~live_components(W, H)).tolist() == [[2, 0]]
