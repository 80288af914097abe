"""The same request gives the same report, byte for byte, on an idle and on a loaded machine."""

import json
import subprocess
import sys
from contextlib import contextmanager
from io import BytesIO

import pandas as pd

from nmfstudy.report import write_report
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute

PROVENANCE = ("provenance.json",)  # what may differ, and the column seconds of starts.csv


@contextmanager
def load(n):
    """So many processes that do nothing but keep the processor busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def made(folder):
    """All files of a report by name."""
    for k in (2, 3):
        config = {"dataset": "menu", "n_components": k, "init": "random", "n_starts": 12}
        config["solver"] = "coordinate_descent"
        execute(job_from_config({**config, "results_dir": str(folder), "study_name": "same"}))
    write_report(Study.load(folder / "same", may_fit=True))
    root = folder / "same"
    names = ("report.html", "report.md", "methods.txt", "provenance.json")
    files = [root / name for name in names]
    for part in ("tables", "figures", "factors"):
        files += sorted((root / part).iterdir())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def without_seconds(content):
    return pd.read_csv(BytesIO(content)).drop(columns="seconds")


def test_the_same_request_gives_the_same_bytes(tmp_path):
    first = made(tmp_path / "first")
    with load(3):
        second = made(tmp_path / "second")
    assert first.keys() == second.keys() and len(first) > 20
    starts = "tables/starts.csv"
    pd.testing.assert_frame_equal(*(without_seconds(f[starts]) for f in (first, second)))
    differ = [name for name in first if first[name] != second[name]]
    assert set(differ) <= {*PROVENANCE, starts}
    told = [json.loads(files["provenance.json"]) for files in (first, second)]
    assert {key for key in told[0] if told[0][key] != told[1][key]} <= {"seconds_of_fitting"}
