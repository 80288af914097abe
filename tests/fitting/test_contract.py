"""What every solver owes for every problem that it does not refuse."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

import nmfstudy as ns
from nmfstudy.fitting.inits import INITS
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.model.fits import STOP_REASONS
from nmfstudy.model.objective import LOSSES, kkt_residual, objective
from nmfstudy.model.penalties import PENALTIES, make_penalty

X = np.random.default_rng(0).random((8, 6))
X[2] = 0.0
X[:, 1] = 0.0
CUSTOM = {
    "W": np.random.default_rng(1).random((8, 3)),
    "H": np.random.default_rng(2).random((3, 6)),
}
STRENGTHS = {
    "none": {},
    "l1": {"alpha_W": 0.01},
    "ridge": {"alpha_W": 0.01, "alpha_H": 0.03},
    "elastic": {"alpha_W": 0.01, "l1_ratio": 0.3},
    "scale_free_W": {"strength": 0.1},
    "scale_free_H": {"strength": 0.1},
}
MATRICES = {"dense": X, "sparse": sparse.csr_array(X)}


def test_every_penalty_is_tested():
    assert set(STRENGTHS) == set(PENALTIES)


def fit(solver, init="random", penalty="none", data="dense", loss="frobenius", **keys):
    """Fits, or None where the solver says that it does not do that."""
    keys = {"n_components": 3, "n_starts": 3, "max_iter": 3000, **keys}
    positive = MATRICES[data] + 0.1 if loss == "itakura-saito" else MATRICES[data]
    try:
        return ns.fit(
            positive,
            solver=solver,
            init=init,
            penalty=make_penalty(penalty, **STRENGTHS[penalty]),
            loss=loss,
            solver_options=CUSTOM if init == "custom" else None,
            **keys,
        )
    except ns.RequestError as refusal:
        assert "does not support" in str(refusal)
        return None


def check_truths(fits, X):
    for one in fits:
        assert one.stop_reason in STOP_REASONS
        if one.stop_reason == "failed":
            continue
        keys = {"loss": fits.problem.loss, "penalty": fits.problem.penalty}
        residual = kkt_residual(X, one.W, one.H, **keys)
        assert np.isclose(one.kkt_residual, residual, rtol=1e-6, atol=1e-15)
        assert np.isclose(one.objective, objective(X, one.W, one.H, **keys), rtol=1e-9)
        if fits.search.stop == "kkt":
            assert one.converged == (residual <= fits.search.tol)
        assert (one.W >= 0).all() and (one.H >= 0).all()


@pytest.mark.parametrize("data", MATRICES)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_converged_means_stationary(solver, init, penalty, data):
    if (fits := fit(solver, init, penalty, data)) is not None:
        check_truths(fits, X)
        zero = (fits.W[:, 2] == 0).all() and (fits.H[:, :, 1] == 0).all()
        assert zero or not fits.converged.all()
        if solver != "scikit_learn":
            # One start without a penalty creeps along a flat valley.
            assert fits.converged.mean() > 0.5
            # A component is dead on both sides or on neither.
            assert np.array_equal((fits.W == 0).all(axis=1), (fits.H == 0).all(axis=2))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_losses(solver, loss):
    if (fits := fit(solver, loss=loss, tol=1e-5)) is not None:
        check_truths(fits, X + 0.1 if loss == "itakura-saito" else X)
        assert fits.converged.any()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_tolerance_out_of_reach_is_never_called_converged(solver):
    fits = fit(solver, tol=1e-300, max_iter=7)
    assert not fits.converged.any() and (fits.stop_reason == "max_iter").all()
    assert (fits.n_iter <= 7).all()


@pytest.mark.parametrize("data", MATRICES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_start_does_not_depend_on_its_batch(solver, data):
    together = fit(solver, data=data, n_starts=5)
    alone = fit(solver, data=data, n_starts=1, seed=3)
    for name in ("W", "H", "objective", "kkt_residual", "n_iter"):
        assert np.array_equal(getattr(together[3], name), getattr(alone[0], name))


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_data_and_the_init_are_left_alone(solver):
    given, before = X.copy(), X.copy()
    W, H = CUSTOM["W"].copy(), CUSTOM["H"].copy()
    ns.fit(given, 3, init="custom", solver=solver, solver_options={"W": W, "H": H}, max_iter=5)
    assert np.array_equal(given, before)
    assert np.array_equal(W, CUSTOM["W"]) and np.array_equal(H, CUSTOM["H"])


@pytest.mark.parametrize("solver", SOLVERS)
def test_dense_and_sparse_agree(solver):
    dense, of_sparse = (fit(solver, data=data) for data in MATRICES)
    both = dense.converged & of_sparse.converged
    assert both.any()
    assert np.allclose(dense.objective[both], of_sparse.objective[both], rtol=1e-7)


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_sided_penalties_never_converge(solver):
    fits = ns.fit(
        X, 3, n_starts=3, solver=solver, alpha_W=0.05, alpha_H=0.0, l1_ratio=1.0, max_iter=6000
    )
    assert not fits.converged.any()
    assert set(fits.stop_reason) <= {"scale_escape", "max_iter"}
    assert "scale_escape" in fits.stop_reason


def test_bits_do_not_depend_on_the_number_of_threads():
    code = """
        import hashlib, numpy as np, nmfstudy as ns
        X = np.random.default_rng(0).random((300, 40))
        digest = hashlib.sha256()
        for data, k in ((X, 4), (X[:6, :5], 3)):
            fits = ns.fit(data, k, n_starts=5, max_iter=300)
            digest.update(fits.W.tobytes() + fits.H.tobytes() + fits.n_iter.tobytes())
        print(digest.hexdigest())
    """
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "NUMBA_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        command = [sys.executable, "-c", textwrap.dedent(code)]
        digests.add(
            subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        )
    assert len(digests) == 1


entries = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
shapes = st.tuples(st.integers(1, 5), st.integers(1, 5))


@settings(max_examples=60, deadline=None)
@given(
    X=shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=entries)),
    n_components=st.integers(1, 7),
    exponent=st.sampled_from([-90, -30, 0, 30, 90]),
    penalty=st.sampled_from(["none", "l1", "ridge", "elastic", "scale_free_W", "scale_free_H"]),
    solver=st.sampled_from(list(SOLVERS)),
    stop=st.sampled_from(["kkt", "scikit_learn"]),
)
def test_odd_data_end_honestly(X, n_components, exponent, penalty, solver, stop):
    X = X * 10.0**exponent
    if X.max() == 0:
        return
    try:
        fits = ns.fit(
            X, n_components, n_starts=2, penalty=make_penalty(penalty, **STRENGTHS[penalty]),
            solver=solver, stop=stop, max_iter=300,
        )  # fmt: skip
    except ns.RequestError as refusal:
        assert "does not support" in str(refusal)
        return
    assert set(fits.stop_reason) <= set(STOP_REASONS)
    fine = fits.stop_reason != "failed"
    assert np.isfinite(fits.objective[fine]).all() and (fits.objective[~fine] == np.inf).all()
    if stop == "kkt":
        assert (fits.kkt_residual[fits.converged] <= fits.search.tol).all()


class OneStepAtATime:
    """A user's own solver, and a bad one: raises for one start, NaN for another."""

    def __init__(self, tol, max_iter, stop, bad=()):
        self.bad = bad

    def solve(self, X, W, H, problem):
        W, H = W.copy(), H.copy()
        for w, h in zip(W, H, strict=True):
            for _ in range(2000):
                h *= w.T @ X / np.maximum(w.T @ w @ h, 1e-300)
                w *= X @ h.T / np.maximum(w @ (h @ h.T), 1e-300)
            if "raise" in self.bad and w[0, 0] < 0.4:
                raise ArithmeticError("as asked")
            if "nan" in self.bad:
                w[0, 0] = np.nan
        return W, H, 2000, True


class Interrupted(OneStepAtATime):
    def solve(self, X, W, H, problem):
        raise KeyboardInterrupt


def own(name, **options):
    return {"solver": f"{__name__}:{name}", "solver_options": options}


def test_a_users_own_solver():
    fits = ns.fit(X, 2, n_starts=4, tol=1e-4, **own("OneStepAtATime"))
    check_truths(fits, X)
    assert (fits.n_iter == 2000).all()


def test_a_start_that_raises_fails_alone():
    fits = ns.fit(X, 2, n_starts=8, tol=1e-2, **own("OneStepAtATime", bad=["raise"]))
    failed = fits.stop_reason == "failed"
    assert 0 < failed.sum() < 8
    assert (fits.objective[failed] == np.inf).all() and not fits.converged[failed].any()
    assert set(fits.errors) == set(fits.seed[failed])
    assert all("ArithmeticError: as asked" in text for text in fits.errors.values())


def test_factors_that_are_not_finite_are_a_failure():
    fits = ns.fit(X, 2, n_starts=2, **own("OneStepAtATime", bad=["nan"]))
    assert (fits.stop_reason == "failed").all()
    assert all("not finite" in text for text in fits.errors.values())


def test_an_interruption_is_not_a_failure():
    with pytest.raises(KeyboardInterrupt):
        ns.fit(X, 2, n_starts=2, **own("Interrupted"))
