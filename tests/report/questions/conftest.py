"""One small study with something on every question, and one with next to nothing."""

import pytest

from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute

EARLY = {"name": "coordinate_descent", "stop": "scikit_learn", "tol": 1e-4, "max_iter": 200}
RIDGE = (0.01, 0.1, 0.6, 1.1, 1.2)
L1 = (0.01, 0.1, 0.3, 0.4, 0.47, 1.0)


def make_study(folder, jobs):
    """Run jobs given as overrides of a plain menu k=3 job and load the study."""
    for job in jobs:
        config = {
            "dataset": "menu",
            "n_components": 3,
            "init": "random",
            "solver": "coordinate_descent",
            "n_starts": 12,
            "study_name": "small",
            "results_dir": str(folder),
        }
        execute(job_from_config({**config, **job}))
    return Study.load(folder / "small")


def one_sided(side, max_iter):
    alphas = {"alpha_W": 0.0, "alpha_H": 0.0, f"alpha_{side}": 0.01}
    solver = {"name": "coordinate_descent", "max_iter": max_iter}
    return {"penalty": {"name": "l1", **alphas}, "solver": solver, "n_starts": 6}


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    jobs = [
        {"n_starts": 30},
        {"solver": EARLY, "n_starts": 30},
        {"n_components": 2, "n_starts": 40},
        {"n_components": 4, "n_starts": 40},
        {"n_components": 4, "penalty": {"name": "ridge", "alpha_W": 0.01}},
        {"dataset": "basket", "n_components": 2, "n_starts": 40},
        *({"penalty": {"name": "ridge", "alpha_W": alpha}} for alpha in RIDGE),
        *({"penalty": {"name": "l1", "alpha_W": alpha}} for alpha in L1),
        *(one_sided(side, n) for side in "WH" for n in (200, 2000)),
        {"penalty": {"name": "scale_free_W", "strength": 0.1}},
        {"penalty": {"name": "scale_free_H", "strength": 0.1}},
    ]
    return make_study(tmp_path_factory.mktemp("questions"), jobs)


@pytest.fixture(scope="session")
def bare_study(tmp_path_factory):
    """A file's matrix too large for an example, one k, no penalty, two starts, no factors kept."""
    planted = {"name": "planted", "n": 20, "d": 15, "k": 2}
    jobs = [{"dataset": planted, "n_components": 2, "n_starts": 2, "record": "none"}]
    return make_study(tmp_path_factory.mktemp("bare"), jobs)
