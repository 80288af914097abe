"""Weights on known components: the truth of a convex problem is its optimality conditions."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import nnls

import nmfstudy as ns
from nmfstudy.model.objective import gradients, loss_value
from nmfstudy.model.penalties import NO_PENALTY, ElementwisePenalty, ScaleFreePenalty

LOSSES = ["frobenius", "kullback-leibler"]
PENALTIES = [NO_PENALTY, ElementwisePenalty(0.03, "same", 0.5), ScaleFreePenalty("W", 0.2)]


def hard_case(seed):
    """Data and components of all sizes with zeros, parallel and dead components among them."""
    generator = np.random.default_rng(seed)
    n, d, k = generator.integers(2, 9, 3)
    H = generator.gamma(0.3, 1, (k, d)) * 10.0 ** generator.integers(-6, 7, (k, 1))
    X = generator.gamma(0.3, 1, (n, d)) * 10.0 ** generator.integers(-8, 9)
    H[generator.random((k, d)) < 0.4] = 0
    X[generator.random((n, d)) < 0.4] = 0
    X[0, 0] = X.max() + 1e-9
    if seed % 3 == 0:
        H[1] = 3 * H[0]
    if seed % 4 == 0:
        H[-1] = 0
    return X, H


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: p.name)
@pytest.mark.parametrize("seed", range(12))
def test_no_weight_can_be_bettered(seed, penalty, loss):
    X, H = hard_case(seed)
    W = ns.transform(X, H, loss=loss, penalty=penalty).W
    some = H.any(axis=0)
    if not X[:, some].any():
        assert not W.any()
        return
    slope, _ = gradients(X[:, some], W, H[:, some], loss=loss)
    price = penalty.gradients(np.maximum(W, 1e-300), H)[0]
    size = np.linalg.norm(H, axis=1) * np.linalg.norm(X, axis=1)[:, None]
    size = (size if loss == "frobenius" else H.sum(axis=1)) + price + 1e-300
    slope = slope + price
    left = np.where(W > 0, np.abs(slope), np.maximum(-slope, 0))
    assert (left <= 2e-13 * size).all()


@pytest.mark.filterwarnings("ignore:Ill-conditioned")  # scipy's of before 1.15
@pytest.mark.parametrize("seed", range(12))
def test_least_squares_are_those_of_scipy(seed):
    X, H = hard_case(seed)
    found = ns.transform(X, H)
    expected = np.array([nnls(H.T, x)[1] for x in X])
    error = np.sqrt(2 * found.loss)
    assert (error <= expected + 1e-9 * np.linalg.norm(X)).all()
    norm = np.linalg.norm(X, axis=1)
    assert np.allclose(found.relative_error * norm, error)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_sample_has_the_same_weights_in_any_company(loss):
    generator = np.random.default_rng(0)
    X, H = generator.gamma(0.4, 1, (30, 12)), generator.gamma(0.4, 1, (4, 12))
    together = ns.transform(X, H, loss=loss)
    alone = np.vstack([ns.transform(X[[i]], H, loss=loss).W for i in range(30)])
    assert np.allclose(alone, together.W, rtol=0, atol=1e-11)
    by_sparse = ns.transform(sparse.csr_array(X), H, loss=loss)
    assert np.allclose(by_sparse.W, together.W, rtol=0, atol=1e-11)
    order = generator.permutation(4)
    scaled = ns.transform(8 * X, H[order] * 2.0 ** np.arange(4)[:, None], loss=loss).W
    assert np.allclose(scaled, 8 * together.W[:, order] / 2.0 ** np.arange(4), rtol=0, atol=1e-10)
    assert together.loss.sum() == pytest.approx(loss_value(X, together.W, H, loss), rel=1e-12)


def test_the_training_data_have_the_weights_of_the_fit():
    menu = ns.load_dataset("menu")
    best = ns.fit(menu, 3, n_starts=5)[0]
    assert np.allclose(ns.transform(menu, best.H).W, best.W, rtol=0, atol=1e-8)


def test_a_feature_that_no_component_has_is_infinitely_far_by_kullback_leibler():
    H = np.array([[1.0, 1.0, 0.0]])
    found = ns.transform([[1.0, 3.0, 0.0], [1.0, 3.0, 2.0]], H, loss="kullback-leibler")
    assert found.W.ravel().tolist() == [2.0, 2.0]
    assert np.isfinite(found.loss).tolist() == [True, False]
    assert found.relative_error[1] > found.relative_error[0]


def test_requests_that_make_no_sense_are_refused():
    H = np.ones((2, 3))
    for message, arguments in {
        "X has 2 features and H has 3": ([[1.0, 2.0]], H),
        "H must have 2 dimensions": ([[1.0, 2.0]], H[0]),
        "H must be nonnegative": ([[1.0, 2.0, 3.0]], -H),
        "X has 1 negative": ([[1.0, 2.0, -3.0]], H),
    }.items():
        with pytest.raises(ns.RequestError, match=message):
            ns.transform(*arguments)
    with pytest.raises(ns.RequestError, match="loss is 'itakura-saito'; possible"):
        ns.transform([[1.0, 2.0, 3.0]], H, loss="itakura-saito")
    with pytest.raises(ns.RequestError, match="ties the weights of all samples"):
        ns.transform([[1.0, 2.0, 3.0]], H, penalty=ScaleFreePenalty("H", 1.0))


def test_they_print_as_a_table():
    text = repr(ns.transform([[2.0, 3.0, 2.0]], [[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]]))
    assert text.startswith("Weights of 1 sample on 2 components") and "median" in text


def test_unknown_entries_of_new_samples_are_refused():
    with pytest.raises(ns.RequestError, match="unknown entries"):
        ns.transform([[1.0, np.nan], [2.0, 1.0]], np.eye(2))
