import json

import pandas as pd
import pytest
from small_sweeps import a_job, content

from nmfstudy.cli import main
from nmfstudy.store import code_version, find_runs, is_finished
from nmfstudy.sweep.execution import execute

SOLVER = """
import os
import numpy as np
from nmfstudy.fitting.solvers.base import SolverResult, Solver
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent

class Unlucky(Solver):
    name = "unlucky"

    def solve(self, X, W, H, problem, report=None):
        fault = os.environ.get("FAULT")
        if fault == "raises":
            raise RuntimeError("out of luck")
        if fault == "memory":
            raise MemoryError("out of memory")
        if fault == "exits":
            raise SystemExit("out of here")
        if fault == "nan":
            return SolverResult(W * np.nan, H, np.ones(len(W), int), np.ones(len(W), bool))
        if fault == "shape":
            return SolverResult(W[:, :1], H, np.ones(len(W), int), np.ones(len(W), bool))
        if fault == "nothing":
            return None
        return CoordinateDescent().solve(X, W, H, problem, report or (lambda n: None))
"""
SAYS = {
    "raises": "RuntimeError: out of luck",
    "memory": "MemoryError: out of memory",
    "exits": "SystemExit: out of here",
    "nan": "not finite",
    "shape": "ValueError: the solver returned factors of shape",
    "nothing": "TypeError",
}


@pytest.fixture
def unlucky(tmp_path, monkeypatch):
    """A job whose solver is the user's own, in a module found from the working folder."""
    name = f"unlucky_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOLVER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return f"{name}:Unlucky"


@pytest.mark.parametrize("fault", SAYS)
def test_whatever_a_solver_does_is_recorded_and_tried_again(fault, unlucky, tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT", fault)
    job = a_job(tmp_path, solver={"name": unlucky}, n_starts=4, block=2)
    blocks = execute(job)
    assert [block.n_failed for block in blocks] == [2, 2]  # the second was begun all the same
    assert SAYS[fault] in blocks[0].error
    for block in blocks:
        recorded = json.loads((job.folder / "runs" / block.run / "error.json").read_text())
        assert SAYS[fault] in recorded["errors"][0]["error"]
        if fault not in ("nan", "shape", "nothing"):
            assert "Traceback (most recent call last)" in recorded["errors"][0]["error"]
            assert "in solve" in recorded["errors"][0]["error"]
        assert not is_finished(job.folder, block.run)
    monkeypatch.setenv("FAULT", "")
    assert [(b.fitted, b.n_failed) for b in execute(job)] == [(True, 0), (True, 0)]
    assert not list(job.folder.rglob("error.json"))
    assert not any(block.fitted for block in execute(job))


def test_failures_are_shown_and_cleared_by_success(unlucky, tmp_path, monkeypatch, capfd):
    command = ["run", "-m", f"solver.name=coordinate_descent,{unlucky}", "n_components=1"]
    command += ["n_starts=4", "study_name=small"]
    monkeypatch.setenv("FAULT", "memory")
    assert main(command) == 1
    assert "4 starts failed; see the report" in capfd.readouterr().out
    page = (tmp_path / "results/small/report.html").read_text()
    assert "MemoryError: out of memory" in page
    assert "The next run will try these again" in page
    assert main(["status", "results/small"]) == 1
    assert "MemoryError: out of memory" in capfd.readouterr().out
    monkeypatch.setenv("FAULT", "")
    assert main(command) == 0
    assert "failed" not in capfd.readouterr().out
    assert "MemoryError" not in (tmp_path / "results/small/report.html").read_text()
    assert main(["status", "results/small"]) == 0


def test_code_versions_are_mixed_only_when_told_and_the_report_says_so(
    undisturbed, tmp_path, capfd
):
    import shutil

    study = shutil.copytree(undisturbed, tmp_path / "small")
    run = find_runs(study)[0][0]
    info = {**run.info, "code": "0123456789abcdef"}
    (run.folder / "run.json").write_text(json.dumps(info))
    before = content(study)
    assert main(["report", str(study)]) == 2
    said = capfd.readouterr().err
    assert said.startswith("nmfstudy: the runs are of 2 code versions (")
    assert said.count("\n") == 1
    assert content(study) == before
    assert main(["report", str(study), "--code", code_version()]) == 0
    page = (study / "report.html").read_text()
    assert "made by code version 0123456789abcdef" in page
    assert "are mixed here" not in page
    n_starts = len(pd.read_csv(study / "tables" / "starts.csv"))
    assert main(["report", str(study), "--code", "mixed"]) == 0
    page = (study / "report.html").read_text()
    assert "The runs were made by 2 versions of the code and are mixed here." in page
    assert len(pd.read_csv(study / "tables" / "starts.csv")) == n_starts + len(run.fits)
