"""
A matrix taken apart
====================

Six people order from four dishes. NMF writes the table as a sum of three habits, each a share of
people (a column of W) times a share of dishes (a row of H). All numbers are zero or more, so a
habit can only add orders.
"""

import nmfstudy as ns
from nmfstudy import plots

menu = ns.load_dataset("menu")
fits = ns.fit(menu, n_components=3, n_starts=20)
best = ns.distinct_solutions(fits).representatives[0]

axes = plots.plot_equation(
    menu.X, best.factorization, row_names=menu.row_names, column_names=menu.column_names
)
