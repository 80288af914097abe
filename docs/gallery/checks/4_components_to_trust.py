"""
Which components come back?
===========================

Thirteen measurements of 178 wines, three components: five solutions fit so nearly alike that the
data do not tell them apart. Only one component is the same in all five. The others differ too
much to be given a meaning, however good the fit looks.
"""

from sklearn.datasets import load_wine

import nmfstudy as ns
from nmfstudy import plots

wine = load_wine(as_frame=True).data
X = wine / wine.max()
fits = ns.fit(X, n_components=3, n_starts=100)
result = ns.Study.of(X, fits).results[0]
print(result.solutions)

ax = plots.plot_trust(plots.trust_table(result.trust))
