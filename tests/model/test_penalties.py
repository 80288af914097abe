import numpy as np
import pytest

from nmfstudy.model.penalties import PENALTIES, ElementwisePenalty, ScaleFreePenalty, make_penalty
from nmfstudy.util.errors import RequestError


def test_value_is_scikit_learns_formula(make_factors):
    W, H = make_factors(8, 6)
    value = ElementwisePenalty(0.1, 0.3, 0.25).value(W, H)
    on_W = 6 * 0.1 * (0.25 * W.sum() + 0.75 / 2 * (W**2).sum())
    on_H = 8 * 0.3 * (0.25 * H.sum() + 0.75 / 2 * (H**2).sum())
    assert value == pytest.approx(on_W + on_H)


def test_one_sided_penalty_gets_ever_cheaper_by_scaling(make_factors):
    W, H = make_factors()
    penalty = ElementwisePenalty(0.1, 0.0, 1.0)
    assert penalty.one_sided
    assert penalty.value(W / 1e6, H * 1e6) == pytest.approx(penalty.value(W, H) / 1e6)


@pytest.mark.parametrize("side", ["W", "H"])
def test_scale_free_penalty_does_not_change_with_scale(make_factors, side):
    W, H = make_factors()
    penalty = ScaleFreePenalty(side, 0.7)
    c = np.array([1e-3, 1.0, 1e5])
    assert penalty.value(W * c, H / c[:, None]) == pytest.approx(penalty.value(W, H))
    mirror = ScaleFreePenalty("H" if side == "W" else "W", 0.7)
    assert mirror.value(H.T, W.T) == pytest.approx(penalty.value(W, H))


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_goes_by_its_name(name):
    numbers = {"strength": 0.1} if name.startswith("scale_free") else {"alpha_W": 0.1}
    if name == "none":
        numbers = {}
    if name == "elastic":
        numbers["l1_ratio"] = 0.5
    penalty = make_penalty(name, **numbers)
    assert penalty.name == name
    assert penalty.is_zero == (name == "none")
    hash(penalty)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"name": "l2"}, "penalty.name is 'l2'; possible: none, l1"),
        ({"name": "l1", "alpha_W": -1}, "alpha_W is -1"),
        ({"name": "l1", "alpha_W": "x"}, "alpha_W is 'x'"),
        ({"name": "l1", "alpha_W": True}, "alpha_W is True"),
        ({"name": "l1", "alpha_W": 1, "alpha_H": "other"}, "possible: same, a number >= 0"),
        ({"name": "l1", "alpha_W": float("inf")}, "alpha_W is inf"),
        ({"name": "elastic", "alpha_W": 1, "l1_ratio": 2}, r"l1_ratio is 2(\.0)?; possible: 0"),
        ({"name": "l1", "alpha_W": 1, "l1_ratio": 0.5}, "l1_ratio is 0.5 but penalty.name is l1"),
        ({"name": "none", "alpha_W": 1}, "penalty.name is none but alpha_W is 1"),
        ({"name": "scale_free_W", "strength": "x"}, "strength is 'x'"),
        ({"name": "scale_free_W", "strength": -2}, "strength is -2"),
    ],
)
def test_impossible_penalties_are_refused(kwargs, message):
    with pytest.raises(RequestError, match=message):
        make_penalty(**kwargs)
