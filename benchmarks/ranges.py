"""How often the range given for an entry of a component holds the entry that made the data.

Matrices of known components, 80 × 30, k = 3. Of the components that were found (cosine of at least
.9 with one of the generator's), the share of entries inside the 2.5 to 97.5 % range over
resamples, and inside the displacement band at a likelihood ratio of 3.84: both are nominally 95 %.

    python benchmarks/ranges.py --seeds 10
"""

import argparse
import warnings

import numpy as np
from planted_k import planted
from scipy.optimize import linear_sum_assignment

import nmfstudy as ns

K, FOUND = 3, 0.9
KINDS = "gaussian", "poisson", "negative binomial", "correlated"
SCHEMES = "bootstrap", "halves", "poisson"


def ranges(X, fits, seed):
    """``{name: table}`` with the columns component, feature, low and high."""
    for scheme in SCHEMES:
        if scheme != "poisson" or (X == np.floor(X)).all():
            drawn = ns.stability(
                X, K, resample=scheme, n_resamples=100, n_starts=3, seed=seed, fits=fits
            )
            yield scheme, drawn.entries
    yield "displacement", ns.displacement(X, K, ratios=[3.84], fits=fits).bands


def measure(kind, seed):
    """``(name, inside, width)`` of every range of one matrix, entry by entry."""
    X, truth, _ = planted(kind, K, seed)
    fits = ns.fit(X, K, n_starts=20, solver="accelerated", seed=seed)
    reference = ns.distinct_solutions(fits).representatives[0].factorization.normalize("l1").H
    truth = truth / truth.sum(axis=1, keepdims=True)
    unit = [A / np.linalg.norm(A, axis=1, keepdims=True) for A in (reference, truth)]
    cosine = unit[0] @ unit[1].T
    rows, partners = linear_sum_assignment(-cosine)
    found = rows[cosine[rows, partners] >= FOUND]
    true = truth[partners]
    for name, table in ranges(X, fits, seed):
        table = table[table.component.isin(found)]
        value = true[table.component, table.feature]
        yield name, (table.low <= value) & (value <= table.high), table.high - table.low


def main():
    """Print a row for every kind of noise."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="matrices of each kind")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| noise | range | entries | inside | mean width |\n|---|---|---:|---:|---:|")
    for kind in KINDS:
        inside, width = {}, {}
        for seed in range(given.seeds):
            for name, holds, wide in measure(kind, seed):
                inside.setdefault(name, []).extend(holds)
                width.setdefault(name, []).extend(wide)
        for name, holds in inside.items():
            share, mean = np.mean(holds), np.nanmean(width[name])
            print(f"| {kind} | {name} | {len(holds)} | {share:.0%} | {mean:.4f} |", flush=True)


if __name__ == "__main__":
    main()
