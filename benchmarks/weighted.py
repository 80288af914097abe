"""Fits around unknown entries beside weighted multiplicative updates.

``python benchmarks/weighted.py [--pairs 3] [--iterations 50000]``

Digits with 10 % of the entries unknown, 8 components, least squares: the same start both ways in
alternating pairs, compile time apart. Ours to a KKT residual of 1e-9. The peer is the usual loop in
numpy, all its products with BLAS, until its loss is ours to 1e-6, relatively, or for so many
iterations; where that is not enough, the ratio is a lower bound.
"""

import argparse
import os

import numpy as np
from measuring import clocked

import nmfstudy as ns
from nmfstudy.fitting.inits import draw_starts
from nmfstudy.util.threads import one_blas_thread

_LOOK = 20  # iterations between two looks at the loss


def updates(X, V, W, H, enough, iterations):
    """Multiplicative updates of the weighted least-squares loss; how many, and the loss reached."""
    weighted, n, tiny = V * X, 0, 1e-16
    while n < iterations:
        for _ in range(_LOOK):
            W = W * (weighted @ H.T) / ((V * (W @ H)) @ H.T + tiny)
            H = H * (W.T @ weighted) / (W.T @ (V * (W @ H)) + tiny)
        n += _LOOK
        loss = 0.5 * (V * np.square(X - W @ H)).sum()
        if loss <= enough:
            break
    return n, loss


def main():
    """Print a line per pair, and the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=50000)
    given = parser.parse_args()
    X = ns.load_dataset("digits").X
    V = (np.random.default_rng(0).random(X.shape) >= 0.1).astype(float)
    holes = np.where(V > 0, X, np.nan)
    ns.fit(holes, 8, n_starts=1, max_iter=20)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given.pairs} pairs\n")
    print("| seed | ours | KKT residual | updates | iterations | loss above ours | ratio |")
    print("|---|---|---|---|---|---|---|")
    ratios = []
    with one_blas_thread():
        for seed in range(given.pairs):
            W, H = (F[0] for F in draw_starts(ns.datasets.check_data(holes), "random", 8, [seed]))
            _, ours, fits = clocked(lambda s=seed: ns.fit(holes, 8, n_starts=1, seed=s))
            enough = fits.objective[0] * (1 + 1e-6)
            _, theirs, (n, loss) = clocked(
                lambda W=W, H=H, e=enough: updates(X, V, W, H, e, given.iterations)
            )
            ratios.append(theirs / ours)
            above, more = loss / fits.objective[0] - 1, "" if loss <= enough else "> "
            print(
                f"| {seed} | {ours:.2f} s | {fits.kkt_residual[0]:.0e} | {theirs:.1f} s | {n:,} "
                f"| {above:+.1e} | {more}{ratios[-1]:.0f}× |",
                flush=True,
            )
    print(f"\nMedian ratio {np.median(ratios):.0f}× ({min(ratios):.0f}–{max(ratios):.0f})")


if __name__ == "__main__":
    main()
