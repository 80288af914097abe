"""Fits by weights and around unknown entries: derivatives, peers, invariances, known answers."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize, nnls

import nmfstudy as ns
from nmfstudy.datasets.base import check_data
from nmfstudy.fitting.saddles import growth
from nmfstudy.model.objective import gradients, kkt_residual, objective, reference_loss
from nmfstudy.model.penalties import NO_PENALTY, ElementwisePenalty, ScaleFreePenalty
from nmfstudy.report.words_on_kind import kind_sentence

LOSSES = ("frobenius", "kullback-leibler")
RNG = np.random.default_rng(5)
X = RNG.random((20, 2)) @ RNG.gamma(1.0, 1.0, (2, 9)) + 0.1 * RNG.random((20, 9))
X *= RNG.random((20, 9)) < 0.95
V = RNG.gamma(2.0, 1.0, X.shape) * (RNG.random(X.shape) < 0.95)
HOLES = np.where(RNG.random(X.shape) < 0.05, np.nan, X)
FORMS = {
    "dense weights": (X, V),
    "dense holes": (HOLES, None),
    "sparse list": (sparse.csr_array(X), sparse.csr_array(V)),
    "sparse holes": (sparse.csr_array(HOLES), None),
}


def factors(seed=0, n=20, d=9, k=3):
    rng = np.random.default_rng(seed)
    return rng.random((n, k)) + 0.1, rng.random((k, d)) + 0.1


def by_hand(X, V, W, H, loss):
    """The weighted loss, entry by entry."""
    total = 0.0
    for x, v, y in zip(X.flat, V.flat, (W @ H).flat, strict=True):
        if v > 0 and not np.isnan(x):
            kl = (x * np.log(x / y) if x > 0 else 0.0) - x + y
            total += v * (0.5 * (x - y) ** 2 if loss == "frobenius" else kl)
    return total


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", FORMS)
def test_the_objective_is_the_weighted_sum(form, loss):
    given, weights = FORMS[form]
    dense = X if weights is not None else HOLES
    all_weights = V if weights is not None else np.ones(X.shape)
    W, H = factors()
    value = objective(check_data(given, weights), W, H, loss=loss)
    assert value == pytest.approx(by_hand(dense, all_weights, W, H, loss), rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("penalty", [NO_PENALTY, ElementwisePenalty(0.1, 0.2, 0.4)], ids=str)
def test_gradients_are_the_slope_of_the_objective(form, loss, penalty):
    data, (W, H), step = check_data(*FORMS[form]), factors(), 1e-6
    dW, dH = (np.random.default_rng(1).normal(size=F.shape) for F in (W, H))

    def along(t):
        return objective(data, W + t * dW, H + t * dH, loss=loss, penalty=penalty)

    of_W, of_H = gradients(data, W, H, loss=loss, penalty=penalty)
    slope = np.vdot(of_W, dW) + np.vdot(of_H, dH)
    size = np.abs(of_W).sum() + np.abs(of_H).sum()
    assert abs((along(step) - along(-step)) / (2 * step) - slope) < 1e-7 * size


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", FORMS)
def test_the_hessian_is_the_slope_of_the_gradients(form, loss):
    """The engine's products with the Hessian, W eliminated, against differences of gradients."""
    from nmfstudy.fitting.engine.entries import SIDE_H, SIDE_W, DenseEntries, SparseEntries
    from nmfstudy.fitting.engine.reduced import Reduced
    from nmfstudy.model.weighted import is_sparse

    data, (W, H) = check_data(*FORMS[form]), factors()
    entries = (SparseEntries if is_sparse(data) else DenseEntries)(data, loss != "frobenius")
    Wt, slopes = np.ascontiguousarray(W.T), entries.slopes(W.T, H)
    of_W, of_H = (
        entries.local(slopes, SIDE_W, Wt, H, 0, 0),
        entries.local(slopes, SIDE_H, H, Wt, 0, 0),
    )
    np.testing.assert_allclose(of_W.gradient.T, gradients(data, W, H, loss=loss)[0], rtol=1e-9)
    assert entries.loss(Wt, H) == pytest.approx(objective(data, W, H, loss=loss), rel=1e-10)
    system = Reduced(entries, slopes, Wt, H, of_W, of_H, 0.0, False)
    E, b = (np.random.default_rng(i).normal(size=F.shape) for i, F in ((1, H), (2, Wt)))
    dW, product = system.times(b, E)
    t = 1e-6
    up, down = (gradients(data, W + s * dW.T, H + s * E, loss=loss) for s in (t, -t))
    np.testing.assert_allclose((up[1] - down[1]) / (2 * t), product, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose((up[0] - down[0]).T / (2 * t), -b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", FORMS)
def test_every_start_converges_and_scipy_finds_nothing_better(form, loss):
    given, weights = FORMS[form]
    fits = ns.fit(given, 2, weights=weights, n_starts=6, loss=loss)
    assert fits.converged.all() and fits.min_curvature.min() > 0
    data, best = check_data(given, weights), fits[int(np.argmin(fits.objective))]
    assert best.kkt_residual == kkt_residual(data, best.W, best.H, loss=loss)
    n = best.W.size

    def value(z):
        W, H = z[:n].reshape(best.W.shape), z[n:].reshape(best.H.shape)
        of_W, of_H = gradients(data, W, H, loss=loss)
        return objective(data, W, H, loss=loss), np.concatenate([of_W.ravel(), of_H.ravel()])

    start = np.concatenate([best.W.ravel(), best.H.ravel()])
    polished = minimize(
        value, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start),
        options={"ftol": 1e-15, "gtol": 1e-12},
    )  # fmt: skip
    assert best.objective <= polished.fun + 1e-10 * best.objective


def test_rows_solve_their_own_weighted_least_squares():
    best = ns.fit(X, 3, weights=V, n_starts=2)[0]
    for w, x, v in zip(best.W, X, V, strict=True):
        root = np.sqrt(v)
        np.testing.assert_allclose(w, nnls(root[:, None] * best.H.T, root * x)[0], atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_equal_weights_are_the_unweighted_problem(loss):
    """Through the weighted code, since weights of one are taken off beforehand."""
    plain = ns.fit(X, 3, n_starts=8, loss=loss, solver="newton")
    for c in (3.0, 0.01):
        weights = np.full(X.shape, c)
        fits = ns.fit(X, 3, weights=weights, n_starts=8, loss=loss, solver="newton")
        np.testing.assert_allclose(fits.objective / c, plain.objective, rtol=1e-12)
        np.testing.assert_allclose(fits.relative_error, plain.relative_error, rtol=1e-10)
        assert fits.data_norm == pytest.approx(plain.data_norm)
        assert fits.reference_loss == pytest.approx(c * plain.reference_loss)
        np.testing.assert_allclose(fits.min_curvature, plain.min_curvature, rtol=1e-3, atol=1e-12)
    ones = ns.fit(X, 3, weights=np.ones(X.shape), n_starts=8, loss=loss, solver="newton")
    np.testing.assert_array_equal(ones.W, plain.W)


@pytest.mark.parametrize("loss", LOSSES)
def test_order_scale_and_side_change_nothing(loss):
    def best(X, V):
        return ns.fit(X, 2, weights=V, n_starts=12, loss=loss).objective.min()

    rows, columns = RNG.permutation(20), RNG.permutation(9)
    found, power = best(X, V), 2 if loss == "frobenius" else 1
    assert best(X[rows][:, columns], V[rows][:, columns]) == pytest.approx(found, rel=1e-9)
    assert best(X.T, V.T) == pytest.approx(found, rel=1e-9)
    assert best(1e6 * X, 1e-3 * V) == pytest.approx(1e-3 * 1e6**power * found, rel=1e-9)


def test_an_entry_counted_twice_has_twice_the_weight():
    twice = np.ones(X.shape)
    twice[4] = 2
    of_twice = ns.fit(X, 2, weights=twice, n_starts=12).objective.min()
    assert of_twice == pytest.approx(ns.fit(np.vstack([X, X[4]]), 2, n_starts=12).objective.min())


@pytest.mark.parametrize("loss", LOSSES)
def test_what_stands_in_a_hole_is_not_seen_and_is_predicted(loss):
    rng = np.random.default_rng(3)
    W, H = rng.random((40, 2)), rng.random((2, 12))
    exact, hidden = W @ H, rng.random((40, 12)) < 0.1
    given = np.where(hidden, np.nan, exact)
    fits = ns.fit(given, 2, n_starts=5, loss=loss)
    other = ns.fit(np.where(hidden, 1e9, exact), 2, weights=~hidden, n_starts=5, loss=loss)
    np.testing.assert_array_equal(fits.W, other.W)
    best = fits[int(np.argmin(fits.objective))]
    assert best.relative_error < 1e-7
    np.testing.assert_allclose((best.W @ best.H)[hidden], exact[hidden], atol=1e-6)
    filled = ns.fit(np.where(hidden, 0, exact), 2, n_starts=5, loss=loss)  # zeros are no holes
    assert filled.relative_error.min() > 0.1


@pytest.mark.parametrize("loss", LOSSES)
def test_laurberg_with_holes_counts_one_and_without_a_block_is_a_continuum(loss):
    exact = ns.load_dataset("laurberg", alpha=0.4).X
    holes = np.random.default_rng(0).random(exact.shape) < 0.1
    fits = ns.fit(np.where(holes, np.nan, exact), 3, n_starts=30, loss=loss)
    found = ns.distinct_solutions(fits)
    assert (found.kind, found.n_distinct) == ("one", 1) and found.best_objective < 1e-12
    block = exact.copy()
    block[:4, :4] = np.nan
    fits = ns.fit(block, 3, n_starts=40, loss=loss)
    found = ns.distinct_solutions(fits)
    assert (found.kind, found.reason) == ("continuum", "new_solutions+unknown")
    assert "16 entries are unknown, and the products W H" in kind_sentence(found)
    best = fits.objective <= 1e-12 * fits.reference_loss
    products = fits.W[best] @ fits.H[best]
    spread = np.ptp(products, axis=0)
    assert spread[~np.isnan(block)].max() < 1e-3 < 0.1 < spread[np.isnan(block)].max()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", FORMS)
def test_a_dead_component_is_revived_by_what_is_known_alone(form, loss):
    data, (W, H) = check_data(*FORMS[form]), factors(k=2)
    W[:, 1], H[1] = 0, 0
    w, h = growth(data, W, H, NO_PENALTY, loss)
    before = objective(data, W, H, loss=loss)
    W[:, 1], H[1] = 0.1 * w, 0.1 * h
    assert objective(data, W, H, loss=loss) < before
    hidden = np.full((4, 3), np.nan)
    hidden[:2, :2] = 1.0
    flat = check_data(np.where(np.isnan(hidden), np.nan, 1.0))
    ones, none = np.ones((4, 1)), np.zeros((4, 1))
    W, H = np.hstack([ones, none]), np.vstack([np.ones(3), np.zeros(3)])
    assert growth(flat, W, H, NO_PENALTY, loss) is None  # exact where it is known


def test_of_rows_and_columns_without_known_entry_the_factors_are_nan():
    exact = ns.load_dataset("laurberg", alpha=0.4).X
    given = np.insert(np.insert(exact, 3, np.nan, axis=0), 5, np.nan, axis=1)
    with pytest.warns(UserWarning, match="no known entry") as caught:
        fits = ns.fit(given, 3, n_starts=30)
    assert len(caught) == 2 and fits.converged.all()
    assert np.isnan(fits.W[:, 3]).all() and np.isnan(fits.H[:, :, 5]).all()
    assert fits.relative_error.min() < 1e-9
    found = ns.distinct_solutions(fits)
    assert (found.kind, found.n_distinct) == ("one", 1)
    assert fits.n_entries == exact.size


@pytest.mark.parametrize("loss", LOSSES)
def test_where_no_minimum_exists_a_term_grows_without_limit_and_does_not_count(loss):
    """w = (1/e, 1), h = (e, 1) fits all that is known but e; the unknown entry goes to 1/e."""
    fits = ns.fit([[1, np.nan], [0, 1]], 1, n_starts=5, loss=loss)
    assert (fits.stop_reason == "unbounded").all() and not fits.converged.any()
    assert fits.n_iter.max() < 1000
    assert ns.distinct_solutions(fits).kind == "unsettled"


@pytest.mark.parametrize("init", ["random", "nndsvd", "nndsvda", "nndsvdar"])
@pytest.mark.parametrize("form", FORMS)
def test_every_init_starts_from_known_entries(form, init):
    fits = ns.fit(FORMS[form][0], 2, weights=FORMS[form][1], n_starts=2, init=init)
    assert fits.converged.all()


@pytest.mark.parametrize("penalty", [(0.01, 0.0), (0.01, 1.0), (0.02, 0.4)])
@pytest.mark.parametrize("loss", LOSSES)
def test_penalties_stay_what_they_are(loss, penalty):
    alpha, l1_ratio = penalty
    fits = ns.fit(X, 2, weights=V, n_starts=3, alpha_W=alpha, l1_ratio=l1_ratio, loss=loss)
    assert fits.converged.all()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"solver": "scikit_learn"}, "scikit_learn does not support weights or unknown entries"),
        ({"loss": "itakura-saito"}, "scikit_learn does not support weights"),
        ({"stop": "scikit_learn"}, "does not support stop scikit_learn"),
        ({"penalty": ScaleFreePenalty("W", 0.1)}, "does not support penalty scale_free_W"),
    ],
)
def test_what_cannot_be_weighted_is_refused_in_one_sentence(keys, sentence):
    with pytest.raises(ns.RequestError, match=sentence):
        ns.fit(HOLES, 2, n_starts=1, **keys)


def test_gates_are_relative_to_what_is_known():
    data = check_data(*FORMS["dense holes"])
    assert reference_loss(data) == pytest.approx(0.5 * np.nansum(HOLES**2))
