"""A study on a real SLURM of two nodes: whole, with a task killed, with nodes lost."""

import os
import signal

import pytest
from faults.small_sweeps import tables
from gated_study import N_JOBS, N_RUNS, N_STARTS, ends, quiet, run_times, wait_until

from nmfstudy.store.status import status_of

ASKED = ["hydra/launcher=submitit_slurm", "cluster.minutes=10", "cluster.memory_gb=1"]


@pytest.fixture
def submit(start, slurm):
    slurm.recover()
    return lambda *more: start(*ASKED, *more, environment=slurm.environment)


def test_a_study_is_spread_over_the_nodes_and_its_state_is_seen(submit, gate, folder, expected):
    process = submit("cluster.cores=1")
    callers = gate.wait_for(N_JOBS, process)
    assert {c["node"] for c in callers} == {"n1", "n2"}
    assert {c["threads"] for c in callers} == {"1"}
    wait_until(lambda: len(status_of(folder).running) == N_JOBS)
    status = status_of(folder)
    assert (status.asked, status.finished) == (N_RUNS, 0)
    assert status.missing == N_RUNS - N_JOBS
    gate.open()
    ends(process, 0)
    assert tables(folder) == expected
    status = status_of(folder)
    assert (status.finished, status.starts_finished, status.missing) == (N_RUNS, N_STARTS, 0)
    before, logs = run_times(folder), sorted(os.listdir(folder / "slurm"))
    ends(submit(), 0)  # nothing is left to do, and nothing is handed over
    assert run_times(folder) == before
    assert sorted(os.listdir(folder / "slurm")) == logs


def test_a_killed_task_is_missed_and_made_by_the_same_command(submit, gate, folder, expected):
    process = submit()
    callers = gate.wait_for(N_JOBS, process)
    os.kill(callers[0]["pid"], signal.SIGKILL)
    gate.open()
    said = ends(process, 1)
    assert "submitit_slurm: " in said
    quiet(folder)
    before = run_times(folder)
    assert len(before) == N_RUNS - 2  # the others finished theirs
    assert status_of(folder).missing == 2
    ends(submit(), 0)
    assert {run: run_times(folder)[run] for run in before} == before
    assert tables(folder) == expected


def test_what_runs_on_lost_nodes_is_run_again_even_twice(submit, gate, folder, expected, slurm):
    """One node dies; the other's daemon does, so that its jobs go on and are run once more."""
    process = submit("hydra.launcher.array_parallelism=4")
    callers = gate.wait_for(N_JOBS, process)
    slurm.kill_node("n1")
    slurm.kill_daemon("n2")
    left = [c for c in callers if c["node"] == "n2"]
    wait_until(lambda: slurm.ask("squeue", "-h", "-r", "-t", "R") == "")  # requeued
    for node in ("n1", "n2"):
        slurm.start_node(node)
    gate.wait_for(2 * N_JOBS, process)  # all came again
    gate.open()
    ends(process, 0)
    wait_until(lambda: not any(os.path.exists(f"/proc/{c['pid']}") for c in left))
    assert len(run_times(folder)) == N_RUNS
    assert tables(folder) == expected
    assert not list(folder.rglob(".partial*"))


def test_a_job_that_must_make_way_is_queued_again(submit, gate, folder, expected):
    """By the signal that SLURM sends before a job's time is up, or for more urgent jobs.

    It comes from here: SLURM's own may come up to a minute early, and so when a job has just begun.
    """
    process = submit()
    callers = gate.wait_for(N_JOBS, process)
    for caller in callers:
        os.kill(caller["pid"], signal.SIGUSR2)
    gate.wait_for(2 * N_JOBS, process)  # all came again
    assert not list(folder.rglob("error.json"))
    gate.open()
    ends(process, 0)
    assert tables(folder) == expected
