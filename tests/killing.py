"""Kill sweeps at random moments and let them go on: ``python tests/killing.py --kills 200``.

A round begins in an empty folder, kills the same command (-9) some times, and then lets it
finish. Nothing that was finished may be fitted again, and the tables must be those of a sweep
that was never interrupted, byte for byte but for the seconds and the run's folder times.

With ``--fork`` every sweep is the fork of a process that has imported all and fitted once: no
kill is spent on starting Python, so many more strike the sweep in the same time. ``--early``
kills only while runs are fitted and written, which is a small part of the time.
"""

import argparse
import csv
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = (
    "run -m n_components=3 init=random,nndsvda n_starts=60 block=10 study_name=killed"
).split()
N_RUNS = 7
KILLS_PER_ROUND = 4


class Fork:
    """A fork of this process that runs the sweep, with those members of Popen used here."""

    def __init__(self, argv):
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=run_quietly, args=(argv,))
        self.process.start()

    def communicate(self, timeout=None):
        """Wait for the end."""
        self.process.join(timeout)
        if self.process.is_alive():
            raise subprocess.TimeoutExpired("nmfstudy", timeout)
        return b"", None

    def send_signal(self, number):
        """Send a signal."""
        os.kill(self.process.pid, number)

    @property
    def returncode(self):
        """Exit status, negative after a signal."""
        return self.process.exitcode


def run_quietly(argv):
    """Run a command in this process without its output; exits with its status."""
    from nmfstudy.cli import main

    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        sys.exit(main(argv))


def start(folder, forked=False):
    """The sweep as a process of its own, in this folder."""
    if forked:
        return Fork([*COMMAND, f"results_dir={folder}"])
    command = [sys.executable, "-m", "nmfstudy.cli", *COMMAND, f"results_dir={folder}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finish(folder, forked=False):
    """Let the sweep end by itself; seconds it took."""
    begun = time.monotonic()
    process = start(folder, forked)
    said = process.communicate(timeout=300)[0].decode()
    if process.returncode:
        raise AssertionError(f"the sweep ended with {process.returncode}: {said}")
    return time.monotonic() - begun


def kill_after(folder, seconds, forked=False):
    """Kill the sweep after so many seconds; whether it was still running."""
    process = start(folder, forked)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True


def finished_runs(folder):
    """When each complete run was written."""
    paths = Path(folder, "killed", "runs").glob("[0-9a-f]*/run.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in paths}


def tables(folder):
    """All tables without the seconds."""
    content = {}
    for path in sorted(Path(folder, "killed", "tables").rglob("*.csv")):
        with open(path, newline="") as handle:
            rows = list(csv.reader(handle))
        drop = {i for i, name in enumerate(rows[0]) if name == "seconds"}
        content[path.name] = [[c for i, c in enumerate(r) if i not in drop] for r in rows]
    return content


def stage(folder):
    """Where a kill struck, as far as the folder shows."""
    study = Path(folder, "killed")
    runs = finished_runs(folder)
    if not (study / "study.json").exists():
        return "starting"
    if len(runs) < N_RUNS:
        writing = any(study.glob("runs/.partial*"))
        return "writing" if writing else "fitting"
    return "done" if (study / "report.html").exists() else "reporting"


def one_round(folder, expected, moments, forked=False):
    """Kill at each moment, then finish and compare; the stages at which the kills struck."""
    stages = []
    for moment in moments:
        before = finished_runs(folder)
        if kill_after(folder, moment, forked):
            stages.append(stage(folder))
        after = finished_runs(folder)
        again = [run for run in before if after.get(run) != before[run]]
        if again:
            raise AssertionError(f"finished runs were fitted again or lost: {again}")
    before = finished_runs(folder)
    finish(folder, forked)
    after = finished_runs(folder)
    if any(after[run] != before[run] for run in before):
        raise AssertionError("finished runs were fitted again")
    left = list(Path(folder, "killed").rglob(".partial*"))
    if left:
        raise AssertionError(f"leftovers remain: {left}")
    found = tables(folder)
    if found != expected:
        differing = [n for n in expected if found.get(n) != expected[n]]
        raise AssertionError(f"tables differ from those of an uninterrupted sweep: {differing}")
    return stages


def main():
    """Kill many sweeps and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fork", action="store_true")
    parser.add_argument("--early", action="store_true")
    parser.add_argument("--per-round", type=int, default=KILLS_PER_ROUND)
    given = parser.parse_args()
    moments = random.Random(given.seed)
    os.environ["OMP_NUM_THREADS"] = "1"
    counts = {}
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch, "whole")
        if given.fork:
            from nmfstudy.cli import main as command

            command([*COMMAND, f"results_dir={scratch}/first"])
        else:
            finish(Path(scratch, "first"))  # compiles kernels
        begun = time.time_ns()
        lasting = finish(whole, given.fork)
        until = lasting * 1.05
        if given.early:
            until = (max(finished_runs(whole).values()) - begun) / 1e9
        expected = tables(whole)
        done = rounds = 0
        while done < given.kills:
            folder = Path(scratch, f"round{rounds}")
            at = [moments.uniform(0, until) for _ in range(given.per_round)]
            for name in one_round(folder, expected, at, given.fork):
                counts[name] = counts.get(name, 0) + 1
                done += 1
            rounds += 1
            print(f"{done} kills in {rounds} rounds", file=sys.stderr, flush=True)
    print(f"{done} kills in {rounds} rounds, each in the first {until:.1f} s; all rounds equal.")
    print("Struck while: " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
