"""Which components are trusted, which trade places, which persist."""

from dataclasses import replace

import numpy as np
import pytest
from solutions.planted_fits import disguise, make_fits

from nmfstudy import RequestError, distinct_solutions, fit, load_dataset
from nmfstudy.assess.component_trust import component_trust, persistence
from nmfstudy.assess.robustness import robustness
from nmfstudy.model.distance import distance
from nmfstudy.model.factorization import Factorization
from nmfstudy.report.words_on_trust import (
    persistence_sentence,
    robustness_sentence,
    trust_sentence,
)
from nmfstudy.solutions.kind import ProvedKind


def blocks(k, n=4):
    """k terms on disjoint blocks of rows and columns: congruence 0 between any two."""
    return np.kron(np.eye(k), np.ones((n, 1))), np.kron(np.eye(k), np.ones((1, n)))


def solve(rng, pairs, objective=1.0, copies=10, **options):
    """Solutions of ten disguised copies of each pair of factors."""
    fits = [disguise(rng, *pair) for pair in pairs for _ in range(copies)]
    objective = np.repeat(np.broadcast_to(objective, len(pairs)), copies)
    stacked = map(np.array, zip(*fits, strict=True))
    return distinct_solutions(make_fits(*stacked, objective, scale=10.0), **options)


def in_best(solutions, pair, component):
    """Index in the best solution of a component of ``pair``."""
    from nmfstudy import match

    return int(match(pair, solutions.representatives[0].factorization)[0][component])


def test_one_solution_is_trusted(rng):
    solutions = solve(rng, [blocks(3)])
    trust = component_trust(solutions)
    assert trust.trusted.all() and trust.share == 1
    text = trust_sentence(trust, solutions)
    assert text == "Trust all 3 components (no other solution was found that fits as well)."
    assert np.isnan(trust.components[0].near_equal) and trust.components[0].n_near == 0


def test_trading_places(rng):
    # Components 1 and 4 share two rows; which of them owns the rows is left open.
    W, H = blocks(5)
    first, second = W.copy(), W.copy()
    extra = np.zeros(len(W))
    extra[[1, 2]] = 1.0
    H = H.copy()
    H[4] = H[1] + 0.05 * H[4]
    first[:, 1] += 3 * extra
    first[:, 4] += 0 * extra
    second[:, 4] += 3 * extra
    pairs = [(first, H), (second, H)]
    solutions = solve(rng, pairs)
    assert solutions.n_distinct == 2
    trust = component_trust(solutions)
    traders = {in_best(solutions, pairs[0], 1), in_best(solutions, pairs[0], 4)}
    assert {frozenset(g) for g in trust.groups} == {frozenset(traders)}
    assert set(np.flatnonzero(~trust.trusted)) == traders
    a, b = sorted(r + 1 for r in traders)
    assert f"{a} and {b} trade places" in trust_sentence(trust, solutions)
    x, y, z = (r + 1 for r in range(5) if r not in traders)
    assert trust_sentence(trust, solutions).startswith(f"Trust components {x}, {y} and {z};")


def test_worse_minima_are_reported_but_not_held_against(rng):
    W, H = blocks(3)
    worse = W[:, [0, 1, 2]].copy()
    worse[:, 2] = W[:, 2] + W[:, 1]
    solutions = solve(rng, [(W, H), (worse, H)], [1.0, 2.0])
    assert (solutions.n_minima, solutions.n_distinct) == (2, 1)
    trust = component_trust(solutions)
    assert trust.trusted.all()
    changed = in_best(solutions, (W, H), 2)
    for c in trust.components:
        assert c.n_minima == 1
        assert c.minima_equal == (c.component != changed)
    assert trust.components[changed].minima_lowest == pytest.approx(1 / np.sqrt(2))


@pytest.mark.parametrize(("size", "trusted", "similar"), [(0.2, 1, 1), (0.5, 0, 1), (1.0, 0, 0)])
def test_thresholds(rng, size, trusted, similar):
    # cos = 1/√(1 + size²/…): .99, .89 and .71 for one component, the others do not move.
    W, H = blocks(3)
    other = W.copy()
    other[:, 0] += size * W[:, 1]
    solutions = solve(rng, [(W, H), (other, H)])
    trust = component_trust(solutions)
    moved = trust.components[in_best(solutions, (W, H), 0)]
    assert (moved.trusted, moved.similar) == (bool(trusted), bool(similar))
    assert moved.near_lowest == pytest.approx(1 / np.sqrt(1 + size**2))
    if not trusted:
        assert ("is similar in all" in trust_sentence(trust, solutions)) == bool(similar)
        assert ("differs between" in trust_sentence(trust, solutions)) != bool(similar)


def test_dead_components_are_not_trusted(rng):
    W, H = blocks(3)
    W[:, 1] = 0
    solutions = solve(rng, [(W, H)])
    trust = component_trust(solutions)
    assert trust.trusted.sum() == 2 and "is zero" in trust_sentence(trust, solutions)


def test_without_a_solution_nothing_is_trusted(rng):
    W, H = blocks(2)
    fits = make_fits([W], [H], kkt_residual=1.0)
    solutions = distinct_solutions(fits)
    trust = component_trust(solutions)
    assert trust.components == () and np.isnan(trust.share) and trust.code == "no_solution"
    assert trust_sentence(trust, solutions).startswith(
        "Trust no component: none of the 1 fits converged"
    )
    with pytest.raises(RequestError, match="no solution with n_components=2"):
        persistence(solutions, solve(rng, [blocks(3)]))


def test_an_unsettled_count_is_said(rng):
    solutions = solve(rng, [blocks(2)], copies=3)
    assert "unsettled: only 3 converged" in trust_sentence(component_trust(solutions), solutions)


def test_one_minimum_may_be_a_wide_continuum(rng):
    """Single linkage makes one of it: its own members are what the best is compared with."""
    W, H = blocks(2)
    other = np.column_stack([W[:, 0] + W[:, 1], W[:, 1]])
    steps = np.linspace(0, 1, 800)
    fits = [disguise(rng, W + t * (other - W), H) for t in steps]
    chained = make_fits(*map(np.array, zip(*fits, strict=True)), scale=10.0)
    solutions = distinct_solutions(chained)
    assert (solutions.kind, solutions.n_distinct, len(solutions.members)) == ("continuum", 1, 30)
    trust = component_trust(solutions)
    moved = in_best(solutions, (W, H), 0)
    assert trust.trusted.tolist() == [r != moved for r in range(2)]
    assert trust.components[moved].near_lowest == pytest.approx(1 / np.sqrt(2), abs=0.01)
    assert "compared with 30 others" in trust_sentence(trust, solutions)


@pytest.mark.parametrize(("name", "tol", "trusted"), [("basket", 0.03, 1), ("menu", 3e-3, 2)])
def test_continua_that_a_tolerance_makes_one(name, tol, trusted):
    fits = fit(load_dataset(name), 2, n_starts=300)
    solutions = distinct_solutions(fits, distance_tol=tol)
    assert (solutions.kind, solutions.n_distinct) == ("continuum", 1)
    trust = component_trust(solutions)
    assert trust.components[0].n_near == len(solutions.members) > 1
    assert trust.trusted.sum() == trusted
    distances = [
        distance(solutions.representatives[0].factorization, m.factorization)
        for m in solutions.members
    ]
    assert distances[0] == max(distances) == pytest.approx(solutions.evidence.width, rel=0.05)


def test_a_witness_is_compared_with(rng):
    W, H = blocks(3)
    solutions = solve(rng, [(W, H)])
    other = W.copy()
    other[:, 0] += W[:, 1]
    trust = component_trust(solutions, [Factorization(W, H), Factorization(other, H)])
    moved = in_best(solutions, (W, H), 0)
    assert trust.trusted.tolist() == [r != moved for r in range(3)]
    assert trust.components[0].n_near == 1  # the other witness is the solution itself


def test_a_continuum_of_which_one_is_known_is_not_judged(rng):
    solutions = solve(rng, [blocks(2)], copies=20).with_proof(ProvedKind(local_dimension=1))
    assert solutions.kind == "continuum"
    trust = component_trust(solutions)
    assert not trust.trusted.any()
    assert trust_sentence(trust, solutions).startswith(
        "Trust cannot be judged: the solutions form a continuum"
    )


def test_what_another_gate_would_change_is_said(rng):
    W, H = blocks(3)
    other = W.copy()
    other[:, 0] += W[:, 1]
    apart = solve(rng, [(W, H), (other, H)], [1.0, 1.006], objective_rtol=1e-3)
    robust = robustness(apart, component_trust(apart))
    moved = in_best(apart, (W, H), 0)
    rest = " and ".join(str(r + 1) for r in range(3) if r != moved)
    assert robust.fragile and robustness_sentence(robust) == (
        f"Fragile: if minima 0.6 % worse counted as well, components {rest} would be trusted."
    )
    far = solve(rng, [(W, H), (other, H)], [1.0, 1.011], objective_rtol=1e-3)
    robust = robustness(far, component_trust(far))
    assert not robust.fragile and robustness_sentence(robust) == (
        "Robust: the same components are trusted for every gate from 10⁻⁴ % to 1.1 %."
    )


def test_known_answers():
    one = distinct_solutions(fit(load_dataset("menu"), 3, n_starts=40))
    assert component_trust(one).share == 1
    two = distinct_solutions(fit(load_dataset("circ3"), 3, n_starts=40))
    assert component_trust(two).share == 0
    assert component_trust(two).groups == ()  # The sum of all is the data: it says nothing.


def test_persistence_of_blocks(rng):
    W, H = blocks(4)
    fewer = solve(rng, [(W[:, :3] + np.column_stack([W[:, 3] * 0, W[:, 3] * 0, W[:, 3]]), H[:3])])
    more = solve(rng, [(W, H)])
    found = persistence(fewer, more)
    merged = in_best(fewer, (W[:, :3], H[:3]), 2)
    assert found.persists.tolist() == [r != merged for r in range(3)]
    assert found.congruence[merged] == pytest.approx(1 / np.sqrt(2))
    assert len(found.new) == 2 and found.partner[merged] in found.new
    text = persistence_sentence(found)
    assert "From 3 to 4 components" in text and "breaks up" in text
    with pytest.raises(RequestError, match="the smaller number first"):
        persistence(more, fewer)


def test_no_component_is_trusted_where_the_best_fit_does_not_count():
    fits = fit(load_dataset("digits"), 5, n_starts=20, solver="accelerated")
    best = fits.objective < fits.objective.min() * (1 + 1e-6)
    reason = np.where(best, "max_iter", fits.stop_reason)
    solutions = distinct_solutions(
        replace(fits, converged=~best, stop_reason=reason, kkt_residual=np.where(best, 1e-3, 0))
    )
    assert 0 < best.sum() < 20 and solutions.kind == "unsettled" and not solutions.n_distinct
    trust = component_trust(solutions)
    assert trust.components == () and trust_sentence(trust, solutions).startswith(
        "Trust no component: "
    )
    assert np.isnan(trust.share)
