import os

import numpy as np
import pandas as pd
import pytest

from nmfstudy.cli import main


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(tmp_path, **content):
    folder = tmp_path / "input"
    folder.mkdir()
    for name, text in content.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


BAD_DATA = {
    "unknown": "NA,NA\nNA,nan\n",
    "inf": "1,2\n3,inf\n",
    "negative": "1,2\n3,-4\n",
    "text": "1,2\n3,four\n",
    "ragged": "1,2\n3\n",
    "empty": "",
    "zero": "0,0\n0,0\n",
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_end_with_one_sentence_and_nothing_written(name, tmp_path, monkeypatch, capsys):
    folder = files(tmp_path, X=BAD_DATA[name])
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert main(["run", "dataset=file", f"dataset.path={folder}/X.csv", "n_components=1"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("nmfstudy: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert os.listdir() == []


@pytest.mark.parametrize(
    "argv",
    [
        ["run", "n_components=0"],
        ["run", "n_components=5", "init=nndsvd"],
        ["run", "n_component=3"],
        ["run", "solver=foo"],
        ["run", "solver.name=no.such.module:Class"],
        ["run", "solver.name=os:getcwd"],
        ["run", "solver.name=foo"],
        ["run", "init.name=foo"],
        ["run", "loss=kullback-leibler", "solver=coordinate_descent"],
        ["run", "solver=scikit_learn", "penalty=scale_free_W"],
        ["run", "dataset=laurberg", "dataset.alpha=2"],
        ["run", "dataset=hexagon", "dataset.a=0.5"],
        ["run", "dataset=file", "dataset.path=no_such_file.csv"],
        ["run", "dataset=file", "dataset.path=."],
        ["run", "-m", "study_name=a,b"],
        ["run", "-m", "analysis.distance_tol=0.1,0.2"],
        ["run", "study_name=../up"],
        ["run", "--frobnicate"],
        ["run", "init=custom", "init.W=none.csv", "init.H=none.csv"],
        ["walk"],
        ["report"],
        ["report", "no_such_folder"],
        ["report", "."],
        ["report", ".", "--distance-tol", "x"],
        ["status", "no_such_folder"],
        ["compare", ".", "."],
        ["compare", "one"],
        ["verify", "."],
        ["verify", ".", "--sample", "0"],
        ["certify"],
        ["certify", "--W", "none.csv"],
        ["certify", "--W", "none.csv", "--H", "none.csv"],
        ["certify", "none.csv", "-k", "2"],
        ["certify", "none.csv", "-k", "two"],
    ],
    ids=" ".join,
)
def test_wrong_requests_end_with_one_sentence_and_nothing_written(argv, empty, capsys):
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.err.startswith("nmfstudy: ")
    assert said.err.count("\n") == 1
    assert os.listdir() == []


def test_help_and_version(capsys):
    assert main(["--help"]) == main([]) == main(["--version"]) == 0
    assert "nmfstudy run study=discussion" in capsys.readouterr().out
    for app in ("run", "report", "status", "compare", "verify", "certify"):
        try:
            assert main([app, "--help"]) == 0
        except SystemExit as stop:
            assert stop.code == 0
        assert "usage: nmfstudy" in capsys.readouterr().out


def test_certify_reads_well_in_a_terminal(empty, capsys):
    (empty / "W.csv").write_text("2,1\n1,1\n3,0\n")
    (empty / "H.csv").write_text("1,0\n0,1\n")
    assert main(["certify", "--W", "W.csv", "--H", "H.csv"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("NOT UNIQUE, BUT SOME COMPONENTS ARE FIXED\n") and "w_2 and h_1" in said
    assert max(map(len, said.splitlines())) <= 80


RUN = ["run", "-m", "n_components=2,3", "init=random,nndsvda", "n_starts=20"]


def test_a_sweep_ends_with_report_and_tables_and_goes_on_for_nothing(empty, capsys):
    assert main(RUN) == 0
    out = capsys.readouterr().out
    folder = empty / "results" / "menu"
    assert str(folder / "report.html") in out or "results/menu/report.html" in out
    for name in ("report.html", "report.md", "study.json"):
        assert (folder / name).stat().st_size > 100
    starts = pd.read_csv(folder / "tables" / "starts.csv")
    assert len(starts) == 2 * 21
    assert starts.stop_reason.eq("converged").all()
    problems = pd.read_csv(folder / "tables" / "problems.csv").set_index("n_components")
    assert problems.n_distinct[3] == 1
    runs = sorted((folder / "runs").iterdir())
    changed = [run.stat().st_mtime_ns for run in runs]
    assert main(RUN) == 0
    assert [run.stat().st_mtime_ns for run in sorted((folder / "runs").iterdir())] == changed
    again = pd.read_csv(folder / "tables" / "starts.csv")
    pd.testing.assert_frame_equal(again, starts)


def test_custom_starts_come_from_files(empty):
    (empty / "W.csv").write_text("1,0,1\n0,1,1\n1,1,1\n2,0,1\n0,0,1\n1,1,0\n")
    (empty / "H.csv").write_text("1,0,1,0\n0,1,0,1\n1,1,0,0.5\n")
    assert main(["run", "init=custom", "init.W=W.csv", "init.H=H.csv"]) == 0
    starts = pd.read_csv(empty / "results/menu/tables/starts.csv")
    assert starts.init.tolist() == ["custom"]
    assert starts.converged.all()
    (empty / "H.csv").write_text("1,0,1\n0,1,0\n1,1,0\n")
    assert main(["run", "init=custom", "init.W=W.csv", "init.H=H.csv"]) == 2


def test_single_seeds_give_the_starts_of_one_job(empty):
    assert main(["run", "-m", "seed=0,1,2,3", "study_name=a"]) == 0
    assert main(["run", "n_starts=4", "study_name=b"]) == 0
    a, b = (pd.read_csv(empty / f"results/{n}/tables/starts.csv") for n in "ab")
    same = [c for c in a.columns if c not in ("run", "seconds")]
    pd.testing.assert_frame_equal(a[same], b[same])


def test_status_compare_verify_and_report_on_a_finished_study(empty, capsys):
    assert main(["run", "n_starts=10", "study_name=a"]) == 0
    assert main(["run", "n_starts=10", "seed=50", "study_name=b"]) == 0
    capsys.readouterr()
    assert main(["status", "results/a"]) == 0
    assert "finished 1 of 1 runs, 10 of 10 starts" in capsys.readouterr().out
    assert main(["compare", "results/a", "results/b"]) == 0
    assert main(["verify", "results/a"]) == 0
    assert "equal" in capsys.readouterr().out
    before = (empty / "results/a/tables/problems.csv").read_bytes()
    (empty / "results/a/report.html").unlink()
    assert main(["report", "results/a"]) == 0
    assert (empty / "results/a/report.html").exists()
    assert (empty / "results/a/tables/problems.csv").read_bytes() == before
    assert main(["report", "results/a", "--distance-tol", "0.01"]) == 0
    assert pd.read_csv(empty / "results/a/tables/problems.csv").distance_tol.tolist() == [0.01]


def test_verify_sees_tampered_results(empty, capsys):
    assert main(["run", "n_starts=5", "study_name=a"]) == 0
    (run,) = (empty / "results/a/runs").iterdir()
    with np.load(run / "factors.npz") as arrays:
        content = dict(arrays)
    content["W"] = content["W"] * 1.01
    np.savez(run / "factors.npz", **content)
    from nmfstudy.store.files import read_json, sha256_of, write_json

    info = read_json(run / "run.json")
    info["files"]["factors.npz"] = sha256_of(run / "factors.npz")
    write_json(run / "run.json", info)
    capsys.readouterr()
    assert main(["verify", "results/a"]) == 1
    assert "different" in capsys.readouterr().out


OWN = """
import numpy as np
from nmfstudy.fitting.solvers.base import Solver, SolverResult

class Raises(Solver):
    name = "raises"
    def solve(self, X, W, H, problem, report=None):
        if len(W) == 1 and round(float(W[0, 0, 0] * 1e9)) % 2:
            raise RuntimeError("no luck with this start")
        if len(W) > 1:
            raise RuntimeError("one of them fails")
        return SolverResult(W, H, np.ones(1, int), np.zeros(1, bool))
"""


def test_failing_starts_never_end_a_sweep(empty, monkeypatch, capsys):
    (empty / "own_solver_f.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(empty))
    argv = ["run", "-m", "solver.name=own_solver_f:Raises", "n_components=2,3", "n_starts=12"]
    assert main(argv) == 1
    starts = pd.read_csv(empty / "results/menu/tables/starts.csv")
    assert 0 < (starts.stop_reason == "failed").sum() < len(starts) == 24
    errors = list((empty / "results/menu/runs").glob("*/error.json"))
    assert errors
    assert "no luck with this start" in errors[0].read_text()
    capsys.readouterr()
    assert main(["status", "results/menu"]) == 1
    assert "no luck with this start" in capsys.readouterr().out
