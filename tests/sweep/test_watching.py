import importlib
import json
import time
from dataclasses import replace

import pytest

from nmfstudy.report.words_on_status import status_lines
from nmfstudy.store import record_failure
from nmfstudy.store.job import job_from_config
from nmfstudy.store.run import find_runs
from nmfstudy.store.status import status_of
from nmfstudy.sweep import watching
from nmfstudy.sweep.execution import AUTO_BUDGET, NoProgress, execute, is_done
from nmfstudy.sweep.request import Request
from nmfstudy.sweep.watching import watching as watch


class Heard(NoProgress):
    def __init__(self):
        self.done = self.failed = 0

    def advance(self, n_starts):
        self.done += n_starts

    def fail(self, n_starts):
        self.failed += n_starts


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "WATCH_SECONDS", 0.01)
    config = {"dataset": "menu", "init": "random", "solver": "coordinate_descent"}
    config |= {"n_components": 2, "n_starts": 25, "block": 10, "results_dir": str(tmp_path)}
    return job_from_config(config)


def test_what_others_finish_is_shown_once(job):
    request, heard = Request.of([job], []), Heard()
    request.save()
    assert not is_done(job)
    with watch(request.folder, request.blocks, heard):
        assert heard.done == 0
        execute(job)
        until = time.monotonic() + 30
        while heard.done < 25:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert (heard.done, heard.failed) == (25, 0)
    assert is_done(job)
    again = Heard()
    with watch(request.folder, request.blocks, again):
        pass
    assert again.done == 25  # what was finished before counts at once


def test_starts_under_way_are_shown_and_never_taken_back(job):
    request, heard = Request.of([job], []), Heard()
    first = request.blocks[0]["run"]
    path = request.folder / "running" / "elsewhere-7.json"
    path.parent.mkdir(parents=True)
    sign = {"run": first, "problem": "menu", "n_starts": 10, "host": "elsewhere", "pid": 7}
    path.write_text(json.dumps({**sign, "n_done": 6}))
    with watch(request.folder, request.blocks, heard):
        assert heard.done == 6
        path.unlink()  # killed
    assert heard.done == 6


def test_only_failures_of_this_time_are_counted(job):
    request, heard = Request.of([job], []), Heard()
    first, second, _ = (block["run"] for block in request.blocks)
    record_failure(job.folder, first, "menu", RuntimeError("before"))
    with watch(request.folder, request.blocks, heard):
        record_failure(job.folder, second, "menu", RuntimeError("now"))
    assert heard.failed == 10


SOLVER = """
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent

class Late(CoordinateDescent):
    elsewhere = None

    def solve(self, X, W, H, problem, report=lambda n: None):
        if Late.elsewhere is None:
            return super().solve(X, W, H, problem, report)
        finish, Late.elsewhere = Late.elsewhere, None
        finish()
        raise SystemExit("the second copy fails")
"""


def test_a_job_that_runs_twice_is_not_spoilt_by_the_copy_that_fails(job, tmp_path, monkeypatch):
    name = f"late_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOLVER)
    monkeypatch.syspath_prepend(str(tmp_path))
    job = replace(job, search=replace(job.search, solver=f"{name}:Late"))
    Request.of([job], []).save()
    solver = importlib.import_module(name).Late
    monkeypatch.setattr(solver, "elsewhere", lambda: execute(job))
    execute(job)
    status = status_of(job.folder)
    assert (status.finished, status.missing, status.failed) == (3, 0, ())
    assert not list(job.folder.rglob("error.json"))


def test_the_status_tells_finished_running_failed_and_missing_apart(job):
    request = Request.of([job], [])
    request.save()
    first, second, _ = (block["run"] for block in request.blocks)
    assert "missing 3 runs" in " ".join(status_lines(status_of(job.folder)))
    record_failure(job.folder, first, "menu", RuntimeError("out of luck"))
    path = request.folder / "running" / "elsewhere-7.json"
    path.parent.mkdir(parents=True)
    sign = {"run": second, "problem": "menu", "n_starts": 10, "n_done": 4}
    path.write_text(json.dumps({**sign, "host": "elsewhere", "pid": 7}))
    status = status_of(job.folder)
    assert (status.finished, len(status.running), len(status.failed), status.missing) == (
        0,
        1,
        1,
        1,
    )
    assert status.seconds_left is None  # nothing has finished yet
    lines = list(status_lines(status))
    assert lines[0] == "finished 0 of 3 runs, 0 of 25 starts"
    assert lines[1] == "running 1 runs, 4 of 10 starts: 1 on elsewhere"
    assert "out of luck" in lines[3]


def test_an_adaptive_job_counts_the_starts_it_has_made(job):
    auto = replace(job, n_starts="auto")
    certain = replace(auto, search=replace(job.search, init="nndsvd", deterministic=True))
    request = Request.of([auto, certain], [])
    request.save()
    assert request.n_starts == AUTO_BUDGET + 1
    assert next(status_lines(status_of(job.folder))).endswith(
        f"0 of up to {AUTO_BUDGET + 1} starts"
    )
    blocks = execute(auto) + execute(certain)
    execute(replace(auto, search=replace(job.search, init="nndsvdar"), n_starts=5))
    assert len(blocks) > 2  # more than the first block of each
    status = status_of(job.folder)
    n_starts = sum(block.n_starts for block in blocks)
    assert (status.finished, status.asked, status.other) == (len(blocks), len(blocks), 1)
    assert (status.starts_finished, status.starts_asked) == (n_starts, AUTO_BUDGET + 1)
    assert (status.missing, status.adaptive) == (0, True)


def test_the_time_left_is_that_of_what_is_left(job):
    request = Request.of([job], [])
    request.save()
    path = request.folder / "running" / "elsewhere-7.json"
    path.parent.mkdir(parents=True)
    last = request.blocks[2]["run"]
    sign = {"run": last, "problem": "menu", "n_starts": 5, "n_done": 2}
    path.write_text(json.dumps({**sign, "host": "elsewhere", "pid": 7}))
    execute(replace(job, n_starts=20))
    runs, _ = find_runs(job.folder)
    pace = sum(run.info["seconds"] for run in runs) / 20
    assert status_of(job.folder).seconds_left == pytest.approx(3 * pace)
