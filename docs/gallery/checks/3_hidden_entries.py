"""
How many components? Hide entries and predict them
==================================================

The error of the fit falls with every component, also when a component only follows noise. The
error on entries that were hidden from the fit does not. Here the data were made with four
components.
"""

import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

data = ns.load_dataset("planted", n=80, d=30, k=4, noise=0.1)
ks = [2, 3, 4, 5, 6]
held_out = ns.holdout(data.X, ks)
fits = [ns.fit(data.X, k, n_starts=10, solver="accelerated") for k in ks]
print(held_out)
table = pd.DataFrame(
    {
        "n_components": ks,
        "relative_error": [f.relative_error.min() for f in fits],
        "holdout": held_out.table.error,
    }
)

axes = plots.plot_over_k(table)
