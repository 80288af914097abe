"""A sweep small enough to be made dozens of times, and what must not differ between two."""

import csv
import os
import subprocess
import sys
from pathlib import Path

from nmfstudy.store.job import job_from_config

ASKED = "-m n_components=3 init=random,nndsvda n_starts=20 block=10 study_name=small".split()
N_RUNS = 3


def argv(folder, *more):
    return ["run", *ASKED, f"results_dir={folder}", *more]


def start(folder, *more, asked=ASKED, env=()):
    """The sweep as a process of its own."""
    command = [sys.executable, "-m", "nmfstudy.cli", "run", *asked, f"results_dir={folder}", *more]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **dict(env)},
    )


def tables(study):
    """Rows of all tables by name, without the seconds."""
    content = {}
    for path in sorted(Path(study, "tables").glob("*.csv")):
        with open(path, newline="") as handle:
            rows = list(csv.reader(handle))
        drop = {i for i, name in enumerate(rows[0]) if name == "seconds"}
        content[path.name] = [[c for i, c in enumerate(r) if i not in drop] for r in rows]
    return content


def content(folder):
    """Every file beneath a folder with its bytes and its time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def a_job(folder, **changes):
    config = {
        "dataset": {"name": "menu"},
        "init": {"name": "random"},
        "solver": {"name": "coordinate_descent"},
        "n_components": 3,
        "n_starts": 4,
        "results_dir": str(folder),
        "study_name": "small",
    }
    return job_from_config({**config, **changes})


def last_line(text):
    return text.rstrip("\n").splitlines()[-1]
