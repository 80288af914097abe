"""How many components: three opinions, what they add up to, and what must never be said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted_data import LEVELS, planted, pure_noise

from nmfstudy import RequestError, distinct_solutions, fit, load_dataset
from nmfstudy.assess.choice_of_k import (
    Candidate,
    Opinions,
    advise,
    agreement_of,
    candidate,
    combined,
    opinions,
    table_over_k,
)
from nmfstudy.assess.evidence import Evidence, evidence_over_k

ROW = Candidate(2, 100, 0.5, "one", 1, 2, 1.0, 0.9, 1.0, 0.9, 0.99)


def looked(structure, within, replicated, error=None, shape=(80, 30)):
    """Evidence for k = 1, 2, … as written down."""
    n = len(structure)
    table = {
        "n_components": np.arange(1, n + 1),
        "relative_error": np.linspace(0.6, 0.5, n) if error is None else error,
        "structure": structure,
        "holdout": np.ones(n),
        "holdout_se": np.ones(n),
        "within_one": np.isin(np.arange(1, n + 1), within),
        "replicated": replicated,
    }
    return Evidence(pd.DataFrame(table), np.zeros((0, 2), dtype=int), shape)


def rows(ks, **changed):
    return [replace(ROW, n_components=k, **changed) for k in ks]


def test_each_look_has_its_number():
    e = looked([2.0, 1.5, 0.9, 1.0, 1.0], [2, 3], [1, 0.99, 0.97, 0.6, 0.5])
    assert opinions(e) == Opinions(order=3, holdout=2, halves=3)
    advice = advise(rows(range(2, 6)), e)
    assert (advice.n_components, advice.code, advice.agreement) == (3, "take", "most")


def test_a_dip_does_not_end_the_search():
    """Order that comes back at a larger k, or an error that halves there, was no noise."""
    returning = looked([1.3, 1.0, 1.3, 0.9, 0.9], [1], [1] * 5)
    assert opinions(returning).order == 4
    by_chance = looked([1.3, 1.0, 1.06, 0.9, 0.9], [1], [1] * 5)
    assert opinions(by_chance).order == 2
    dropping = looked([1.0, 1.0, 1.0, 1.0, 1.0], [1], [1] * 5, error=[0.5, 0.48, 0.46, 0.06, 0.059])
    assert opinions(dropping).order == 4


def test_hidden_entries_decide_unless_both_others_see_more():
    for order, hidden, halves, k, agreement in (
        (3, 3, 3, 3, "all"),
        (2, 4, 5, 4, "none"),
        (5, 2, 4, 4, "none"),
        (5, 2, 1, 2, "none"),
        (3, 2, None, 2, "none"),
        (4, 3, 4, 4, "most"),
    ):
        said = Opinions(order, hidden, halves)
        assert combined(said) == k
        assert agreement_of(said, k) == agreement
    advice = advise(rows(range(2, 6)), looked([1.5, 0.9, 0.9, 0.9, 0.9], [4], [1, 1, 1, 1, 1]))
    assert advice.opinions == Opinions(2, 4, 5) and advice.n_components == 4
    assert ("differ", {}) in advice.doubts


@pytest.mark.parametrize("kind", ["continuum", "unsettled"])
def test_what_the_solutions_are_like_does_not_veto_the_number(kind):
    e = looked([2.0, 1.5, 0.9, 0.9], [3], [1, 1, 1, 0.5])
    advice = advise(rows(range(2, 5), kind=kind, trusted_share=0.0), e)
    assert advice.n_components == 3 and advice.kind == kind and advice.agreement == "all"
    assert ("kind", {"kind": kind}) in advice.doubts


def test_the_largest_tried_is_at_least():
    e = looked([2.0, 1.5, 1.4], [3], [1, 1, 1])
    advice = advise(rows([2, 3]), e)
    assert advice.code == "at_least" and advice.order_left == 1.4
    assert advise(rows([2, 3]), replace(e, shape=(80, 4))).code == "take"  # no more can be tried


def test_numbers_as_large_as_the_data_are_not_looked_at(rng):
    X = rng.random((9, 4))
    assert evidence_over_k(X, [2, 3, 4, 5]).table.n_components.tolist() == [1, 2, 3]
    nothing = evidence_over_k(X, [4, 5])
    assert nothing.table.n_components.tolist() == [1]
    assert advise(rows([4, 5]), nothing).code == "none"


def test_an_exact_fit_is_the_number():
    e = looked([2.0, 1.5, 0.0, 0.0], [2], [1, 1, 0.2, 0.1])
    fits = [ROW, *rows([3, 4], relative_error=1e-10)]
    advice = advise(fits, e)
    assert (advice.n_components, advice.code, advice.agreement) == (3, "exact", "certain")
    trivial = replace(e, shape=(20, 3))
    assert advise(fits, trivial).code != "exact"


def test_doubts_are_codes_with_numbers():
    e = looked([2.0, 1.5, 0.9, 0.9], [3], [1, 1, 1, 0.5])
    fits = rows([3, 4], coverage=0.9, best_share=0.05, trusted_share=0.5, n_distinct=4)
    found = dict(advise(fits, e).doubts)
    assert found["coverage"] == {"missing": pytest.approx(0.1)}
    assert found["rarely_reached"] == {"share": 0.05}
    assert found["untrusted"] == {"share": 0.5, "n_distinct": 4}
    assert found["untried"] == {"below": 1, "k": 3}
    assert dict(advise(rows([2, 4]), e).doubts)["not_fitted"] == {"k": 3}
    lowered = replace(e, outlying=np.array([[0, 1]]))
    assert dict(advise(rows([3]), lowered).doubts)["outlying"] == {"n": 1}


def test_advice_refuses():
    e = looked([2.0, 1.5], [2], [1, 1])
    with pytest.raises(RequestError, match="empty"):
        advise([], e)
    with pytest.raises(RequestError, match="each k once"):
        advise([ROW, ROW], e)


def over_k(X, ks, n_starts=10):
    found = []
    for k in ks:
        fits = fit(X, k, n_starts=n_starts, solver="accelerated")
        found.append(candidate(distinct_solutions(fits), fits))
    return found, evidence_over_k(X, ks)


@pytest.mark.parametrize("noise", ["gaussian", "poisson"])
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_the_planted_k_is_found_under_noise(k, noise):
    for seed in range(2):
        X = planted(k, noise, LEVELS[1], seed)
        assert advise(*over_k(X, range(2, k + 3))).n_components == k


@pytest.mark.parametrize("kind", ["uniform", "exponential", "poisson"])
def test_noise_has_no_structure_beyond_one_component(kind):
    codes = [advise(*over_k(pure_noise(kind, seed), (2, 3))).code for seed in range(5)]
    assert codes.count("one") >= 4


def test_menu_over_k():
    data = load_dataset("menu")
    found, evidence = over_k(data.X, (1, 2, 3, 4), n_starts=60)
    assert [r.n_components for r in found] == [1, 2, 3, 4]
    assert [r.kind for r in found] == ["one", "continuum", "one", "continuum"]
    errors = [r.relative_error for r in found]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-8
    assert found[0].dispersion == 1 and found[3].dispersion < 0.9
    assert found[2].trusted_share == 1 and found[3].trusted_share < 1
    assert advise(found, evidence).n_components == 3


def test_the_table_over_k_has_a_row_for_one_component_that_was_not_fitted():
    found, evidence = over_k(np.random.default_rng(0).random((20, 8)), (2, 3), n_starts=3)
    table = table_over_k(found, evidence)
    assert table.n_components.tolist() == [1, 2, 3]
    assert np.isfinite(table.relative_error).all() and (table.relative_error.diff()[1:] < 0).all()
    assert np.isnan(table.coverage[0]) and np.isfinite(table.holdout).all()


def test_a_k_without_solutions_has_a_row():
    data = load_dataset("menu")
    fits = fit(data, 3, n_starts=5, max_iter=1)
    row = candidate(distinct_solutions(fits), fits)
    assert row.kind == "unsettled" and np.isnan(row.relative_error) and np.isnan(row.trusted_share)


def test_components_in_few_rows_are_no_noise():
    for seed in range(3):
        generator = np.random.default_rng(seed)
        shapes = (40, 5), (5, 15)
        W, H = (generator.gamma(1, 1, s) * (generator.random(s) < 0.4) for s in shapes)
        noise = 0.05 * (W @ H).mean() * generator.standard_normal((40, 15))
        assert advise(*over_k(np.maximum(W @ H + noise, 0), range(2, 8))).n_components == 5


def test_a_single_component_that_fits_exactly_is_told():
    X = np.outer(np.arange(1.0, 8), np.arange(2.0, 7))
    advice = advise(*over_k(X, (2, 3)))
    assert (advice.n_components, advice.code) == (1, "exact")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_common_background_is_one_more_component_and_no_veto(seed):
    rng = np.random.default_rng(seed)
    W, H = (rng.gamma(1.0, size=shape) * (rng.random(shape) < 0.5) for shape in ((60, 3), (3, 20)))
    X = W @ H
    X = X / X.mean() + np.outer(0.5 + rng.random(60), 0.5 + rng.random(20))
    X = np.maximum(X + 0.15 * rng.standard_normal(X.shape), 0)
    # Dense terms leave room to move components within one product: a continuum at the right k.
    advice = advise(rows(range(2, 7), kind="continuum"), evidence_over_k(X, range(2, 7)))
    assert (advice.code, advice.n_components, advice.kind) == ("take", 4, "continuum")
