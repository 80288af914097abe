"""Which runs belong together, and what of a folder is left out."""

import json
import shutil

import numpy as np
import pytest

from nmfstudy import RequestError, Study
from nmfstudy.store import find_runs
from nmfstudy.store.job import Analysis, job_from_config
from nmfstudy.study.grouping import failures_of_problems, of_code, recorded_analysis, tolerances_of
from nmfstudy.sweep.execution import execute


def a_job(folder, **changes):
    config = {"dataset": "menu", "init": "random", "solver": "coordinate_descent"}
    config |= {"n_components": 2, "n_starts": 4, "study_name": "s", "results_dir": str(folder)}
    return job_from_config({**config, **changes})


@pytest.fixture
def study(tmp_path):
    execute(a_job(tmp_path, n_starts=6, block=3))
    return tmp_path / "s"


def test_one_fit_per_seed_whatever_blocks_it_came_in(study, tmp_path):
    first = Study.load(study)
    execute(a_job(tmp_path, n_starts=4, block=2))
    both = Study.load(study)
    assert len(find_runs(study)[0]) == 4
    (result,) = both
    assert result.searches[0].seed.tolist() == list(range(6))
    for name in ("objective", "W", "H"):
        expected = getattr(first.results[0].searches[0], name)
        np.testing.assert_array_equal(getattr(result.searches[0], name), expected)


def test_searches_are_apart_and_problems_in_order(study, tmp_path):
    execute(a_job(tmp_path, init="nndsvd"))
    execute(a_job(tmp_path, n_components=3))
    execute(a_job(tmp_path, penalty={"name": "ridge", "alpha_W": 0.1}))
    loaded = Study.load(study)
    found = [(r.problem.n_components, r.problem.penalty.name) for r in loaded]
    assert found == [(2, "none"), (2, "ridge"), (3, "none")]
    assert [f.search.init for f in loaded.results[0].searches] == ["nndsvd", "random"]


def test_runs_without_their_data_are_left_out_with_the_reason(study, tmp_path):
    execute(a_job(tmp_path, dataset="circ3"))
    data = next(p for p in (study / "data").iterdir() if "menu" in (p / "data.json").read_text())
    shutil.rmtree(data)
    loaded = Study.load(study)
    assert [result.dataset.name for result in loaded] == ["circ3"]
    assert len(loaded.skipped) == 2
    assert all("cannot be read" in reason for _, reason in loaded.skipped)


def test_factors_of_another_shape_than_the_data_are_left_out(study):
    for path in (study / "runs").glob("*/run.json"):
        info = json.loads(path.read_text())
        info["dataset"]["shape"] = [5, 4]
        path.write_text(json.dumps(info))
    with pytest.raises(RequestError, match="no finished run"):
        Study.load(study)


def test_data_of_another_shape_than_recorded_are_left_out(tmp_path):
    """With no factors kept only the recorded shape is there to be held against the data."""
    execute(a_job(tmp_path, record="none"))
    execute(a_job(tmp_path, dataset="circ3"))
    study = tmp_path / "s"
    for path in (study / "runs").glob("*/run.json"):
        info = json.loads(path.read_text())
        if info["dataset"]["name"] == "menu":
            info["dataset"]["shape"] = [5, 4]
            path.write_text(json.dumps(info))
    loaded = Study.load(study)
    assert [result.dataset.name for result in loaded] == ["circ3"]
    ((_, reason),) = loaded.skipped
    assert reason == "its factors are not of the shape of its data"


def test_code_versions_are_chosen_and_never_mixed_unasked(study):
    runs, _ = find_runs(study)
    now = runs[0].info["code"]
    runs[0].info["code"] = "0" * 16
    with pytest.raises(RequestError, match="2 code versions"):
        of_code(runs, None)
    assert of_code(runs, "mixed") == (runs, [])
    kept, out = of_code(runs, now)
    assert kept == runs[1:]
    assert out == [(runs[0].id, f"made by code version {'0' * 16}")]
    assert of_code(runs, "f" * 16)[0] == []


def test_tolerances_are_those_recorded_or_else_the_usual(study):
    runs, _ = find_runs(study)
    asked = {"distance_tol": 0.5, "objective_rtol": 0.1, "kkt_tol": 1e-5}
    assert recorded_analysis({"analysis": asked}, runs) == Analysis(**asked)
    for odd in ({"distance_tol": -1}, {"speed": 3}, {"kkt_tol": "x"}):
        assert recorded_analysis({"analysis": odd}, runs) == Analysis()
    runs[0].info["config"]["analysis"] = asked
    assert recorded_analysis({}, runs) == Analysis(**asked)


def test_another_loss_is_held_to_its_own_tolerance(tmp_path):
    solver = {"name": "scikit_learn", "tol": 1e-4, "max_iter": 300}
    execute(a_job(tmp_path, loss="kullback-leibler", solver=solver, n_starts=2))
    (result,) = Study.load(tmp_path / "s")
    assert tolerances_of(Analysis(), result.searches).kkt_tol == 1e-4
    assert result.analysis.kkt_tol == 1e-4
    assert tolerances_of(Analysis(kkt_tol=1e-2), result.searches).kkt_tol == 1e-2


def test_failures_that_nobody_asked_about_are_not_told(study):
    for name in ("a" * 16, "b" * 16):
        (study / "runs" / name).mkdir()
        record = {"problem": name, "errors": [{"seed": None, "error": "no"}]}
        (study / "runs" / name / "error.json").write_text(json.dumps(record))

    def told(about):
        return {record["id"][0] for record in failures_of_problems(study, about)}

    block = {"run": "a" * 16, "n_starts": 3}
    assert told({}) == {"a", "b"}
    assert told({"runs": [block]}) == {"a"}
    assert told({"runs": [block], "jobs": ["b" * 16]}) == {"a", "b"}
    assert told({"runs": [block], "adaptive": True}) == {"a", "b"}
