"""The scikit-learn estimator: scikit-learn's own checks, and that it says what the library says."""

import pickle

import numpy as np
import pandas as pd
import pytest
from planted_data import planted
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

import nmfstudy as ns
from nmfstudy.sklearn import StableNMF


@pytest.fixture
def counts():
    generator = np.random.default_rng(3)
    return generator.poisson(generator.gamma(0.5, 2, (40, 3)) @ generator.gamma(0.5, 2, (3, 12)))


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
def test_scikit_learn_has_nothing_to_object(loss):
    results = check_estimator(StableNMF(2, n_starts=3, loss=loss), on_skip=None)
    other = [r["check_name"] for r in results if r["status"] != "passed"]
    assert len(results) > 40 and other in ([], ["check_array_api_input"])


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_matrix, pd.DataFrame])
@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
def test_the_weights_of_the_training_data_are_those_of_the_solution(counts, loss, form):
    X = form(counts)
    model = StableNMF(3, n_starts=10, loss=loss)
    fitted = model.fit_transform(X)
    best = model.solutions_.representatives[0]
    assert np.array_equal(model.components_, best.H)
    for W in (model.transform(X), fitted):
        assert np.abs(W - best.W).max() <= 1e-9 * best.W.max()
    assert np.allclose(model.inverse_transform(fitted), best.W @ best.H, rtol=0, atol=1e-8)
    value = -model.score(X) * len(counts)
    assert value == pytest.approx(best.objective, rel=1e-12)
    assert model.reconstruction_err_ == pytest.approx(np.sqrt(2 * best.objective), rel=1e-12)


@pytest.mark.parametrize(
    "options", [{"tol": 1e-4}, {"tol": 1e-7, "max_iter": 3000, "alpha_W": 0.01, "l1_ratio": 0.5}]
)
@pytest.mark.parametrize("init", ["random", "nndsvda"])
def test_a_single_start_by_its_rule_is_that_of_scikit_learn(counts, init, options):
    theirs = NMF(3, init=init, random_state=7, **options)
    ours = StableNMF(3, init=init, seed=7, n_starts=1, stop="scikit_learn", **options)
    W, mine = theirs.fit_transform(counts.astype(float)), ours.fit_transform(counts)
    assert np.allclose(mine, W, rtol=0, atol=1e-10 * W.max())
    assert np.allclose(ours.components_, theirs.components_, rtol=1e-9, atol=1e-10)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.reconstruction_err_ == pytest.approx(theirs.reconstruction_err_, rel=1e-9)


def test_its_defaults_are_scikit_learns_with_that_rule(counts):
    theirs = NMF(3, init="random", random_state=0).fit(counts.astype(float))
    ours = StableNMF(3, n_starts=1, stop="scikit_learn").fit(counts)
    assert np.allclose(ours.components_, theirs.components_, rtol=1e-9, atol=1e-10)
    assert not len(ours.solutions_) and ours.verdict_ is None


def test_it_says_what_the_library_says():
    menu = ns.load_dataset("menu")
    model = StableNMF(3, n_starts=20).fit(menu.X)
    solutions = ns.distinct_solutions(ns.fit(menu, 3, n_starts=20))
    assert model.solutions_.n_distinct == solutions.n_distinct == 1
    assert model.verdict_.status == ns.certify(*(getattr(model.solutions_.representatives[0], f)
                                                 for f in "WH")).status  # fmt: skip
    assert model.trust_.trusted.all() and len(model.trust_.trusted) == model.n_components_


def test_two_solutions_are_two():
    model = StableNMF(3, n_starts=60).fit(ns.load_dataset("laurberg", alpha=0.5).X)
    assert model.solutions_.n_distinct == 2 and model.solutions_.kind == "several"


def test_auto_takes_the_planted_number():
    X = planted(4, "gaussian", 0.1, 0, (60, 20))
    model = StableNMF(n_starts=4).fit(X)
    assert model.n_components_ == 4 and model.components_.shape == (4, 20)
    assert model.advice_.n_components == 4
    assert StableNMF(3, n_starts=1).fit(X).advice_ is None


def test_names_come_in_and_go_out(counts):
    genes = [f"gene {j}" for j in range(12)]
    table = pd.DataFrame(counts, index=[f"cell {i}" for i in range(40)], columns=genes)
    model = StableNMF(2, n_starts=3).set_output(transform="pandas")
    W = model.fit_transform(table)
    assert list(W.columns) == ["stablenmf0", "stablenmf1"] == list(model.get_feature_names_out())
    assert list(W.index) == list(table.index) and list(model.feature_names_in_) == genes
    data = model.result_.dataset
    assert data.row_names == tuple(table.index) and data.column_names == tuple(genes)
    with pytest.raises(ValueError, match="feature names"):
        model.transform(table[genes[::-1]])


def test_pipelines_grids_clones_and_pickles(counts):
    y = counts[:, 0] > np.median(counts[:, 0])
    pipeline = make_pipeline(MinMaxScaler(), StableNMF(2, n_starts=2), LogisticRegression())
    grid = GridSearchCV(pipeline, {"stablenmf__n_components": [2, 3]}, cv=2).fit(counts, y)
    assert grid.best_params_["stablenmf__n_components"] in (2, 3)
    alone = GridSearchCV(StableNMF(n_starts=2), {"n_components": [1, 3]}, cv=2).fit(counts)
    assert alone.best_params_ == {"n_components": 3}  # by its own score more are never worse
    model = clone(alone.best_estimator_)
    assert not hasattr(model, "solutions_") and not hasattr(model, "verdict_")
    with pytest.raises(NotFittedError):
        model.transform(counts)
    model.fit(counts)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.transform(counts), model.transform(counts))
    assert again.solutions_.n_distinct == model.solutions_.n_distinct


def test_samples_of_nothing_have_weights_of_nothing(counts):
    model = StableNMF(2, n_starts=2).fit(counts)
    assert not model.transform(np.zeros((2, 12))).any()


def test_what_cannot_be_fitted_is_said(counts):
    with pytest.raises(ValueError, match="Negative values in data"):
        StableNMF(2).fit(-counts)
    with pytest.raises(ns.RequestError, match="n_components is 'many'; possible"):
        StableNMF("many").fit(counts)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        StableNMF(3, n_starts=1, max_iter=1).fit(counts)
