"""Whatever the data: our sentence before any work, or an answer that says truly how it ended."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nmfstudy as ns
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.model.fits import STOP_REASONS
from nmfstudy.model.objective import kkt_residual, objective

solvers = pytest.mark.parametrize("solver", SOLVERS)
slowly = settings(max_examples=40, deadline=None)


@st.composite
def matrices(draw, exponents=(-90, 90)):
    """Small matrices with zeros, empty rows and columns, of any scale, their columns apart."""
    n, d = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.random((n, d)) * (rng.random((n, d)) < draw(st.sampled_from([0.3, 0.7, 1.0])))
    X[draw(st.integers(0, n - 1))] *= draw(st.integers(0, 1))
    X[:, draw(st.integers(0, d - 1))] *= draw(st.integers(0, 1))
    X *= 10.0 ** rng.integers(0, draw(st.sampled_from([1, 4, 9])), size=d)
    return X * 10.0 ** draw(st.integers(*exponents))


penalties = st.sampled_from(
    [{}, {"alpha_W": 1e-3}, {"alpha_W": 0.3}, {"alpha_W": 1e-3, "l1_ratio": 1.0}]
    + [{"alpha_W": 0.3, "l1_ratio": 1.0}, {"alpha_W": 1e-2, "alpha_H": 0.0}]
)


def truly(X, fits, tol=1e-9):
    """What every start says of itself is so."""
    X = np.asarray(X, dtype=float)
    for fit in fits:
        assert fit.stop_reason in STOP_REASONS
        if fit.stop_reason == "failed":
            assert fit.objective == np.inf and not fit.converged
            assert fits.errors[fit.seed].strip()
            continue
        assert np.isfinite(fit.W).all() and np.isfinite(fit.H).all()
        assert (fit.W >= 0).all() and (fit.H >= 0).all()
        penalty = fits.problem.penalty
        value = objective(X, fit.W, fit.H, penalty=penalty)
        assert fit.objective == pytest.approx(value, rel=1e-9, abs=1e-12 * fits.reference_loss)
        residual = kkt_residual(X, fit.W, fit.H, penalty=penalty)
        assert fit.kkt_residual == pytest.approx(residual, rel=1e-6, abs=1e-15)
        alive = fit.W.any(axis=0) & fit.H.any(axis=1)
        if penalty.one_sided:
            assert not fit.converged and fit.stop_reason in ("scale_escape", "max_iter")
            continue
        assert fit.converged == (fit.kkt_residual <= tol)
        assert (fit.stop_reason == "max_iter") == (not fit.converged)
        if fit.converged:
            without = {"dead", "saddle"} if alive.any() else {"collapsed", "saddle"}
            assert fit.stop_reason in ({"converged"} if alive.all() else without)
            if penalty.is_zero:  # Nothing is put where there is nothing.
                norm, product = np.linalg.norm(X), fit.W @ fit.H
                assert product[~X.any(axis=1)].max(initial=0) <= 1e-4 * norm
                assert product[:, ~X.any(axis=0)].max(initial=0) <= 1e-4 * norm


@solvers
@given(X=matrices(), k=st.integers(1, 8), keys=penalties)
@slowly
def test_every_start_says_truly_how_it_ended(solver, X, k, keys):
    if not X.any():
        with pytest.raises(ns.RequestError, match="zero"):
            ns.fit(X, k)
        return
    if keys:  # A penalty has the unit of the objective: of data of about 1.
        X = X / X.max()
    truly(X, ns.fit(X, k, n_starts=3, solver=solver, max_iter=300, **keys))


@solvers
@given(
    X=matrices(exponents=(0, 0)),
    exponent=st.sampled_from([-320, -310, -200, -108, 108, 150, 200, 300]),
)
@slowly
def test_beyond_the_range_of_the_squares_data_are_refused(solver, X, exponent):
    X = np.where(X > 0, 1 + X / max(X.max(), 1.0), 0.0) * 10.0**exponent
    if X.any():
        with pytest.raises(ns.RequestError, match="possible: 1e-100 to 1e"):
            ns.fit(X, 2, solver=solver)


@solvers
@pytest.mark.parametrize("largest", [3e38, 1e-37, 1e-44])
def test_single_precision_data_are_their_double_copy(solver, largest):
    """Squares of what single precision holds are far beyond its own range."""
    rng = np.random.default_rng(0)
    X = (rng.random((6, 5)) * largest).astype(np.float32)
    fits, copies = (
        ns.fit(data, 3, n_starts=2, solver=solver, max_iter=300) for data in (X, X.astype(float))
    )
    truly(X, fits)
    assert fits.W.dtype == fits.H.dtype == np.float64
    for name in ("W", "H", "objective", "kkt_residual", "n_iter"):
        np.testing.assert_array_equal(getattr(fits, name), getattr(copies, name))


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated"])
@given(X=matrices(exponents=(0, 0)), exponent=st.integers(-145, 145), k=st.integers(1, 4))
@slowly
def test_the_unit_of_the_data_does_not_matter(solver, X, exponent, k):
    """A power of four scales both factors by a power of two, without any rounding."""
    if not X.any():
        return
    X = X / X.max()
    fits, scaled = (
        ns.fit(data, k, n_starts=2, solver=solver, max_iter=200) for data in (X, X * 4.0**exponent)
    )
    np.testing.assert_array_equal(scaled.n_iter, fits.n_iter)
    for name in ("W", "H"):
        back, factor = getattr(scaled, name) * 2.0**-exponent, getattr(fits, name)
        # Equal to the bit but where one of the two underflows.
        np.testing.assert_allclose(back, factor, rtol=0, atol=1e-100)


@solvers
def test_a_component_that_dies_on_the_way_is_told(solver):
    """Under a price that leaves room for fewer terms than asked for, the rest is zero."""
    X = np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 2.0]) + 0.01 * np.eye(3)
    fits = ns.fit(
        X, 3, n_starts=8, solver=solver, alpha_W=0.05, l1_ratio=1.0, tol=1e-5, max_iter=500
    )
    truly(X, fits, tol=1e-5)
    assert (fits.n_dead > 0).any() and "dead" in fits.stop_reason
    gone = ns.fit(X, 3, n_starts=3, solver=solver, alpha_W=100.0, l1_ratio=1.0)
    assert (gone.stop_reason == "collapsed").all() and not gone.W.any()
