"""How long fits → solutions takes, beside loops over scipy's assignment and tensorly-viz.

``python benchmarks/clustering.py [digits] [menu] [continuum]`` prints the table of
``benchmarks/README.md`` for the rows asked for. The loops are timed on a sample of pairs and
multiplied by the number of pairs, alternating with ours. tensorly-viz is of the extra ``bench``;
without it its column stays empty.
"""

import argparse
import os
import warnings
from time import perf_counter

import numpy as np
from measuring import clocked, peak_above
from scipy.optimize import linear_sum_assignment

import nmfstudy as ns

PAIRS = 2000  # of a sample, for scipy's assignment
SLOW_PAIRS = 300  # for tensorly-viz


def digits(n):
    """Fits of digits with k=8, which end in a few dozen minima; a minute or two to make."""
    return ns.fit(ns.load_dataset("digits"), 8, n_starts=n, solver="accelerated")


def menu(n):
    """Fits of the menu with k=4: a continuum, no two alike."""
    return ns.fit(ns.load_dataset("menu"), 4, n_starts=n)


def by_assignment(fits, pairs):
    """Seconds per pair of the plain way: Gram matrices, scipy's assignment."""
    sizes = np.linalg.norm(fits.W, axis=1) * np.linalg.norm(fits.H, axis=2)
    begun = perf_counter()
    for i, j in zip(*pairs, strict=True):
        cost = np.square(sizes[i])[:, None] + np.square(sizes[j])[None, :]
        cost -= 2 * (fits.W[i].T @ fits.W[j]) * (fits.H[i] @ fits.H[j].T)
        rows, columns = linear_sum_assignment(cost)
        np.sqrt(max(cost[rows, columns].sum(), 0.0))
    return (perf_counter() - begun) / len(pairs[0])


def by_match_score(fits, pairs):
    """Seconds per pair of tensorly-viz's factor match score; NaN where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from tlviz.factor_tools import factor_match_score
    except ImportError:
        return np.nan
    tensors = [(None, [W, H.T]) for W, H in zip(fits.W, fits.H, strict=True)]
    begun = perf_counter()
    for i, j in zip(*(side[:SLOW_PAIRS] for side in pairs), strict=True):
        factor_match_score(tensors[i], tensors[j])
    return (perf_counter() - begun) / min(SLOW_PAIRS, len(pairs[0]))


def measure(name, fits, repeats, rng):
    """One line of the table."""
    n = len(fits)
    sample = fits[: min(n, PAIRS)]
    ns.distinct_solutions(fits[:50])  # compilation
    all_pairs = n * (n - 1) / 2
    ours, cpu, loops, scores = [], [], [], []
    for _ in range(repeats):
        seconds, busy, solutions = clocked(lambda: ns.distinct_solutions(fits))
        ours.append(seconds)
        cpu.append(busy)
        pairs = rng.integers(len(sample), size=(2, PAIRS))
        loops.append(by_assignment(sample, pairs) * all_pairs)
        scores.append(by_match_score(sample, pairs) * all_pairs)
    memory = peak_above(lambda: ns.distinct_solutions(fits)) / 1e6
    ratios, of_scores = (np.divide(peer, ours) for peer in (loops, scores))
    score = f"{np.median(scores):,.0f} s" if np.isfinite(scores).all() else "–"
    of_score = f"{np.median(of_scores):,.0f}×" if np.isfinite(scores).all() else "–"
    print(
        f"| {name} | {n:,} | {solutions.n_minima:,} | {solutions.kind} "
        f"| {np.median(ours):.2f} s ({min(ours):.2f}–{max(ours):.2f}) "
        f"| {np.median(np.divide(cpu, ours)):.1f} | {memory:.0f} | {np.median(loops):,.0f} s "
        f"| **{np.median(ratios):,.0f}×** ({min(ratios):,.0f}–{max(ratios):,.0f}) "
        f"| {score} | {of_score} |",
        flush=True,
    )


ROWS = {
    "digits": ("digits, k=8", digits, 10_000, 5),
    "menu": ("menu, k=4", menu, 5_000, 5),
    "continuum": ("menu, k=4", menu, 100_000, 3),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all by default")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"{', '.join(unknown)}: possible are {', '.join(ROWS)}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(
        "| fits | number | minima | kind | ours (range) | cores | MB more "
        "| all pairs, scipy's assignment | ratio (range) | all pairs, factor match score | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for row in given.rows or ROWS:
        name, make, n, repeats = ROWS[row]
        measure(name, make(n), repeats, rng)


if __name__ == "__main__":
    main()
