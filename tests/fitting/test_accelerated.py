import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

import nmfstudy as ns
from nmfstudy.model.penalties import ScaleFreePenalty

MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)
FAST, PLAIN = "accelerated", "coordinate_descent"


def test_digits_reach_the_minima_of_plain_descent_in_fewer_sweeps():
    X = load_digits().data
    fast, plain = (ns.fit(X, 3, n_starts=6, solver=solver) for solver in (FAST, PLAIN))
    assert fast.converged.all() and plain.converged.all()
    minima = np.array([755914.67346744, 755919.10838003])
    for fits in (fast, plain):
        gaps = np.abs(fits.objective[:, None] - minima)
        assert (gaps.min(axis=1) < 1e-6).all() and (gaps.min(axis=0) < 1e-6).all()
    assert np.median(fast.n_iter) < np.median(plain.n_iter) / 3


def test_a_flat_valley_is_crossed():
    """Plain descent leaves half of these starts unconverged after 20,000 sweeps."""
    fits = ns.fit(MENU, 4, n_starts=40, solver=FAST, alpha_W=0.001, max_iter=3000)
    assert fits.converged.all()
    assert np.isclose(fits.objective.min(), 0.0447105, atol=1e-6)


@pytest.mark.parametrize(
    "penalty",
    [
        {},
        {"alpha_W": 0.001},
        {"alpha_W": 0.001, "l1_ratio": 0.5},
        {"penalty": ScaleFreePenalty("W", 0.01)},
        {"penalty": ScaleFreePenalty("H", 0.01)},
    ],
)
def test_sparse_data_take_the_road_of_dense_data(penalty):
    rng = np.random.default_rng(1)
    X = np.where(rng.random((60, 45)) < 0.3, rng.random((60, 45)), 0.0)
    keys = {"n_starts": 4, **penalty}
    dense = ns.fit(X, 3, solver=FAST, **keys)
    thin = ns.fit(sparse.csr_array(X), 3, solver=FAST, **keys)
    plain = ns.fit(sparse.csr_array(X), 3, solver=PLAIN, **keys)
    assert dense.converged.all() and thin.converged.all() and plain.converged.all()
    assert np.allclose(thin.objective, dense.objective, rtol=1e-9)
    assert thin.n_iter.sum() < plain.n_iter.sum() / 2


@pytest.mark.parametrize(
    "penalty",
    [
        {"alpha_W": 0.01},
        {"alpha_W": 0.001, "l1_ratio": 1.0},
        {"alpha_W": 0.01, "l1_ratio": 0.5},
        {"penalty": ScaleFreePenalty("W", 0.3)},
        {"penalty": ScaleFreePenalty("H", 0.3)},
    ],
)
def test_the_set_of_minima_is_that_of_plain_descent(penalty):
    minima = []
    for solver in (FAST, PLAIN):
        fits = ns.fit(MENU, 3, n_starts=40, solver=solver, **penalty)
        assert fits.converged.all()
        minima.append(set(np.round(fits.objective, 6)))
    assert minima[0] == minima[1]


def test_warmup_only():
    """Before the acceleration begins the solver is plain coordinate descent, to the bit."""
    X = np.random.default_rng(0).random((40, 30))
    keys = {"n_starts": 2, "max_iter": 15, "penalty": ScaleFreePenalty("W", 0.3)}
    fast, plain = (ns.fit(X, 3, solver=solver, **keys) for solver in (FAST, PLAIN))
    assert np.array_equal(fast.W, plain.W) and np.array_equal(fast.H, plain.H)


def test_scikit_learns_rule_means_its_iterates():
    keys = {"n_starts": 3, "stop": "scikit_learn", "tol": 1e-4, "max_iter": 50}
    fast, plain = (ns.fit(MENU, 3, solver=solver, **keys) for solver in (FAST, PLAIN))
    assert np.array_equal(fast.W, plain.W)


def test_no_warmup_and_a_wrong_one():
    fits = ns.fit(MENU, 3, n_starts=3, solver=FAST, solver_options={"warmup": 0})
    assert fits.converged.all()
    with pytest.raises(ns.RequestError, match="solver.warmup is -1"):
        ns.fit(MENU, 3, solver=FAST, solver_options={"warmup": -1})
