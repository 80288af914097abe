"""Components when the data are drawn again: known answers and negative controls."""

import numpy as np
import pytest

from nmfstudy import RequestError, certify, distinct_solutions, fit, stability
from nmfstudy.assess.stability import STABILITY_COLUMNS
from nmfstudy.solutions.coverage import wilson_interval


def blocks(rng, n=80, k=3, width=5, noise=0.05):
    """Well separated components, each in a block of features of its own."""
    H = np.kron(np.eye(k), np.ones(width)) + 0.02
    W = rng.gamma(1.0, 1.0, (n, k)) * (rng.random((n, k)) < 0.7)
    return np.maximum(W @ H + noise * rng.standard_normal((n, k * width)), 0)


@pytest.mark.parametrize("resample", ["halves", "bootstrap"])
def test_separated_components_come_back_always(rng, resample):
    s = stability(blocks(rng), 3, resample=resample, n_resamples=30, n_starts=4)
    assert (s.components.start_share >= 0.99).all() and (s.components.found_again >= 0.99).all()
    assert (s.components.verdict == "trust").all()
    assert list(s.components.columns) == STABILITY_COLUMNS


def test_one_component_more_than_there_is_does_not_come_back(rng):
    s = stability(blocks(rng), 4, n_resamples=20, n_starts=5)
    c = s.components.sort_values("found_again")
    assert c.found_again.iloc[0] < 0.5 and "data" in c.verdict.iloc[0] and c.replaced_by.iloc[0]
    # It takes its share from one of the others at most.
    assert (c.found_again.iloc[2:] >= 0.9).all()


def test_a_component_of_one_sample_survives_starts_but_not_the_bootstrap(rng):
    X = np.hstack([blocks(rng), np.zeros((80, 4))])
    X[17, -4:] = 30.0
    s = stability(X, 4, resample="bootstrap", n_resamples=100, n_starts=3)
    c = s.components[s.components.energy_in_two_samples > 0.99]
    assert len(c) == 1 and c.start_share.iloc[0] > 0.9
    drawn = 1 - (79 / 80) ** 80
    assert c.found_low.iloc[0] <= drawn <= c.found_high.iloc[0]
    assert c.verdict.iloc[0] == "data" and c.replaced_by.iloc[0] != ""
    others = s.components.drop(c.index)
    assert (others.found_again >= 0.99).all()


def test_a_component_of_one_donor_is_lost_without_that_donor(rng):
    donors = np.repeat(["anna", "bert", "cora", "dora"], 20)
    X = np.hstack([blocks(rng), np.zeros((80, 4))])
    X[donors == "cora", -4:] += rng.gamma(2.0, 1.0, (20, 1))
    s = stability(X, 4, resample="leave_group_out", groups=donors, n_starts=4)
    lost = s.components[s.components.lost_without != ""]
    assert lost.lost_without.tolist() == ["cora"] and lost.verdict.tolist() == ["data"]
    assert s.reference.H[lost.index[0], -4:].sum() > 0.9
    assert s.n_resamples == 4


def test_warm_starts_do_not_make_components_come_back(rng):
    """Neither the good ones nor those of noise: with them and without, the same is found."""
    X = blocks(rng, noise=0.5)
    found = [
        stability(X, 5, n_resamples=16, n_starts=12, warm_start=warm).components.found_again
        for warm in (True, False)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=0.13)
    assert found[0].min() < 0.5


def test_counts_by_hand_from_the_matches(rng):
    s = stability(blocks(rng, noise=0.4), 4, n_resamples=12, n_starts=3)
    for c in s.components.itertuples():
        part = s.matches[s.matches.component == c.component]
        share, low, high = wilson_interval(int((part.congruence >= 0.95).sum()), 12)
        assert (c.found_again, c.found_low, c.found_high) == (share, low, high)
        assert c.similar == (part.congruence >= 0.85).mean() >= share
        assert c.congruence == pytest.approx(part.congruence.mean())


def test_ranges_hold_what_they_are_made_of(rng):
    s = stability(blocks(rng), 3, resample="bootstrap", n_resamples=40, n_starts=3)
    e = s.entries
    assert len(e) == 3 * 15 and (e.n == 40).all()
    assert ((e.low <= e["median"]) & (e["median"] <= e.high)).all()
    inside = (e.low <= e.value) & (e.value <= e.high)
    assert inside.mean() > 0.85  # the data's own value is no resample's
    np.testing.assert_allclose(s.reference.H.sum(axis=1), 1)
    assert s.shares["value"].sum() == pytest.approx(1) and (s.shares.low < s.shares.high).all()


def test_other_factors_of_the_same_product_are_a_cause_of_their_own(rng):
    """Dense loadings: all starts end in one continuum, which a certificate knows."""
    W, H = rng.random((40, 2)) + 0.3, rng.random((2, 9)) + 0.3
    verdict = certify(W, H)
    assert verdict.status == "not_unique"
    X = W @ H
    fits = fit(X, 2, n_starts=5, solver="accelerated")
    best = distinct_solutions(fits).representatives[0]
    s = stability(X, 2, n_resamples=4, n_starts=3, fits=fits, verdict=certify(best.W, best.H, X=X))
    assert set(s.components.other_factors) <= {"differs", "open"}
    assert "differs" in set(s.components.other_factors)
    assert any("factors" in verdict for verdict in s.components.verdict)


def test_the_same_call_gives_the_same_bits(rng):
    X = blocks(rng, noise=0.3)
    a, b = (stability(X, 4, n_resamples=6, n_starts=3, seed=5) for _ in range(2))
    assert a.components.equals(b.components) and a.matches.equals(b.matches)
    assert not a.matches.equals(stability(X, 4, n_resamples=6, n_starts=3, seed=6).matches)


def test_it_prints_as_a_table_that_counts_components_from_one(rng):
    text = repr(stability(blocks(rng), 3, n_resamples=4, n_starts=2))
    assert text.startswith("Stability: 4 resamples (halves), 2 starts each\ncomponent ")
    assert [line.split()[0] for line in text.splitlines()[2:]] == ["1", "2", "3"]


def test_counts_may_have_another_loss(rng):
    X = rng.poisson(20 * blocks(rng, n=30, noise=0.0)).astype(float)
    s = stability(X, 3, resample="poisson", n_resamples=2, n_starts=2, loss="kullback-leibler")
    assert (s.components.found_again == 1).all()


def test_what_has_no_reference_is_refused(rng):
    X = blocks(rng)
    fits = fit(X, 3, n_starts=2, max_iter=1)
    with pytest.raises(RequestError, match="no start with n_components=3"):
        stability(X, 3, fits=fits)
