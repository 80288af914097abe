"""
Two starts, one solution
========================

Two starts of the same problem return different matrices. Put the components of the second in the
order and scale of the first, and nothing differs any more: it is one solution. The distance of
two fits does this matching for you.
"""

import nmfstudy as ns
from nmfstudy import plots

menu = ns.load_dataset("menu")
fits = ns.fit(menu, n_components=3, n_starts=2)
first, second = fits[0].factorization, fits[1].factorization
print("distance:", ns.distance(first, second))

axes = plots.plot_matching(first, second, column_names=menu.column_names)
