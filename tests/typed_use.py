"""The public names as mypy sees them in a user's code (`make lint`); nothing here is run."""

from typing import assert_type

import numpy as np
import pandas as pd
from scipy import sparse

import nmfstudy as ns
from nmfstudy.assess.displacement import Displacement
from nmfstudy.assess.holdout import Holdout
from nmfstudy.assess.stability import Stability
from nmfstudy.certificates.verdict import Verdict
from nmfstudy.datasets import Dataset
from nmfstudy.solutions import Solutions

X = np.eye(4)
data = ns.load_dataset("planted", noise=0.1)
fits = ns.fit(data, 3, n_starts=20, alpha_W=0.1, record="solutions")
solutions = ns.distinct_solutions([fits, fits], distance_tol=1e-2)
f = fits[0].factorization
verdict = ns.certify(f.W, f.H, X=X, others=[f, (f.W, f.H)])
order, congruence = ns.match(f, (f.W, f.H))
study = ns.Study.of(data, fits)

assert_type(data, Dataset)
assert_type(fits, ns.Fits)
assert_type(fits[0], ns.Fit)
assert_type(fits[:2], ns.Fits)
assert_type(fits[0].objective, float)
assert_type(f, ns.Factorization)
assert_type(solutions, Solutions)
assert_type(solutions.n_distinct, int)
assert_type(verdict, Verdict)
assert_type(verdict.status, str)
assert_type(order, np.ndarray)
assert_type(ns.distance(f, f, scale=2.0), float)
assert_type(ns.displacement(X, 2, ratios=[4]), Displacement)
assert_type(ns.holdout(X, [2, 3]), Holdout)
assert_type(ns.stability(sparse.csr_array(X), 2, fits=fits), Stability)
assert_type(ns.Study.load("results/menu"), ns.Study)
assert_type(study.problems, pd.DataFrame)
ns.fit(pd.DataFrame(X), n_components=2)
ns.fit(sparse.csr_array(X), n_components=2)

ns.fit(X, "3")  # type: ignore[arg-type]
ns.fit(X, 3, seeds=20)  # type: ignore[call-arg]
ns.distance(f)  # type: ignore[call-arg]
ns.match(f, 3)  # type: ignore[arg-type]
ns.certify(f.W)  # type: ignore[call-arg]
ns.holdout(X, 2.5)  # type: ignore[arg-type]
ns.Study.of(data, data)  # type: ignore[arg-type]
nothing = ns.nothing  # type: ignore[attr-defined]
