import numpy as np
import pytest
from known_cases import CIRC3, KNOWN, MENU_H, MENU_W, hexagon_factors, laurberg

from nmfstudy import RequestError, certify
from nmfstudy.certificates.case import make_case, witness_problems
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.smaller import find_smaller
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import number
from nmfstudy.util.streams import stream

SOLVED = [k for k in KNOWN if k.status == "unique"]


def checked(W, H, **options):
    verdict = certify(W, H, **options)
    assert verdict.verify()
    return verdict


def test_zero_product_is_degenerate():
    assert checked(np.zeros((3, 2)), np.ones((2, 4))).status == "degenerate"
    assert checked(np.ones((3, 1)), np.zeros((1, 4))).status == "degenerate"


def test_one_component_is_unique():
    verdict = checked(np.arange(4.0)[:, None], np.ones((1, 3)))
    assert verdict.status == "unique" and verdict.n_solutions == 1
    assert verdict.identifiable_W == verdict.identifiable_H == (0,)


@pytest.mark.parametrize("known", SOLVED, ids=lambda k: k.name)
def test_a_spare_component_makes_infinitely_many(known):
    n, d = len(known.W), known.H.shape[1]
    dead = np.hstack([known.W, np.zeros((n, 1))]), np.vstack([known.H, np.ones((1, d))])
    order = [*range(known.W.shape[1]), 0]
    half = np.array([0.5, *np.ones(known.W.shape[1] - 1), 0.5])
    twin = known.W[:, order] * half, known.H[order]
    for W, H in (dead, twin):
        verdict = checked(W, H)
        assert verdict.status == "not_unique" and verdict.n_solutions == np.inf
        assert verdict.identifiable_W == verdict.identifiable_H == ()


def test_spare_component_with_nothing_to_cut_is_degenerate():
    # Only parallel cuts of single entries, which are the same terms.
    assert checked(np.eye(2, 3), np.eye(3, 2)).status == "degenerate"


def test_more_components_than_rank():
    # Menu with four components: three suffice.
    W = np.hstack([MENU_W, MENU_W[:, :1] + MENU_W[:, 1:2]])
    H = np.vstack([MENU_H, [[1.0, 0, 0, 0]]])
    verdict = checked(W, H)
    assert verdict.status == "not_unique" and verdict.n_solutions == np.inf


@pytest.mark.parametrize("seed", range(6))
def test_a_smaller_factorization_is_found_if_there_is_one(seed):
    # X = U (M N) has three components; written as (U M) N it has four.
    rng = stream(seed, "smaller")
    U, M, N = rng.random((6, 3)), rng.random((3, 4)), rng.random((4, 7))
    U[:3][np.eye(3, dtype=bool)] = 0
    case = make_case(Factorization(U @ M, N))
    found = find_smaller(case, Effort(20))
    assert found.n_components == 3
    np.testing.assert_allclose(found.product(), case.product, atol=1e-11)


def test_no_smaller_factorization_where_there_is_none():
    # Rank 3, yet four components are needed: a square between a square.
    square = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1.0]])
    assert np.linalg.matrix_rank(square) == 3
    assert find_smaller(make_case(Factorization(square, np.eye(4))), Effort(20)) is None
    # Unlike X·I, which is a second one.
    verdict = checked(square, np.eye(4))
    assert verdict.status == "not_unique" and verdict.local_dimension == 0


def test_swimmer_shares_its_torso():
    W, H = swimmer()
    verdict = checked(W, H)
    assert verdict.status == "not_unique"
    assert verdict.witness.n_components == 17
    assert np.linalg.matrix_rank(W @ H) == 13


def swimmer():
    """256 images 32×32: a torso and four limbs in one of four positions each."""
    images = np.zeros((17, 32, 32))
    images[0, 10:20, 15:17] = 1
    anchors = [(9, 14, -1, -1), (9, 17, -1, 1), (20, 14, 1, -1), (20, 17, 1, 1)]
    for limb, (row, column, down, right) in enumerate(anchors):
        moves = [(0, right), (down, right), (down, 0), (-down, right)]
        for position, (dr, dc) in enumerate(moves):
            for step in range(6):
                r, c = row + dr * step, column + dc * (step + 1)
                images[1 + 4 * limb + position, r, c] = 1
    H = images.reshape(17, -1)
    W = np.zeros((256, 17))
    W[:, 0] = 1
    for limb in range(4):
        position = np.arange(256) // 4**limb % 4
        W[np.arange(256), 1 + 4 * limb + position] = 1
    return W, H


@pytest.mark.parametrize("size", [1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-4])
@pytest.mark.parametrize("known", SOLVED, ids=lambda k: k.name)
def test_moved_entries_never_end_in_a_false_refutation(known, size):
    # Nonzero entries moved a little: each of these stays unique (the conditions are open).
    rng = stream(0, f"{known.name}{size}")
    W = known.W * (1 + size * rng.normal(size=known.W.shape))
    H = known.H * (1 + size * rng.normal(size=known.H.shape))
    assert checked(W, H, ladder=False).status in ("unique", "locally_unique")


@pytest.mark.parametrize("size", [1e-15, 1e-12, 1e-10])
def test_dust_below_the_threshold_is_no_entry(size):
    for W, H in (laurberg(0.45), (MENU_W, MENU_H)):
        rng = stream(0, f"dust{size}")
        verdict = checked(W + size * rng.random(W.shape), H + size * rng.random(H.shape))
        assert verdict.status == "unique"
        low, high = verdict.threshold_interval
        assert low <= verdict.zero_threshold < high


@pytest.mark.parametrize("size", [1e-6, 1e-3])
def test_dust_above_the_threshold_is_an_entry(size):
    # Dense factors can always move; a coarser threshold sees the pattern again.
    rng = stream(0, "dust")
    W, H = laurberg(0.3)
    W, H = W + size * rng.random(W.shape), H + size * rng.random(H.shape)
    assert checked(W, H).status in ("not_unique", "inconclusive")
    coarse = checked(W, H, X=W @ H, zero_threshold=10 * size)
    assert coarse.status == "unique"
    assert 0 < coarse.residual < 10 * size
    low, high = coarse.threshold_interval
    assert size / 10 < low < 10 * size < high


@pytest.mark.parametrize("size", [1e-15, 1e-12, 1e-11, 1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize(
    "factors", [laurberg(0.5), hexagon_factors(), (CIRC3, np.eye(3))], ids=["two", "four", "circ"]
)
def test_noise_at_turning_points_never_raises(factors, size):
    rng = stream(0, f"turn{size}")
    W, H = factors
    for add in (0.0, size):
        A = W * (1 + size * rng.normal(size=W.shape)) + add * rng.random(W.shape)
        checked(A, H, ladder=False)


def test_nearly_dependent_components_prove_nothing_false():
    rng = stream(0, "dependent")
    W, H = rng.random((8, 3)), rng.random((3, 9))
    for size in (1e-7, 1e-9, 1e-11, 1e-13, 1e-15):
        A = W.copy()
        A[:, 2] = A[:, 0] + A[:, 1] + size * rng.random(8)
        assert checked(A, H).status in ("not_unique", "inconclusive", "degenerate")


def test_components_of_very_different_size():
    W, H = laurberg(0.3)
    for sizes in ([1e100, 1, 1e-100], [1e200, 1, 1e-200], [1e6, 1, 1e-6]):
        verdict = checked(W * np.array(sizes), H)
        assert verdict.status in ("inconclusive", "degenerate", "unique", "locally_unique")


def test_witness_is_a_second_factorization_in_the_given_scale():
    W, H = laurberg(0.7)
    rows = np.logspace(-4, 4, 6)[:, None]
    verdict = checked(W * rows, H)
    np.testing.assert_allclose(verdict.witness.product(), W * rows @ H, rtol=1e-10)
    case = make_case(Factorization(W * rows, H))
    assert witness_problems(case, case.scaled(verdict.witness)) == []


def test_residual_speaks_of_the_data():
    W, H = laurberg(0.3)
    X = W @ H + 0.01
    verdict = checked(W, H, X=X)
    assert verdict.residual == pytest.approx(0.01 * 6 / np.linalg.norm(X))
    assert f"is {number(verdict.residual, 2)} (relative)" in verdict.scope
    assert certify(W * 1e150, H, X=X * 1e150).residual == pytest.approx(verdict.residual)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"X": np.ones((2, 2))}, "shape"),
        ({"X": np.full((6, 6), np.nan)}, "finite"),
        ({"zero_threshold": -1}, "zero_threshold"),
        ({"zero_threshold": 1.0}, "zero_threshold"),
        ({"budget": 0}, "budget"),
    ],
)
def test_wrong_requests(options, word):
    with pytest.raises(RequestError, match=word):
        certify(*laurberg(0.3), **options)


def test_wrong_factors():
    with pytest.raises(RequestError, match="nonnegative"):
        certify(-np.ones((2, 1)), np.ones((1, 2)))


def test_no_effort_is_no_answer_but_no_error():
    rng = stream(0, "time")
    W, H = rng.random((40, 6)), rng.random((6, 40))
    W[rng.random(W.shape) < 0.4] = 0
    H[rng.random(H.shape) < 0.4] = 0
    verdict = certify(W, H, budget=1e-6)
    assert verdict.status in ("inconclusive", "not_unique")
    assert any(o.outcome == "skipped" and "effort" in o.reason for o in verdict.certificates)


def test_the_effort_spent_does_not_depend_on_the_clock(monkeypatch):
    import time

    W, H = stream(0, "effort").random((2, 40, 6))
    W[W < 0.2], H[H < 0.2] = 0, 0
    first = certify(W, H.T, budget=0.5)
    hours = iter(range(10**6))
    monkeypatch.setattr(time, "perf_counter", lambda: 3600.0 * next(hours))
    second = certify(W, H.T, budget=0.5)
    outcomes = [[(o.name, o.outcome, o.reason) for o in v.certificates] for v in (first, second)]
    assert outcomes[0] == outcomes[1]
    assert any("effort" in reason for _, _, reason in outcomes[0])
    assert second.seconds > 3600
