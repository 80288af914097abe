import subprocess
import sys
import textwrap

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.objective import kkt_residual
from nmfstudy.model.problem import Problem, Search

MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)


def test_every_start_of_the_menu_converges_to_an_exact_fit():
    fits = ns.fit(MENU, 3, n_starts=20)
    assert fits.converged.all() and (fits.stop_reason == "converged").all()
    assert (fits.kkt_residual <= 1e-9).all() and (fits.objective < 1e-12).all()
    assert np.array_equal(fits.kkt_residual, kkt_residual(MENU, fits.W, fits.H))
    assert np.array_equal(fits.seed, np.arange(20))


def test_a_start_does_not_depend_on_its_batch():
    problem, search = Problem(3), Search()
    together = fit_starts(MENU, problem, search, range(10))
    alone = fit_starts(MENU, problem, search, [7])[0]
    assert np.array_equal(together[7].W, alone.W) and np.array_equal(together[7].H, alone.H)


def test_progress_counts_every_start_once():
    counts = []
    fit_starts(MENU, Problem(2), Search(), range(9), progress=counts.append)
    assert sum(counts) == 9 and min(counts) > 0


def test_deterministic_inits_make_one_start():
    fits = ns.fit(MENU, 2, n_starts=5, seed=3, init="nndsvda")
    assert len(fits) == 1 and fits.seed[0] == 0


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated", "scikit_learn"])
def test_an_interruption_gets_through_within_a_second_or_so(solver):
    code = f"""
        import signal, threading, time, os
        import numpy as np, nmfstudy as ns
        X = np.random.default_rng(0).random((900, 90))
        keys = dict(solver="{solver}", tol=1e-300, max_iter=10**7)
        ns.fit(X, 12, n_starts=1, **{{**keys, "max_iter": 40}})
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        begun = time.perf_counter()
        try:
            ns.fit(X, 12, n_starts=50, **keys)
        except KeyboardInterrupt:
            print(time.perf_counter() - begun - 0.5)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    late = float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert late < 3  # a second, and room for a busy machine


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"n_components": 0}, "n_components is 0; possible: an integer >= 1"),
        ({"solver": "simplex"}, "solver is 'simplex'; possible: coordinate_descent"),
        ({"solver": "no.such:Thing"}, "cannot be imported"),
        (
            {"solver_options": {"speed": 3}},
            "coordinate_descent does not take tol, max_iter",
        ),
        ({"loss": "itakura-saito", "solver": "newton"}, "does not support loss itakura-saito"),
        ({"n_starts": 0}, "n_starts is 0"),
        ({"stop": "never"}, "solver.stop is 'never'"),
        ({"init": "svd"}, "init is 'svd'"),
    ],
)
def test_refusals(keys, sentence):
    with pytest.raises(ns.RequestError, match=sentence):
        ns.fit(MENU, **{"n_components": 2, **keys})
