"""What a verdict says of its zero threshold and of the data holds."""

import numpy as np
import pytest
from known_cases import CIRC3, MENU_H, MENU_W, laurberg

from nmfstudy import certify
from nmfstudy.certificates import separable, supports
from nmfstudy.certificates.case import make_case, witness_problems
from nmfstudy.certificates.outcome import Outcome
from nmfstudy.certificates.zeros import sized
from nmfstudy.model.factorization import Factorization


def with_dust(dust):
    """The menu's factors, unique by their zeros, one of which is a little off."""
    W = MENU_W.copy()
    W[4, 0] = dust
    return W, MENU_H


@pytest.mark.parametrize("dust", [1e-7, 1e-5, 3e-3])
def test_the_status_is_the_same_all_over_the_interval_and_changes_at_the_dust(dust):
    factors = with_dust(dust)
    entries = sized(Factorization(*factors)).entries
    size = entries[entries > 0].min()
    above = certify(*factors, zero_threshold=10 * size)
    assert above.status == "unique"
    low, high = above.threshold_interval
    assert low == pytest.approx(size) and high > 10 * size
    for threshold in np.geomspace(low * 1.001, high * 0.999, 5):
        assert certify(*factors, zero_threshold=threshold, ladder=False).status == "unique"
    below = certify(*factors, zero_threshold=size / 10)
    assert below.status == "partially_identifiable"
    assert below.threshold_interval == (0.0, pytest.approx(size))


def test_the_residual_of_any_data():
    W, H = MENU_W, MENU_H
    X = W @ H
    assert certify(W, H, X=X, ladder=False).residual == pytest.approx(0, abs=1e-15)
    for scale in (1.0, 1e-3, 1e3):
        other = (W * scale, H)
        residual = certify(*other, X=X * scale + 0.01 * scale, ladder=False).residual
        expected = np.linalg.norm(np.full(X.shape, 0.01)) / np.linalg.norm(X + 0.01)
        assert residual == pytest.approx(expected)
    assert certify(W, H, X=np.zeros_like(X), ladder=False).residual == np.inf
    assert certify(W * 0, H, X=np.zeros_like(X), ladder=False).residual == 0


def test_a_witness_has_the_product_to_the_last_digits():
    verdict = certify(*laurberg(0.5))
    case = make_case(verdict.factorization)
    witness = case.scaled(verdict.witness)
    assert witness_problems(case, witness) == []
    exact = Factorization(witness.W * (1 + 1e-13), witness.H)
    assert witness_problems(case, exact) == []
    (problem,) = witness_problems(case, Factorization(witness.W * (1 + 1e-8), witness.H))
    assert "another product" in problem


@pytest.mark.parametrize("side", ["W", "H"])
def test_a_term_is_cut_on_a_side_that_has_two_entries(side):
    eye, wide = np.eye(3)[:, :2], np.array([[0.0, 2, 1], [3, 0, 0]])
    given = Factorization(eye, wide) if side == "H" else Factorization(wide.T, eye.T)
    cut = supports.split(given)
    assert cut.n_components == 3
    np.testing.assert_array_equal(cut.product(), given.product())
    grown = cut.H if side == "H" else cut.W.T
    assert sorted(map(tuple, grown)) == [(0, 0, 1), (0, 2, 0), (3, 0, 0)]
    assert supports.split(Factorization(np.eye(2), np.eye(2))) is None


def test_a_rank_below_the_nonnegative_rank_makes_no_component_spare():
    """The smallest such matrix: rank 3, and nobody has a factorization of size 3."""
    W = np.array([[1.0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]])
    outcomes = certify(W, np.eye(4), ladder=False).certificates
    (said,) = (o for o in outcomes if o.name == "supports")
    assert said.witness is None or said.witness.n_components == 4
    assert "suffice" not in said.reason


def test_one_separable_factor_needs_the_zeros_of_the_other():
    case = make_case(Factorization(CIRC3, np.eye(3)))
    claims = Outcome("separable", "proves", "because", evidence={"pure_H": [0, 1, 2]})
    problems = separable.problems_of(case, claims)
    assert problems == [f"the zeros of component {i} have rank 1" for i in (1, 2, 3)]
    both = Outcome(
        "separable", "proves", "because", evidence={"pure_H": [0, 1, 2], "pure_W": [0, 1, 2]}
    )
    assert any("is not pure" in problem for problem in separable.problems_of(case, both))
