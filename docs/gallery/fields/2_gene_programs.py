"""
Gene programs
=============

Counts of 40 genes in 200 cells of four donors. Three programs are active in all donors, a fourth
in one donor only. All four fit well from every start; leaving out one donor after the other shows
which of them hangs on a single donor.
"""

import numpy as np
import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

rng = np.random.default_rng(1)
donors = np.repeat(["D1", "D2", "D3", "D4"], 50)
programs = np.kron(np.eye(4), rng.gamma(2.0, 1.0, size=10)) + 0.05
activity = rng.gamma(0.5, 4.0, size=(200, 4))
activity[donors != "D4", 3] = 0  # the fourth program
names = [f"gene {i}" for i in range(1, 41)]
cells = pd.DataFrame(rng.poisson(activity @ programs), columns=names)

left_out = {"resample": "leave_group_out", "groups": donors, "n_starts": 5}
stability = ns.stability(cells, 4, loss="kullback-leibler", **left_out)
print(stability)

found = stability.components.itertuples()
titles = [f"{c.component + 1}: found in {c.found_again:.0%}" for c in found]
axes = plots.plot_components(stability.reference, column_names=names, titles=titles)
