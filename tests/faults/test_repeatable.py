import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_sweeps import N_RUNS, a_job, content, start, tables

from nmfstudy import Study
from nmfstudy.sweep.execution import execute


def test_two_sweeps_at_once_into_one_folder(tmp_path, expected):
    both = [start(tmp_path), start(tmp_path)]
    said = [process.communicate(timeout=200)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert tables(tmp_path / "small") == expected
    assert len(list((tmp_path / "small" / "runs").iterdir())) == N_RUNS
    assert not list(tmp_path.rglob(".partial*"))


@pytest.mark.parametrize("seconds", [0, 4_102_444_800])  # 1970 and 2100
def test_nothing_depends_on_the_times_of_files(seconds, undisturbed, tmp_path):
    study = shutil.copytree(undisturbed, tmp_path / "small")
    expected = Study.load(study).starts
    for i, path in enumerate(sorted(study.rglob("*"))):
        os.utime(path, (seconds + i % 2, seconds + i % 2))
    before = content(study / "runs")
    job = {"n_starts": 20, "block": 10}
    blocks = execute(a_job(tmp_path, **job))
    blocks += execute(a_job(tmp_path, init={"name": "nndsvda"}, **job))
    assert [block.fitted for block in blocks] == [False] * N_RUNS
    assert content(study / "runs") == before
    assert Study.load(study).starts.equals(expected)


def test_the_package_reads_no_wall_clock_but_to_record_it():
    """Clocks jump: durations come from ``perf_counter``, and no decision from file times."""
    import nmfstudy

    # When a run was finished or failed, for people to read; signs of life, for the progress bar;
    # leftovers of a day; whether a file may have changed since it was hashed.
    allowed = {"store/run.py", "store/failures.py", "store/heartbeat.py", "sweep/watching.py"}
    allowed |= {"store/files.py", "store/whole.py"}
    found = set()
    for path in Path(nmfstudy.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if any(w in text for w in ("time.time(", "datetime.now", "st_mtime", "getmtime")):
            found.add(path.relative_to(Path(nmfstudy.__file__).parent).as_posix())
    assert found <= allowed


def test_an_extended_study_leaves_what_is_there_as_it_is(tmp_path):
    execute(a_job(tmp_path, n_starts=8, block=4))
    runs = tmp_path / "small" / "runs"
    data = content(tmp_path / "small" / "data")
    for changes in (
        {"n_starts": 10},
        {"n_components": 2},
        {"init": {"name": "nndsvd"}},
        {"solver": {"name": "coordinate_descent", "tol": 1e-7}},
        {"penalty": {"name": "l1", "alpha_W": 0.01}},
        {"seed": 100},
    ):
        before = content(runs)
        fitted = [block.fitted for block in execute(a_job(tmp_path, **{"block": 4, **changes}))]
        assert fitted[-1]
        after = content(runs)
        assert {name: after[name] for name in before} == before, changes
        assert len(after) > len(before)
    assert content(tmp_path / "small" / "data") == data


BITS = """
import hashlib, sys
from small_sweeps import a_job
from nmfstudy.sweep.execution import execute
from nmfstudy.store import Run
folder = sys.argv[1]
total = hashlib.sha256()
for dataset, k in (("menu", 3), ("digits", 3)):
    job = a_job(folder, dataset={"name": dataset}, n_components=k, n_starts=3,
                solver={"name": "coordinate_descent", "max_iter": 300})
    for block in execute(job):
        fits = Run.load(job.folder / "runs" / block.run).fits
        for part in (fits.W, fits.H, fits.objective, fits.kkt_residual):
            total.update(part.tobytes())
print(total.hexdigest())
"""


def test_bits_do_not_depend_on_threads(tmp_path):
    """Neither on numba's and BLAS's threads nor on the process; and one digit more would show."""
    seen = set()
    for i, (numba, blas) in enumerate((("1", "1"), ("2", "2"), ("2", "1"))):
        env = {**os.environ, "NUMBA_NUM_THREADS": numba}
        env |= {"OMP_NUM_THREADS": blas, "OPENBLAS_NUM_THREADS": blas, "MKL_NUM_THREADS": blas}
        env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *sys.path[1:]])
        command = [sys.executable, "-c", BITS, str(tmp_path / str(i))]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        seen.add(done.stdout.strip())
    assert len(seen) == 1
    assert len(seen.pop()) == len(hashlib.sha256().hexdigest())


def test_bits_do_not_depend_on_workers(tmp_path, expected):
    process = start(tmp_path, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 0, said
    assert tables(tmp_path / "small") == expected
