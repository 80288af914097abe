"""
Topics in short texts
=====================

The paragraphs in which scikit-learn describes its own data sets, as a table of words. Each topic
is a row of H; its largest words name it. A topic is stable if every solution that fits as well
has it, and fragile if that changes once solutions only a little worse are counted too.
"""

import pandas as pd
from sklearn import datasets
from sklearn.feature_extraction.text import TfidfVectorizer

import nmfstudy as ns
from nmfstudy import plots

load = datasets.load_iris, datasets.load_wine, datasets.load_diabetes, datasets.load_breast_cancer
paragraphs = [p for one in load for p in one().DESCR.split("\n\n") if "http" not in p]
words = TfidfVectorizer(stop_words="english", token_pattern="[a-z]{4,}", min_df=2, max_features=120)
X = words.fit_transform(paragraphs).toarray()
X = pd.DataFrame(X, columns=words.get_feature_names_out())

fits = ns.fit(X, n_components=4, n_starts=60)
print(ns.distinct_solutions(fits))

figure = plots.illustrate_component_ranges(ns.Study.of(X, fits).results[0])
