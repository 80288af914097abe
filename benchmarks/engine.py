"""Fitting against scikit-learn, side by side: ``python benchmarks/engine.py [row …]``.

Every row does the same work both ways in one process, in alternating pairs, checks that the
results are equal, and prints the median of the pairs' ratios with their range. The first call
of each side, with its compilation and imports, is made before the clock starts. Scikit-learn is
also run as two processes, which is what a user with two cores can do without us.
"""

import argparse
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import nmfstudy as ns
from nmfstudy.solvers.threads import n_threads

MENU = np.array(
    [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]], float
)


def reference(X, n_components, seeds, keys, blas_threads=1):
    """The loop that anyone would write."""
    with warnings.catch_warnings(), threadpool_limits(blas_threads, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = []
        for seed in seeds:
            model = NMF(n_components, init="random", random_state=seed, **keys)
            W = model.fit_transform(X)
            fits.append((W, model.components_, model.n_iter_))
    return fits


def timed(work):
    """Seconds and result of one call."""
    begun = perf_counter()
    result = work()
    return perf_counter() - begun, result


def in_processes(pool, X, n_components, seeds, keys):
    """Seconds of the reference as two processes that are already running."""
    begun = perf_counter()
    jobs = [pool.submit(reference, X, n_components, seeds[i::2], keys) for i in range(2)]
    for job in jobs:
        job.result()
    return perf_counter() - begun


def same_iterates(title, X, n_components, n_starts, pairs, keys, goal):
    """Same starts, same rule, same iterates: a row of the table."""
    seeds = list(range(n_starts))

    def ours():
        return ns.fit(X, n_components, n_starts=n_starts, stop="scikit_learn", **keys)

    fits, loop = ours(), reference(X, n_components, seeds, keys)
    gap = max(
        max(np.abs(W - fit.W).max(), np.abs(H - fit.H).max())
        for (W, H, _), fit in zip(loop, fits, strict=True)
    )
    iterations = all(n == fit.n_iter for (_, _, n), fit in zip(loop, fits, strict=True))
    if gap > 1e-10 or not iterations:
        raise SystemExit(f"{title}: results differ by {gap:.1e}")
    ratios, ratios_of_two, seconds = [], [], []
    with ProcessPoolExecutor(2) as pool:
        in_processes(pool, X, n_components, seeds[:4], keys)
        for _ in range(pairs):
            mine, _ = timed(ours)
            theirs = min(
                timed(lambda t=t: reference(X, n_components, seeds, keys, t))[0] for t in (1, 2)
            )
            two = in_processes(pool, X, n_components, seeds, keys)
            seconds.append((mine, theirs, two))
            ratios.append(theirs / mine)
            ratios_of_two.append(two / mine)
    return (title, goal, seconds, ratios, ratios_of_two)


def to_kkt(title, X, n_components, n_starts, pairs, keys, goal):
    """To a KKT residual of 1e-9: a row of the table.

    Scikit-learn has no such rule, so its side is its own time per iteration times the sweeps
    that plain coordinate descent needs from the same starts, with no time for looking.
    """
    seeds = list(range(n_starts))

    def ours():
        return ns.fit(X, n_components, n_starts=n_starts, solver="accelerated", **keys)

    plain = ns.fit(
        X, n_components, n_starts=n_starts, max_iter=100_000,
        solver_options={"rescale": False}, **keys,
    )  # fmt: skip
    fits = ours()
    if not fits.converged.all():
        raise SystemExit(f"{title}: {(~fits.converged).sum()} starts are not converged")
    sample, most = seeds[:2], 1000 if X.size < 1000 else 200
    rule = {"tol": 0.0, "max_iter": most, **keys}
    reference(X, n_components, sample, rule)
    ratios, ratios_of_two, seconds = [], [], []
    with ProcessPoolExecutor(2) as pool:
        in_processes(pool, X, n_components, sample, rule)
        for _ in range(pairs):
            mine, _ = timed(ours)
            per_call = min(
                timed(lambda t=t: reference(X, n_components, sample, rule, t))[0] for t in (1, 2)
            )
            of_two = in_processes(pool, X, n_components, sample, rule)
            share = plain.n_iter.sum() / (most * len(sample))
            seconds.append((mine, per_call * share, of_two * share))
            ratios.append(per_call * share / mine)
            ratios_of_two.append(of_two * share / mine)
    basins = np.isclose(fits.objective, plain.objective, rtol=1e-6).mean()
    print(
        f"<!-- {title}: {np.median(plain.n_iter):.0f} plain sweeps, {np.median(fits.n_iter):.0f} "
        f"accelerated (medians); {plain.converged.mean():.0%} of the plain starts converge; "
        f"{basins:.0%} end at the same objective -->"
    )
    return (title, goal, seconds, ratios, ratios_of_two)


def sparse_sweeps(title, pairs, goal):
    """Seconds per sweep over a large sparse matrix, from 20 sweeps more: a row of the table."""
    X = sparse.random_array(
        (20_000, 10_000), density=0.005, format="csr", rng=np.random.default_rng(0)
    )
    few, many = ({"tol": 0.0, "max_iter": m} for m in (2, 22))

    def ours(keys):
        return ns.fit(X, 20, n_starts=2, stop="scikit_learn", **keys)

    for (W, H, _), fit in zip(reference(X, 20, [0, 1], few), ours(few), strict=True):
        if max(np.abs(W - fit.W).max(), np.abs(H - fit.H).max()) > 1e-10:
            raise SystemExit(f"{title}: results differ")
    ratios, ratios_of_two, seconds = [], [], []
    with ProcessPoolExecutor(2) as pool:
        in_processes(pool, X, 20, [0, 1], few)
        for _ in range(pairs):
            mine = timed(lambda: ours(many))[0] - timed(lambda: ours(few))[0]
            theirs = (
                timed(lambda: reference(X, 20, [0, 1], many))[0]
                - timed(lambda: reference(X, 20, [0, 1], few))[0]
            )
            two = in_processes(pool, X, 20, [0, 1], many) - in_processes(pool, X, 20, [0, 1], few)
            seconds.append((mine / 20, theirs / 20, two / 20))
            ratios.append(theirs / mine)
            ratios_of_two.append(two / mine)
    return (title, goal, seconds, ratios, ratios_of_two)


def show(row):
    """Print a row of the table."""
    title, goal, seconds, ratios, of_two = row
    mine, theirs, two = np.median(seconds, axis=0)
    print(
        f"| {title} | {mine * 1e3:.1f} ms | {theirs * 1e3:.0f} ms | {two * 1e3:.0f} ms "
        f"| **{np.median(ratios):.1f}×** ({min(ratios):.1f}–{max(ratios):.1f}) "
        f"| {np.median(of_two):.1f}× ({min(of_two):.1f}–{max(of_two):.1f}) | {goal} |",
        flush=True,
    )


ROWS = {
    "menu": lambda pairs: same_iterates(
        "menu k=3, 1,000 starts, scikit-learn's rule", MENU, 3, 1000, pairs,
        {"tol": 1e-4, "max_iter": 200}, "200×",
    ),
    "digits": lambda pairs: same_iterates(
        "digits k=16, 20 starts, scikit-learn's rule", load_digits().data, 16, 20, pairs,
        {"tol": 1e-4, "max_iter": 200}, "5×",
    ),
    "kkt5": lambda pairs: to_kkt(
        "digits k=5, 20 starts, to KKT 1e-9", load_digits().data, 5, 20, pairs, {}, "20×"
    ),
    "kkt8": lambda pairs: to_kkt(
        "digits k=8, 20 starts, to KKT 1e-9", load_digits().data, 8, 20, pairs, {}, "25×"
    ),
    "kkt16": lambda pairs: to_kkt(
        "digits k=16, 20 starts, to KKT 1e-9", load_digits().data, 16, 20, pairs, {}, "50×"
    ),
    "ridge": lambda pairs: to_kkt(
        "menu k=4, ridge 1e-3 on both, 100 starts, to KKT 1e-9", MENU, 4, 100, pairs,
        {"alpha_W": 0.001}, "500×",
    ),
    "l1": lambda pairs: to_kkt(
        "menu k=4, L1 1e-3 on both, 100 starts, to KKT 1e-9", MENU, 4, 100, pairs,
        {"alpha_W": 0.001, "l1_ratio": 1.0}, "500×",
    ),
    "sparse": lambda pairs: sparse_sweeps(
        "sparse 20,000×10,000, 1M nonzeros, k=20, a sweep of 2 starts", pairs, "2.5×"
    ),
}  # fmt: skip


def main():
    """Run the rows asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all by default")
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    print(f"{n_threads()} threads on {os.cpu_count()} cores, {given.pairs} pairs\n")
    print(
        "| work | ours | scikit-learn | as two processes | ratio (range) "
        "| ratio to two processes | at least |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in given.rows or ROWS:
        show(ROWS[name](given.pairs))


if __name__ == "__main__":
    main()
