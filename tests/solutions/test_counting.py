"""What is counted, what is not, and what is said about it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_fits import disguise, draw_minima, make_fits

from nmfstudy import RequestError, distinct_solutions
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.problem import Problem, Search
from nmfstudy.report.words_on_kind import kind_sentence
from nmfstudy.solutions.coverage import starts_needed
from nmfstudy.solutions.kind import ProvedKind

OBJECTIVES = np.array([1.0, 1.0 + 1e-5, 1.2])


@pytest.fixture
def three(rng):
    """Fits of three minima, 30, 20 and 10 times: the best, one as good, one worse."""
    W, H, which = draw_minima(rng, [30, 20, 10])
    return make_fits(W, H, OBJECTIVES[which], scale=1.0), which


def test_three_counts(three):
    fits, which = three
    s = distinct_solutions(fits)
    assert (s.n_best, s.n_distinct, s.n_minima, len(s)) == (1, 2, 3, 3)
    assert (s.labels == which).all()
    assert s.counts.tolist() == [30, 20, 10]
    assert s.objective.tolist() == OBJECTIVES.tolist()
    assert s.near_optimal.tolist() == [True, True, False]
    assert s.best.tolist() == [True, False, False]
    assert s.kind == "several"
    assert kind_sentence(s).startswith("2 equally good solutions") and kind_sentence(s).endswith(
        "."
    )
    assert s.n_converged == 60
    assert (s.coverage, s.chao1) == (1.0, 3.0)
    assert s.best_share.value == 0.5
    assert s.best_share.low < 0.5 < s.best_share.high
    assert s.starts_for_99 == starts_needed(s.best_share.low) > starts_needed(0.5)
    assert s.lowest_coverage == pytest.approx(0.95, abs=1e-3)  # 1 − 3/60
    assert s.dimension is None


def test_curves_agree_with_the_counts_and_the_tree(three):
    fits, _ = three
    s = distinct_solutions(fits)
    assert s.curve([s.distance_tol])[1].tolist() == [2]
    assert s.minima_curve([s.distance_tol])[1].tolist() == [3]
    tolerances, counts = s.minima_curve()
    assert (counts == 1 + (s.tree.length[:, None] > tolerances).sum(axis=0)).all()
    near = s.curve(tolerances)[1]
    assert (near <= counts).all() and (np.diff(near) <= 0).all()
    rtols, passed = s.objective_curve([0, 1e-6, 1e-4, 0.19, 0.21])
    assert passed.tolist() == [1, 1, 2, 2, 3]
    assert rtols.tolist() == [0, 1e-6, 1e-4, 0.19, 0.21]
    low, high = s.plateau
    assert low == s.noise_floor < s.distance_tol < high
    assert set(s.curve(np.geomspace(low * 1.01, high * 0.99, 50))[1]) == {2}
    assert min(s.nearest) > high / 2


def test_the_gate_moves_with_its_tolerance(three):
    fits, _ = three
    assert distinct_solutions(fits, objective_rtol=1e-6).n_distinct == 1
    assert distinct_solutions(fits, objective_rtol=0.3).n_distinct == 3


def test_exact_fits_are_near_optimal_by_the_reference_loss(rng):
    W, H, which = draw_minima(rng, [20, 20, 20])
    objective = np.array([1e-20, 4e-10, 2e-9])[which]
    s = distinct_solutions(make_fits(W, H, objective, scale=np.sqrt(2)))
    assert (s.n_best, s.n_distinct, s.n_minima) == (1, 2, 3)


def test_representatives_do_not_depend_on_the_order(three, rng):
    fits, _ = three
    fits = replace(fits, kkt_residual=rng.choice([1e-10, 2e-10], len(fits)))
    s = distinct_solutions(fits)
    for label, fit in enumerate(s.representatives):
        own = np.flatnonzero(s.labels == label)
        first = min(own, key=lambda i: (fits.objective[i], fits.kkt_residual[i], fits.seed[i]))
        assert fit.seed == fits.seed[first]
        assert (fit.W == fits.W[first]).all()
        assert not np.shares_memory(fit.W, fits.W)


def comparable(s):
    """What must not depend on how the fits were handed over."""
    return (
        [s.n_best, s.n_distinct, s.n_minima, s.kind, s.reason, s.plateau, s.noise_floor],
        [s.coverage, s.chao1, s.starts_for_99, s.best_share, s.shares()],
        [fit.seed for fit in s.representatives],
        s.objective.tolist() + s.nearest.tolist() + s.counts.tolist() + s.tree.length.tolist(),
    )


@given(st.permutations(range(40)), st.integers(1, 39), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_order_and_cutting_into_parts_change_nothing(order, cut, seed):
    rng = np.random.default_rng(seed)
    W, H, which = draw_minima(rng, [20, 10, 5, 3, 1, 1], noise=1e-7)
    objective = np.array([1, 1, 1 + 1e-4, 2, 3, 4])[which]
    fits = make_fits(W, H, objective, scale=2.0, kkt_residual=rng.choice([1e-10, 1e-9], 40))
    order = np.array(order)
    whole = distinct_solutions(fits)
    parts = distinct_solutions([fits[order[:cut]], fits[order[cut:]]])
    assert comparable(whole) == comparable(parts)
    assert (parts.labels == whole.labels[order]).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-5, 1e-2]))
@settings(max_examples=25, deadline=None)
def test_invariances(seed, noise):
    rng = np.random.default_rng(seed)
    W, H, which = draw_minima(rng, [12, 8, 5, 1], noise=noise)
    objective = np.array([1, 1 + 1e-4, 1.5, 2])[which]

    def counts(W, H):
        s = distinct_solutions(make_fits(W, H, objective, scale=3.0))
        return s.n_best, s.n_distinct, s.n_minima, s.labels.tolist(), s.kind

    plain = counts(W, H)
    again = [disguise(rng, w, h) for w, h in zip(W, H, strict=True)]
    assert counts(*map(np.array, zip(*again, strict=True))) == plain
    rows, columns = rng.permutation(W.shape[1]), rng.permutation(H.shape[2])
    assert counts(W[:, rows], H[:, :, columns]) == plain
    assert counts(H.transpose(0, 2, 1), W.transpose(0, 2, 1)) == plain


def test_copies_of_one_fit_are_one_at_every_tolerance(rng):
    W, H = rng.random((9, 4)), rng.random((4, 7))
    copies = [disguise(rng, W, H) for _ in range(60)]
    s = distinct_solutions(make_fits(*map(np.array, zip(*copies, strict=True))))
    assert (s.curve()[1] == 1).all() and (s.minima_curve()[1] == 1).all()
    assert s.kind == "one"
    assert s.plateau == (s.noise_floor, 0.5)


def test_fits_that_do_not_count(three):
    fits, which = three
    ends = ["saddle", "collapsed", "scale_escape", "failed"]
    last = np.flatnonzero(which == 2)
    reasons = fits.stop_reason.astype(object)
    reasons[last[:4]] = ends
    residual = fits.kkt_residual.copy()
    residual[last[4]], residual[last[5]] = 2e-9, np.nan
    s = distinct_solutions(replace(fits, stop_reason=reasons.astype(str), kkt_residual=residual))
    assert s.counts.tolist() == [30, 20, 4]
    assert (s.labels[last[:6]] == -1).all()
    assert (s.n_converged, s.n_saddle) == (54, 1)


def test_dead_components_count_and_unconverged_fits_only_on_request(three):
    fits, _ = three
    reasons = np.where(np.arange(60) < 5, "dead", fits.stop_reason)
    residual = np.where(np.arange(60) >= 55, 1e-4, fits.kkt_residual)
    fits = replace(fits, stop_reason=reasons, kkt_residual=residual)
    assert distinct_solutions(fits).n_converged == 55
    assert distinct_solutions(fits, kkt_tol=np.inf).n_converged == 60


def unsettled(fits, words, **kwargs):
    s = distinct_solutions(fits, **kwargs)
    assert s.kind == "unsettled"
    assert words.lower() in kind_sentence(s).lower()
    return s


def test_a_better_unconverged_fit_unsettles(three):
    fits, which = three
    best = np.flatnonzero(which == 0)[0]
    objective, residual = fits.objective.copy(), fits.kkt_residual.copy()
    residual[best] = 1e-3
    assert distinct_solutions(replace(fits, kkt_residual=residual)).kind == "several"
    objective[best] = 0.9
    s = unsettled(replace(fits, objective=objective, kkt_residual=residual), "lowest objective")
    assert (s.n_best, s.n_distinct, s.n_minima) == (0, 0, 3)
    assert s.best_objective == 0.9


def test_a_better_unconverged_fit_is_seen_beside_a_single_one_that_counts(rng):
    W, H, _ = draw_minima(rng, [1, 1])
    fits = make_fits(W, H, np.array([2.0, 1.0]), kkt_residual=np.array([1e-10, 1e-3]))
    s = distinct_solutions(fits)
    assert s.counts.tolist() == [1]
    assert s.kind == "unsettled" and "lowest objective belongs to a fit" in kind_sentence(s)


def test_nothing_to_count(three):
    fits, _ = three
    s = unsettled(replace(fits, stop_reason=np.full(60, "collapsed")), "collapsed to all zeros")
    assert (s.n_best, s.n_distinct, s.n_minima, len(s.representatives)) == (0, 0, 0, 0)
    assert np.isnan(s.coverage) and np.isnan(s.best_share.value) and np.isnan(s.starts_for_99)
    assert (s.curve()[1] == 0).all()
    assert s.shares() == [] and s.plateau is None
    assert (s.labels == -1).all()
    none = replace(fits, kkt_residual=np.full(60, 1e-5), stop_reason=np.full(60, "max_iter"))
    unsettled(none, "none of the 60 fits converged: 60 stopped at max_iter")
    unsettled(fits[:0], "There are no fits")


def test_missing_factors(three):
    fits, _ = three
    W = fits.W.copy()
    W[:] = np.nan
    unsettled(replace(fits, W=W), "factors of the 60 converged fits were not recorded")
    W[:50] = fits.W[:50]
    s = unsettled(replace(fits, W=W), "factors of 10 of 60 converged fits were not recorded")
    assert (s.labels[50:] == -1).all() and s.n_converged == 50


def test_too_little_evidence(rng):
    W, H, which = draw_minima(rng, [3, 3])
    unsettled(make_fits(W, H, which + 1.0), "only 6 converged random starts")
    W, H, which = draw_minima(rng, [20, *[1] * 20])
    s = unsettled(make_fits(W, H, which + 1.0), "too few starts")
    assert s.coverage == 0.5 and s.chao1 == 21 + 190
    W, H, which = draw_minima(rng, [40])
    residual = np.where(np.arange(40) < 12, 1e-10, 1e-3)
    unsettled(
        make_fits(W, H, kkt_residual=residual),
        "only 30 % of the random starts converged".capitalize(),
    )


def spread(rng, n, dimension, width=0.3):
    """n factorizations spread evenly over a cube of this dimension."""
    at = rng.random((n, dimension)) * width
    W = np.ones((n, dimension + 1, 1))
    W[:, 1:, 0] += at
    return make_fits(W, np.ones((n, 1, 1)), scale=1.0)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_a_continuum_and_its_dimension(rng, dimension):
    s = distinct_solutions(spread(rng, 60 if dimension > 1 else 40, dimension, width=1.0))
    assert s.kind == "continuum" and s.plateau is None
    big = distinct_solutions(spread(rng, 400, dimension))
    assert big.kind == "continuum"
    value, error = big.dimension
    assert 0 < error < 0.3
    assert abs(value - dimension) < 4 * error + 0.1 * dimension


def test_a_dense_continuum_is_not_called_one(rng):
    # Neighbours are far closer than the tolerance, the whole is far wider than the noise.
    s = distinct_solutions(spread(rng, 500, 1, width=0.02))
    assert s.n_minima == 1 and s.coverage == 1
    assert s.kind == "continuum" and "chain" in kind_sentence(s)
    narrow = distinct_solutions(spread(rng, 500, 1, width=5e-4))
    assert narrow.kind == "one"


def test_few_equal_fits_are_no_continuum(rng):
    assert distinct_solutions(spread(rng, 29, 2)).kind == "unsettled"


def test_many_different_minima_are_no_continuum(rng):
    W, H, which = draw_minima(rng, [1] * 50)
    unsettled(make_fits(W, H, 1 + which * 1e-2), "too few starts")


def test_a_certificate_decides(three, rng):
    fits, _ = three
    s = distinct_solutions(fits)
    moving = s.with_proof(ProvedKind(local_dimension=2))
    assert moving.kind == "continuum" and "2-dimensional" in kind_sentence(moving)
    assert s.with_proof(ProvedKind(local_dimension=0)).kind == "several"
    assert s.with_verdict(None).kind == s.kind == "several"
    # Isolated solutions at growing distances, not far above the noise: no plateau of a decade.
    places = np.repeat(np.cumsum(np.geomspace(2e-3, 0.3, 12)), 5)
    W = np.ones((60, 2, 1))
    W[:, 1, 0] += places
    fits = make_fits(W, np.ones((60, 1, 1)), scale=1.0, n_iter=10**7)
    ladder = distinct_solutions(fits, distance_tol=1e-2)
    assert ladder.noise_floor == pytest.approx(1e-3)
    assert ladder.kind == "unsettled" and "depends on the tolerance" in kind_sentence(ladder)
    assert ladder.with_proof(ProvedKind(local_dimension=0)).kind == "several"


def test_a_tolerance_off_the_plateau_unsettles(three):
    fits, _ = three
    s = unsettled(fits, "over the longest stretch", distance_tol=5.0)
    assert s.n_minima == 1


def test_searches_are_pooled_but_coverage_is_of_one(rng):
    W, H, which = draw_minima(rng, [20, 20, 1])
    objective = np.array([1.0, 1.0, 1.5])[which]
    random = make_fits(W, H, objective, scale=1.0)
    lone = int(np.flatnonzero(which == 0)[0])
    search = Search(init="nndsvd", deterministic=True)
    certain = make_fits(W[[lone]], H[[lone]], 1.0, scale=1.0, search=search, n_iter=7)
    few = make_fits(W[:5], H[:5], objective[:5], scale=1.0, search=Search(init="nndsvdar"))
    s = distinct_solutions([few, certain, random])
    assert s.counts.sum() == 47
    assert s.coverage == 1 - 1 / 41
    assert s.searches[s.sampled_search].init == "random"
    assert s.best_share.value == 40 / 41
    other = make_fits(W[:5], H[:5], objective[:5], scale=1.0, search=Search(solver="scikit_learn"))
    assert distinct_solutions([random, other]).best_share == s.best_share
    rows = [r for r in s.shares() if r["init"] == "nndsvd"]
    assert sorted((r["share"], r["share_low"], r["share_high"]) for r in rows) == [
        (0, 0, 0), (0, 0, 0), (1, 1, 1)
    ]  # fmt: skip
    for init, n in (("random", 41), ("nndsvdar", 5), ("nndsvd", 1)):
        rows = [r for r in s.shares() if r["init"] == init]
        assert sum(r["n_starts"] for r in rows) == n
        assert sum(r["share"] for r in rows) == pytest.approx(1)


def test_a_deterministic_start_alone_settles_nothing(rng):
    W, H, _ = draw_minima(rng, [1])
    search = Search(init="nndsvd", deterministic=True)
    s = unsettled(make_fits(W, H, search=search), "only 0 converged random starts")
    assert np.isnan(s.coverage) and s.n_minima == 1


def test_unconverged_starts_lower_the_shares(three):
    fits, _ = three
    bad = np.arange(60) < 20
    s = distinct_solutions(replace(fits, kkt_residual=np.where(bad, 1e-5, 1e-10)))
    assert sum(row["share"] for row in s.shares()) == pytest.approx(40 / 60)


def test_split_terms_are_one_solution(rng):
    W, H = rng.random((8, 3)), rng.random((3, 6))
    parts = []
    for share in rng.random(20):
        split = np.column_stack([W * [1, share, 1], W[:, 1] * (1 - share)]), np.vstack([H, H[1]])
        parts.append(disguise(rng, *split))
    s = distinct_solutions(make_fits(*map(np.array, zip(*parts, strict=True))))
    assert s.n_minima == 1 and (s.n_merged == 1).all()
    assert (s.minima_curve([1e-9])[1] == 1).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: [], "empty list"),
        (lambda f: [f, 3], "contains int"),
        (lambda f: [f, f], "seed 0 of init random and solver coordinate_descent occurs 2 times"),
        (lambda f: [f, replace(f, seed=f.seed + 59)], "seed 59 of init random .* occurs 2 times"),
        (lambda f: [f, replace(f, problem=Problem(4))], "different problems"),
        (
            lambda f: [f, replace(f, problem=Problem(3, penalty=ElementwisePenalty(0.1)))],
            "different problems",
        ),
        (lambda f: [f, replace(f, data_norm=2.0)], "different data"),
        (lambda f: [f, replace(f, W=f.W[:, 1:])], "different shapes"),
    ],
)
def test_refusals(three, change, words):
    with pytest.raises(RequestError, match=words):
        distinct_solutions(change(three[0]))


@pytest.mark.parametrize("name", ["distance_tol", "objective_rtol", "kkt_tol"])
@pytest.mark.parametrize("value", [-1, np.nan, "x", True])
def test_tolerances_are_checked(three, name, value):
    with pytest.raises(RequestError, match=name):
        distinct_solutions(three[0], **{name: value})


@pytest.mark.parametrize("name", ["distance_tol", "kkt_tol"])
def test_a_tolerance_of_zero_is_none_and_one_of_one_is_large(three, name):
    distinct_solutions(three[0], **{name: 1})
    with pytest.raises(RequestError, match=f"{name} is None"):
        distinct_solutions(three[0], **{name: None})
    with pytest.raises(RequestError, match=f"{name} is 0; possible: a number > 0"):
        distinct_solutions(three[0], **{name: 0})


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=5),
    st.floats(1e-9, 1e-1),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_counts_are_nested_and_add_up(counts, distance_tol, objective_rtol, seed):
    rng = np.random.default_rng(seed)
    W, H, which = draw_minima(rng, counts, noise=10 ** rng.uniform(-12, -1))
    objective = rng.choice([1, 1 + 1e-12, 1 + 1e-6, 1.1, 2], len(counts))[which]
    residual = rng.choice([1e-12, 1e-9, 1e-4, np.inf, np.nan], len(which))
    fits = make_fits(W, H, objective, scale=2.0, kkt_residual=residual)
    s = distinct_solutions(fits, distance_tol=distance_tol, objective_rtol=objective_rtol)
    assert 0 <= s.n_best <= s.n_distinct <= s.n_minima == len(s.representatives)
    assert s.counts.sum() == s.n_converged == (s.labels >= 0).sum() == (residual <= 1e-9).sum()
    assert (np.diff(s.objective) >= 0).all()
    assert (s.nearest > distance_tol).all()
    assert s.curve([distance_tol])[1][0] == s.n_distinct
    assert s.minima_curve([distance_tol])[1][0] == s.n_minima
    assert s.kind in ("one", "several", "continuum", "unsettled") and kind_sentence(s).endswith(".")
