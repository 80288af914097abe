"""
Were enough starts run?
=======================

Some minima are reached by few starts, and some by none so far. The curve shows how many minima so
many starts find on average. Where it is flat, more starts find little that is new; coverage is
the chance that one more start ends in a minimum that is known.
"""

import nmfstudy as ns
from nmfstudy import plots

digits = ns.load_dataset("digits")
fits = ns.fit(digits, n_components=8, n_starts=150, solver="accelerated")
solutions = ns.distinct_solutions(fits)
print(f"minima: {solutions.n_minima}, coverage: {solutions.coverage:.2f}")

ax = plots.plot_rarefaction(plots.rarefaction_table(solutions), chao1=solutions.chao1)
