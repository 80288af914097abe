"""How long fits → solutions takes, beside a loop over scipy's assignment.

Run ``python benchmarks/clustering.py``; it prints the table of ``benchmarks/README.md``. The
loop is timed on a sample of pairs and multiplied by their number, alternating with ours.
"""

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

import nmfstudy as ns

PAIRS = 2000
REPEATS = 5


def digits(n, rng):
    """Fits of digits with k=8: 60 real ones, then copies of other order, scale and last digits.

    The copies differ by as much as fits of one minimum do (1e-7), so that they are no duplicates.
    """
    real = ns.fit(ns.load_dataset("digits"), 8, n_starts=60)
    real = real[real.converged]
    which = rng.integers(len(real), size=n)
    W, H = np.empty((n, *real.W.shape[1:])), np.empty((n, *real.H.shape[1:]))
    for i, j in enumerate(which):
        order, scale = rng.permutation(8), np.exp(rng.normal(size=8))
        wobble = 1 + 1e-7 * rng.normal(size=8)
        W[i] = (real.W[j] * scale * wobble)[:, order]
        H[i] = (real.H[j] / scale[:, None])[order]
    return replace(real[which], W=W, H=H, seed=np.arange(n))


def menu(n, rng):
    """Fits of the menu with k=4: a continuum, no two alike."""
    return ns.fit(ns.load_dataset("menu"), 4, n_starts=n)


def loop(fits, pairs):
    """Seconds per pair of the plain way: Gram matrices, scipy's assignment."""
    a, b = pairs
    sizes = np.linalg.norm(fits.W, axis=1) * np.linalg.norm(fits.H, axis=2)
    start = time.perf_counter()
    for i, j in zip(a, b, strict=True):
        cost = np.square(sizes[i])[:, None] + np.square(sizes[j])[None, :]
        cost -= 2 * (fits.W[i].T @ fits.W[j]) * (fits.H[i] @ fits.H[j].T)
        rows, columns = linear_sum_assignment(cost)
        np.sqrt(max(cost[rows, columns].sum(), 0.0))
    return (time.perf_counter() - start) / len(a)


def resident(field):
    """A memory figure of this process in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def reset_peak():
    """Start the peak of the resident memory anew; return what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def measure(name, fits, rng):
    """One line of the table."""
    n = len(fits)
    sample = replace(fits, **{c: getattr(fits, c)[:PAIRS] for c in ("W", "H")})
    ns.distinct_solutions(fits[:50])  # compilation
    ours, cpu, theirs = [], [], []
    for _ in range(REPEATS):
        start, busy = time.perf_counter(), time.process_time()
        solutions = ns.distinct_solutions(fits)
        ours.append(time.perf_counter() - start)
        cpu.append(time.process_time() - busy)
        pairs = rng.integers(min(n, PAIRS), size=(2, PAIRS))
        theirs.append(loop(sample, pairs) * n * (n - 1) / 2)
    before = reset_peak()
    ns.distinct_solutions(fits)
    memory = resident("VmHWM") - before
    seconds, peer = np.median(ours), np.median(theirs)
    print(
        f"| {name} | {n:,} | {solutions.n_minima:,} | {solutions.kind} | {seconds:.2f} "
        f"({min(ours):.2f}–{max(ours):.2f}) | {np.median(cpu):.2f} | {memory:.0f} "
        f"| {peer:,.0f} | {peer / seconds:,.0f}× |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=int, default=10_000, help="fits of digits, k=8")
    parser.add_argument("--menu", type=int, default=5_000, help="fits of the menu, k=4")
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print("| fits | number | minima | kind | seconds | CPU seconds | MB more | loop, s | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    if given.digits:
        measure("digits, k=8", digits(given.digits, rng), rng)
    if given.menu:
        measure("menu, k=4", menu(given.menu, rng), rng)


if __name__ == "__main__":
    main()
