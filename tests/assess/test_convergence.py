"""What is seen of a start on its way is what the start does."""

from dataclasses import replace

import numpy as np
import pytest

from nmfstudy.assess.convergence import follow
from nmfstudy.datasets import load_dataset
from nmfstudy.fitting.multistart import fit

X = load_dataset("menu").X


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated"])
def test_the_last_look_is_the_fit_and_the_residual_falls_to_it(solver):
    fits = fit(X, 3, n_starts=4, solver=solver)
    seen = follow(X, fits.problem, fits.search, fits.seed)
    assert (seen.seed == fits.seed).all()
    assert (seen.n_iter[:, -1] == fits.n_iter).all()
    assert (seen.kkt_residual[:, -1] == fits.kkt_residual).all()
    assert (seen.objective[:, -1] == fits.objective).all()
    assert (seen.kkt_residual[:, 0] > seen.kkt_residual[:, -1]).all()
    assert (np.diff(seen.n_iter, axis=1) >= 0).all() and (seen.n_iter[:, 0] <= 8).all()


def test_where_scikit_learn_stops_is_its_own_fit():
    fits = fit(X, 3, n_starts=3)
    theirs = fit(X, 3, n_starts=3, stop="scikit_learn", tol=1e-4, max_iter=200)
    seen = follow(X, fits.problem, fits.search, fits.seed)
    assert (seen.stopped.n_iter == theirs.n_iter).all()
    assert (seen.stopped.kkt_residual > fits.kkt_residual).all()


def test_a_start_that_does_not_converge_is_followed_to_its_last_sweep():
    fits = fit(X, 3, n_starts=2)
    seen = follow(X, fits.problem, replace(fits.search, max_iter=20), fits.seed)
    assert (seen.n_iter[:, -1] == 20).all() and (seen.kkt_residual > fits.search.tol).all()
