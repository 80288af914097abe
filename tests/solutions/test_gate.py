"""The limits that say which fits are as good as the best."""

from dataclasses import replace

import numpy as np
import pytest
from planted_fits import make_fits

from nmfstudy import Factorization, distance, distinct_solutions, fit
from nmfstudy.model.penalties import make_penalty
from nmfstudy.model.problem import Problem
from nmfstudy.solutions.gate import EVIDENCE, best_limit, near_limit, relative_gate


@pytest.mark.parametrize("best", [0.0, 1e-14, 0.3])
@pytest.mark.parametrize("size", [1e-12, 7.0, 1e12])
def test_limits_scale_with_the_data(best, size):
    """Data in other units have every loss multiplied by one number, and the same answer."""
    rtols = np.array([0, 1e-6, 0.1])
    np.testing.assert_allclose(
        near_limit(best * size, rtols, 2 * size), near_limit(best, rtols, 2.0) * size, rtol=1e-12
    )
    assert best_limit(best * size, 2 * size) == pytest.approx(best_limit(best, 2.0) * size)


@pytest.mark.parametrize("best", [0.0, 1e-14, 0.3])
def test_limits_are_nested_about_the_best(best):
    assert best < best_limit(best, 2.0) < near_limit(best, 1e-6, 2.0) <= near_limit(best, 0.1, 2.0)


def two_minima(rng, objective, n=20, d=10, scale=10.0, **columns):
    """Solutions of two fits of different factors."""
    fits = make_fits(rng.random((2, n, 2)), rng.random((2, 2, d)), objective, scale=scale)
    return distinct_solutions(replace(fits, **columns))


KL = {"problem": Problem(2, "kullback-leibler")}


def test_the_gate_is_the_same_evidence_at_every_size(rng):
    """Of Gaussian residuals of unknown size: n·d·log(L/L0), by the definition."""
    for n, d in ((6, 4), (24, 10), (400, 30)):
        edge = 2.0 * np.exp(EVIDENCE / (n * d))
        for factor, near in ((1 - 1e-3 / (n * d), True), (1 + 1e-3 / (n * d), False)):
            solutions = two_minima(rng, [2.0, edge * factor], n, d)
            assert solutions.near_optimal.tolist() == [True, near]
        assert solutions.gate.by == "evidence"
        assert solutions.likelihood_ratio == pytest.approx([0, EVIDENCE], abs=2e-3)
        assert solutions.objective_rtol == pytest.approx(np.expm1(EVIDENCE / (n * d)))


def test_counts_have_the_likelihood_of_poisson(rng):
    solutions = two_minima(rng, [30.0, 31.9], is_counts=True, **KL)
    assert solutions.likelihood_ratio == pytest.approx([0, 3.8])
    assert solutions.gate.by == "evidence" and solutions.n_distinct == 2
    assert two_minima(rng, [30.0, 31.95], is_counts=True, **KL).n_distinct == 1
    # In other units than counts the same difference means nothing.
    other = two_minima(rng, [30.0, 30.05], **KL)
    assert other.gate.by == "relative" and other.n_distinct == 1
    assert np.isnan(other.likelihood_ratio).all()


def test_what_has_no_likelihood_is_judged_relatively(rng):
    ridge = {"problem": Problem(2, penalty=make_penalty("ridge", 0.1))}
    for columns in (ridge, {"problem": Problem(2, "itakura-saito")}):
        solutions = two_minima(rng, [2.0, 2.0019], **columns)
        assert solutions.gate == ("relative", 1e-3) and solutions.n_distinct == 2
        assert two_minima(rng, [2.0, 2.0021], **columns).n_distinct == 1
        assert np.isnan(solutions.likelihood_ratio).all()
    exact = two_minima(rng, [1e-9, 4e-8])  # the reference loss is 50
    assert exact.gate.by == "relative" and exact.n_distinct == 2
    assert np.isnan(exact.likelihood_ratio).all()


def test_a_relative_gate_that_is_asked_for_is_taken(rng):
    fits = make_fits(rng.random((2, 6, 2)), rng.random((2, 2, 4)), [2.0, 2.1], scale=10.0)
    assert distinct_solutions(fits).n_distinct == 2
    narrow = distinct_solutions(fits, objective_rtol=1e-3)
    assert narrow.gate == ("relative", 1e-3) and narrow.n_distinct == 1
    assert narrow.likelihood_ratio == pytest.approx([0, 24 * np.log(1.05)])


def test_a_relative_gate_is_never_relative_to_what_nobody_explains():
    assert relative_gate(1e-3, 48.0, 50.0) == pytest.approx(1e-3 * 2 / 48)
    assert relative_gate(1e-3, 20.0, 50.0) == 1e-3
    assert relative_gate(1e-3, 60.0, 50.0) == 1e-3  # of a penalty


def test_data_seen_twice_are_twice_the_evidence(rng):
    X = rng.poisson(3.0, (12, 8)).astype(float)
    for loss, solver in (("frobenius", "coordinate_descent"), ("kullback-leibler", "scikit_learn")):
        asked = {"loss": loss, "solver": solver, "n_starts": 1, "max_iter": 300}
        one, two = (fit(x, 2, **asked) for x in (X, np.vstack([X, X])))
        assert one.is_counts and not fit(X / 3, 2, **asked).is_counts
        best = one.objective[0]
        worse = 1.01 * best
        once, twice = (
            distinct_solutions(f, kkt_tol=np.inf).likelihood.ratio(m * worse, m * best)
            for f, m in ((one, 1), (two, 2))
        )
        assert twice == pytest.approx(2 * once) and once > 0


def test_planted_factors_are_not_hidden_behind_a_relative_gate():
    """Where the minimum nearest to what was planted is as likely as the best, it counts."""
    hidden = {None: 0, 1e-3: 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        W, H = (
            rng.gamma(1.0, size=shape) * (rng.random(shape) < 0.6) for shape in ((22, 4), (4, 11))
        )
        X = W @ H
        noisy = np.maximum(X + 0.3 * X.mean() * rng.standard_normal(X.shape), 0)
        fits = fit(noisy, 4, n_starts=40, solver="accelerated")
        for rtol in hidden:
            solutions = distinct_solutions(fits, objective_rtol=rtol)
            apart = [
                distance(r.factorization, Factorization(W, H)) for r in solutions.representatives
            ]
            nearest = int(np.argmin(apart))
            if apart[0] > 1.2 * apart[nearest] and solutions.likelihood_ratio[nearest] < EVIDENCE:
                hidden[rtol] += not solutions.near_optimal[nearest]
    assert hidden[None] == 0 and hidden[1e-3] >= 1
