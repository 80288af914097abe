"""What follows from the answers of all certificates, on answers made up."""

import numpy as np
import pytest
from known_cases import MENU_H, MENU_W, laurberg

from nmfstudy.certificates import ContradictionError, Outcome
from nmfstudy.certificates.case import make_case
from nmfstudy.certificates.combine import combine_outcomes
from nmfstudy.certificates.effort import Effort
from nmfstudy.model.factorization import Factorization

MENU = make_case(Factorization(MENU_W, MENU_H))


def says(name, **claims):
    return Outcome(name, "proves", "because", **claims)


def test_one_solution_is_a_claim_of_uniqueness():
    with pytest.raises(ContradictionError, match="counted but uniqueness not claimed"):
        combine_outcomes(MENU, [says("a", n_solutions=1)])
    merged = combine_outcomes(MENU, [says("a", n_solutions=1, unique=True)])
    assert merged["status"] == "unique"


def test_a_contradiction_names_who_says_what_first():
    other = Factorization(*laurberg(0.2))
    first, second = says("first", unique=True), says("second", unique=True)
    with pytest.raises(ContradictionError, match="first proves uniqueness, third has a second"):
        combine_outcomes(
            MENU, [first, second, says("third", witness=other), says("last", witness=other)]
        )
    with pytest.raises(ContradictionError, match="a proves h_1 identifiable, b refutes it"):
        combine_outcomes(MENU, [says("a", identifiable_H=(0, 2)), says("b", refuted_H=(0, 2))])
    with pytest.raises(ContradictionError, match="n_solutions: a says 2, b says 3"):
        combine_outcomes(MENU, [says("a", n_solutions=2), says("b", n_solutions=3)])
    with pytest.raises(ContradictionError, match="unique, yet the local dimension is 1"):
        combine_outcomes(MENU, [first, says("b", local_dimension=1, dimension_exact=True)])


def test_the_first_witness_is_handed_over_and_bounds_are_the_least():
    one, two = Factorization(*laurberg(0.2)), Factorization(*laurberg(0.3))
    merged = combine_outcomes(MENU, [says("a"), says("b", witness=one), says("c", witness=two)])
    assert merged["witness"] is one and merged["status"] == "not_unique"
    merged = combine_outcomes(MENU, [says("a", local_dimension=3), says("b", local_dimension=2)])
    assert (merged["local_dimension"], merged["dimension_exact"]) == (2, False)
    merged = combine_outcomes(MENU, [says("a", local_dimension=3, dimension_exact=True)])
    assert (merged["local_dimension"], merged["dimension_exact"]) == (3, True)
    merged = combine_outcomes(MENU, [])
    assert (merged["local_dimension"], merged["dimension_exact"]) == (None, False)
    assert merged["n_solutions"] is None and merged["witness"] is None


def test_the_status_when_nobody_says_anything(rng):
    """Open where a proof was possible; degenerate where factors leave nothing to prove."""

    def status(W, H, *outcomes):
        return combine_outcomes(make_case(Factorization(W, H)), outcomes)["status"]

    W, H = rng.random((7, 3)), rng.random((3, 8))
    assert status(W, H) == "inconclusive"
    exact = says("a", local_dimension=0, dimension_exact=True)
    assert status(W, H, exact) == "locally_unique"
    assert status(W, H, says("a", local_dimension=0)) == "inconclusive"
    assert status(W, H, says("a", local_dimension=1, dimension_exact=True)) == "inconclusive"
    # More components than rows are dependent by their number, not by their entries.
    assert status(rng.random((3, 4)), rng.random((4, 9))) == "inconclusive"
    nearly = np.column_stack([W, W.sum(axis=1) + 1e-13 * rng.random(7)])
    assert status(nearly, rng.random((4, 8))) == "degenerate"
    for dead in ((W * [1, 1, 0], H), (W, H * [[1], [1], [0]]), (W[:, [0, 1, 1]], H[[0, 1, 1]])):
        assert make_case(Factorization(*dead)).spare == 1
        assert status(*dead, exact) == "degenerate"
    assert make_case(Factorization(W, H)).spare == 0


def test_an_effort_counts_down_to_zero_and_no_further():
    effort = Effort(100.0)
    assert effort.left() == 100 and not effort.exhausted()
    part = effort.part(0.25)
    part.spend(20.0)
    assert (part.left(), effort.left()) == (5, 80)
    part.compute(50e9)
    assert part.left() == 0 and part.exhausted() and not effort.exhausted()
    assert effort.left() == pytest.approx(30)
    for seconds in (0.0, -5.0):
        assert Effort(seconds).exhausted() and Effort(seconds).left() == 0
