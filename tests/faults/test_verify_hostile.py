"""Fitting foreign runs again takes bounded time and memory, and one run never ends the rest."""

import json
import shutil
import threading
import time

import numpy as np
import pytest
from small_sweeps import a_job, content

from nmfstudy.cli import main
from nmfstudy.store import find_runs, problem_key
from nmfstudy.store.files import sha256_of
from nmfstudy.store.job import config_of, job_from_config
from nmfstudy.sweep.execution import execute
from nmfstudy.sweep.verification import differences, verify


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original")
    execute(a_job(folder, n_starts=8, block=4, record="none"))
    return folder / "small"


@pytest.fixture
def study(original, tmp_path):
    return shutil.copytree(original, tmp_path / "small")


def rewrite(study, **changes):
    """Change the first run's recorded configuration so that it is consistent with itself."""
    run = find_runs(study)[0][0]
    config = config_of(run.job)
    for name, value in changes.items():
        config[name] = {**config[name], **value} if isinstance(value, dict) else value
    data = run.info["dataset"]
    key = problem_key(job_from_config(config), data["name"], data["sha256"])
    info = {**run.info, "config": config, "problem": key}
    (run.folder / "run.json").write_text(json.dumps(info))
    return run.id


def outcomes(table):
    return dict(zip(table["run"], table["outcome"], strict=True))


def test_a_run_that_would_never_end_is_given_up_and_the_next_one_compared(study):
    endless = {"max_iter": 10**9, "tol": 1e-300}
    run = rewrite(study, n_components=4, solver=endless)
    begun = time.monotonic()
    table = verify(study, seconds=1.0)
    assert time.monotonic() - begun < 8
    found = outcomes(table)
    assert found.pop(run) == "not possible"
    assert list(found.values()) == ["equal"]
    assert table.reason.str.contains("more than 1 s").sum() == 1


@pytest.mark.parametrize("solver", ["coordinate_descent", "scikit_learn"])
@pytest.mark.parametrize("n_components", [10**11, 10**30])
def test_more_memory_than_there_is_is_not_taken(solver, n_components, study):
    run = rewrite(study, n_components=n_components, solver={"name": solver})
    found = outcomes(verify(study, seconds=20.0))
    assert found.pop(run) == "not possible"
    assert list(found.values()) == ["equal"]


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "kullback-leibler"},
        {"init": {"name": "nndsvd"}, "n_components": 5},
        {"init": {"name": "nndsvd"}},
        {"init": {"name": "custom"}},
        {"solver": {"name": "os:system"}},
        {"solver": {"frobnicate": 3}},
        {"solver": {"warmup": -1, "name": "accelerated"}},
    ],
    ids=str,
)
def test_a_run_that_is_refused_is_not_possible_and_the_rest_goes_on(changes, study, capfd):
    run = rewrite(study, **changes)
    assert main(["verify", str(study)]) == 1
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    found = outcomes(verify(study))
    assert found.pop(run) in ("not possible", "different")
    assert list(found.values()) == ["equal"]


def test_the_limit_ends_with_the_run_and_is_the_callers_own_elsewhere(study):
    assert set(outcomes(verify(study, seconds=30.0)).values()) == {"equal"}
    tables = []
    thread = threading.Thread(target=lambda: tables.append(verify(study)))
    thread.start()
    thread.join()
    assert set(outcomes(tables[0]).values()) == {"equal"}


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "x"])
def test_a_limit_that_is_none_is_refused(seconds, study, capfd):
    before = content(study)
    assert main(["verify", str(study), "--seconds", seconds]) == 2
    assert capfd.readouterr().err.count("\n") == 1
    assert content(study) == before


def test_whatever_is_seen_to_differ_is_named(study):
    (run, _), _ = find_runs(study)
    assert list(differences(run.info)) == []
    then = run.info["provenance"]
    libraries = {**then["libraries"], "numpy": "0.9"}
    for changes, words in (
        ({"cpu": "abacus"}, "CPU was abacus and is "),
        ({"blas": ["fingers 10", "toes 10"]}, "BLAS was fingers 10, toes 10"),
        ({"python": "1.5.2"}, "Python was 1.5.2 and is 3"),
        ({"libraries": libraries}, "numpy was 0.9"),
    ):
        (reason,) = differences({**run.info, "provenance": {**then, **changes}})
        assert reason.startswith(words)
    assert list(differences({**run.info, "code": "0" * 16})) == ["the code that fits has changed"]
    for nothing in ({}, {"provenance": None}, {"provenance": {"libraries": None}}):
        assert any(r.startswith("numpy was None") for r in differences({"code": "x", **nothing}))


def test_a_difference_beyond_the_tolerance_or_within_is_told_apart(tmp_path):
    (block,) = execute(a_job(tmp_path, n_starts=4))
    study = tmp_path / "small"
    path = study / "runs" / block.run
    with np.load(path / "factors.npz") as arrays:
        good = dict(arrays)
    for factor, outcome in ((1.0, "equal"), (1 + 1e-9, "within tolerance"), (1.01, "different")):
        np.savez(path / "factors.npz", **{**good, "W": good["W"] * factor})
        info = json.loads((path / "run.json").read_text())
        info["files"]["factors.npz"] = sha256_of(path / "factors.npz")
        (path / "run.json").write_text(json.dumps(info))
        table = verify(study)
        assert table.outcome.tolist() == [outcome]
        assert ("altered" in table.reason[0]) == (outcome == "different")
