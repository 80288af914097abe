"""What fails outside of fitting is recorded, shown and tried again, and never ends a sweep."""

import os
import resource

import numpy as np
import pandas as pd
import pytest
from small_sweeps import a_job, content, last_line, start

from nmfstudy.cli import main
from nmfstudy.store import find_runs
from nmfstudy.store.failures import recorded_failures
from nmfstudy.sweep.execution import execute, is_done, perform
from nmfstudy.sweep.verification import verify

SOLVER = """
import os, signal
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent

class Harmful(CoordinateDescent):
    def solve(self, X, W, H, problem, report=lambda n: None):
        fault = os.environ.get("FAULT", "")
        if fault == "killed" and problem.n_components == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.endswith(".csv") and os.path.exists(fault):
            os.remove(fault)
        return super().solve(X, W, H, problem, report)
"""


@pytest.fixture
def harmful(tmp_path, monkeypatch):
    name = f"harmful_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOLVER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return f"{name}:Harmful"


def failures(study):
    return {record["problem"]: record["errors"][0]["error"] for record in recorded_failures(study)}


def test_data_that_vanish_fail_their_job_and_no_other(harmful, tmp_path, monkeypatch, capfd):
    text = "1,2,1\n0,1,3\n2,0,1\n"
    job, late = (
        a_job(tmp_path, dataset={"name": "file", "path": name}, solver={"name": harmful})
        for name in ("first.csv", "late.csv")
    )
    (tmp_path / "first.csv").write_text(text)
    (tmp_path / "late.csv").write_text(text)
    monkeypatch.setenv("FAULT", "late.csv")
    (block,) = perform(job)
    assert block.n_failed == 0
    assert perform(late) == []
    (error,) = failures(job.folder).values()
    assert "Traceback (most recent call last)" in error and "late.csv" in last_line(error)
    assert len(find_runs(job.folder)[0]) == 1
    assert main(["status", str(job.folder)]) == 1
    assert "late.csv" in capfd.readouterr().out
    (tmp_path / "late.csv").write_text(text.replace("3", "4"))
    assert not is_done(late)
    (block,) = perform(late)
    assert block.n_failed == 0 and is_done(late)
    assert not failures(job.folder)


def test_first_factors_that_vanish_fail_their_job(tmp_path):
    np.savetxt(tmp_path / "W.csv", np.ones((6, 3)), delimiter=",")
    init = {"name": "custom", "W": str(tmp_path / "W.csv"), "H": str(tmp_path / "H.csv")}
    job = a_job(tmp_path, init=init)
    assert perform(job) == [] and not is_done(job)
    (error,) = failures(job.folder).values()
    assert last_line(error).endswith("H.csv cannot be read (No such file or directory)")
    np.savetxt(tmp_path / "H.csv", np.ones((3, 4)), delimiter=",")
    (block,) = perform(job)
    assert block.n_failed == 0 and is_done(job)
    assert not failures(job.folder)


def test_an_adaptive_job_is_never_called_done(tmp_path):
    job = a_job(tmp_path, n_starts="auto", block=50)
    assert perform(job) and not is_done(job)


def test_a_block_that_cannot_be_saved_is_recorded_and_the_next_one_begun(tmp_path, monkeypatch):
    calls, savez = [], np.savez

    def short_of_memory(*args, **arrays):
        calls.append(1)
        if "index" in arrays and len(calls) < 3:
            raise MemoryError("no room for the factors")
        return savez(*args, **arrays)

    job = a_job(tmp_path, n_starts=4, block=2, record="solutions")
    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", short_of_memory)
        blocks = execute(job)
    assert [block.n_failed for block in blocks] == [2, 0]
    (error,) = failures(job.folder).values()
    assert last_line(error) == "MemoryError: no room for the factors" and "in save" in error
    assert not list(job.folder.rglob(".partial*"))
    assert [block.fitted for block in execute(job)] == [True, False]
    assert not failures(job.folder)


@pytest.mark.parametrize("text", ["", "[", "null", '{"errors": 7}', '{"problem": "\\u001b[2J"}'])
def test_records_of_failed_jobs_may_hold_anything(text, tmp_path):
    (tmp_path / "failures").mkdir()
    (tmp_path / "failures" / "0123456789abcdef.json").write_text(text)
    (record,) = recorded_failures(tmp_path)
    assert record["errors"] == [{"seed": None, "error": "its record cannot be read"}]
    assert record["problem"].isprintable()


WORKERS = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]


def test_a_worker_that_is_killed_fails_its_own_job_and_no_other(harmful, tmp_path):
    asked = f"-m solver.name={harmful} n_components=3,1 n_starts=2 study_name=small".split()
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    study = tmp_path / "small"
    process = start(
        tmp_path, *WORKERS, asked=asked, env={"PYTHONPATH": path, "FAULT": "killed"}.items()
    )
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert set(pd.read_csv(study / "tables" / "starts.csv").n_components) == {1}
    ((problem, error),) = failures(study).items()
    assert problem == "menu-k3"
    assert "Traceback (most recent call last)" in error and "Terminated" in error
    assert "menu-k3" in said and "menu-k3" in (study / "report.html").read_text()
    before = content(study / "runs")
    assert main(["run", *asked, f"results_dir={tmp_path}"]) == 0
    assert before.items() <= content(study / "runs").items()
    assert not failures(study)
    assert len(pd.read_csv(study / "tables" / "starts.csv")) == 4


def test_a_full_disk_with_workers(tmp_path, undisturbed):
    """A limit on the size of files is a disk that is full for factors but not for records."""
    asked = "-m n_components=3 seed=0,200 n_starts=200 block=200 study_name=small".split()
    study = tmp_path / "small"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, limit[1]))
    try:
        process = start(tmp_path, *WORKERS, asked=asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 1, said
    assert last_line(said).startswith("nmfstudy: File too large ("), said
    assert "factors.npz" in last_line(said)
    assert last_line(said).endswith("the same command goes on")
    assert "Traceback" not in said
    assert find_runs(study) == ([], [])
    assert main(["run", *asked, f"results_dir={tmp_path}"]) == 0
    assert verify(study).outcome.tolist() == ["equal"] * 2
    assert not list(tmp_path.rglob(".partial*"))
