"""What one fully converged start costs in time and on disk: ``python benchmarks/planning.py``.

Prints the table of ``docs/scaling.md``: each row is a job of some starts, carried out as a sweep
does, on one thread in a process of its own, compile time apart. The seconds are those of the
processor, so that other work on the machine counts little.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# Name: dataset, k, starts. Files are drawn below: a product of k random components and noise.
CASES = {
    "menu": ("menu", 3, 2000),
    "digits, k = 5": ("digits", 5, 60),
    "digits, k = 8": ("digits", 8, 40),
    "digits, k = 16": ("digits", 16, 20),
    "200 × 100": ((200, 100, None), 8, 40),
    "2,000 × 100": ((2000, 100, None), 8, 20),
    "2,000 × 1,000": ((2000, 1000, None), 8, 8),
    "2,000 × 1,000, k = 32": ((2000, 1000, None), 32, 4),
    "2,000 × 1,000, 20,000 nonzeros": ((2000, 1000, 20_000), 8, 8),
    "20,000 × 5,000, 500,000 nonzeros": ((20_000, 5000, 500_000), 8, 4),
}


def dataset_config(what, k, folder):
    """The dataset's part of a configuration; drawn data are written into the folder."""
    if isinstance(what, str):
        return {"name": what}
    n, d, nnz = what
    rng = np.random.default_rng(0)
    W, H = rng.exponential(size=(n, k)) ** 2, rng.exponential(size=(k, d)) ** 2
    if nnz is None:
        X = W @ H * rng.uniform(0.8, 1.2, size=(n, d))
        np.save(folder / "X.npy", X)
        return {"name": "file", "path": str(folder / "X.npy")}
    from scipy import sparse

    rows, columns = rng.integers(n, size=nnz), rng.integers(d, size=nnz)
    values = (W[rows] * H[:, columns].T).sum(axis=1) * rng.uniform(0.8, 1.2, size=nnz)
    sparse.save_npz(folder / "X.npz", sparse.csr_array((values, (rows, columns)), shape=(n, d)))
    return {"name": "file", "path": str(folder / "X.npz")}


def carry_out(name, solver, folder):
    """Carry out one row's job; its costs per start as plain data."""
    from nmfstudy.store import find_runs
    from nmfstudy.store.job import job_from_config
    from nmfstudy.sweep.execution import dataset_of, execute

    what, k, n_starts = CASES[name]
    config = {"dataset": dataset_config(what, k, folder), "init": "random", "solver": solver}
    config |= {"n_components": k, "n_starts": n_starts, "block": n_starts}
    jobs = {
        study: job_from_config({**config, **more, "results_dir": str(folder), "study_name": study})
        for study, more in (
            ("first", {"n_starts": 2, "seed": 10 * n_starts}),
            ("all", {}),
            ("solutions", {"record": "solutions"}),
        )
    }
    execute(jobs["first"])  # compiles
    sizes = {}
    for study in ("solutions", "all"):
        begun = time.process_time()
        execute(jobs[study])
        seconds = time.process_time() - begun
        runs = (folder / study / "runs").rglob("*")
        sizes[study] = sum(p.stat().st_size for p in runs if p.is_file()) / n_starts
    (run,), _ = find_runs(folder / "all")
    X = dataset_of(jobs["all"]).X
    return {
        "shape": X.shape,
        "nnz": getattr(X, "nnz", None),
        "k": k,
        "seconds": seconds / n_starts,
        "sweeps": float(run.fits.n_iter.mean()),
        "converged": float(run.fits.converged.mean()),
        "bytes": sizes,
    }


def measured(name, solver):
    """`carry_out` in a process of its own, on one thread."""
    command = [sys.executable, __file__, "--solver", solver, "--case", name]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--solver", default="accelerated")
    parser.add_argument("--case", choices=list(CASES), help="only this one, as JSON")
    given = parser.parse_args()
    if given.case:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(carry_out(given.case, given.solver, Path(scratch))))
        return
    print(f"solver {given.solver}, load {os.getloadavg()[0]:.1f}\n")
    columns = "n × d|k|sweeps|seconds|ns per multiply-add|starts per core-hour|bytes: all|solutions"
    print(f"| {columns.replace('|', ' | ')} |")
    print("|---|---|---|---|---|---|---|---|")
    for name in CASES:
        row = measured(name, given.solver)
        (n, d), k = row["shape"], row["k"]
        work = 2 * (row["nnz"] or n * d) * k + 2 * (n + d) * k * k  # multiply-adds of a sweep
        size = f"{n:,} × {d:,}" + (f", {row['nnz']:,} nonzeros" if row["nnz"] else "")
        short = "" if row["converged"] == 1 else f" ({row['converged']:.0%} converged)"
        print(
            f"| {size} | {k} | {row['sweeps']:,.0f}{short} | {row['seconds']:.2g} "
            f"| {1e9 * row['seconds'] / row['sweeps'] / work:.2g} "
            f"| {3600 / row['seconds']:,.0f} | {row['bytes']['all']:,.0f} "
            f"| {row['bytes']['solutions']:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
