"""
One solution, two solutions, a continuum
========================================

Three small problems of three kinds. In the first all starts agree. In the second there are two
solutions, both exact. In the third every start ends elsewhere and fits as well: the solutions
form a continuum, and no number of starts would count them.
"""

import nmfstudy as ns
from nmfstudy import plots

menu, circ3 = ns.load_dataset("menu"), ns.load_dataset("circ3")
study = ns.Study.of(menu, *(ns.fit(menu, n_components=k, n_starts=60) for k in (3, 4)))
one, continuum = study.results
(two,) = ns.Study.of(circ3, ns.fit(circ3, n_components=3, n_starts=60)).results

results = one, two, continuum
axes = plots.plot_maps(
    [plots.map_table(result) for result in results],
    [f"{result.title}: {result.assessed.kind}" for result in results],
)
