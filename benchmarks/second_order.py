"""Fits to their very end: Kullback–Leibler beside scikit-learn, and ill-conditioned problems.

``python benchmarks/second_order.py [kl] [angles] [--pairs 5]``

*kl*: the same starts both ways in alternating pairs, compile time apart, starts and inits included.
Ours to a KKT residual of 1e-9. Scikit-learn's multiplicative updates once with its defaults, and
once, tolerance 0, for ``--updates`` iterations; how far its losses then are above ours from the
same starts is printed beside the times.

*angles*: data with an exact, unique factorization of which two components are nearly parallel, the
factors known: how near 60 starts come to them by plain sweeps and by Newton's method.
"""

import argparse
import os
import warnings

import numpy as np
from measuring import clocked
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

import nmfstudy as ns
from nmfstudy.model.objective import loss_value

KL = "kullback-leibler"


def catalogue(n_samples=96, n_features=200, n_components=5, seed=0):
    """Poisson counts around a product of sparse factors, like catalogues of mutations."""
    rng = np.random.default_rng(seed)
    W = rng.dirichlet(np.full(n_samples, 0.2), n_components).T
    H = rng.gamma(0.6, 300.0, (n_components, n_features))
    X = rng.poisson(W @ H).astype(float)
    return X[X.sum(axis=1) > 0][:, X.sum(axis=0) > 0]


def parallel(angle, noise=0.0, n_samples=30, n_features=12, seed=3):
    """Factors of which two components are nearly parallel, and their data.

    Both factors are separable, so that they are the only ones of their product.
    """
    rng = np.random.default_rng(seed)
    W, H = rng.random((n_samples, 3)), rng.random((3, n_features))
    W[:, 1] = W[:, 0] + angle * rng.random(n_samples)
    W[:3], H[:, :3] = np.diag([angle, angle, 1.0]), np.eye(3)
    return W, H, W @ H * (1 + noise * rng.standard_normal((n_samples, n_features)))


def scikit_learn(X, n_components, n_starts, **rule):
    """The losses of scikit-learn's multiplicative updates from our starts."""
    losses = []
    for seed in range(n_starts):
        model = NMF(
            n_components, init="random", solver="mu", beta_loss=KL, random_state=seed, **rule
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            W = model.fit_transform(X)
        losses.append(loss_value(X, W, model.components_, KL))
    return np.array(losses)


def kl_row(title, X, n_components, n_starts, n_pairs, updates):
    """A line of the table of the Kullback–Leibler loss."""
    ways = (
        lambda: ns.fit(X, n_components, n_starts=n_starts, loss=KL),
        lambda: scikit_learn(X, n_components, n_starts),
        lambda: scikit_learn(X, n_components, n_starts, tol=0.0, max_iter=updates),
    )
    ns.fit(X, n_components, n_starts=1, loss=KL)
    cpu, results = [], ()
    for _ in range(n_pairs):
        calls = [clocked(way) for way in ways]
        cpu.append([call[1] for call in calls])
        results = [call[2] for call in calls]
    fits, *theirs = results
    seconds = np.median(cpu, axis=0) / n_starts
    ratios = np.array(cpu)[:, 1:] / np.array(cpu)[:, :1]
    above = [np.median(losses) / np.median(fits.objective) - 1 for losses in theirs]
    print(
        f"| {title} | {fits.converged.mean():.0%} | {seconds[0]:.3g} s "
        + "".join(
            f"| {s:.3g} s, {np.median(r):.1f}× ({r.min():.1f}–{r.max():.1f}), {a:+.1e} "
            for s, r, a in zip(seconds[1:], ratios.T, above, strict=True)
        )
        + "|",
        flush=True,
    )


def angle_row(angle, noise, n_starts=60):
    """A line of the table of ill-conditioned problems."""
    W, H, X = parallel(angle, noise)
    cells = []
    for finish in ("none", "newton"):
        fits = ns.fit(X, 3, n_starts=n_starts, solver_options={"finish": finish})
        best = fits[int(np.argmin(fits.objective))].factorization
        truth = (W, H) if noise == 0 else best
        apart = np.array([ns.distance(truth, fit.factorization) for fit in fits])
        solutions = ns.distinct_solutions(fits)
        cells.append(
            f"{fits.converged.sum()} | {(apart < 1e-6).sum()} | {np.median(apart):.1e} "
            f"| {solutions.kind}, {solutions.n_distinct} of {solutions.evidence.n_counted}"
        )
    print(f"| {angle:.0e} | {noise:.0e} | {' | '.join(cells)} |", flush=True)


def main():
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", default=["kl", "angles"], help="kl, angles")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--updates", type=int, default=2000)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given.pairs} pairs\n")
    if "kl" in given.tables:
        print(
            "| work | converged, ours | CPU seconds a start | mu, defaults: seconds, ratio, loss "
            f"above ours | mu, {given.updates:,} iterations |\n|---|---|---|---|---|"
        )
        for k in (5, 8):
            kl_row(
                f"catalogue 96×200, k={k}, 20 starts", catalogue(n_components=k), k, 20,
                given.pairs, given.updates,
            )  # fmt: skip
    if "angles" in given.tables:
        print(
            "\n| angle | noise | converged, sweeps | within 1e-6 | median distance | count "
            "| converged, Newton | within 1e-6 | median distance | count |\n" + "|---" * 10 + "|"
        )
        for noise in (0.0, 1e-5):
            for angle in (1e-2, 1e-3, 1e-4, 1e-5):
                angle_row(angle, noise)


if __name__ == "__main__":
    main()
