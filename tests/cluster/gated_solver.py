"""A user's own solver that waits until it may go on, so that tests can strike in between."""

import json
import os
import time
from pathlib import Path

from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent


class Gated(CoordinateDescent):
    """Coordinate descent that announces itself and waits at the gate."""

    name = "gated"

    def solve(self, X, W, H, problem, report=None):
        folder = Path(os.environ["GATE"])
        node = os.environ.get("SLURMD_NODENAME") or os.environ.get("NODE")
        about = {"pid": os.getpid(), "node": node, "threads": os.environ.get("NUMBA_NUM_THREADS")}
        note = folder / f"{os.getpid()}-{time.monotonic_ns()}"
        note.with_suffix(".new").write_text(json.dumps(about))
        note.with_suffix(".new").rename(note.with_suffix(".json"))
        while not (folder / "open").exists():
            time.sleep(0.05)
        return super().solve(X, W, H, problem, report)
