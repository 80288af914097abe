"""
Mutational signatures
=====================

Counts of 96 types of mutation in 80 tumours, made from four signatures. Counts are fitted by
Kullback–Leibler, which is Poisson's likelihood. Then the counts are drawn again: a signature that
does not come back is not to be reported.
"""

import numpy as np
import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

types = [f"{a}[{m}]{b}" for m in ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
         for a in "ACGT" for b in "ACGT"]  # fmt: skip
rng = np.random.default_rng(0)
signatures = rng.dirichlet(np.full(96, 0.1), size=4)
exposures = rng.gamma(0.5, 800, size=(80, 4))
counts = pd.DataFrame(rng.poisson(exposures @ signatures), columns=types)

fits = ns.fit(counts, n_components=4, n_starts=30, loss="kullback-leibler")
print(ns.distinct_solutions(fits))
drawn_again = {"resample": "poisson", "n_resamples": 8, "n_starts": 5}
print(ns.stability(counts, 4, loss="kullback-leibler", **drawn_again))

figure = plots.illustrate_component_ranges(ns.Study.of(counts, fits).results[0])
