"""Bounds on other fits: never beaten by a fit, and what is proved alone is alone."""

import json
from dataclasses import replace
from itertools import chain, combinations, product

import numpy as np
import pytest
from known_cases import MENU_H, MENU_W, laurberg

import nmfstudy as ns
from nmfstudy.certificates import Verdict, optimality
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.polar import cheap_bound, polar
from nmfstudy.certificates.rounding import positive_definite
from nmfstudy.certificates.spectral import spectral_bound
from nmfstudy.certificates.wording import as_a_fit
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.util.streams import stream

MENU = ns.load_dataset("menu").X


def fitted(X, k, alpha=0.0, n_starts=40):
    """The best converged fit, and all of them."""
    fits = ns.fit(X, n_components=k, n_starts=n_starts, alpha_W=alpha)
    fits = fits[fits.converged]
    return fits[int(fits.objective.argmin())], fits


def proved(X, fit, alpha=0.0, **options):
    return optimality(X, fit.W, fit.H, penalty=ElementwisePenalty(alpha), **options)


def subsets(n):
    return chain.from_iterable(combinations(range(n), size) for size in range(1, n + 1))


def polar_by_supports(R):
    """Brute force: a maximiser is the leading pair of the block it is positive on."""
    best = max(float(R.max()), 0.0)
    for rows, columns in product(subsets(R.shape[0]), subsets(R.shape[1])):
        U, s, Vt = np.linalg.svd(R[np.ix_(rows, columns)])
        pair = np.concatenate([U[:, 0], Vt[0]])
        if (pair > 0).all() or (pair < 0).all():
            best = max(best, float(s[0]))
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_polar_is_that_of_all_supports(seed):
    rng = stream(seed, "polar")
    n, m = rng.integers(2, 7), rng.integers(2, 5)
    R = rng.standard_normal((n, m)) * 10.0 ** rng.integers(-3, 4)
    truth = polar_by_supports(R)
    for matrix in (R, R.T):
        found = polar(matrix, 1e-9 * np.linalg.norm(R), Effort(2.0))
        assert found.upper >= truth
        assert found.upper <= cheap_bound(matrix)
        if found.atoms is not None:
            assert found.upper == pytest.approx(truth, rel=1e-9)
            assert max(a.value for a in found.atoms) == pytest.approx(truth, rel=1e-9)
            for atom in found.atoms:
                assert atom.w @ matrix @ atom.h == pytest.approx(atom.value)
    assert polar(R, 1e-9, Effort(1e-9)).upper >= truth


def test_most_polars_are_settled():
    rng = stream(0, "settled")
    matrices = [rng.standard_normal((6, 4)) for _ in range(20)]
    assert sum(polar(R, 1e-9, Effort(2.0)).atoms is not None for R in matrices) >= 18


@pytest.mark.parametrize(
    ("alpha", "k", "objective"), [(0.1, 4, 3.9839920), (0.2, 2, 7.2137550), (0.05, 5, 2.1017776)]
)
def test_menu_with_ridge_is_proved_alone(alpha, k, objective):
    fit, fits = fitted(MENU, k, alpha)
    found = proved(MENU, fit, alpha)
    assert found.unique and found.best and found.any_n_components
    assert found.gap < 1e-12 and found.radius < 1e-2
    assert found.objective == pytest.approx(objective, abs=5e-8)
    assert found.n_terms == {4: 3, 2: 2, 5: 5}[k]
    assert ns.distinct_solutions(fits).n_best == 1


def test_menu_has_one_term_more_than_four_components():
    fit, _ = fitted(MENU, 4, 0.05)
    found = proved(MENU, fit, 0.05)
    assert not found.best and found.gap == pytest.approx(0.0069, abs=1e-4)
    assert found.objective == pytest.approx(2.1019594, abs=5e-8)
    assert found.bound < fitted(MENU, 5, 0.05)[0].objective < found.objective


def test_menu_with_little_ridge_stays_open():
    fit, _ = fitted(MENU, 4, 0.01)
    found = proved(MENU, fit, 0.01)
    assert not found.best and not found.unique
    assert found.gap == pytest.approx(0.0159, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_no_start_is_better_than_a_bound(seed):
    """Of many starts on small problems, with as many components and with one more."""
    rng = stream(seed, "small")
    n, d, k = rng.integers(3, 7), rng.integers(3, 7), int(rng.integers(1, 4))
    X = np.round(rng.random((n, d)) * (rng.random((n, d)) < 0.7), 3) + 0.01
    k = min(k, n, d)
    for share in (0.0, 0.05, 0.3):
        alpha = share * np.linalg.norm(X, 2) / np.sqrt(n * d)
        fit, fits = fitted(X, k, alpha, n_starts=150)
        found = proved(X, fit, alpha, budget=0.1)
        assert fits.objective.min() >= found.bound * (1 - 1e-12)
        if found.any_n_components:
            _, larger = fitted(X, k + 1, alpha, n_starts=50)
            assert larger.objective.min() >= found.bound * (1 - 1e-12)
        if found.unique:
            best = fits[fits.objective <= fits.objective.min() * (1 + 1e-12)]
            apart = [ns.distance(f.factorization, fit.factorization) for f in best]
            assert max(apart) <= 2 * found.radius + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_copies_in_other_units_and_orders_have_the_same_proof(seed):
    rng = stream(seed, "copies")
    fit, _ = fitted(MENU, 4, 0.1)
    rows, columns, r = rng.permutation(6), rng.permutation(4), rng.permutation(4)
    here = proved(MENU, fit, 0.1)
    for c in (1e-120, 3e-5, 7.0, 1e120):
        X, root = c * MENU[rows][:, columns], np.sqrt(c)
        W, H = root * fit.W[rows][:, r], root * fit.H[r][:, columns]
        for X_, W_, H_ in ((X, W, H), (X.T, H.T, W.T)):
            there = optimality(X_, W_, H_, penalty=ElementwisePenalty(0.1 * c))
            assert there.unique and there.n_terms == here.n_terms
            assert there.radius < 1e-3
            assert there.objective == pytest.approx(c**2 * here.objective)


def test_a_fit_that_is_not_at_the_minimum_is_not_proved():
    fit, _ = fitted(MENU, 4, 0.1)
    rng = stream(0, "off")
    for size in (0.1, 0.01):
        W = fit.W * (1 + size * rng.random(fit.W.shape))
        found = optimality(MENU, W[:, [0, 1, 2]], fit.H[[0, 1, 2]], penalty=ElementwisePenalty(0.1))
        assert not found.best and not found.unique and found.gap > 0


def test_turned_factors_are_best_and_not_alone():
    """Where W and H are positive throughout, ridge leaves a rotation free."""
    X, alpha = np.array([[2.0, 1.0], [1.0, 2.0]]), 0.25
    _, fits = fitted(X, 2, alpha)
    one, two = fits[0], max(fits, key=lambda f: ns.distance(f.factorization, fits[0].factorization))
    assert one.objective == pytest.approx(two.objective, rel=1e-12)
    assert ns.distance(one.factorization, two.factorization) > 0.01
    for fit in (one, two):
        found = proved(X, fit, alpha)
        assert found.best and not found.unique


@pytest.mark.parametrize(("price", "alone"), [(1.001, True), (1.0, False), (0.9, False)])
def test_a_knife_edge_is_not_decided(price, alone):
    """Singular values 2 and 1: as the price falls to 1 a second term comes, and a continuum."""
    X, alpha = np.array([[1.5, 0.5], [0.5, 1.5]]), price / 2
    first, second = np.sqrt(max(2 - price, 0) / 2), np.sqrt(max(1 - price, 0) / 2)
    W = np.array([[first, second], [first, -second]]) @ [[1, 1], [-1, 1]] / np.sqrt(2)
    found = optimality(X, np.abs(W), np.abs(W.T), penalty=ElementwisePenalty(alpha))
    assert found.best and found.unique is alone


def test_all_zero_is_proved_above_its_threshold_only():
    threshold = np.linalg.norm(MENU, 2) / np.sqrt(MENU.size)
    W, H = np.zeros((6, 3)), np.zeros((3, 4))
    above = optimality(MENU, W, H, penalty=ElementwisePenalty(1.01 * threshold))
    assert above.unique and above.best and above.n_terms == 0
    below = optimality(MENU, W, H, penalty=ElementwisePenalty(0.99 * threshold))
    assert not below.best and not below.unique


def test_eckart_and_young_bound_the_error_of_digits():
    from sklearn.datasets import load_digits

    X = load_digits().data
    for k, percent in ((3, 2.0), (5, 9.2)):
        fit = fitted(X, k, n_starts=12)[0]
        found = proved(X, fit)
        assert found.method == "spectral" and not found.unique
        assert 100 * found.gap == pytest.approx(percent, abs=0.05)


def test_the_spectral_bound_is_reached_by_truncation():
    X = stream(0, "truncated").random((6, 5))
    U, s, Vt = np.linalg.svd(X)
    for k, lam in product(range(1, 5), (0.0, 0.1, 0.5)):
        shrunk = np.maximum(s[:k] - lam, 0.0)
        best = 0.5 * np.linalg.norm(X - (U[:, :k] * shrunk) @ Vt[:k]) ** 2 + lam * shrunk.sum()
        bound, _ = spectral_bound(X, k, lam)
        assert bound <= best and bound == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_one_component_is_proved_unless_two_are_as_good(alpha):
    found = proved(MENU, fitted(MENU, 1, alpha)[0], alpha)
    assert found.unique and found.best and found.radius < 1e-5
    assert found.any_n_components is False
    double = np.diag([1.0, 1.0, 0.5])
    found = proved(double, fitted(double, 1, alpha)[0], alpha)
    assert found.best and not found.unique


def test_an_exact_fit_proved_unique_is_the_only_one_of_its_problem():
    verdict = ns.certify(MENU_W, MENU_H, X=MENU_W @ MENU_H)
    assert (verdict.status, verdict.proved, verdict.gap) == ("unique", "problem", 0.0)
    assert "only best fit" in verdict.report()
    W, H = laurberg(0.7)
    assert ns.certify(W, H, X=W @ H).proved == "none"
    alone = ns.certify(MENU_W, MENU_H)
    assert alone.proved == "product" and np.isnan(alone.gap)


def test_where_nothing_is_known_nothing_is_claimed():
    fit, _ = fitted(MENU, 3)
    for penalty in (ElementwisePenalty(0.1, l1_ratio=1.0), ElementwisePenalty(0.1, 0.0)):
        assert optimality(MENU, fit.W, fit.H, penalty=penalty) is None


@pytest.fixture(scope="module")
def record():
    fit, _ = fitted(MENU, 4, 0.1)
    verdict = ns.certify(fit.W, fit.H, X=MENU, alpha_W=0.1, ladder=False, budget=1.0)
    assert verdict.proved == "problem"
    return json.loads(json.dumps(verdict.to_dict(), allow_nan=False))


def test_a_record_is_checked_against_its_data(record):
    assert Verdict.from_dict(record, MENU).verify()
    for X in (None, MENU + 0.01, MENU.T, 2 * MENU):
        check = Verdict.from_dict(record, X).verify()
        assert not check and any(p.startswith("optimality") for p in check.problems)


@pytest.mark.parametrize(
    "lie",
    [
        {"bound": 4.0},
        {"objective": 3.9},
        {"radius": 1e-9},
        {"n_terms": 4},
        {"method": "spectral"},
        {"alpha_W": 0.05},
        {"alpha_W": 0.01, "alpha_H": 0.01},
    ],
)
def test_a_tampered_proof_fails(record, lie):
    changed = record | {"optimality": record["optimality"] | lie}
    assert not Verdict.from_dict(changed, MENU).verify()


def test_uniqueness_that_is_only_claimed_fails():
    fit, _ = fitted(MENU, 4, 0.01)
    found = proved(MENU, fit, 0.01)
    lie = replace(found, unique=True, radius=1e-4)
    assert not found.problems(MENU, fit.W, fit.H) and lie.problems(MENU, fit.W, fit.H)


def test_what_no_bound_allows_is_a_contradiction():
    from nmfstudy.study.verdicts import contradictions

    data = ns.load_dataset("menu")
    study = ns.Study.of(data, ns.fit(data.X, n_components=4, n_starts=20, alpha_W=0.1))
    result = study.results[0]
    assert result.verdicts.proved == "problem" and not contradictions(result)
    row = study.problems.iloc[0]
    assert (row.proved, row.bound, row.n_terms) == ("problem", "dual", 3)
    assert row.gap < 1e-9 and row.n_best == 1
    true = result.verdicts.optimality
    result.verdicts.optimality = replace(true, bound=1.01 * true.objective)
    assert "no objective is below" in contradictions(result)[0].error


def test_sentences_round_a_bound_up():
    found = proved(MENU, fitted(MENU, 4, 0.05)[0], 0.05)
    assert as_a_fit(replace(found, bound=found.objective * (1 - 0.00691)), 4).startswith(
        "No fit with any number of components has an objective more than 0.7 % lower"
    )
    plain = proved(MENU, fitted(MENU, 2)[0])
    assert as_a_fit(plain, 2).startswith("No fit with 2 components has a squared error more than")


def test_definite_matrices_are_told_from_others():
    rng = stream(0, "definite")
    A = rng.standard_normal((30, 4, 5))
    definite = A @ np.swapaxes(A, 1, 2)
    assert positive_definite(definite, 1e-12).all()
    edge = definite - np.linalg.eigvalsh(definite)[:, 0, None, None] * np.eye(4)
    assert not positive_definite(edge, 1e-12 * np.linalg.norm(edge)).any()
