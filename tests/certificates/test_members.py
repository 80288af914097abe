"""What single certificates say, against truths that need no certificate."""

import numpy as np
import pytest
from known_cases import CIRC3, KNOWN, MENU_H, MENU_W, laurberg

from nmfstudy import certify
from nmfstudy.certificates import partial, rigidity, scattered, separable, supports, witness
from nmfstudy.certificates.case import changed_components, make_case, witness_problems
from nmfstudy.certificates.effort import Effort
from nmfstudy.model.distance import distance
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream


def case_of(W, H):
    return make_case(Factorization(W, H))


def run(member, W, H):
    case = case_of(W, H)
    outcome = member.run(case, Effort(20))
    if outcome.outcome in ("proves", "refutes"):
        assert member.problems_of(case, outcome) == []
    if outcome.witness is not None:
        assert witness_problems(case, outcome.witness) == []
    return outcome


def sparse(rng, shape, density):
    A = rng.random(shape)
    A[rng.random(shape) > density] = 0
    return A


# supports


@pytest.mark.parametrize("seed", range(20))
def test_a_component_can_move_alone_exactly_if_supports_are_nested(seed):
    # Moving h_i alone along a row h_j needs W to give: w_j must lose a multiple of w_i.
    rng = stream(seed, "nested")
    W, H = sparse(rng, (7, 4), 0.6) + 0.0, sparse(rng, (4, 7), 0.6)
    case = case_of(W, H)
    if case.spare or case.k < 4:
        return
    pairs = {}
    for side, i, j, eps, _ in supports.nested_pairs(case.W, case.H):
        A = case.W if side == "W" else case.H.T
        left = A[:, j] - eps * A[:, i]
        assert eps > 0 and abs(left[A[:, i] > 0].min()) < 1e-15  # the longest move there is
        pairs[side, i, j] = eps
    for side, A in (("W", case.W), ("H", case.H.T)):
        for i in range(4):
            for j in range(4):
                if i != j:
                    movable = (A[:, j] - 1e-9 * A[:, i] >= 0).all()
                    assert movable == ((side, i, j) in pairs)


def test_nested_supports_name_the_components_that_move():
    W = np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    H = np.array([[1.0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]])
    outcome = run(supports, W, H)
    # supp(w_0) ⊂ supp(w_1): w_1 and h_0 move; supp(h_1) etc. are not nested.
    assert outcome.refuted_W == (1,) and outcome.refuted_H == (0,)


def test_rank_two_with_three_components_has_a_spare_one():
    rng = stream(0, "rank two")
    A, B = rng.random((6, 2)), rng.random((2, 6))
    A[0, 0] = B[0, 0] = A[1, 1] = B[1, 1] = 0
    mix = np.array([[1.0, 0, 1], [0, 1, 1]])
    outcome = run(supports, A @ mix, np.linalg.pinv(mix).clip(min=0) @ B)
    assert outcome.outcome == "refutes" and outcome.n_solutions == np.inf


def test_own_columns_and_rows():
    rng = stream(0, "own")
    X = rng.random((3, 4))
    twice = np.hstack([X, 2 * X[:, :1]])
    by_columns, by_rows = supports.own_columns(twice, 4)
    for found in (by_columns, by_rows):
        np.testing.assert_allclose(found.product(), twice)
    assert by_columns.n_components == 4 and by_rows.n_components == 3
    assert list(supports.own_columns(X, 2)) == []


# separable


@pytest.mark.parametrize("k", [2, 3, 5, 9])
def test_both_separable_is_unique(k):
    rng = stream(k, "separable")
    W = np.vstack([np.diag(rng.random(k) + 0.1), rng.random((4, k))])
    H = np.hstack([np.diag(rng.random(k) + 0.1), rng.random((k, 5))])
    assert run(separable, W, H).unique


def test_one_separable_factor_is_not_enough():
    assert not run(separable, np.random.default_rng(0).random((6, 3)), np.eye(3)).unique
    assert not run(separable, CIRC3, np.eye(3)).unique


@pytest.mark.parametrize("k", [3, 4, 6])
def test_one_separable_and_zeros_of_full_rank(k):
    rng = stream(k, "zeros")
    rows = []
    for i in range(k):
        block = rng.random((k, k)) + 0.1
        block[:, i] = 0
        rows.append(block)
    assert run(separable, np.vstack(rows), np.eye(k)).unique
    assert run(separable, np.eye(k), np.vstack(rows).T).unique


# partial


@pytest.mark.parametrize("seed", range(40))
def test_identified_components_are_in_every_solution_found(seed):
    rng = stream(seed, "partial")
    k = int(rng.integers(3, 6))
    W = sparse(rng, (12, k), 0.6)
    H = np.hstack([np.eye(k)[:, : int(rng.integers(1, k + 1))], sparse(rng, (k, 8), 0.5)])
    case = case_of(W, H)
    if case.spare or case.k < k or case.rank_state != "full":
        return
    outcome = partial.run(case, Effort(20))
    if outcome.outcome != "proves":
        return
    assert partial.problems_of(case, outcome) == []
    for solution in witness.sample(case.W, case.H, n_samples=8, seed=seed):
        moved_W, moved_H = changed_components(case, case.scaled(case.unscale(solution)))
        assert not set(moved_W) & set(outcome.identifiable_W)
        assert not set(moved_H) & set(outcome.identifiable_H)


def test_sequential_rule():
    # w_0 by its zero rows; without its columns the rest is a smaller problem that is separable.
    W = np.array([[1.0, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]])
    H = np.array([[1.0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]])
    outcome = run(partial, W, H)
    assert 0 in outcome.identifiable_W


def test_close_draws_only_what_follows():
    assert partial.close(3, {0, 1}, set()) == ((0, 1), (2,))
    assert partial.close(3, {0, 1, 2}, set()) == ((0, 1, 2), (0, 1, 2))
    assert partial.close(3, {0}, {1}) == ((0,), (1,))
    # w_P and h_rest together are not enough for more.
    assert partial.close(4, {0, 1}, {2, 3}) == ((0, 1), (2, 3))


# rigidity


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_first_order_dimension(known):
    outcome = run(rigidity, known.W, known.H)
    assert outcome.local_dimension == known.first_order_dimension
    assert not outcome.unique


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_close_to_a_rigid_factorization(seed):
    rng = stream(seed, "motions")
    k = 3 + seed % 2
    W, H = sparse(rng, (9, k), 0.6), sparse(rng, (k, 9), 0.6)
    case = case_of(W, H)
    if case.k < k or case.rank_state != "full":
        return
    outcome = rigidity.run(case, Effort(20))
    for s in witness.sample(case.W, case.H, n_samples=6, seed=seed)[1:]:
        apart = distance(Factorization(case.W, case.H), s)
        if outcome.outcome == "proves":
            assert apart < 1e-7 or apart > 1e-3


def test_rank_deficient_form():
    # Four components of rank three, no supports nested: X = Q·I with X of rank 3.
    Q = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1.0]])
    outcome = run(rigidity, Q, np.eye(4))
    assert outcome.local_dimension == 0
    # Menu with a fourth component that shares: it can move.
    W = np.hstack([MENU_W, MENU_W[:, :1] + MENU_W[:, 1:2]])
    H = np.vstack([MENU_H, [[1.0, 0, 0, 0]]])
    moving = run(rigidity, W, H)
    assert moving.local_dimension > 0 and moving.outcome == "inconclusive"


# scattered


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.4, 0.49, 0.499])
def test_laurberg_is_scattered_below_one_half(alpha):
    assert run(scattered, *laurberg(alpha)).unique


@pytest.mark.parametrize("alpha", [0.5, 0.501, 0.7, 1.0])
def test_laurberg_is_not_scattered_from_one_half_on(alpha):
    assert not run(scattered, *laurberg(alpha)).unique


def test_menu_is_unique_but_not_scattered():
    assert run(scattered, MENU_W, MENU_H).outcome == "inconclusive"


@pytest.mark.parametrize("k", [4, 5, 6, 7])
def test_many_sparse_rows_are_scattered(k):
    rng = stream(k, "scattered")
    outcome = run(scattered, sparse(rng, (60, k), 0.4), sparse(rng, (k, 60), 0.4))
    assert outcome.unique and outcome.margin > 1e-6


@pytest.mark.parametrize("k", [3, 4, 5])
def test_dual_rays_are_all_rays(k):
    rng = stream(k, "rays")
    points = sparse(rng, (12, k), 0.7) + 1e-3
    facets, rays = scattered.dual_rays(points, Effort(10))
    assert (rays @ points.T > -1e-9).all()
    # Any other y with points·y ≥ 0 is a nonnegative combination of them.
    from scipy.optimize import nnls

    for _ in range(20):
        y = rng.normal(size=k)
        if (points @ y >= 0).all():
            assert nnls(rays.T, y)[1] < 1e-8


# witness


@pytest.mark.parametrize(
    "known", [k for k in KNOWN if k.n_solutions not in (1, None)], ids=lambda k: k.name
)
def test_search_finds_a_second_solution(known):
    outcome = run(witness, known.W, known.H)
    assert outcome.outcome == "refutes"
    assert not set(outcome.refuted_W) & set(known.identifiable_W)
    assert not set(outcome.refuted_H) & set(known.identifiable_H)


@pytest.mark.parametrize("known", [k for k in KNOWN if k.n_solutions == 1], ids=lambda k: k.name)
def test_search_finds_nothing_and_claims_nothing_where_there_is_nothing(known):
    outcome = run(witness, known.W, known.H)
    assert outcome.outcome == "inconclusive"
    assert not outcome.unique and outcome.n_solutions is None


def test_another_fitted_solution_is_a_witness():
    W, H = laurberg(0.5)
    second = Factorization(*(Factorization(W, H).W, H))
    other_H = 1 / 1.5 - H / 1.5
    other_W = np.linalg.lstsq(other_H.T, (W @ H).T, rcond=None)[0].T.clip(min=0)
    noise = 1e-7 * np.random.default_rng(0).random(other_W.shape)
    case = case_of(W, H)
    found = witness.run(case, Effort(5), others=[second, (other_W + noise, other_H)])
    assert found.outcome == "refutes" and "fitting" in found.reason
    assert witness.problems_of(case, found) == []


def test_another_solution_is_a_witness_below_full_rank_too():
    # Rank 3 with four components: X·I given, I·X found by fitting, here as dust around it.
    square = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1.0]])
    case = case_of(square, np.eye(4))
    other = np.eye(4), square + 1e-7 * np.random.default_rng(0).random((4, 4))
    found = witness.run(case, Effort(5), others=[other])
    assert found.outcome == "refutes"
    assert witness.run(case, Effort(5)).outcome == "skipped"


def test_samples_have_the_product_and_match_the_components():
    known = next(k for k in KNOWN if k.name == "partial_W")
    samples = witness.sample(known.W, known.H, n_samples=12)
    assert len(samples) > 3
    for s in samples:
        np.testing.assert_allclose(s.product(), known.W @ known.H, atol=1e-9)
        w = s.W[:, 0] / np.linalg.norm(s.W[:, 0])
        np.testing.assert_allclose(w, known.W[:, 0] / np.linalg.norm(known.W[:, 0]), atol=1e-6)


@pytest.mark.parametrize(
    "known", [k for k in KNOWN if k.first_order_dimension], ids=lambda known: known.name
)
def test_what_moves_is_moved_by_rigidity_alone(known):
    outcome = run(rigidity, known.W, known.H)
    assert (outcome.local_dimension, outcome.dimension_exact) == (known.first_order_dimension, True)
    assert outcome.outcome == "refutes" and outcome.witness is not None


@pytest.mark.parametrize("gap", [1e-9, 1e-10, 1e-14])
def test_why_the_rank_is_not_full_is_said(gap):
    rng = stream(0, "gap")
    W, H = rng.random((6, 3)), rng.random((4, 7))
    W = np.column_stack([W, W.sum(axis=1) + gap * rng.random(6)])
    said = [o.reason for o in certify(W, H, ladder=False).certificates if "rank of the" in o.reason]
    why = "unclear" if gap > 1e-12 else "below the number of components"
    assert said and set(said) == {f"the rank of the product is {why}"}


@pytest.mark.parametrize("seed", range(5))
def test_the_scaling_found_is_as_good_as_it_is_said_to_be(seed):
    rng = stream(seed, "tightness")
    rays = np.concatenate([rng.random((6, 4)), -0.1 * rng.random((6, 4)) + 0.4])
    signs = np.repeat([1.0, -1.0], 6)
    start = np.array([1.0, -0.5, 0.5, -1.0])
    scale, least = scattered.best_scaling(rays, signs, start, Effort(5))
    assert least == scattered.tightness(rays, signs, scale)[0].min()
    assert least > scattered.tightness(rays, signs, start)[0].min()
    # The gradient is that of the values.
    values, gradient = scattered.tightness(rays, signs, scale)
    step = 1e-6 * rng.normal(size=4)
    change = scattered.tightness(rays, signs, scale + step)[0] - values
    np.testing.assert_allclose(gradient @ step, change, atol=1e-11)
