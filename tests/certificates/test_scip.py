"""Scattered factors of many components: SCIP agrees with the list of rays, and is asked again."""

import copy

import numpy as np
import pytest
from known_cases import laurberg

from nmfstudy import Factorization, certify
from nmfstudy.certificates import scattered, scip
from nmfstudy.certificates.case import make_case
from nmfstudy.certificates.effort import Effort
from nmfstudy.util.streams import stream

needs_scip = pytest.mark.skipif(not scip.available(), reason="PySCIPOpt is not installed")


def random_case(k, n, density, seed=0):
    rng = stream(seed, "scattered")
    W, H = (rng.random((n, k)) * (rng.random((n, k)) < density) for _ in range(2))
    return make_case(Factorization(W, H.T))


def laurberg_case(alpha):
    return make_case(Factorization(*laurberg(alpha)))


@needs_scip
@pytest.mark.parametrize("k, n, density", [(4, 40, 0.4), (5, 60, 0.4), (4, 12, 0.5), (4, 14, 0.6)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scip_proves_nothing_that_the_rays_do_not(k, n, density, seed):
    case = random_case(k, n, density, seed)
    listed = scattered.run(case, Effort(20))
    asked = scattered._run_scip(case, Effort(20))
    assert listed.unique or not asked.unique
    if density == 0.4:
        assert asked.unique and scattered.problems_of(case, asked) == []


@needs_scip
@pytest.mark.parametrize("alpha, unique", [(0.3, True), (0.5, False), (0.7, False)])
def test_laurberg_is_scattered_below_one_half(alpha, unique):
    outcome = scattered._run_scip(laurberg_case(alpha), Effort(20))
    assert outcome.unique == unique


@pytest.fixture(scope="module")
def proof():
    if not scip.available():
        pytest.skip("PySCIPOpt is not installed")
    case = random_case(4, 40, 0.4)
    return case, scattered._run_scip(case, Effort(20))


def _negate(side):
    side["multipliers"][1][0][0] = -1.0


def _turn(side):
    side["multipliers"][0][0][-1] += 0.1


def _drop(side):
    side["multipliers"].pop()


@pytest.mark.parametrize("tamper", [_negate, _turn, _drop])
@pytest.mark.parametrize("side", ["W", "H"])
def test_tampered_evidence_fails(proof, tamper, side):
    case, outcome = copy.deepcopy(proof)
    tamper(outcome.evidence[side])
    assert scattered.problems_of(case, outcome)


@needs_scip
def test_another_scaling_fails():
    case = laurberg_case(0.3)
    outcome = scattered._run_scip(case, Effort(20))
    assert scattered.problems_of(case, outcome) == []
    outcome.evidence["log_scale"][0] += 3.0
    assert scattered.problems_of(case, outcome)


def test_without_scip_the_claim_counts_as_not_checked(proof, monkeypatch):
    case, outcome = proof
    monkeypatch.setattr(scip, "available", lambda: False)
    assert any("not installed" in problem for problem in scattered.problems_of(case, outcome))


def test_every_element_of_the_wedge_meets_its_bound():
    case = random_case(4, 40, 0.4)
    points = scip.scaled(case.W, -1.0, np.zeros(4))
    multipliers, t = scip.wedge(points, 2, Effort(20))
    assert scip.wedge_problems(points, 2, multipliers, t) == []
    assert scip.wedge_problems(points, 2, multipliers, t / 2) != []
    d = stream(0, "wedge").normal(size=(200_000, 4))
    d -= d.mean(axis=1, keepdims=True)
    inside = d[(d @ points[points[:, 2] == 0].T >= 0).all(axis=1)]
    assert len(inside) > 10
    assert (inside[:, 2] < 0).all()
    assert (np.abs(inside) <= -t * inside[:, [2]]).all()


@needs_scip
def test_ten_components_are_proved_unique():
    case = random_case(10, 80, 0.4)
    outcome = scattered.run(case, Effort(60))
    assert outcome.unique and outcome.margin == pytest.approx(scip.NORM_SLACK)
    verdict = certify(case.W, case.H, budget=60, ladder=False)
    assert verdict.status == "unique"


def test_above_nine_components_it_says_what_it_needs(monkeypatch):
    monkeypatch.setattr(scip, "available", lambda: False)
    outcome = scattered.run(random_case(10, 80, 0.4), Effort(10))
    assert outcome.outcome == "skipped" and "PySCIPOpt" in outcome.reason
