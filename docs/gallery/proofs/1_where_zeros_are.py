"""
Where the zeros are
===================

Zeros decide whether a factorization is the only one: a component that is zero where others are
not cannot give anything away there. The pattern of the menu's zeros is enough for a proof, and
each component is marked with what is proved of it.
"""

import nmfstudy as ns
from nmfstudy import plots

menu = ns.load_dataset("menu")
study = ns.Study.of(menu, ns.fit(menu, n_components=3, n_starts=20))

figure = plots.illustrate_zero_patterns(study.results[0])
