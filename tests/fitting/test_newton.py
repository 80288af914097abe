"""Full convergence by Newton's method: known answers, peers, invariances, its own word."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

import nmfstudy as ns
from nmfstudy.model.objective import gradients, objective
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.problem import Problem
from nmfstudy.report.words_on_kind import kind_sentence

KL = "kullback-leibler"
MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)
PENALTIES = {
    "none": ElementwisePenalty(),
    "l1": ElementwisePenalty(0.01, l1_ratio=1.0),
    "ridge": ElementwisePenalty(0.01),
    "elastic": ElementwisePenalty(0.02, 0.01, 0.4),
}


def counts_table(seed=7, n=60, d=24, k=3):
    """Poisson counts around a product of sparse factors."""
    rng = np.random.default_rng(seed)
    W = rng.gamma(0.7, 30, (n, k)) * (rng.random((n, k)) > 0.3) + 0.1
    H = rng.gamma(0.3, 1.0, (k, d))
    X = rng.poisson(W @ (H / H.sum(axis=1, keepdims=True))).astype(float)
    return X[X.sum(axis=1) > 0][:, X.sum(axis=0) > 0]


def fit(X, k, **keys):
    keys = {"n_starts": 12, "loss": KL, **keys}
    fits = ns.fit(X, k, **keys)
    assert fits.converged.all() and (fits.kkt_residual <= fits.search.tol).all()
    return fits


def test_the_menu_under_kullback_leibler():
    two, three = fit(MENU, 2), fit(MENU, 3, n_starts=30)
    assert np.allclose(two.objective, 1.199913, atol=1e-6)
    levels = set(three.objective.round(6).tolist())
    assert 0.268675 in levels and min(levels) < 1e-12


def catalogue(k, n=96, d=200):
    """Counts like those of mutations by type and sample."""
    rng = np.random.default_rng(0)
    W = rng.dirichlet(np.full(n, 0.2), k).T
    X = rng.poisson(W @ rng.gamma(0.6, 300.0, (k, d))).astype(float)
    return X[X.sum(axis=1) > 0][:, X.sum(axis=0) > 0]


@pytest.mark.parametrize(
    ("X", "k", "n_starts"),
    [(catalogue(5), 5, 10), (catalogue(8), 8, 6), (ns.load_dataset("digits").X, 3, 2)],
    ids=["catalogue 5", "catalogue 8", "digits 3"],
)
def test_every_start_meets_the_residual(X, k, n_starts):
    fits = fit(X, k, n_starts=n_starts)
    assert (fits.kkt_residual <= 1e-9).all() and (fits.step <= 1e-9).all()
    assert (fits.stop_reason == "converged").all() and (fits.min_curvature > 0).all()


def test_planted_counts_have_one_solution_at_their_k():
    solutions = ns.distinct_solutions(fit(catalogue(5), 5, n_starts=20))
    assert (solutions.kind, solutions.n_distinct) == ("one", 1)
    low, high = solutions.plateau
    assert low < 1e-6 and high > 0.1


def test_the_solver_follows_from_the_loss():
    assert ns.fit(MENU, 2, n_starts=1, loss=KL).search.solver == "newton"
    assert ns.fit(MENU, 2, n_starts=1).search.solver == "coordinate_descent"
    early = ns.fit(MENU, 2, n_starts=1, loss=KL, stop="scikit_learn", max_iter=5)
    assert early.search.solver == "scikit_learn"
    with pytest.raises(ns.RequestError, match="does not support stop scikit_learn; possible: kkt"):
        ns.fit(MENU, 2, loss=KL, solver="newton", stop="scikit_learn")


@pytest.mark.parametrize("loss", ["frobenius", KL])
@pytest.mark.parametrize("name", PENALTIES)
def test_lbfgs_finds_nothing_lower_nearby(loss, name):
    X, penalty = counts_table(n=20, d=10), PENALTIES[name]
    fits = fit(X, 3, loss=loss, penalty=penalty, n_starts=4, solver="newton")
    for f in fits:
        size = f.W.size

        def both(x, size=size):
            W, H = x[:size].reshape(-1, 3), x[size:].reshape(3, -1)
            slopes = gradients(X, W, H, loss=loss, penalty=penalty)
            value = objective(X, W, H, loss=loss, penalty=penalty)
            return value, np.concatenate([s.ravel() for s in slopes])

        x = np.concatenate([f.W.ravel(), f.H.ravel()])
        rng = np.random.default_rng(0)
        x = np.maximum(x + 1e-4 * x.mean() * rng.normal(size=x.size), 1e-12)
        low = minimize(
            both, x, jac=True, method="L-BFGS-B", bounds=[(0, None)] * x.size,
            options={"maxiter": 5000, "maxfun": 10**5, "ftol": 0, "gtol": 1e-9, "maxcor": 30},
        )  # fmt: skip
        assert low.fun >= f.objective * (1 - 1e-9)
        assert low.fun <= f.objective * (1 + 1e-5)


@pytest.mark.parametrize("loss", ["frobenius", KL])
@pytest.mark.parametrize("layout", [np.array, sparse.csr_array])
def test_slopes_and_curvature_are_those_of_finite_differences(loss, layout, rng):
    from nmfstudy.fitting.engine.entries import SIDE_H, SIDE_W
    from nmfstudy.fitting.engine.reduced import Reduced
    from nmfstudy.fitting.solvers.second_order import Finish

    X = counts_table(n=20, d=10)
    X = layout((X + 1) / (X + 1).mean())  # all positive, so that no row is short of entries
    finish = Finish(X, Problem(3, loss))
    assert finish.scale == 1 and not finish.flip
    data, F, H = finish.entries, rng.random((3, 20)) + 0.2, rng.random((3, 10)) + 0.2
    assert data.loss(F, H) == pytest.approx(objective(X, F.T, H, loss=loss), rel=1e-12)
    slopes, E = data.slopes(F, H), rng.standard_normal((3, 10))
    of_F, of_H = data.local(slopes, SIDE_W, F, H, 0, 0), data.local(slopes, SIDE_H, H, F, 0, 0)
    given = gradients(X, F.T, H, loss=loss)
    assert of_F.gradient.T == pytest.approx(given[0], rel=1e-10)
    assert of_H.gradient == pytest.approx(given[1], rel=1e-10)
    system = Reduced(data, slopes, F, H, of_F, of_H, 0.0, False)
    dF, out = system.times(np.zeros_like(F), E)
    t = 1e-5
    up, down = (gradients(X, (F + s * dF).T, H + s * E, loss=loss) for s in (t, -t))
    change_F, change_H = ((a - b) / (2 * t) for a, b in zip(up, down, strict=True))
    assert np.abs(change_F).max() < 1e-6 * np.abs(change_H).max()  # W is eliminated.
    assert out == pytest.approx(change_H, rel=1e-6, abs=1e-6 * np.abs(change_H).max())


@pytest.mark.parametrize("name", PENALTIES)
def test_sparse_data_lead_to_the_same_minima(name):
    X = counts_table()
    for loss in ("frobenius", KL):
        keys = {"loss": loss, "penalty": PENALTIES[name], "solver": "newton", "n_starts": 6}
        dense, thin = fit(X, 3, **keys), fit(sparse.csr_array(X), 3, **keys)
        assert np.isclose(dense.objective.min(), thin.objective.min(), rtol=1e-9)
        near = np.isclose(dense.objective, thin.objective, rtol=1e-9)
        assert near.mean() > 0.5


def test_no_sparse_matrix_is_made_dense(monkeypatch):
    X = sparse.csr_array(counts_table())
    monkeypatch.setattr(sparse.csr_array, "toarray", None)
    monkeypatch.setattr(sparse.csr_array, "todense", None)
    fit(X, 3, n_starts=2)


def test_the_loss_is_scikit_learns():
    from sklearn.decomposition import _nmf

    X = counts_table()
    f = fit(X, 3, n_starts=1)[0]
    for data in (X, sparse.csr_matrix(X)):
        theirs = _nmf._beta_divergence(data, f.W, f.H, "kullback-leibler")
        ours = objective(
            sparse.csr_array(data) if sparse.issparse(data) else data, f.W, f.H, loss=KL
        )
        assert theirs == pytest.approx(ours, rel=1e-12)


def test_sums_of_rows_and_columns_are_those_of_the_data():
    X = counts_table()
    for f in fit(X, 3, n_starts=4):
        Y = f.W @ f.H
        for axis in (0, 1):
            assert Y.sum(axis=axis) == pytest.approx(X.sum(axis=axis), rel=1e-8)


def test_rows_and_columns_of_zeros_get_zeros():
    X = counts_table()
    X[3] = X[:, 5] = 0.0
    for data in (X, sparse.csr_array(X)):
        fits = fit(data, 3, n_starts=3)
        assert (fits.W[:, 3] == 0).all() and (fits.H[:, :, 5] == 0).all()


@pytest.mark.parametrize("loss", ["frobenius", KL])
def test_transposing_permuting_and_scaling_the_data(loss, rng):
    X = counts_table()
    f = fit(X, 3, loss=loss, solver="newton", n_starts=1)[0]
    rows, columns = rng.permutation(X.shape[0]), rng.permutation(X.shape[1])
    for data, W, H in (
        (X.T, f.H.T, f.W.T),
        (X[rows][:, columns], f.W[rows], f.H[:, columns]),
        (7.3 * X, 7.3 * f.W, f.H),
        (1e-90 * X, 1e-90 * f.W, f.H),
    ):
        moved = W * 1.01, H
        other = ns.fit(
            data, 3, loss=loss, solver="newton", init="custom",
            solver_options={"W": moved[0], "H": moved[1], "sweeps": 0},
        )[0]  # fmt: skip
        assert other.converged and ns.distance((W, H), other.factorization) < 1e-6
        assert other.min_curvature == pytest.approx(f.min_curvature, rel=0.3)


def parallel(angle):
    """Factors of which two components are nearly parallel; both separable, hence unique."""
    rng = np.random.default_rng(0)
    W, H = rng.random((30, 3)), np.kron(np.eye(3), np.ones((1, 4))) * rng.random((3, 12))
    W[:, 1] = W[:, 0] + angle * rng.random(30)
    W[:3] = np.diag([angle, angle, 1.0])
    return W, H


@pytest.mark.parametrize("angle", [1e-2, 1e-3, 1e-4])
def test_ill_conditioned_starts_come_to_one_point(angle):
    W, H = parallel(angle)
    fits = ns.fit(W @ H, 3, n_starts=20, solver_options={"finish": "newton"})
    apart = [ns.distance((W, H), fit.factorization) for fit in fits]
    assert max(apart) < 1e-6 and (fits.step < 1e-6).all()
    solutions = ns.distinct_solutions(fits)
    assert (solutions.kind, solutions.n_distinct) == ("one", 1)
    plain = ns.fit(W @ H, 3, n_starts=20, max_iter=2000, solver_options={"finish": "none"})
    assert np.median([ns.distance((W, H), fit.factorization) for fit in plain]) > 0.01


def test_where_doubles_do_not_carry_it_the_word_is_ill_conditioned():
    W, H = parallel(1e-7)
    fits = ns.fit(W @ H, 3, n_starts=20, solver_options={"finish": "newton"})
    solutions = ns.distinct_solutions(fits)
    said = kind_sentence(solutions)
    assert solutions.kind == "unsettled" and "ill-conditioned" in said
    assert "too few" not in said.lower()


@pytest.mark.parametrize("loss", ["frobenius", KL])
def test_the_step_bounds_the_distance_to_the_minimum(loss):
    X = counts_table()
    ends = fit(X, 3, loss=loss, n_starts=4, solver="newton", tol=1e-12)
    for tol in (1e-3, 1e-5, 1e-7):
        early = fit(X, 3, loss=loss, n_starts=4, solver="newton", tol=tol)
        for a, b in zip(early, ends, strict=True):
            away = ns.distance(a.factorization, b.factorization)
            assert a.step <= tol and away <= 3 * a.step + 1e-10


def test_curvature_tells_isolated_minima_from_continua():
    always = {"solver_options": {"finish": "newton"}}
    isolated, continuum = (ns.fit(MENU, k, n_starts=8, **always) for k in (3, 4))
    assert (isolated.min_curvature > 1e-3).all()
    assert (np.abs(continuum.min_curvature) < 1e-9).any()
    assert (continuum.min_curvature > -1e-9).all()


def test_without_a_finish_nothing_is_known_of_the_end():
    plain = ns.fit(MENU, 3, n_starts=3, solver_options={"finish": "none"})
    assert plain.converged.all() and np.isnan(plain.step).all()
    ended = ns.fit(MENU, 3, n_starts=3, solver_options={"finish": "newton"})
    assert (ended.step <= 1e-9).all() and np.isfinite(ended.min_curvature).all()
    with pytest.raises(ns.RequestError, match="solver.finish is 'other'; possible: none, newton"):
        ns.fit(MENU, 3, solver_options={"finish": "other"})


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated"])
def test_the_finish_is_none_unless_asked_for(solver):
    plain = ns.fit(MENU, 3, n_starts=8, solver=solver, solver_options={"finish": "none"})
    fits = ns.fit(MENU, 3, n_starts=8, solver=solver)
    assert (fits.W == plain.W).all() and np.isnan(fits.step).all()


def test_no_second_order_kernel_is_compiled_unless_asked_for():
    code = """
import numpy as np, nmfstudy as ns
from nmfstudy.fitting.engine import rows
kernels = [f for f in vars(rows).values() if hasattr(f, "signatures")]
X = np.outer([1, 2, 3.0], [3, 1, 2, 1.0]) + np.eye(3, 4)
ns.fit(X, 2, n_starts=2)
print(len(kernels) > 3, any(f.signatures for f in kernels))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("layout", [np.array, sparse.csr_array])
def test_the_bits_do_not_depend_on_threads_or_batches(layout, monkeypatch):
    X = layout(counts_table())
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    one = fit(X, 3, n_starts=6)
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")
    two = fit(X, 3, n_starts=6)
    alone = fit(X, 3, n_starts=1, seed=4)
    assert (one.W == two.W).all() and (one.H == two.H).all() and (one.step == two.step).all()
    assert (one.W[4] == alone.W[0]).all() and (one.H[4] == alone.H[0]).all()


def test_a_dead_component_is_revived_under_kullback_leibler():
    X = counts_table()
    two, three = fit(X, 2, n_starts=1)[0], fit(X, 3)
    W, H = np.pad(two.W, ((0, 0), (0, 1))), np.pad(two.H, ((0, 1), (0, 0)))
    options = {"W": W, "H": H, "sweeps": 0}
    for data in (X, sparse.csr_array(X)):
        revived = fit(data, 3, init="custom", solver_options=options)[0]
        assert revived.stop_reason == "converged"
        assert revived.objective < two.objective - 1
        assert revived.objective >= three.objective.min() * (1 - 1e-9)


def test_first_factors_that_explain_nothing_are_lifted():
    X = counts_table(n=12, d=8)
    W, H = np.zeros((X.shape[0], 2)), np.ones((2, X.shape[1]))
    W[0] = 1.0
    fits = fit(X, 2, init="custom", solver_options={"W": W, "H": H})
    assert np.isfinite(fits.objective).all()
    fit(X, 2, init="nndsvd")
