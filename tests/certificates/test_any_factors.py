"""`distance`, `match` and `certify` on whatever factors there may be."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import nmfstudy as ns
from nmfstudy.certificates.verdict import STATUSES

# Zeros, equal entries and very unequal ones are what breaks formulas.
ENTRIES = st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.3, 7.0, 1e-9, 1e6])
PLAIN = st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.3, 7.0])
ANYTHING = st.sampled_from([0.0, 1.0, -1.0, -1e-300, np.nan, np.inf, 1e308])
ROUNDING = 1e-9


@st.composite
def factors(draw, n=None, d=None, most=3, elements=ENTRIES):
    n, d = n or draw(st.integers(1, 5)), d or draw(st.integers(1, 5))
    k = draw(st.integers(1, most))
    return tuple(draw(arrays(float, shape, elements=elements)) for shape in ((n, k), (k, d)))


@st.composite
def three(draw):
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return tuple(draw(factors(n, d)) for _ in range(3))


def terms(W, H):
    return np.einsum("nk,kd->knd", W, H)


def brute_force(a, b):
    """Root of the summed squares of matched terms, the shorter list filled with zeros."""
    a, b = terms(*a), terms(*b)
    k = max(len(a), len(b))
    a, b = (np.concatenate([t, np.zeros((k - len(t), *t.shape[1:]))]) for t in (a, b))
    return min(np.sqrt(((a - b[list(p)]) ** 2).sum()) for p in permutations(range(k)))


def merged(W, H):
    """Whether no two terms are parallel, which count as one."""
    found = [t.ravel() / np.linalg.norm(t) for t in terms(W, H) if t.any()]
    return all(x @ y < 1 - 1e-6 for i, x in enumerate(found) for y in found[:i])


@given(three())
@settings(max_examples=150, deadline=None)
def test_distance_is_a_metric_and_its_definition(given):
    a, b, c = given
    size = max(1.0, *(np.linalg.norm(terms(*f)) for f in given))
    ab, bc, ac = (ns.distance(*pair, scale=1.0) for pair in ((a, b), (b, c), (a, c)))
    slack = ROUNDING * size
    assert ns.distance(a, a, scale=1.0) <= slack
    assert abs(ab - ns.distance(b, a, scale=1.0)) <= slack
    assert ac <= ab + bc + slack
    if merged(*a) and merged(*b):
        assert ab == pytest.approx(brute_force(a, b), rel=1e-6, abs=1e-6 * size)


@given(factors(), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_order_and_scale_leave_no_distance(given, seed):
    W, H = given
    rng = np.random.default_rng(seed)
    order, scale = rng.permutation(len(H)), np.exp(rng.normal(size=len(H)) * 3)
    assert ns.distance((W, H), ((W * scale)[:, order], (H / scale[:, None])[order])) <= ROUNDING
    assert ns.distance((W, H), (W, H)) == pytest.approx(0, abs=ROUNDING)


@given(three())
@settings(max_examples=100, deadline=None)
def test_a_match_is_a_permutation_with_cosines(given):
    a, b, _ = given
    order, congruence = ns.match(a, b)
    assert sorted(order) == list(range(max(a[0].shape[1], b[0].shape[1])))
    assert ((0 <= congruence) & (congruence <= 1 + 1e-12)).all()


@given(
    arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=ANYTHING),
    arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=ANYTHING),
)
@settings(max_examples=200, deadline=None)
def test_what_are_no_factors_is_refused_in_one_sentence(W, H):
    good = W.shape[1] == len(H) and all(np.isfinite(f).all() and (f >= 0).all() for f in (W, H))
    assume(not good)
    for ask in (lambda: ns.distance((W, H), (W, H)), lambda: ns.certify(W, H)):
        with pytest.raises(ns.RequestError) as caught:
            ask()
        assert "\n" not in str(caught.value)


@given(factors(most=4, elements=PLAIN))
@settings(max_examples=60, deadline=None)
def test_a_verdict_can_be_checked_and_contradicts_nothing(given):
    verdict = ns.certify(*given, budget=1.0)
    assert verdict.status in STATUSES
    assert verdict.verify()
    if verdict.status == "unique":
        assert verdict.n_solutions == 1 and verdict.witness is None
    if verdict.status == "not_unique":
        other = verdict.witness
        product = verdict.factorization.product()
        assert np.abs(other.product() - product).max() <= 1e-6 * np.abs(product).max()
        assert ns.distance(verdict.factorization, other) > 1e-8
    proved = set(verdict.identifiable_W), set(verdict.identifiable_H)
    assert not proved[0] & set(verdict.refuted_W) and not proved[1] & set(verdict.refuted_H)


@given(factors(elements=PLAIN), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_a_verdict_does_not_hang_on_order_scale_or_side(given, seed):
    W, H = given
    rng = np.random.default_rng(seed)
    order, scale = rng.permutation(len(H)), 2.0 ** rng.integers(-3, 4, len(H))
    first = ns.certify(W, H, budget=2.0)
    for other in (
        ns.certify((W * scale)[:, order], (H / scale[:, None])[order], budget=2.0),
        ns.certify(H.T, W.T, budget=2.0),
    ):
        for status in ("unique", "degenerate"):
            pair = {first.status, other.status}
            assert status not in pair or pair == {status} or "inconclusive" in pair
