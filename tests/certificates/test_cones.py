"""Cones with known tight inequalities: planted ones, subspaces and wedges."""

import numpy as np
import pytest

from nmfstudy.certificates import cones
from nmfstudy.certificates.cones import (
    analyse,
    balancing_multipliers,
    normalised,
    rank_of,
    unbalanced,
)
from nmfstudy.certificates.effort import Effort


def planted(rng, n_tight, n_strict, unknowns):
    """Rows that cancel (tight, in a subspace) and rows positive on a point of its complement."""
    half = rng.normal(size=(n_tight - 1, 3)) @ rng.normal(size=(3, unknowns))
    tight = np.vstack([half, -half.sum(axis=0)])
    inside = np.linalg.svd(half)[2][3]  # orthogonal to all tight rows
    strict = rng.normal(size=(n_strict, unknowns))
    strict += (0.5 + np.abs(strict @ inside) - strict @ inside)[:, None] * inside
    order = rng.permutation(n_tight + n_strict)
    rows = np.vstack([tight, strict])[order]
    return normalised(rows), np.flatnonzero(order < n_tight)


@pytest.mark.parametrize("working_set", [1500, 5])
@pytest.mark.parametrize("n_strict", [0, 3, 60])
def test_planted_equalities_are_found_with_proof(rng, monkeypatch, working_set, n_strict):
    """However many inequalities the first linear program has."""
    monkeypatch.setattr(cones, "WORKING_SET", working_set)
    A, tight = planted(rng, 6, n_strict, 9)
    cone = analyse(A, Effort(20))
    assert cone.settled and cone.tight.tolist() == tight.tolist()
    assert cone.rank == 3
    assert unbalanced(A[cone.tight], cone.multipliers) == []
    assert (A @ cone.point > -1e-9).all()
    strict = np.setdiff1d(np.arange(len(A)), tight)
    assert (A[strict] @ cone.point).min(initial=np.inf) == cone.least_slack > cones.CAP / 2


def test_a_pointed_cone_has_no_equality_and_a_point_cone_all(rng):
    cone = analyse(np.eye(4), Effort(20))
    assert cone.settled and cone.rank == 0 and cone.tight.size == 0
    cone = analyse(np.vstack([np.eye(4), np.full((1, 4), -0.5)]), Effort(20))
    assert cone.settled and cone.rank == 4 and cone.tight.size == 5
    assert unbalanced(np.vstack([np.eye(4), np.full((1, 4), -0.5)]), cone.multipliers) == []


def test_nothing_asked_is_nothing_tight_and_no_time_is_no_answer():
    cone = analyse(np.zeros((0, 3)), Effort(20))
    assert cone.settled and cone.least_slack == np.inf and not cone.tight.size
    assert analyse(np.eye(3), Effort(0)) is None
    assert balancing_multipliers(np.array([[1.0], [-1.0]]), Effort(0)) is None
    assert balancing_multipliers(np.zeros((0, 3)), Effort(20)).size == 0


def test_balance_is_stiemkes_alternative(rng):
    """Multipliers exist exactly if no x makes an inequality strict."""
    A = np.array([[1.0, 0], [0, 1], [-1, -1]])
    assert unbalanced(A, balancing_multipliers(A, Effort(20))) == []
    assert (
        balancing_multipliers(np.array([[1.0, 0], [0, 1], [-1, 0]]), Effort(20)) is None
    )  # x = (0, 1)
    free = np.array([False, True, False])
    multipliers = balancing_multipliers(np.array([[1.0, 0], [0, 1], [-1, 0]]), Effort(20), free)
    assert multipliers[1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("multipliers", "words"),
    [
        ([1.0, 1.0], "not one multiplier"),
        ([1.0, np.nan, 1.0], "not one multiplier"),
        ([1.0, 1.0, 0.4], "is not positive"),
        ([1.0, 1.0, 1.1], "do not balance"),
        ([3e6, 3e6, 3e6], "too large"),
    ],
)
def test_what_is_no_proof(multipliers, words):
    A = np.array([[1.0, 0], [0, 1], [-1, -1]])
    assert unbalanced(A, [0.5, 0.5, 0.5]) == []
    assert any(words in problem for problem in unbalanced(A, multipliers))
    assert unbalanced(np.zeros((0, 2)), []) == []


def test_ranks_near_rounding_are_in_doubt():
    assert rank_of(np.zeros((0, 3))) == (0, True)
    assert rank_of(np.diag([1.0, 1.0, 0.0])) == (2, True)
    assert rank_of(np.diag([1.0, 1.0, 1e-9])) == (2, False)
    assert rank_of(np.diag([1.0, 1.0, 1e-7])) == (3, True)
