"""
How far can an entry move?
==========================

Each entry of a component is held at other values while everything else is fitted again. The band
shows how far it can go before the fit is clearly worse. A wide band means that the data do not
fix that entry.
"""

import nmfstudy as ns
from nmfstudy import plots

data = ns.load_dataset("planted", n=40, d=12, k=3, noise=0.3)
found = ns.displacement(data.X, 3, n_starts=20)
print(found)

bands = found.bands.rename(columns={"feature": "entry"})
bands[["component", "entry"]] += 1  # from 1, as people count
largest = bands.groupby("component").value.transform("max")
bands[["value", "low", "high"]] = bands[["value", "low", "high"]].div(largest, axis=0)
ax = plots.plot_bands(bands)
