"""Units of rows, columns and components change no verdict, and what is open stays open."""

import numpy as np
import pytest
from known_cases import KNOWN, MENU_H, MENU_W, laurberg

from nmfstudy import certify
from nmfstudy.certificates.gauge import unit_free_gauge
from nmfstudy.certificates.zeros import pattern_interval, sized
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream


def units(rng, size, decades=9):
    return 10 ** rng.uniform(-decades, decades, size)


def in_other_units(W, H, rng):
    """``D₁ W P D`` and ``D⁻¹ Pᵀ H D₂``, and the order P."""
    order = rng.permutation(W.shape[1])
    inner = units(rng, W.shape[1])
    W = units(rng, W.shape[0])[:, None] * W * inner
    H = H / inner[:, None] * units(rng, H.shape[1])
    return W[:, order], H[order], order.tolist()


def answer(verdict, order):
    assert verdict.verify()
    return (
        verdict.status,
        verdict.n_solutions,
        sorted(order[i] for i in verdict.identifiable_W),
        sorted(order[i] for i in verdict.identifiable_H),
        verdict.local_dimension if verdict.dimension_exact else None,
    )


@pytest.mark.parametrize("given", [False, True], ids=["alone", "with the data"])
@pytest.mark.parametrize("known", [k for k in KNOWN if k.n_solutions], ids=lambda k: k.name)
def test_units_change_no_known_answer(known, given):
    rng = stream(0, f"units {known.name}")
    for _ in range(3):
        W, H, order = in_other_units(known.W, known.H, rng)
        found = answer(certify(W, H, X=W @ H if given else None, ladder=False), order)
        assert found[:2] == (known.status, known.n_solutions)
        assert found[2:4] == (list(known.identifiable_W), list(known.identifiable_H))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_units_change_no_verdict_on_random_patterns(k):
    rng = stream(0, f"random units {k}")
    compared = 0
    while compared < 12:
        W, H = ((rng.random((k + 3, k)) < 0.55) * rng.integers(1, 5, (k + 3, k)) for _ in "WH")
        W, H = W[W.any(axis=1)].astype(float), H[H.any(axis=1)].astype(float).T
        if min(np.linalg.matrix_rank(W), np.linalg.matrix_rank(H)) < k:
            continue
        plain = certify(W, H, ladder=False, budget=1.0)
        if plain.n_solutions is None:
            continue  # a search may or may not end in time
        A, B, order = in_other_units(W, H, rng)
        again = certify(A, B, ladder=False, budget=1.0)
        assert answer(again, order) == answer(plain, list(range(k)))
        compared += 1


@pytest.mark.parametrize("exponent", range(4, 16))
@pytest.mark.parametrize("given", [False, True], ids=["alone", "with the data"])
def test_an_entry_of_a_small_row_and_column_is_no_dust(exponent, given):
    """H_22 is far below its component's largest entry: by the units of row and column alone."""
    e = 10.0**-exponent
    W, H = np.diag([1, e]), np.array([[1, e, 0], [1, e, 1]])
    verdict = certify(W, H, X=W @ H if given else None)
    assert verdict.status == "partially_identifiable" and verdict.n_solutions == np.inf
    assert (verdict.identifiable_W, verdict.identifiable_H) == ((1,), (0,))
    np.testing.assert_array_equal(verdict.factorization.H, H)


def test_a_gauge_is_entered_and_left_without_loss():
    rng = stream(0, "lossless")
    W, H = rng.random((5, 3)), rng.random((3, 7))
    W[rng.random(W.shape) < 0.3], H[:, 2] = 0, 0
    given = Factorization(W * units(rng, 5, 100)[:, None], H * units(rng, 7, 100))
    gauge = unit_free_gauge(given)
    inside = gauge.enter(given)
    back = gauge.leave(inside)
    np.testing.assert_array_equal(back.W, given.W)
    np.testing.assert_array_equal(back.H, given.H)
    product = inside.product()
    np.testing.assert_allclose(gauge.enter_data(given.product()), product, rtol=1e-14)
    live = product[:, product.any(axis=0)]
    assert (0.2 < live.max(axis=0)).all() and (live.max(axis=0) < 4).all()


def with_speck(size):
    """The menu's factors: unique as the one entry is zero, and not if it is not."""
    W = MENU_W.copy()
    W[4, 0] = size
    return W, MENU_H


@pytest.mark.parametrize("size", [1e-8, 3e-8])
def test_an_entry_that_may_be_zero_leaves_the_weaker_verdict(size):
    W, H = with_speck(size)
    kept, dropped = (certify(W, H, zero_threshold=t, ladder=False) for t in (0.0, 1e-5))
    assert dropped.status == "unique"
    verdict = certify(W, H)
    assert verdict.verify() and verdict.n_open == 1
    assert verdict.status == kept.status != "unique"
    assert set(verdict.identifiable_W) <= set(kept.identifiable_W)
    assert "1 entry may be zero or not" in verdict.explanation
    # The data tell which it is: no accident gives an exact factorization without it.
    exact = certify(W, H, X=with_speck(0.0)[0] @ H)
    assert exact.status == "unique" and exact.n_open == 0


def test_clear_zeros_leave_nothing_open():
    for size in (1e-12, 1e-3):
        W, H = with_speck(size)
        verdict = certify(W, H)
        assert verdict.n_open == 0 and "may be zero" not in verdict.explanation
        assert (verdict.status == "unique") == (size == 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_all_claims_are_the_same_all_over_the_interval(seed):
    rng = stream(seed, "interval")
    W, H = laurberg(0.3)
    W, H = W.copy(), H.copy()
    W[0, 2], H[2, 4] = 10 ** rng.uniform(-8, -2, 2)
    H[0, 5] = 10 ** rng.uniform(-8, -2)
    chosen = certify(W, H, zero_threshold=1e-5)
    low, high = chosen.threshold_interval
    entries = sized(Factorization(W, H)).entries
    tried = {pattern_interval(entries, t) for t in (0.0, *entries[entries < 1e-2])}
    for pattern in tried:
        here = certify(W, H, zero_threshold=pattern[0], ladder=False)
        same = all(
            getattr(here, name) == getattr(chosen, name)
            for name in ("status", "n_solutions", "identifiable_W", "identifiable_H")
        )
        if low <= pattern[0] < high:
            assert same
    below = certify(W, H, zero_threshold=0.0, ladder=False)
    if below.identifiable_W != chosen.identifiable_W or below.status != chosen.status:
        assert low > 0


@pytest.mark.parametrize("step", [-1e-11, -1e-12, -1e-13, 1e-13, 1e-12, 1e-11])
def test_the_edge_of_uniqueness_is_open(step):
    verdict = certify(*laurberg(0.5 + step))
    assert verdict.verify()
    assert verdict.n_solutions is None and verdict.witness is None
    assert verdict.status in ("locally_unique", "inconclusive")
    assert "knife edge" in verdict.explanation
    (exact,) = (o for o in verdict.certificates if o.name == "rank3")
    assert exact.outcome == "inconclusive" and exact.knife_edge
    # The second solution of ½ has nearly the same product, and is no witness.
    other = certify(*laurberg(0.5)).witness
    verdict = certify(*laurberg(0.5 + step), others=[other])
    assert verdict.witness is None and verdict.n_solutions is None


@pytest.mark.parametrize("alpha, count", [(0.5, 2), (0.5 - 1e-9, 1), (0.5 + 1e-8, np.inf)])
def test_beside_the_edge_the_count_is_known(alpha, count):
    assert certify(*laurberg(alpha)).n_solutions == count
