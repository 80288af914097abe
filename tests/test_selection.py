"""Consensus, its two summaries, and the advice on k."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from solutions.planted_fits import disguise, make_fits

from nmfstudy import RequestError, distinct_solutions, fit, load_dataset
from nmfstudy.selection import (
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


ROW = Candidate(2, 100, 0.5, "one", 1, 2, 1.0, 0.9, 1.0, 0.9, 0.99)


def test_advice_takes_the_largest_sound_k():
    rows = [
        ROW,
        replace(ROW, n_components=3, relative_error=0.4),
        replace(ROW, n_components=4, kind="several", n_distinct=2, trusted_share=0.25),
        replace(ROW, n_components=5, kind="unsettled"),
    ]
    advice = advise(rows[::-1])
    assert (advice.n_components, advice.sentence) == (3, "Take k = 3.")
    assert any("at k = 4 only 25 % of the components" in reason for reason in advice.reasons)
    assert any("k = 2 is as sound" in doubt for doubt in advice.doubts)
    assert any("lower the relative error from 0.4 to 0.5" in doubt for doubt in advice.doubts)


def test_advice_doubts_what_there_is_to_doubt():
    """The largest k tried, few starts in the best, unseen minima, another measure, and truth."""
    rows = [ROW, replace(ROW, n_components=3, coverage=0.9, best_share=0.05, dispersion=0.5)]
    advice = advise(rows)
    doubts = "add n_components=4", "chance of 10 %", "only 5 % of the starts", "k = 2 is more"
    for doubt in doubts:
        assert any(doubt in said for said in advice.doubts), doubt
    assert "the true number" in advice.doubts[-1]
    assert len(advise([ROW]).doubts) == 2


def test_advice_stops_at_an_exact_fit():
    rows = [
        ROW,
        replace(ROW, n_components=3, relative_error=1e-10),
        replace(ROW, n_components=4, relative_error=1e-11),
    ]
    advice = advise(rows)
    assert advice.n_components == 3 and "fits exactly" in advice.reasons[1]
    assert not any("larger k" in doubt or "lower the" in doubt for doubt in advice.doubts)


def test_advice_may_be_none():
    rows = [replace(ROW, kind="continuum"), replace(ROW, n_components=3, kind="unsettled")]
    advice = advise(rows)
    assert advice.n_components is None and advice.sentence.startswith("No k can be recommended")
    assert advice.reasons == (
        "at k = 2 the solutions form a continuum", "at k = 3 the count is unsettled",
    )  # fmt: skip


def test_advice_refuses():
    with pytest.raises(RequestError, match="empty"):
        advise([])
    with pytest.raises(RequestError, match="each k once"):
        advise([ROW, ROW])


def test_menu_over_k():
    data = load_dataset("menu")
    rows = []
    for k in (1, 2, 3, 4):
        fits = fit(data, k, n_starts=60)
        rows.append(candidate(distinct_solutions(fits), fits))
    assert [r.n_components for r in rows] == [1, 2, 3, 4]
    assert [r.kind for r in rows] == ["one", "continuum", "one", "continuum"]
    errors = [r.relative_error for r in rows]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-8
    assert rows[0].dispersion == 1 and rows[3].dispersion < 0.9
    assert rows[2].trusted_share == 1 and rows[3].trusted_share < 1
    assert advise(rows).n_components == 3


def test_a_k_without_solutions_has_a_row():
    fits = fit(load_dataset("menu"), 3, n_starts=5, max_iter=1)
    row = candidate(distinct_solutions(fits), fits)
    assert row.kind == "unsettled" and np.isnan(row.relative_error) and np.isnan(row.trusted_share)
