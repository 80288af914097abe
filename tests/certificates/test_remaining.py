"""All components but one are proved: the rest is decided, and only then."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from nmfstudy import certify
from nmfstudy.certificates import partial, rank2, rank3, remaining
from nmfstudy.certificates.case import make_case
from nmfstudy.certificates.combine import proved
from nmfstudy.certificates.effort import Effort
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream


def drawn(k, seed):
    """Sparse factors of small integers with rank k and no zero rows and columns, or None."""
    rng = stream(seed, f"remaining {k}")
    factors = []
    for m in rng.integers(k + 1, 3 * k, 2):
        factor = (rng.random((m, k)) < rng.choice([0.45, 0.55, 0.65])) * rng.integers(1, 6, (m, k))
        factors.append(factor[factor.any(axis=1)].astype(float))
    if min(np.linalg.matrix_rank(f) for f in factors) < k:
        return None
    return factors[0], factors[1].T


def decided(k, seeds):
    """Cases in which all but one component of W or of H are proved, with the outcome."""
    for seed in seeds:
        factors = drawn(k, seed)
        if factors is None:
            continue
        case = make_case(Factorization(*factors))
        before = [m.run(case, Effort(10)) for m in (rank2, partial)]
        outcome = remaining.run(case, Effort(10), proved(before))
        if outcome.outcome in ("proves", "refutes"):
            yield case, outcome


def extent(case, side, i):
    """The largest |c_p| in the polytope itself, by linear programs: 0 if it is {0}."""
    W, H = (case.W, case.H) if side == "W" else (case.H.T, case.W.T)
    rest = [p for p in range(case.k) if p != i]
    live = H[i] > 0
    A = [-W[:, rest], *(np.outer(H[i, live], e) for e in np.eye(case.k - 1))]
    b = [W[:, i], *(H[p, live] for p in rest)]
    found = []
    for sign in (1, -1):
        for cost in np.eye(case.k - 1):
            done = linprog(sign * cost, np.vstack(A), np.concatenate(b), bounds=(None, None))
            found.append(abs(done.fun))
    return max(found)


@pytest.mark.parametrize("k", [3, 4, 5])
@pytest.mark.parametrize("side", ["W", "H"])
def test_a_linear_program_over_the_whole_polytope_agrees(k, side):
    """For any component, as if the others were proved: what follows from that is judged here."""
    seen = []
    for seed in range(15):
        factors = drawn(k, seed)
        case = None if factors is None else make_case(Factorization(*factors))
        for i in range(k if case is not None and case.k == k else 0):
            rest = tuple(p for p in range(k) if p != i)
            outcome = remaining.run(case, Effort(10), (rest, ()) if side == "W" else ((), rest))
            assert outcome.unique == (extent(case, side, i) < 1e-9)
            assert outcome.unique == (outcome.n_solutions == 1) == (outcome.local_dimension == 0)
            assert outcome.unique == (outcome.witness is None)
            assert not remaining.problems_of(case, outcome)
            seen.append(outcome.unique)
    assert any(seen) and not all(seen)


def test_the_exact_decision_of_three_components_agrees():
    seen = []
    for case, outcome in decided(3, range(80)):
        exact = rank3.run(case, Effort(20))
        assert exact.n_solutions == outcome.n_solutions
        if outcome.unique:
            assert exact.unique
        else:
            # What moves in one of the triangles is not claimed here.
            assert not set(exact.refuted_W) & set(outcome.identifiable_W)
            assert not set(exact.refuted_H) & set(outcome.identifiable_H)
        seen.append(outcome.unique)
    assert len(seen) > 5


def test_the_closed_form_of_two_components_agrees():
    """One interval is {0}; the other's length is the room that the second component has."""
    seen = 0
    for case, outcome in decided(2, range(100)):
        exact = rank2.run(case, Effort(1))
        assert exact.local_dimension == outcome.local_dimension == 1
        assert exact.identifiable_W == outcome.identifiable_W
        assert exact.identifiable_H == outcome.identifiable_H
        seen += 1
    assert seen > 10


# w_1, w_2 and w_3 are proved by their pure columns; nothing else decides the rest.
OPEN = (
    [[0, 0, 3, 0], [3, 2, 0, 0], [0, 2, 2, 0], [0, 2, 0, 0], [0, 0, 3, 2], [1, 0, 0, 1]],
    [[2, 2, 0, 0, 0], [3, 0, 0, 3, 0], [0, 0, 1, 0, 3], [3, 0, 1, 0, 0]],
)


@pytest.fixture(scope="module")
def four():
    return certify(*map(np.array, OPEN), ladder=False)


def test_what_no_other_certificate_decides_is_unique(four):
    assert four.status == "unique" and four.verify()
    assert [o.name for o in four.certificates if o.unique] == ["remaining"]
    (outcome,) = (o for o in four.certificates if o.name == "remaining")
    assert outcome.given_W == (0, 1, 2)


def test_what_is_given_must_be_proved_before(four):
    alone = tuple(o for o in four.certificates if o.name != "partial")
    problems = replace(four, certificates=alone).verify().problems
    assert any("no certificate before it proves" in p for p in problems)
    later = (*(o for o in four.certificates if o.name != "partial"), four.certificates[4])
    assert later[-1].name == "partial"
    assert not replace(four, certificates=later).verify()


def changed(four, change):
    (outcome,) = (o for o in four.certificates if o.name == "remaining")
    evidence = copy.deepcopy(outcome.evidence)
    claims = change(evidence) or {}
    case = make_case(four.factorization)
    assert not remaining.problems_of(case, outcome)
    return remaining.problems_of(case, replace(outcome, evidence=evidence, **claims))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e["multipliers"].__setitem__(0, -1.0),
        lambda e: e["multipliers"].pop() and None,
        lambda e: (e["multipliers"].pop(), e["tight"].pop()) and None,
        lambda e: e["tight"].__setitem__(0, 10**6),
        lambda e: e["tight"].__setitem__(0, e["tight"][1]),
        lambda e: e.update(side="H"),
        lambda e: e.update(tight=[], multipliers=[]),
        lambda e: {"given_W": (0, 1)},
        lambda e: {"given_W": tuple(range(4))},
        lambda e: {"local_dimension": 1},
        lambda e: {"unique": False},
        lambda e: {"refuted_W": (0,)},
    ],
)
def test_a_forged_proof_is_seen_through(four, change):
    assert changed(four, change)


def test_a_false_claim_about_what_moves_is_seen_through():
    case, outcome = next((c, o) for c, o in decided(4, range(200)) if not o.unique)
    i = next(i for i in range(4) if i not in outcome.identifiable_W)
    for claims in (
        {"identifiable_W": (*outcome.identifiable_W, i)},
        {"identifiable_H": tuple(range(4))},
        {"unique": True, "n_solutions": 1},
        {"local_dimension": outcome.local_dimension + 1},
        {"evidence": outcome.evidence | {"direction": [0.0] * 3}},
    ):
        assert remaining.problems_of(case, replace(outcome, **claims))


def test_two_open_components_are_not_decided():
    # w_1 alone is proved, and each of the others has room only if the other one moves as well.
    W = np.array([[0, 1, 1], [1, 0, 0], [0.5, 0, 1], [0.5, 1, 0]])
    H = np.array([[1, 0, 0], [0, 0.8, 0.2], [0, 0.2, 0.8]])
    (outcome,) = (o for o in certify(W, H).certificates if o.name == "remaining")
    assert outcome.outcome == "skipped" and "more than one" in outcome.reason
