import numpy as np
import pytest
from sklearn.decomposition import NMF

import nmfstudy as ns
from nmfstudy.model.objective import objective

MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)
WIDE = np.random.default_rng(0).random((150, 140))  # more than one block both ways

ELEMENTWISE = {
    "none": {},
    "ridge": {"alpha_W": 0.01},
    "l1": {"alpha_W": 0.01, "l1_ratio": 1.0},
    "elastic": {"alpha_W": 0.001, "alpha_H": 0.003, "l1_ratio": 0.4},
    "one-sided": {"alpha_W": 0.01, "alpha_H": 0.0, "l1_ratio": 1.0},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("penalty", ELEMENTWISE)
@pytest.mark.parametrize(
    ("X", "n_components", "tol"),
    [(MENU, 3, 1e-4), (MENU, 5, 1e-4), (WIDE, 6, 1e-3), (WIDE.T[:9], 2, 1e-5)],
)
def test_scikit_learns_iterates(X, n_components, tol, penalty):
    keys = {"tol": tol, "max_iter": 200, **ELEMENTWISE[penalty]}
    fits = ns.fit(X, n_components, n_starts=4, seed=5, stop="scikit_learn", **keys)
    for fit in fits:
        reference = NMF(n_components, init="random", random_state=fit.seed, **keys)
        W = reference.fit_transform(X)
        assert fit.n_iter == reference.n_iter_
        assert np.allclose(fit.W, W, rtol=0, atol=1e-10)
        assert np.allclose(fit.H, reference.components_, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("n_components", "penalty", "expected"),
    [
        (4, {"alpha_W": 0.01}, 0.441755),
        (3, {"alpha_W": 0.01}, 0.459261),
        (3, {"alpha_W": 0.01, "l1_ratio": 1.0}, 0.776605),
        (3, {"alpha_W": 0.001, "l1_ratio": 1.0}, 0.078119),
        (3, {"alpha_W": 0.001}, 0.047395),
    ],
)
def test_known_minima_of_the_menu(n_components, penalty, expected):
    fits = ns.fit(MENU, n_components, n_starts=20, **penalty)
    assert fits.converged.all()
    assert abs(fits.objective.min() - expected) < 1e-6


def test_sweeps_never_raise_the_objective():
    for penalty in ELEMENTWISE.values():
        values = []
        for max_iter in range(1, 12):
            fits = ns.fit(MENU, 3, n_starts=2, max_iter=max_iter, **penalty)
            values.append(objective(MENU, fits.W, fits.H, penalty=fits.problem.penalty))
        assert (np.diff(values, axis=0) <= 1e-12).all()


def test_rescaling_saves_sweeps_and_changes_no_minimum():
    penalty = {"alpha_W": 0.001, "l1_ratio": 1.0}
    with_it, without = (
        ns.fit(MENU, 3, n_starts=10, solver_options={"rescale": rescale}, **penalty)
        for rescale in (True, False)
    )
    assert with_it.converged.all() and without.converged.any()
    assert np.median(with_it.n_iter) < np.median(without.n_iter) / 5
    assert np.allclose(with_it.objective.min(), without.objective[without.converged].min())
