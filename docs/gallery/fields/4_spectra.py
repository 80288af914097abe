"""
Spectra of mixtures
===================

Forty mixtures of three substances, each with its own bands. The columns are wavelengths, so
components are drawn as lines. All starts agree, yet two components hold a trace of another
substance: other factors have the same product, and the certificate says for which components that
is open.
"""

import numpy as np
import pandas as pd

import nmfstudy as ns
from nmfstudy import plots

rng = np.random.default_rng(2)
wavelength = np.arange(400, 700, 5)
peaks = [(450, 560), (500, 620), (540, 660)]
pure = np.array([sum(np.exp(-(((wavelength - p) / 22) ** 2)) for p in pair) for pair in peaks])
shares = rng.dirichlet(np.ones(3), size=40)
noisy = shares @ pure + 0.01 * rng.standard_normal((40, len(wavelength)))
X = pd.DataFrame(np.maximum(noisy, 0), columns=wavelength)

fits = ns.fit(X, n_components=3, n_starts=60, solver="accelerated")
best = ns.distinct_solutions(fits).representatives[0]
print(ns.certify(best.W, best.H))

figure = plots.illustrate_component_ranges(ns.Study.of(X, fits).results[0])
