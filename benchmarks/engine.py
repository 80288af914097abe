"""Fitting against scikit-learn, side by side: ``python benchmarks/engine.py [row …]``.

Every row does the same work both ways in one process, in alternating pairs, checks that the
results are equal, and prints the median of the pairs' ratios with their range. The first call
of each side, with its compilation and imports, is made before the clock starts. Scikit-learn is
also run as two processes, which is what a user with two cores can do without us. Below the table
stands what the fully converged rows rest on: sweeps, and which minima both solvers find.
"""

import argparse
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from time import perf_counter

import numpy as np
from measuring import clocked
from scipy import sparse
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import nmfstudy as ns
from nmfstudy.store.job import Analysis
from nmfstudy.study import ProblemResult
from nmfstudy.study.agreement import same_starts
from nmfstudy.util.threads import n_threads


@dataclass(frozen=True)
class Row:
    """One line: a title, what is wanted, (wall, CPU) seconds of the three sides by pair."""

    title: str
    goal: str
    pairs: np.ndarray  # (n_pairs, 3, 2): ours, scikit-learn, scikit-learn as two processes

    def show(self):
        """Print it."""
        seconds = np.median(self.pairs[:, :, 0], axis=0)
        busy = np.median(self.pairs[:, :, 1] / self.pairs[:, :, 0], axis=0)
        ratios = self.pairs[:, 1:, 0] / self.pairs[:, :1, 0]
        of_one, of_two = (f"{np.median(r):.1f}× ({r.min():.1f}–{r.max():.1f})" for r in ratios.T)
        times = " | ".join(f"{_in_words(t)}, {c:.1f}" for t, c in zip(seconds, busy, strict=True))
        print(f"| {self.title} | {times} | **{of_one}** | {of_two} | {self.goal} |", flush=True)


def _in_words(seconds):
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


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


def two_processes():
    """Spawned ones: after a fork this process would copy every page that it writes to next."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def _cpu_of_reference(*given):
    return clocked(lambda: reference(*given))[1]


def in_processes(pool, X, n_components, seeds, keys):
    """(wall, CPU) seconds of the reference as two processes that are already running."""
    begun = perf_counter()
    jobs = [pool.submit(_cpu_of_reference, X, n_components, seeds[i::2], keys) for i in range(2)]
    busy = sum(job.result() for job in jobs)
    return perf_counter() - begun, busy


def in_pairs(n_pairs, ours, theirs, two):
    """(wall, CPU) seconds of the three sides, alternating; ``theirs`` takes the BLAS threads."""
    pairs = []
    for _ in range(n_pairs):
        mine = clocked(ours)[:2]
        peer = min(clocked(partial(theirs, threads))[:2] for threads in (1, 2))
        pairs.append((mine, peer, two()))
    return np.array(pairs)


def same_iterates(title, name, n_components, n_starts, goal, n_pairs):
    """Same starts, same rule, same iterates: a row of the table."""
    X, seeds, keys = ns.load_dataset(name).X, list(range(n_starts)), {"tol": 1e-4, "max_iter": 200}

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
    with two_processes() as pool:
        in_processes(pool, X, n_components, seeds[:4], keys)
        pairs = in_pairs(
            n_pairs,
            ours,
            lambda threads: reference(X, n_components, seeds, keys, threads),
            lambda: in_processes(pool, X, n_components, seeds, keys),
        )
    return Row(title, goal, pairs), None


def to_kkt(title, name, n_components, n_starts, goal, n_pairs, **penalty):
    """To a KKT residual of 1e-9: a row of the table, and one of that of the basins.

    Scikit-learn has no such rule, so its side is its own time per iteration times the sweeps
    that plain coordinate descent needs from the same starts, with no time for looking.
    """
    data, seeds = ns.load_dataset(name), list(range(n_starts))

    def ours():
        return ns.fit(data, n_components, n_starts=n_starts, solver="accelerated", **penalty)

    plain = ns.fit(
        data, n_components, n_starts=n_starts, max_iter=100_000,
        solver_options={"rescale": False, "finish": "none"}, **penalty,
    )  # fmt: skip
    fits = ours()
    if not fits.converged.all():
        raise SystemExit(f"{title}: {(~fits.converged).sum()} starts are not converged")
    some, most = seeds[:2], 1000 if data.X.size < 1000 else 200
    rule = {"tol": 0.0, "max_iter": most, **penalty}
    share = plain.n_iter.sum() / (most * len(some))
    reference(data.X, n_components, some, rule)
    with two_processes() as pool:
        in_processes(pool, data.X, n_components, some, rule)
        pairs = in_pairs(
            n_pairs,
            ours,
            lambda threads: reference(data.X, n_components, some, rule, threads),
            lambda: in_processes(pool, data.X, n_components, some, rule),
        )
    pairs[:, 1:] *= share
    return Row(title, goal, pairs), basins(title, data, plain, fits)


def basins(title, data, plain, fits):
    """A line on what the same starts come to by plain descent and by the accelerated solver."""
    runs = tuple(np.full(len(part), "") for part in (plain, fits))
    result = ProblemResult(title, data, fits.problem, (plain, fits), runs, Analysis())
    (row,) = same_starts(result).itertuples(index=False)
    return (
        f"| {title} | {np.median(plain.n_iter):,.0f} | {np.median(fits.n_iter):,.0f} "
        f"| {plain.converged.mean():.0%} | {row.same:.0%} of {row.n_both} "
        f"| {row.n_minima} | {row.n_minima_other} | {row.n_minima_both} "
        f"| {row.best_share:.0%} | {row.best_share_other:.0%} |"
    )


def sparse_sweeps(title, goal, n_pairs):
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
    with two_processes() as pool:
        in_processes(pool, X, 20, [0, 1], few)
        long, short = (
            in_pairs(
                n_pairs,
                partial(ours, keys),
                lambda threads, keys=keys: reference(X, 20, [0, 1], keys, threads),
                lambda keys=keys: in_processes(pool, X, 20, [0, 1], keys),
            )
            for keys in (many, few)
        )
    return Row(title, goal, (long - np.median(short, axis=0)) / 20), None


KKT = "to KKT 1e-9"
ROWS = {
    "menu": partial(
        same_iterates, "menu k=3, 1,000 starts, scikit-learn's rule", "menu", 3, 1000, "200×"
    ),
    "digits": partial(
        same_iterates, "digits k=16, 20 starts, scikit-learn's rule", "digits", 16, 20, "5×"
    ),
    "kkt5": partial(to_kkt, f"digits k=5, 20 starts, {KKT}", "digits", 5, 20, "20×"),
    "kkt8": partial(to_kkt, f"digits k=8, 20 starts, {KKT}", "digits", 8, 20, "25×"),
    "kkt16": partial(to_kkt, f"digits k=16, 20 starts, {KKT}", "digits", 16, 20, "50×"),
    "ridge": partial(
        to_kkt, f"menu k=4, ridge 1e-3 on both, 100 starts, {KKT}", "menu", 4, 100, "500×",
        alpha_W=1e-3,
    ),
    "l1": partial(
        to_kkt, f"menu k=4, L1 1e-3 on both, 100 starts, {KKT}", "menu", 4, 100, "500×",
        alpha_W=1e-3, l1_ratio=1.0,
    ),
    "sparse": partial(
        sparse_sweeps, "sparse 20,000×10,000, 1M nonzeros, k=20, a sweep of 2 starts", "2.5×"
    ),
}  # fmt: skip


def main():
    """Run the rows asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all by default")
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"{', '.join(unknown)}: possible are {', '.join(ROWS)}")
    print(
        f"{n_threads()} threads on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"{given.pairs} pairs\n"
    )
    print(
        "| work | ours, cores | scikit-learn, cores | as two processes, cores | ratio (range) "
        "| ratio to two processes (range) | at least |"
    )
    print("|---|---|---|---|---|---|---|")
    lines = []
    for name in given.rows or ROWS:
        row, line = ROWS[name](n_pairs=given.pairs)
        row.show()
        lines += [line] if line else []
    if lines:
        print(
            "\n| the same starts, plain and accelerated | plain sweeps (median) "
            "| accelerated sweeps | plain starts converged | same minimum | minima, plain "
            "| accelerated | by both | starts in the best, plain | accelerated |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
