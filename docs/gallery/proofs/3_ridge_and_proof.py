"""
Proved best
===========

Ridge on both factors can turn a problem with many solutions into one with a single best fit, and
for small matrices that can be proved. The upper panel bounds what any other fit could gain;
filled marks are fits that are proved to be the only best one.
"""

import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

X = ns.load_dataset("menu").X
rows = []
for k in (2, 4):
    for alpha in (0.03, 0.05, 0.1, 0.2, 0.4):
        fits = ns.fit(X, k, n_starts=30, alpha_W=alpha, solver_options={"finish": "newton"})
        best = ns.distinct_solutions(fits).representatives[0]
        verdict = ns.certify(best.W, best.H, X=X, alpha_W=alpha)
        rows.append((k, alpha, verdict.gap, verdict.optimality.n_terms, verdict.proved))
columns = ["n_components", "alpha_W", "gap", "n_terms", "proved"]

axes = plots.plot_proofs(pd.DataFrame(rows, columns=columns))
