"""Consensus, its two summaries, and the advice on k."""

from dataclasses import replace

import numpy as np
import pytest
from planted_data import LEVELS, planted, pure_noise
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from solutions.planted_fits import disguise, make_fits

from nmfstudy import RequestError, distinct_solutions, fit, load_dataset
from nmfstudy.assess.choice_of_k import (
    Candidate,
    advise,
    candidate,
    consensus,
    cophenetic_correlation,
    dispersion,
)


def plain_consensus(fits):
    """By the definition, sample by sample."""
    n = fits.W.shape[1]
    total = np.zeros((n, n))
    for f in fits:
        owner = (f.W * np.linalg.norm(f.H, axis=1)).argmax(axis=1)
        total += owner[:, None] == owner[None, :]
    return total / len(fits)


def test_consensus_is_the_definition(rng):
    fits = make_fits(rng.random((30, 12, 3)), rng.random((30, 3, 5)))
    np.testing.assert_allclose(consensus(fits), plain_consensus(fits), atol=1e-12)
    np.testing.assert_allclose(consensus([fits[:10], fits[10:]]), consensus(fits), atol=1e-12)


def test_consensus_ignores_order_and_scale_of_components(rng):
    W, H = rng.random((20, 12, 3)), rng.random((20, 3, 5))
    again = [disguise(rng, w, h) for w, h in zip(W, H, strict=True)]
    np.testing.assert_allclose(
        consensus(make_fits(W, H)),
        consensus(make_fits(*map(np.array, zip(*again, strict=True)))),
        atol=1e-12,
    )


def test_zero_samples_are_together_and_missing_factors_left_out(rng):
    W, H = rng.random((6, 5, 2)), rng.random((6, 2, 3))
    W[:, :2] = 0
    W[3] = np.nan
    found = consensus(make_fits(W, H))
    assert found[0, 1] == 1 and (found[0, 2:] == 0).all()
    assert np.isfinite(found).all() and (np.diag(found) == 1).all()
    W[:] = np.nan
    assert np.isnan(consensus(make_fits(W, H))).all()
    with pytest.raises(RequestError, match="empty list"):
        consensus([])


def test_dispersion_at_its_ends(rng):
    owner = rng.integers(0, 3, 20)
    clean = (owner[:, None] == owner[None, :]).astype(float)
    assert dispersion(clean) == 1
    assert dispersion(np.full((4, 4), 0.5)) == 0


def test_cophenetic_is_scipys_and_one_for_a_partition(rng):
    fits = make_fits(rng.random((30, 12, 3)), rng.random((30, 3, 5)))
    C = consensus(fits)
    pairs = squareform(1 - C, checks=False)
    expected = np.corrcoef(cophenet(linkage(pairs, "average")), pairs)[0, 1]
    assert cophenetic_correlation(C) == pytest.approx(expected, abs=1e-12)
    assert 0 < expected < 0.99
    owner = rng.integers(0, 3, 20)
    assert cophenetic_correlation(owner[:, None] == owner[None, :]) == pytest.approx(1)
    assert cophenetic_correlation(np.ones((5, 5))) == 1
    assert np.isnan(cophenetic_correlation(np.full((5, 5), np.nan)))


ROW = Candidate(2, 100, 0.5, 2.0, "one", 1, 2, 1.0, 0.9, 1.0, 0.9, 0.99)
BLOCKS = np.kron(np.eye(3), np.ones((4, 4)))  # far from one component


def test_advice_takes_the_largest_sound_k():
    rows = [
        ROW,
        replace(ROW, n_components=3, relative_error=0.4),
        replace(
            ROW, n_components=4, relative_error=0.3, kind="several", n_distinct=2,
            trusted_share=0.25,
        ),
        replace(ROW, n_components=5, kind="unsettled"),
    ]  # fmt: skip
    advice = advise(rows[::-1], BLOCKS)
    assert (advice.n_components, advice.sentence) == (3, "Take k = 3.")
    assert "one solution, reached by 90 % of the starts, 1 worse minimum" in advice.reasons[0]
    assert any("at k = 4 only 25 % of the components" in reason for reason in advice.reasons)
    assert any("k = 2 is settled too" in doubt for doubt in advice.doubts)
    assert any("lower the relative error from 0.4 to 0.3" in doubt for doubt in advice.doubts)
    assert any("still has more order than noise" in doubt for doubt in advice.doubts)


def test_a_settled_count_of_what_fits_noise_is_no_reason():
    rows = [ROW, replace(ROW, n_components=3, structure=0.99), replace(ROW, n_components=4)]
    advice = advise(rows, BLOCKS)
    assert advice.n_components == 3
    assert "one more component would fit noise" in advice.reasons[1]
    assert advise([ROW, replace(ROW, n_components=3, structure=1.1), rows[2]], BLOCKS) != advice


def test_several_solutions_with_the_same_components_say_so():
    advice = advise([replace(ROW, kind="several", n_distinct=2)], BLOCKS)
    assert "2 solutions with the same components" in advice.reasons[0]


def test_advice_doubts_what_there_is_to_doubt():
    """The largest k tried, few starts in the best, unseen minima, another measure, and truth."""
    rows = [ROW, replace(ROW, n_components=4, coverage=0.9, best_share=0.05, dispersion=0.5)]
    advice = advise(rows, BLOCKS)
    doubts = (
        "add n_components=5", "chance of 10 %", "only 5 % of the starts", "k = 2 is more",
        "no k between 2 and 4 was tried",
    )  # fmt: skip
    for doubt in doubts:
        assert any(doubt in said for said in advice.doubts), doubt
    assert "the true number" in advice.doubts[-1]
    assert len(advise([replace(ROW, structure=0.9)], BLOCKS).doubts) == 2
    unknown = advise([replace(ROW, structure=np.nan)], BLOCKS)
    assert unknown.n_components == 2 and "unknown" in unknown.doubts[0]


def test_advice_stops_at_an_exact_fit():
    rows = [
        replace(ROW, structure=0.5),
        replace(ROW, n_components=3, relative_error=1e-10, structure=0.0),
        replace(ROW, n_components=4, relative_error=1e-11, structure=0.0),
    ]
    advice = advise(rows, BLOCKS)
    assert advice.n_components == 3 and "fits exactly" in advice.reasons[1]
    assert not any("larger k" in doubt or "lower the" in doubt for doubt in advice.doubts)


def test_the_trivial_exact_fit_is_no_discovery():
    """From k = min(n, d) on X = X·I."""
    row = replace(ROW, n_components=4, relative_error=0.0, structure=0.0)
    X = np.kron(np.eye(2), np.ones((9, 2)))
    assert advise([ROW, row], X).n_components == 2
    alone = advise([row], X)
    assert alone.n_components is None and "X = X·I" in alone.reasons[0]


def test_advice_may_be_none():
    rows = [replace(ROW, kind="continuum"), replace(ROW, n_components=3, kind="unsettled")]
    advice = advise(rows, BLOCKS)
    assert advice.n_components is None and advice.sentence.startswith("No k can be recommended")
    assert advice.reasons == (
        "at k = 2 the solutions form a continuum", "at k = 3 the count is unsettled",
    )  # fmt: skip


def test_advice_refuses():
    with pytest.raises(RequestError, match="empty"):
        advise([], BLOCKS)
    with pytest.raises(RequestError, match="each k once"):
        advise([ROW, ROW], BLOCKS)


def over_k(X, ks, n_starts=30):
    rows = []
    for k in ks:
        fits = fit(X, k, n_starts=n_starts, solver="accelerated")
        rows.append(candidate(distinct_solutions(fits), fits, X))
    return rows


@pytest.mark.parametrize("noise", ["gaussian", "poisson"])
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_the_planted_k_is_found_under_noise(k, noise):
    for seed in range(3):
        X = planted(k, noise, LEVELS[1], seed)
        assert advise(over_k(X, range(max(2, k - 1), k + 2)), X).n_components == k


@pytest.mark.parametrize("kind", ["uniform", "exponential", "poisson"])
def test_noise_has_no_structure_beyond_one_component(kind):
    advices = []
    for seed in range(5):
        X = pure_noise(kind, seed)
        advices.append(advise(over_k(X, (2, 3)), X))
    assert [a.n_components for a in advices].count(1) >= 4  # one in 20 is allowed to pass
    assert "No structure beyond one component." in {a.sentence for a in advices}


def test_menu_over_k():
    data = load_dataset("menu")
    rows = []
    for k in (1, 2, 3, 4):
        fits = fit(data, k, n_starts=60)
        rows.append(candidate(distinct_solutions(fits), fits, data.X))
    assert [r.n_components for r in rows] == [1, 2, 3, 4]
    assert [r.kind for r in rows] == ["one", "continuum", "one", "continuum"]
    errors = [r.relative_error for r in rows]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-8
    assert rows[0].dispersion == 1 and rows[3].dispersion < 0.9
    assert rows[2].trusted_share == 1 and rows[3].trusted_share < 1
    assert advise(rows, data.X).n_components == 3


def test_a_k_without_solutions_has_a_row():
    data = load_dataset("menu")
    fits = fit(data, 3, n_starts=5, max_iter=1)
    row = candidate(distinct_solutions(fits), fits, data.X)
    assert row.kind == "unsettled" and np.isnan(row.relative_error) and np.isnan(row.trusted_share)


def test_components_in_few_rows_are_no_noise():
    """Random signs leave such order as it is; that one component takes it away shows it."""
    for seed in range(3):
        generator = np.random.default_rng(seed)
        shapes = (40, 5), (5, 15)
        W, H = (generator.gamma(1, 1, s) * (generator.random(s) < 0.4) for s in shapes)
        noise = 0.05 * (W @ H).mean() * generator.standard_normal((40, 15))
        X = np.maximum(W @ H + noise, 0)
        rows = over_k(X, (2, 3, 4, 5, 6))
        assert advise(rows, X).n_components == 5


def test_a_single_component_that_fits_exactly_is_told():
    X = np.outer(np.arange(1.0, 8), np.arange(2.0, 7))
    advice = advise(over_k(X, (2, 3)), X)
    assert (advice.n_components, advice.sentence) == (1, "One component fits exactly.")


def test_nothing_is_said_of_a_smaller_k_that_was_not_tried():
    row = replace(ROW, n_components=5, structure=0.9)
    assert not any("order is left" in reason for reason in advise([row], BLOCKS).reasons)
    before = replace(ROW, n_components=4, structure=1.5)
    assert any("k = 4 some order is left" in r for r in advise([before, row], BLOCKS).reasons)


def test_zero_components_are_named():
    rows = [ROW, replace(ROW, n_components=3, n_distinct=1, trusted_share=0.5)]
    assert any("components of the solution are zero" in r for r in advise(rows, BLOCKS).reasons)
