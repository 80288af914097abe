"""
Where all starts end
====================

A hundred starts of the digits with five components, each fitted until it cannot move any more.
Fits that are equal lie on one spot. There are three minima; the first is the best and most starts
reach it.
"""

import nmfstudy as ns
from nmfstudy import plots

digits = ns.load_dataset("digits")
fits = ns.fit(digits, n_components=5, n_starts=100, solver="accelerated")
study = ns.Study.of(digits, fits)

ax = plots.plot_map(plots.map_table(study.results[0]), title="digits, k = 5")
