"""
A proof by triangles
====================

With three components a factorization is a triangle between two polygons. Here the triangle has
room to move, so the product has infinitely many factorizations. The dashed triangles are some of
them, and any one is a proof.
"""

import nmfstudy as ns
from nmfstudy import plots

data = ns.load_dataset("hexagon", a=1.5)
fits = ns.fit(data, n_components=3, n_starts=40)
study = ns.Study.of(data, fits)
best = study.results[0].best
print(ns.certify(best.W, best.H))

figure = plots.illustrate_ambiguity(study.results[0])
