import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from nmfstudy.cli import main
from nmfstudy.store.heartbeat import signs_of_life
from nmfstudy.sweep.composing import BASE, plan
from nmfstudy.sweep.launching import Task, _share_cores, check_launcher
from nmfstudy.sweep.overrides import CONF
from nmfstudy.util.errors import RequestError

CORES = len(os.sched_getaffinity(0))


def test_joblib_gives_the_tables_of_this_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep = ["run", "-m", "n_components=2,3", "seed=0,10", "n_starts=10"]
    assert main([*sweep, "study_name=here"]) == 0
    spread = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "study_name=spread"]
    assert main([*sweep, *spread]) == 0
    here, there = (
        pd.read_csv(tmp_path / "results" / name / "tables" / "starts.csv").drop(columns="seconds")
        for name in ("here", "spread")
    )
    pd.testing.assert_frame_equal(here, there)
    assert os.listdir(tmp_path) == ["results"]  # no logs beside
    assert {p.name for p in (tmp_path / "results" / "here").iterdir()} == {
        p.name for p in (tmp_path / "results" / "spread").iterdir()
    }


@pytest.mark.parametrize("asked", [-1, 1, 2, 1000])
@pytest.mark.parametrize("n_jobs", [1, 3, 50])
def test_workers_times_threads_are_no_more_than_the_cores(asked, n_jobs):
    root = plan(["hydra/launcher=joblib", f"hydra.launcher.n_jobs={asked}"]).root
    n_threads = _share_cores("joblib", root, n_jobs)
    workers = root.hydra.launcher.n_jobs
    assert 1 <= workers <= n_jobs
    assert n_threads == max(1, CORES // workers)
    if asked == -1:
        assert workers * n_threads <= CORES


def clock_ticks(pid):
    """Processor time so far of every thread of a process and its descendants."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            above = int(_fields(stat)[1])
            children.setdefault(above, []).append(int(stat.parent.name))
    family, new = set(), [pid]
    while new:
        family.update(new)
        new = [child for parent in new for child in children.get(parent, [])]
    ticks = {}
    for member in family:
        for stat in Path(f"/proc/{member}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                fields = _fields(stat)
                ticks[stat.parent.name] = int(fields[11]) + int(fields[12])
    return ticks


def _fields(stat):
    """What follows the name of the program in a stat file."""
    return stat.read_text().rsplit(")", 1)[1].split()


def n_busy(pid):
    """How many threads compute: those with a tenth of the time of the busiest, or more.

    Unlike the number of those that run at a moment this is the same on a busy machine, where
    threads with little to do wait for long.
    """
    before, until = clock_ticks(pid), time.monotonic() + 60
    while True:
        time.sleep(0.5)
        used = [ticks - before.get(thread, 0) for thread, ticks in clock_ticks(pid).items()]
        if max(used) >= 100 or time.monotonic() > until:
            return sum(ticks > max(used) / 10 for ticks in used)


def busy_threads(tmp_path, *more, n_running, environment=()):
    """How many threads compute while a long sweep is fitted."""
    command = [sys.executable, "-m", "nmfstudy.cli", "run", "-m", "dataset=digits"]
    command += ["n_components=8", "seed=0,10000,20000,30000", "n_starts=10000", "block=10000"]
    process = subprocess.Popen(
        [*command, f"results_dir={tmp_path}", "study_name=long", *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **dict(environment)},
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 120
        while sum(s.n_done > 0 for s in signs_of_life(tmp_path / "long")) < n_running:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        return n_busy(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_no_more_threads_are_busy_than_there_are_cores(tmp_path):
    """Even if the user's environment asks for more in every process."""
    workers = min(4, CORES)
    environment = {"NUMBA_NUM_THREADS": str(CORES + 3)}
    spread = "hydra/launcher=joblib"
    busy = busy_threads(tmp_path, spread, n_running=workers, environment=environment)
    assert workers <= busy <= CORES


def test_busy_threads_are_seen(tmp_path):
    """The negative control: more threads than cores are found out."""
    environment = {"NUMBA_NUM_THREADS": str(CORES + 3)}
    assert busy_threads(tmp_path, n_running=1, environment=environment) > CORES


SOLVER = """
import os, signal
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent

class Signalled(CoordinateDescent):
    def solve(self, X, W, H, problem, report=lambda n: None):
        os.kill(os.getpid(), signal.SIGUSR2)
        return super().solve(X, W, H, problem, report)
"""


@pytest.mark.parametrize("raised", [SystemExit(-1), RuntimeError("too often")], ids=repr)
def test_a_job_whose_time_is_up_ends_and_has_not_failed(raised, tmp_path, monkeypatch):
    """As submitit's handler does after it has queued the job again."""
    name = f"signalled_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOLVER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def time_is_up(*_):
        raise raised

    with initialize_config_dir(str(CONF), **BASE):
        config = compose("config", [f"solver.name={name}:Signalled", "n_starts=4", "block=2"])
    before = signal.signal(signal.SIGUSR2, time_is_up)
    try:
        with pytest.raises(KeyboardInterrupt):
            Task(str(tmp_path), None)(config)
    finally:
        signal.signal(signal.SIGUSR2, before)
    left = {path.name for path in (tmp_path / "results" / "menu").rglob("*")}
    assert not {name for name in left if "error" in name or name in ("failures", "running")}
    assert not list(tmp_path.rglob(".partial*"))


@pytest.mark.parametrize("key", ["minutes", "memory_gb", "cores", "at_once", "array"])
@pytest.mark.parametrize("value", [0, -1, "many", 1.5, "null"])
def test_impossible_resources_are_refused_before_any_work(key, value):
    with pytest.raises(RequestError, match=f"cluster.{key} is .*; possible: an integer >= 1"):
        check_launcher(plan(["hydra/launcher=submitit_slurm", f"cluster.{key}={value}"]))
