"""Estimates of what was not seen, against definitions and simulations."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, poisson

from nmfstudy import RequestError
from nmfstudy.solutions.coverage import (
    chao1,
    difference_of_counts,
    difference_of_shares,
    good_turing_coverage,
    lowest_coverage,
    rarefaction,
    rarefaction_interval,
    starts_needed,
    wilson_interval,
)


def test_coverage_by_hand():
    assert good_turing_coverage([5, 3, 1, 1]) == 0.8
    assert good_turing_coverage([7]) == 1
    assert good_turing_coverage([1, 1, 1]) == 0
    assert np.isnan(good_turing_coverage([])) and np.isnan(good_turing_coverage([0, 0]))


def test_coverage_estimates_the_seen_mass(rng):
    p = rng.dirichlet(np.full(30, 0.5))
    estimated, true = [], []
    for _ in range(400):
        counts = rng.multinomial(100, p)
        estimated.append(good_turing_coverage(counts))
        true.append(p[counts > 0].sum())
    assert np.mean(estimated) == pytest.approx(np.mean(true), abs=0.01)


@given(st.integers(0, 40), st.integers(2, 300), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_lowest_coverage_is_garwoods_limit(once, often, confidence):
    counts = [1] * once + [often]
    limit = (1 - lowest_coverage(counts, confidence)) * sum(counts)
    assert limit <= chi2.ppf(confidence, 2 * once + 2) / 2 + 1e-9
    if lowest_coverage(counts, confidence) > 0:
        # A Poisson mean so large gives so few only with the chance that is left.
        assert poisson.cdf(once, limit) == pytest.approx(1 - confidence, rel=1e-6)
    assert lowest_coverage(counts, confidence) <= good_turing_coverage(counts)


def test_the_lowest_coverage_at_its_ends():
    assert lowest_coverage([1, 1]) == 0
    assert np.isnan(lowest_coverage([0])) and np.isnan(lowest_coverage([]))
    assert lowest_coverage([300]) >= 0.99 > lowest_coverage([299])  # the rule of three


@pytest.mark.parametrize("population", ["geometric", "rare", "dirichlet"])
def test_a_search_that_stops_by_the_limit_has_seen_what_it_claims(population, rng):
    """Good and Turing's estimate is the negative control: a stop that looks at it is too early."""
    shares = {
        "geometric": 0.8 ** np.arange(60),
        "rare": np.r_[0.9, np.full(50, 0.002)],
        "dirichlet": rng.dirichlet(np.full(100, 0.3)),
    }[population]
    shares = shares / shares.sum()

    def share_below(claim):
        below = 0
        for _ in range(200):
            counts = rng.multinomial(100, shares)
            while claim(counts) < 0.99:
                counts += rng.multinomial(100, shares)
            below += shares[counts > 0].sum() < 0.99
        return below / 200

    assert share_below(lowest_coverage) < 0.2
    assert share_below(good_turing_coverage) > 0.25


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_starts_for_99_at_the_lower_end_are_enough(share, rng):
    hits = rng.binomial(100, share, 1000)
    seen = [wilson_interval(h, 100) for h in hits.tolist() if h]

    def enough(end):
        needed = np.array([starts_needed(getattr(s, end)) for s in seen])
        return np.mean(1 - (1 - share) ** needed >= 0.99)

    assert enough("low") >= 0.94
    assert enough("value") < 0.75


def test_chao1_by_hand():
    assert chao1([10, 5]) == 2
    assert chao1([4, 2, 1, 1, 1]) == 5 + 3 * 2 / (2 * 2)
    assert chao1([0, 1]) == 1
    assert chao1([]) == 0


def test_chao1_is_a_lower_bound_on_average(rng):
    p = rng.dirichlet(np.full(40, 0.5))
    found = [chao1(rng.multinomial(60, p)) for _ in range(400)]
    seen = [(rng.multinomial(60, p) > 0).sum() for _ in range(400)]
    assert np.mean(seen) < np.mean(found) < 40


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(lambda c: 0 < sum(c) <= 8))
def test_rarefaction_is_the_mean_over_all_subsets(counts):
    starts = np.repeat(np.arange(len(counts)), counts)
    sizes, expected = rarefaction(counts, np.arange(len(starts) + 1))
    for m, found in zip(sizes, expected, strict=True):
        subsets = [len(set(subset)) for subset in combinations(starts, m)]
        assert found == pytest.approx(np.mean(subsets), abs=1e-9)


def test_rarefaction_ends_and_rises():
    counts = [4000, 900, 60, 7, 1, 1, 0]
    sizes, expected = rarefaction(counts)
    assert sizes[0] == 1 and expected[0] == pytest.approx(1)
    assert sizes[-1] == sum(counts) and expected[-1] == pytest.approx(6)
    assert (np.diff(expected) > 0).all()
    assert rarefaction([])[1].tolist() in ([], [0.0])


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case):
    hits, n = case
    ours = wilson_interval(hits, n)
    theirs = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert ours.value == hits / n
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= ours.value <= ours.high <= 1


def test_wilson_without_trials():
    assert np.isnan(wilson_interval(0, 0).value)
    assert wilson_interval(0, 0)[1:] == (0, 1)


@given(st.floats(0.001, 0.999), st.sampled_from([0.9, 0.99]))
def test_starts_needed_is_the_smallest_number(share, confidence):
    n = starts_needed(share, confidence)
    assert 1 - (1 - share) ** n >= confidence - 1e-9
    assert n == 1 or 1 - (1 - share) ** (n - 1) < confidence + 1e-9


def test_starts_needed_at_the_ends():
    assert starts_needed(1) == 1
    assert starts_needed(0) == np.inf
    assert starts_needed(0.5) == 7


@pytest.mark.parametrize(
    "call",
    [
        lambda: good_turing_coverage([-1, 2]),
        lambda: chao1([[1]]),
        lambda: rarefaction([2, 3], [6]),
        lambda: rarefaction([2, 3], [-1]),
        lambda: wilson_interval(3, 2),
        lambda: wilson_interval(-1, 2),
        lambda: starts_needed(1.1),
        lambda: starts_needed(0.5, 1),
    ],
)
def test_refusals(call):
    with pytest.raises(RequestError):
        call()


def test_the_interval_of_rarefaction_is_that_of_all_draws(rng):
    """Brute force over all choices of starts; at both ends nothing is left to chance."""
    counts, n = [4, 2, 1, 1], 8
    minimum = np.repeat(np.arange(4), counts)
    sizes = np.arange(n + 1)
    low, high = rarefaction_interval(counts, sizes, rng, n_draws=4000)
    for m in range(1, n):
        found = [len(set(minimum[list(some)])) for some in combinations(range(n), m)]
        assert low[m] <= np.mean(found) <= high[m]
        assert (np.mean(found < low[m]) <= 0.04) and (np.mean(found > high[m]) <= 0.04)
    assert (low[0], high[0], low[n], high[n]) == (0, 0, 4, 4)


POPULATIONS = {
    "3 alike": np.ones(3),
    "geometric": 0.8 ** np.arange(60),
    "one of .9 and 50 rare ones": np.r_[0.9, np.full(50, 0.002)],
    "one of .95": np.array([0.95, 0.05]),
    "7 of .1": np.r_[0.3, np.full(7, 0.1)],
    "Zipf": 1.0 / np.arange(1, 301) ** 2,
}


@pytest.mark.parametrize("sizes", [(50, 400), (100, 100), (30, 40)])
@pytest.mark.parametrize("name", POPULATIONS)
def test_one_search_does_not_differ_from_itself(name, sizes, rng):
    """In nine of ten pairs at least; the plain counts, a negative control, may differ in all."""
    shares = POPULATIONS[name] / POPULATIONS[name].sum()
    held = 0
    for _ in range(300):
        first, other = (rng.multinomial(size, shares) for size in sizes)
        expected, (value, low, high) = difference_of_counts(first, other, sizes)
        assert low <= value <= high and value == pytest.approx(expected[1] - expected[0])
        held += low - 1e-9 <= 0 <= high + 1e-9
    assert held >= 0.92 * 300


def test_counts_grow_with_starts_and_their_rarefied_difference_does_not(rng):
    shares = POPULATIONS["geometric"] / POPULATIONS["geometric"].sum()
    first, other = (rng.multinomial(size, shares) for size in (50, 400))
    grown = (other > 0).sum() - (first > 0).sum()
    _, (value, low, high) = difference_of_counts(first, other, (50, 400))
    assert grown > high and abs(value) < grown / 2


def test_another_search_differs(rng):
    """What one of them never reaches and the other often does is no accident."""
    first, other = np.array([100, 0, 0, 0]), np.array([25, 25, 25, 25])
    expected, (value, low, high) = difference_of_counts(first, other, (100, 100))
    assert expected == pytest.approx((1, 4)) and low > 2.9 and high < 3.1
    assert difference_of_counts(other, first, (100, 100))[1] == pytest.approx((-3, -high, -low))


def test_equal_numbers_of_starts_are_not_rarefied():
    expected, gap = difference_of_counts([5, 1, 0], [3, 0, 2], (7, 7))
    assert expected == pytest.approx((2, 2)) and gap.value == pytest.approx(0)
    assert np.isnan(difference_of_counts([0], [3], (0, 3))[1]).all()


@given(st.integers(0, 30), st.integers(0, 60))
def test_differences_of_shares_are_newcombes(a, b):
    """Against his formula, with the roots of Wilson's equation instead of its closed form."""

    def roots(hits, n, z=1.959963984540054):
        return np.sort(np.roots([n + z * z, -(2 * hits + z * z), hits * hits / n]).real)

    (l1, u1), (l2, u2) = roots(a, 30), roots(b, 60)
    p1, p2 = a / 30, b / 60
    expected = (
        p2 - p1,
        p2 - p1 - np.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
        p2 - p1 + np.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2),
    )
    found = difference_of_shares(wilson_interval(a, 30), wilson_interval(b, 60))
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_example_of_newcombe():
    """Newcombe 1998, table II, method 10: 56/70 less 48/80."""
    found = difference_of_shares(wilson_interval(48, 80), wilson_interval(56, 70))
    assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
