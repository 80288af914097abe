"""Concentrations with gaps and an uncertainty for each: python examples/unknown_entries.py"""

import numpy as np

import nmfstudy as ns

rng = np.random.default_rng(0)
sources = rng.random((3, 10)) * (rng.random((3, 10)) < 0.5)
amounts = rng.gamma(1.0, 10.0, (60, 3)) * (rng.random((60, 3)) < 0.7) + 0.1
exact = amounts @ sources
sigma = 0.02 + 0.05 * exact
X = np.maximum(exact + sigma * rng.standard_normal(exact.shape), 0)
X[rng.random(X.shape) < 0.05] = np.nan  # not measured

fits = ns.fit(X, 3, weights=1 / sigma**2, n_starts=40)
solutions = ns.distinct_solutions(fits)
print(f"{fits.n_entries} entries known, {fits.converged.sum()} of {len(fits)} starts converged")
print(f"solutions: {solutions.kind} ({solutions.n_distinct}), chi² per entry "
      f"{2 * solutions.best_objective / fits.n_entries:.2f}")  # fmt: skip

best = solutions.representatives[0]
unknown = np.isnan(X)
error = np.linalg.norm((best.W @ best.H - exact)[unknown]) / np.linalg.norm(exact[unknown])
print(f"the {unknown.sum()} unknown entries are predicted to {error:.0%}")

held_out = ns.holdout(X, [1, 2, 3, 4, 5], weights=1 / sigma**2)
print(f"entries that are hidden too are predicted best with {held_out.best} components")
