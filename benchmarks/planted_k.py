"""How often each way of choosing k is right, and which measure of trust tells real components.

Matrices of a known number of components under ten sorts of trouble, 80 × 30, k = 3 and 4, each
fitted with 2 to 6 components. The rule of the package was fitted on `--set fitting` and is judged
on `--set judging`: other seeds. A component is *real* if its row of H has a cosine of at least .9
with one of the generator's.

    python benchmarks/planted_k.py --set judging --seeds 11 --save judged.jsonl
    python benchmarks/planted_k.py --load judged.jsonl
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

import nmfstudy as ns
from nmfstudy.assess.choice_of_k import advise, candidate, opinions
from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.consensus import consensus, cophenetic_correlation
from nmfstudy.assess.evidence import Evidence, evidence_over_k
from nmfstudy.util.streams import stream

N, D = 80, 30
KS = range(2, 7)
N_STARTS = 20
FIRST = {"fitting": 0, "judging": 1000}  # seeds
EXTRA = 0, 1, 2  # components more than planted, in the trial of trust


def _gaussian(X, g, level=0.3):
    return np.maximum(X + level * g.standard_normal(X.shape), 0)


def _negative_binomial(X, g):
    return g.poisson(X * g.gamma(3, 1 / 3, X.shape)).astype(float)


def _rare(W, g):
    """The first component in 3 % of the samples only, at least 3."""
    W[:, 0] = 0
    some = g.choice(N, max(3, int(0.03 * N)), replace=False)
    W[some, 0] = 1 + g.gamma(2.0, 1.0, len(some))
    return W


def _outlying(X, g):
    X = _gaussian(X, g)
    X[g.integers(N), g.integers(D)] *= 30
    X[g.integers(N), g.integers(D)] += 60
    return X


NOISE = {
    "gaussian": _gaussian,
    "poisson": lambda X, g: g.poisson(5 * X).astype(float),
    "rare": _gaussian,
    "unbalanced": _gaussian,
    "correlated": _gaussian,
    "negative binomial": lambda X, g: _negative_binomial(10 * X, g),
    "and depth": lambda X, g: _negative_binomial(10 * X * g.lognormal(0, 0.7, (N, 1)), g),
    "dropout": lambda X, g: g.poisson(8 * X) * (g.random(X.shape) < 0.6) * 1.0,
    "lognormal": lambda X, g: X * g.lognormal(0, 0.5, X.shape),
    "background": _gaussian,
    "outlying cells": _outlying,
}


def planted(kind, k, seed):
    """Data, the generator's rows of H, and their number."""
    g = stream(seed, f"{kind} {k}")
    H = g.random((k, D)) * (g.random((k, D)) < 0.5) + 1e-3
    W = g.gamma(1.0, 1.0, (N, k)) * (g.random((N, k)) < 0.6)
    if kind == "correlated":  # a profile in common, loadings that rise together
        H = 0.55 * g.random(D) + 0.9 * H
        W = np.exp(0.49 * (g.standard_normal((N, 1)) + g.standard_normal((N, k))))
    W = _rare(W, g) if kind == "rare" else W
    W = W * 0.6 ** np.arange(k) if kind == "unbalanced" else W
    W /= (W @ H).mean()
    if kind == "background":  # the same in every sample
        W, H = np.hstack([W, np.ones((N, 1))]), np.vstack([H, g.uniform(0.5, 1.5, D)])
    X = NOISE[kind](W @ H, g)
    columns = X.any(axis=0)
    return X[X.any(axis=1)][:, columns], H[:, columns], len(H)


def measure(kind, k, seed):
    """Everything that is scored, of one matrix, as plain data."""
    X, H, truth = planted(kind, k, seed)
    began = time.perf_counter()
    evidence = evidence_over_k(X, KS, seed=seed)
    seconds = time.perf_counter() - began
    fits = {q: ns.fit(X, q, n_starts=N_STARTS, solver="accelerated", max_iter=3000) for q in KS}
    rows = [candidate(ns.distinct_solutions(f), f) for f in fits.values()]
    said = advise(rows, evidence)
    return {
        "kind": kind,
        "k": k,
        "seed": seed,
        "truth": truth,
        "seconds": seconds,
        "evidence": evidence.table.to_dict("list"),
        "n_outlying": len(evidence.outlying),
        "advice": said.n_components,
        "agreement": said.agreement,
        "cophenetic": [cophenetic_correlation(consensus(f)) for f in fits.values()],
        "silhouette": [silhouette(f) for f in fits.values()],
        "components": [
            row
            for extra in EXTRA
            for row in components_of(X, H, fits.get(truth + extra), truth + extra, seed)
        ],
    }


def components_of(X, H, fits, k, seed):
    """Each component's closeness to the generator and what the measures say of it."""
    if fits is None:
        fits = ns.fit(X, k, n_starts=N_STARTS, solver="accelerated", max_iter=3000)
    solutions = ns.distinct_solutions(fits)
    if not len(solutions):
        return
    trust = component_trust(solutions)
    tables = {
        name: ns.stability(
            X, k, resample=name, n_resamples=20, n_starts=5, seed=seed, fits=fits
        ).components
        for name in ("halves", "bootstrap")
    }
    h = _unit(solutions.representatives[0].H)
    real = (h @ _unit(H).T).max(axis=1)
    pooled = cluster_silhouettes(fits, h)
    for r in range(k):
        halves, bootstrap = (tables[name].iloc[r] for name in ("halves", "bootstrap"))
        yield {
            "k": k,
            "real": float(real[r]),
            "trusted": bool(trust.trusted[r]) if len(trust.trusted) else False,
            "starts": float(halves.start_share),
            "silhouette": float(pooled[r]),
            "halves": float(halves.congruence),
            "halves_found": float(halves.found_again),
            "bootstrap": float(bootstrap.congruence),
            "bootstrap_found": float(bootstrap.found_again),
            "two_samples": float(halves.energy_in_two_samples),
            "two_features": float(halves.energy_in_two_features),
            "probability": float(halves.probability),
        }


def silhouette(fits):
    """cNMF's: rows of H of all starts in k clusters (Kotliar et al. 2019)."""
    H = np.vstack([_unit(h) for h in fits.H])
    labels = KMeans(fits.problem.n_components, n_init=3, random_state=0).fit_predict(H)
    return float(silhouette_score(H, labels)) if len(set(labels)) > 1 else 1.0


def cluster_silhouettes(fits, h):
    """The mean silhouette of the cluster that each row of ``h`` falls into, over all starts."""
    from sklearn.metrics import silhouette_samples

    H = np.vstack([_unit(f) for f in fits.H])
    means = KMeans(len(h), n_init=3, random_state=0).fit(H)
    each = silhouette_samples(H, means.labels_)
    return [each[means.labels_ == c].mean() for c in means.predict(h)]


def _unit(H):
    return H / np.maximum(np.linalg.norm(H, axis=1, keepdims=True), 1e-300)


def choices(row):
    """The k that every way takes of one matrix."""
    table = row["evidence"]
    said = opinions(_evidence(row))
    coph, sil = np.array(row["cophenetic"]), np.array(row["silhouette"])
    drops = np.diff(coph)
    ks = np.array(table["n_components"])
    return {
        "the advice": row["advice"],
        "held-out entries, one standard error": said.holdout,
        "held-out entries, lowest": int(ks[np.argmin(table["holdout"])]),
        "order left over": said.order,
        "halves agree": said.halves,
        "cophenetic: before the largest drop": int(
            KS[np.argmin(drops)] if drops.min() < -0.005 else KS[-1]
        ),
        "silhouette: largest k near the best": max(
            k for k, s in zip(KS, sil, strict=True) if s >= 0.95 * sil.max()
        ),
    }


def _evidence(row):
    import pandas as pd

    table = pd.DataFrame(row["evidence"])
    return Evidence(table, np.zeros((row["n_outlying"], 2), dtype=int), (N, D))


def score(rows):
    """Print how many are right, of each kind and in all; then trust."""
    kinds = [kind for kind in NOISE if any(r["kind"] == kind for r in rows)]
    print(f"{len(rows)} matrices, {np.mean([r['seconds'] for r in rows]):.1f} s each\n")
    print("| | " + " | ".join(kinds) + " | all |")
    print("|---|" + "---:|" * (len(kinds) + 1))
    chosen = [choices(row) for row in rows]
    for way in chosen[0]:
        right = np.array([c[way] == r["truth"] for c, r in zip(chosen, rows, strict=True)])
        cells = [right[[r["kind"] == kind for r in rows]].sum() for kind in kinds]
        print(f"| {way} | " + " | ".join(map(str, cells)) + f" | {right.sum()} |")
    for agreement in dict.fromkeys(r["agreement"] for r in rows):
        some = [r["advice"] == r["truth"] for r in rows if r["agreement"] == agreement]
        print(f"\nagreement {agreement}: {sum(some)} of {len(some)} right", end="")
    score_trust([c for r in rows for c in r["components"]])


def score_trust(components):
    """Print the AUC for *real* of every measure, and calibration."""
    real = np.array([c["real"] >= 0.9 for c in components])
    print(f"\n\n{len(real)} components, {real.sum()} of them real\n\n| measure | AUC |\n|---|---:|")
    for name in components[0]:
        if name not in ("k", "real"):
            print(f"| {name} | {area([c[name] for c in components], real):.3f} |")
    p = np.array([c["probability"] for c in components])
    print("\n| probability said | components | really real |\n|---|---:|---:|")
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 1.01)):
        some = (p >= low) & (p < high)
        share = real[some].mean() if some.any() else float("nan")
        print(f"| {low} to {min(high, 1)} | {some.sum()} | {share:.2f} |")


def area(values, real):
    """Area under the receiver's curve, ties counted half."""
    ranks = rankdata(np.nan_to_num(np.array(values, dtype=float), nan=-1.0))
    n = real.sum()
    return (ranks[real].sum() - n * (n + 1) / 2) / (n * (len(real) - n))


def main():
    """Measure and score, or score what is recorded."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", choices=FIRST, default="judging")
    parser.add_argument("--seeds", type=int, default=1, help="per kind and k")
    parser.add_argument("--kinds", nargs="*", choices=NOISE, default=list(NOISE))
    parser.add_argument("--save", type=Path, help="one line of JSON per matrix")
    parser.add_argument("--load", type=Path, nargs="*", help="score these files only")
    args = parser.parse_args()
    if args.load:
        score([json.loads(line) for p in args.load for line in p.read_text().splitlines()])
        return
    warnings.simplefilter("ignore")
    rows = []
    for seed in range(FIRST[args.set], FIRST[args.set] + args.seeds):
        for kind in args.kinds:
            for k in (3, 4):
                rows.append(json.loads(json.dumps(measure(kind, k, seed), default=float)))
                if args.save:
                    with args.save.open("a") as file:
                        file.write(json.dumps(rows[-1]) + "\n")
    score(rows)


if __name__ == "__main__":
    main()
