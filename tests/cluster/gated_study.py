"""A small study whose starts wait at a gate, and what tests ask of it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from nmfstudy.store.status import status_of

HERE = str(Path(__file__).parent)
STUDY = ["-m", "n_components=3", "seed=range(0,80,20)", "n_starts=20", "block=10"]
STUDY += ["solver.name=gated_solver:Gated", "study_name=shared"]
N_JOBS, N_RUNS, N_STARTS = 4, 8, 80
LONG = 300  # seconds that nothing here takes on a machine that is not lost


class Gate:
    """The other side: who is waiting, and letting them go on."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()

    def open(self):
        """Let everyone go on, now and later."""
        (self.folder / "open").touch()

    def callers(self):
        """What everyone who ever came said of himself, as dicts."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def wait_for(self, n, process):
        """Wait until so many have come; they are returned."""
        until = time.monotonic() + LONG
        while len(self.callers()) < n:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until, f"only {len(self.callers())} of {n} came"
            time.sleep(0.1)
        return self.callers()


def begin(results, gate, *more, environment=os.environ):
    """Start the study with more overrides as a process of its own."""
    command = [sys.executable, "-m", "nmfstudy.cli", "run", *STUDY, f"results_dir={results}"]
    return subprocess.Popen(
        [*command, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment, "GATE": str(gate.folder), "PYTHONPATH": HERE},
    )


def ends(process, status):
    """Wait until it ends with this status; what it said."""
    said = process.communicate(timeout=LONG)[0]
    assert process.returncode == status, said
    return said


def run_times(folder):
    """When each finished run was written."""
    return {p.parent.name: p.stat().st_mtime_ns for p in folder.glob("runs/[0-9a-f]*/run.json")}


def wait_until(condition):
    """Wait for it."""
    until = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


def quiet(folder):
    """Wait until no job of the study gives a sign of life."""
    wait_until(lambda: not status_of(folder).running)
