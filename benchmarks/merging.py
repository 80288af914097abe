"""What putting many runs together costs, by synthetic runs in the format of real ones.

``python benchmarks/merging.py [--starts 100000] [--block 10000] [--whole]`` writes runs whose
starts are drawn from real ones (digits, k = 5, which has three minima) with seeds of their own,
keeping the factors of solutions only, and merges them

- as a stream: one run after the other, of which the different solutions and how many starts end
  in each are kept, and the starts forgotten; the solutions of all runs are then told apart;
- with ``--whole``, as `nmfstudy report` does: all starts in memory, and the report written.

Each is a process of its own, so that its memory can be told.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

import numpy as np

from nmfstudy.fitting.keeping import keep_solutions
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.fits import concatenate
from nmfstudy.solutions import distinct_solutions
from nmfstudy.solutions.coverage import good_turing_coverage
from nmfstudy.store import Run, find_runs, run_id, save_data
from nmfstudy.store.job import job_from_config
from nmfstudy.sweep.execution import dataset_of

REAL = 300  # starts that are really fitted


def write(folder, n_starts, block):
    """Write the runs; the job that they are of."""
    job = job_from_config(
        {
            "dataset": "digits",
            "n_components": 5,
            "init": "random",
            "solver": "accelerated",
            "n_starts": n_starts,
            "block": block,
            "record": "solutions",
            "results_dir": str(folder),
            "study_name": "merged",
        }
    )
    data, rng = dataset_of(job), np.random.default_rng(0)
    real = keep_solutions([fit_starts(data.X, job.problem, job.search, range(REAL))])
    save_data(job.folder, data)
    for first, count in job.blocks():
        drawn = real[rng.integers(REAL, size=count)]
        drawn = replace(drawn, seed=np.arange(first, first + count))
        identifier = run_id(job, (first, count), data.sha256)
        Run.save(job.folder, identifier, job, data, drawn)
    return job


def stream(folder):
    """Counts of the study's minima without ever holding its starts; seconds by step."""
    begun = time.perf_counter()
    runs, _ = find_runs(folder)
    found = time.perf_counter()
    solutions, counts = [], []
    for run in runs:
        fits = run.fits
        rows, first, number = np.unique(fits.row, return_index=True, return_inverse=True)
        some = rows >= 0
        solutions.append(fits[first[some]])
        counts.append(np.bincount(number, weights=fits.converged)[some])
    read = time.perf_counter()
    told = distinct_solutions(concatenate(solutions))
    counted = told.labels >= 0
    of_minima = np.bincount(told.labels[counted], weights=np.concatenate(counts)[counted])
    seconds = {
        "finding the runs": found - begun,
        "reading them": read - found,
        f"telling {len(told.labels):,} solutions apart": time.perf_counter() - read,
    }
    return of_minima.astype(int), seconds


def whole(folder):
    """The same by loading the study, and its report."""
    from nmfstudy.report import write_report
    from nmfstudy.study import Study

    begun = time.perf_counter()
    study = Study.load(folder)
    loaded = time.perf_counter()
    counts = study.results[0].solutions.counts
    told = time.perf_counter()
    write_report(study)
    seconds = {
        "loading": loaded - begun,
        "telling the solutions apart": told - loaded,
        "the report": time.perf_counter() - told,
    }
    return np.asarray(counts), seconds


def measured(step, folder):
    """What a step finds and takes, in a process of its own."""
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def main():
    """Write, merge, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--starts", type=int, default=100_000)
    parser.add_argument("--block", type=int, default=10_000)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--step", choices=["stream", "whole"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        counts, seconds = {"stream": stream, "whole": whole}[given.step](given.folder)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(json.dumps({"counts": counts.tolist(), "seconds": seconds, "MB": megabytes}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.perf_counter()
        job = write(scratch, given.starts, given.block)
        taken = time.perf_counter() - begun
        files = [path for path in job.folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(
            f"{given.starts:,} starts in {len(list(job.blocks())):,} runs: {taken:.0f} s to write,"
        )
        print(
            f"{len(files):,} files, {size / 1e6:,.0f} MB, {size / given.starts:.0f} bytes a start\n"
        )
        print("| merged | seconds | peak MB | starts in each minimum |\n|---|---|---|---|")
        for step in ("stream", "whole") if given.whole else ("stream",):
            found = measured(step, job.folder)
            parts = ", ".join(f"{name} {s:.1f}" for name, s in found["seconds"].items())
            print(
                f"| {step} | {sum(found['seconds'].values()):.1f} ({parts}) | {found['MB']:,.0f} "
                f"| {', '.join(f'{n:,}' for n in found['counts'])} "
                f"(coverage {good_turing_coverage(np.array(found['counts'])):.6f}) |"
            )


if __name__ == "__main__":
    main()
