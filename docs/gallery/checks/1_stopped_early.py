"""
How many solutions? It depends on when you stop
===============================================

The same hundred starts twice: stopped by scikit-learn's rule, and fully converged. Stopped early,
the number of different fits is whatever the tolerance makes it. Fully converged it is three, and
no tolerance between a millionth and a tenth changes that.
"""

import numpy as np
import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

digits, tolerances = ns.load_dataset("digits"), np.logspace(-6, -1, 60)
early = ns.fit(digits, 5, n_starts=100, stop="scikit_learn", tol=1e-4, max_iter=200)
full = ns.fit(digits, 5, n_starts=100, solver="accelerated")

curves = []
for label, fits in (("stopped early", early), ("fully converged", full)):
    table = plots.count_table(ns.distinct_solutions(fits, kkt_tol=np.inf), tolerances)
    table = table.drop(columns="n_distinct").rename(columns={"n_minima": "n"})
    curves.append(table.assign(label=label))

ax = plots.plot_count_curves(pd.concat(curves), counted="different minima")
