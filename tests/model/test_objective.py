import numpy as np
import pytest
from scipy import sparse

from nmfstudy.model.objective import (
    LOSSES,
    balance,
    gradients,
    kkt_residual,
    objective,
    reference_loss,
    squared_error,
)
from nmfstudy.model.penalties import NO_PENALTY, ElementwisePenalty, ScaleFreePenalty
from nmfstudy.util.errors import RequestError

PENALTIES = [
    NO_PENALTY,
    ElementwisePenalty(0.1, 0.2, 0.0),
    ElementwisePenalty(0.1, "same", 1.0),
    ElementwisePenalty(0.1, 0.0, 0.4),
    ScaleFreePenalty("W", 0.3),
    ScaleFreePenalty("H", 0.3),
]


@pytest.fixture
def stack(rng):
    """Data and a stack of four positive factorizations."""
    return rng.random((7, 5)) + 0.1, rng.random((4, 7, 3)) + 0.1, rng.random((4, 3, 5)) + 0.1


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: f"{p.name}-{p.alpha_W}-{p.alpha_H}")
def test_gradients_are_the_slope_of_the_objective(stack, rng, loss, penalty):
    X, W, H = stack[0], stack[1][0], stack[2][0]
    dW, dH, step = rng.normal(size=W.shape), rng.normal(size=H.shape), 1e-6

    def along(t):
        return objective(X, W + t * dW, H + t * dH, loss=loss, penalty=penalty)

    of_W, of_H = gradients(X, W, H, loss=loss, penalty=penalty)
    slope = np.vdot(of_W, dW) + np.vdot(of_H, dH)
    size = np.abs(of_W).sum() + np.abs(of_H).sum()
    assert abs((along(step) - along(-step)) / (2 * step) - slope) < 1e-7 * size


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: f"{p.name}-{p.alpha_W}-{p.alpha_H}")
def test_a_stack_has_the_bits_of_its_members(stack, loss, penalty):
    X, W, H = stack
    for function in (objective, kkt_residual):
        together = function(X, W, H, loss=loss, penalty=penalty)
        alone = [function(X, w, h, loss=loss, penalty=penalty) for w, h in zip(W, H, strict=True)]
        np.testing.assert_array_equal(together, alone)


def test_sparse_data_give_the_dense_values(stack):
    X, W, H = stack
    X = np.where(X > 0.6, X, 0)
    S = sparse.csr_array(X)
    np.testing.assert_allclose(objective(S, W, H), objective(X, W, H), rtol=1e-12)
    np.testing.assert_allclose(kkt_residual(S, W, H), kkt_residual(X, W, H), rtol=1e-10)
    assert reference_loss(S) == pytest.approx(0.5 * (X**2).sum())


def test_a_nearly_exact_sparse_fit_does_not_cancel(rng):
    W, H = sparse.random_array((50, 3), density=0.3, rng=rng), rng.random((3, 40))
    W = W.toarray()
    X = sparse.csr_array(W @ H)
    change = np.zeros_like(H)
    change[0, 0] = 1e-9
    direct = np.linalg.norm(W @ change) ** 2
    assert squared_error(X, W, H + change) == pytest.approx(direct, rel=1e-5)


def test_residual_is_zero_at_an_exact_fit_and_only_there(make_factors, rng):
    W, H = make_factors()
    X = W @ H
    assert kkt_residual(X, W, H) < 1e-14
    assert kkt_residual(X, W + 0.01 * rng.random(W.shape), H) > 1e-4


def test_residual_without_penalty_does_not_depend_on_scale(stack, rng):
    X, W, H = stack[0], stack[1][0], stack[2][0]
    c = np.exp(rng.normal(size=3) * 3)
    assert kkt_residual(X, W * c, H / c[:, None]) == pytest.approx(kkt_residual(X, W, H))
    assert kkt_residual(9 * X, 3 * W, 3 * H) == pytest.approx(kkt_residual(X, W, H))
    assert kkt_residual(X.T, H.T, W.T) == pytest.approx(kkt_residual(X, W, H))


def test_residual_is_continuous_as_the_penalty_vanishes(stack):
    X, W, H = stack[0], stack[1][0] * 50, stack[2][0] / 50
    tiny = kkt_residual(X, W, H, penalty=ElementwisePenalty(1e-14))
    assert tiny == pytest.approx(kkt_residual(X, W, H), rel=1e-9)


def test_positive_gradient_at_zero_is_no_violation_and_negative_is():
    X = np.array([[1.0, 0.0]])
    W, H = np.array([[1.0]]), np.array([[1.0, 0.0]])
    assert kkt_residual(X, W, H) == 0
    assert kkt_residual(np.array([[1.0, 0.5]]), W, H) > 0.1


def test_infinite_factors_have_an_infinite_residual(stack):
    X, W, H = stack[0], stack[1][0] * np.inf, stack[2][0]
    assert kkt_residual(X, W, H) == np.inf


def test_balance_keeps_terms_and_equals_norms(stack):
    _, W, H = stack
    W[0, :, 1] = 0
    w, h = balance(W, H)
    np.testing.assert_allclose(w @ h, W @ H, rtol=1e-13)
    norms = np.linalg.norm(w, axis=1), np.linalg.norm(h, axis=2)
    alive = norms[0] > 0
    assert (~alive).sum() == 1
    np.testing.assert_allclose(norms[0][alive], norms[1][alive])


def test_unknown_loss_is_refused(stack):
    with pytest.raises(RequestError, match="loss is 'l2'; possible: frobenius"):
        objective(stack[0], stack[1], stack[2], loss="l2")
