"""
One start on its way
====================

A start begins at random factors and improves them sweep by sweep. The KKT residual says how far
it is from an optimum. The usual stopping rule (crosses) ends long before the residual is small,
so what it returns depends on where it happened to stop.
"""

import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

digits = ns.load_dataset("digits")
runs = [ns.fit(digits, 5, n_starts=3, max_iter=2**i) for i in range(11)]
runs.append(ns.fit(digits, 5, n_starts=3, stop="scikit_learn", tol=1e-4, max_iter=200))

columns = "seed", "n_iter", "kkt_residual"
parts = [pd.DataFrame({name: getattr(fits, name) for name in columns}) for fits in runs]
table = pd.concat([part.assign(stopped=part is parts[-1]) for part in parts])
ax = plots.plot_convergence(table.drop_duplicates(), tol=1e-9)
