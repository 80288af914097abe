"""
When a penalty makes everything zero
====================================

Ridge on both factors makes components vanish, one after the other, as it grows. From a certain
strength on, all zeros are the best fit there is. That strength is known without fitting: the
largest singular value of X over the root of its size.
"""

import numpy as np
import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

X, rows = ns.load_dataset("menu").X, []
for alpha in (0.01, 0.03, 0.1, 0.2, 0.3, 0.6, 0.9, 1.15, 1.2, 1.5):
    fits = ns.fit(X, 3, n_starts=20, alpha_W=alpha)
    best = fits[int(np.argmin(fits.objective))]
    terms = np.einsum("ir,rj->rij", best.W, best.H).reshape(3, -1)
    alive = np.linalg.matrix_rank(terms, tol=1e-6) / 3  # a term split in two counts once
    shares = np.mean(best.W > 0), np.mean(best.H > 0), alive
    rows.append((alpha, *shares, np.mean(fits.stop_reason == "collapsed")))
columns = ["alpha", "nonzero_W", "nonzero_H", "share_alive", "share_collapsed"]
threshold = np.linalg.norm(X, 2) / np.sqrt(X.size)

ax = plots.plot_collapse(pd.DataFrame(rows, columns=columns), predicted=threshold)
ax.legend(loc="center left", frameon=False)
