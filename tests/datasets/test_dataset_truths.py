"""Every dataset: what it claims of itself holds."""

from inspect import signature
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import nmfstudy as ns
from nmfstudy.datasets import DATASETS, load_dataset
from nmfstudy.util.errors import RequestError

CONF = Path(__file__).parents[2] / "conf" / "dataset"
FETCHED = ["all_aml", "breast_genomes", "reuters"]  # see test_packages.py
WITHOUT_FILE = [name for name in DATASETS if name not in ("file", *FETCHED)]


def assert_truth_fits(data):
    """The truth's product is X to the last bits."""
    difference = np.abs(data.truth.product() - data.X)
    assert difference.max() <= 4e-16 * data.n_components * data.X.max()


@pytest.mark.parametrize("name", WITHOUT_FILE)
def test_every_dataset_by_name(name):
    data = load_dataset(name)
    assert data.name.startswith(name)
    assert data.X.dtype == np.float64 and data.X.flags.c_contiguous
    assert not data.X.flags.writeable
    assert (data.X >= 0).all() and data.X.any()
    assert data.sha256 == load_dataset(name).sha256
    assert all(note.endswith(".") for note in data.notes)
    if data.truth is not None:
        assert data.n_components == data.truth.n_components
        assert_truth_fits(data)


def test_truth_is_absent_only_where_none_is_known():
    assert [name for name in WITHOUT_FILE if load_dataset(name).truth is None] == ["digits"]
    assert load_dataset("digits").n_components is None


@pytest.mark.parametrize("name", DATASETS)
def test_configuration_names_the_parameters_and_their_defaults(name):
    config = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    defaults = {p.name: p.default for p in signature(DATASETS[name]).parameters.values()}
    assert config == {"name": name, **defaults}


def test_there_is_a_configuration_for_every_dataset_and_no_other():
    assert sorted(path.stem for path in CONF.glob("*.yaml")) == sorted(DATASETS)


def test_menu():
    data = ns.load_dataset("menu")
    X = [[1, 1, 2, 2], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 3, 3], [1, 1, 0, 0]]
    assert np.array_equal(data.X, X)
    assert data.column_names == ("pizza", "chicken", "burger", "fries")
    assert len(set(data.row_names)) == 6
    assert data.name == "menu" and data.notes == ()


def test_basket_has_another_factorization():
    data = load_dataset("basket")
    assert np.array_equal(data.X, [[2, 1, 0], [1, 1, 0], [3, 0, 0]])
    other = ns.Factorization(data.X[:, :2], [[1, 0, 0], [0, 1, 0]])
    assert np.array_equal(other.product(), data.X)
    assert ns.distance(data.truth, other) > 0.1
    assert any("infinitely many" in note for note in data.notes)


def test_digits():
    data = load_dataset("digits")
    assert data.X.shape == (1797, 64) and data.X.max() == 16
    assert data.column_names[9] == "pixel 1,1"
    assert data.notes == ("3 columns are all zero.",)


def test_circ3_has_two_factorizations():
    data = load_dataset("circ3")
    other = ns.Factorization(data.truth.H, data.truth.W)
    assert np.array_equal(other.product(), data.X)
    assert ns.distance(data.truth, other) > 0.5


@pytest.mark.parametrize("alpha", [0, 0.1, 0.3, 0.49, 0.5, 0.51, 0.7, 1.0])
def test_laurberg_has_a_second_factorization_exactly_from_one_half(alpha):
    data = load_dataset("laurberg", alpha=alpha)
    H = data.truth.H
    assert np.array_equal(data.truth.W, H.T)
    assert np.linalg.matrix_rank(data.X) == 3
    # The reflection of H through the ray of ones: orthogonal, so it leaves HᵀH alone.
    rotation = np.ones((3, 3)) * 2 / 3 - np.eye(3)
    assert np.allclose((rotation @ H).T @ (rotation @ H), data.X)
    second = np.ones((3, 6)) / (2 - alpha) - H / (1 + alpha)
    W = np.linalg.lstsq(second.T, data.X.T, rcond=None)[0].T
    assert np.allclose(W @ second, data.X)
    assert (second.min() >= -1e-15) == (alpha >= 0.5)
    if alpha >= 0.5:
        assert W.min() >= -1e-12
        other = ns.Factorization(np.maximum(W, 0), np.maximum(second, 0))
        # At alpha = 1 the columns of H are pairs of ones and the two coincide in one orbit.
        assert ns.distance(data.truth, other) > 0.05
    said = {True: "two", False: "infinitely many"}[alpha == 0.5] if alpha >= 0.5 else None
    assert data.notes == (
        () if said is None else (f"The truth is one of {said} factorizations of size 3.",)
    )


@pytest.mark.parametrize("a", [1.0001, 1.2, 1.5, 1.99, 2, 2.0, 2.05, 3, 1e6])
def test_hexagon(a):
    data = load_dataset("hexagon", a=a)
    row = np.array([1, a, 2 * a - 1, 2 * a - 1, a, 1])
    for i in range(6):
        assert np.array_equal(data.X[i], np.roll(row, i))
    assert np.linalg.matrix_rank(data.X, tol=1e-12 * a) == 3
    assert (data.truth is None) == (a > 2)
    if data.truth is not None:
        assert data.n_components == 3
        assert_truth_fits(data)


def test_swimmer():
    data = load_dataset("swimmer")
    assert data.X.shape == (256, 1024)
    assert set(np.unique(data.X)) == {0, 1}
    assert np.linalg.matrix_rank(data.X) == 13
    parts = data.truth.H
    assert data.n_components == 17 and (parts.sum(axis=0) <= 1).all()
    assert (parts[1:].sum(axis=1) == 6).all()
    assert (data.truth.W.sum(axis=1) == 5).all()
    assert len(np.unique(data.X, axis=0)) == 256
    # The torso given to the four limbs of one side: another factorization of the same images.
    H = parts.copy()
    H[1:5] += parts[0]
    H[0] = 0
    assert np.array_equal(data.truth.W @ H, data.X)


def test_swimmer_is_symmetric():
    images = load_dataset("swimmer").X.reshape(-1, 32, 32).sum(axis=0)
    assert np.array_equal(images, images[:, ::-1])
    assert np.array_equal(images, images[::-1])


def pure_rows(factor):
    """Components that have a row of their own."""
    alone = factor[(factor > 0).sum(axis=1) == 1]
    return set(np.flatnonzero(alone.any(axis=0)))


@given(
    n=st.integers(1, 12),
    d=st.integers(1, 12),
    k=st.integers(1, 6),
    density=st.sampled_from([0.01, 0.3, 1.0]),
    noise=st.sampled_from([0.0, 0.1, 2.0]),
    separable=st.sampled_from(["none", "W", "H", "both"]),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=150, deadline=None)
def test_planted(n, d, k, density, noise, separable, seed):
    params = dict(n=n, d=d, k=k, density=density, noise=noise, separable=separable, seed=seed)
    if (separable in ("W", "both") and k > n) or (separable in ("H", "both") and k > d):
        with pytest.raises(RequestError, match=f"k is {k} and dataset.separable is {separable}"):
            load_dataset("planted", **params)
        return
    try:
        data = load_dataset("planted", **params)
    except RequestError as error:  # noise can wipe out a tiny matrix
        assert noise > 1 and "X is all zero" in str(error)
        return
    assert data.X.shape == (n, d) and data.n_components == k
    W, H = data.truth.W, data.truth.H
    for factor in (W, H.T):
        assert factor.any(axis=0).all() and factor.any(axis=1).all() and factor.max() <= 1
    if separable in ("W", "both"):
        assert pure_rows(W) == set(range(k))
    if separable in ("H", "both"):
        assert pure_rows(H.T) == set(range(k))
    if noise == 0:
        assert_truth_fits(data)
    assert ("Noise was added" in " ".join(data.notes)) == (noise > 0)


def test_planted_noise_has_the_size_asked_for():
    data = load_dataset("planted", n=300, d=200, density=1.0, noise=0.05)
    clean = data.truth.product()
    size = np.linalg.norm(data.X - clean) / np.linalg.norm(clean)
    assert abs(size - 0.05) < 0.002


def test_planted_density_is_the_share_of_nonzeros():
    data = load_dataset("planted", n=400, d=300, k=20, density=0.3)
    for factor in (data.truth.W, data.truth.H):
        assert abs((factor > 0).mean() - 0.3) < 0.02


def test_planted_factors_differ_by_seed_and_side_and_not_by_noise():
    def truth(**params):
        return load_dataset("planted", n=5, d=5, k=3, density=1.0, **params).truth

    assert not np.array_equal(truth().W, truth(seed=1).W)
    assert not np.array_equal(truth().W, truth().H.T)
    assert np.array_equal(truth().W, truth(noise=0.5).W)


def test_names_carry_the_parameters_and_tell_them_apart():
    names = [load_dataset("laurberg", alpha=a).name for a in (0.3, 0.1 + 0.2, 0, 1, 1e-5)]
    assert names == [f"laurberg({a})" for a in ("0.3", "0.30000000000000004", "0", "1", "1e-05")]
    planted = [
        load_dataset("planted", n=9, d=8, k=2, noise=noise, separable=separable, seed=seed).name
        for noise, separable, seed in product((0, 0.1), ("none", "W"), (0, 7))
    ]
    assert len(set(planted)) == 8
    assert planted[3] == "planted(n=9,d=8,k=2,separable=W,seed=7)"
    assert load_dataset("planted").name == "planted"


def test_data_that_differ_have_other_hashes():
    hashes = [load_dataset("laurberg", alpha=a).sha256 for a in (0.3, 0.1 + 0.2, 0.4)]
    assert len(set(hashes)) == 3
    wide, tall = ns.datasets.Dataset("a", [[1, 2]]), ns.datasets.Dataset("a", [[1], [2]])
    assert wide.sha256 != tall.sha256


BAD_REQUESTS = [
    ("nothing", {}, "dataset is 'nothing'; possible: menu, basket"),
    ("X.csv", {}, "dataset=file dataset.path=FILE"),
    (None, {}, "dataset is None"),
    (3, {}, "dataset is 3"),
    (["menu"], {}, r"dataset is \['menu'\]"),
    ("x" * 500, {}, "xxx..."),
    ("menu", {"alpha": 1}, "dataset menu has no parameter alpha; possible: none"),
    ("laurberg", {"a": 0.3}, "dataset laurberg has no parameter a; possible: alpha"),
    ("planted", {"N": 3}, "no parameter N; possible: n, d, k, density"),
    ("file", {"paht": "x.csv"}, "no parameter paht; possible: path"),
    *[("laurberg", {"alpha": v}, "dataset.alpha is") for v in (-0.1, 1.1, "x", None, True, 1j)],
    *[("laurberg", {"alpha": v}, "dataset.alpha is") for v in (np.nan, np.inf, [0.3], 10**400)],
    *[("hexagon", {"a": v}, "dataset.a is") for v in (1, 1.0, 0, -3, "2", None, np.nan, False)],
    ("hexagon", {"a": 1e101}, "largest entry"),
    ("hexagon", {"a": 1.7e308}, "infinity"),
    *[("planted", {"n": v}, "dataset.n is") for v in (0, -1, 2.5, "60", None, True)],
    *[("planted", {"d": v}, "dataset.d is") for v in (0, 1.0)],
    *[("planted", {"k": v}, "dataset.k is") for v in (0, "4")],
    *[("planted", {"density": v}, "dataset.density is") for v in (0, -0.5, 1.5, "x", np.nan)],
    *[("planted", {"noise": v}, "dataset.noise is") for v in (-0.1, np.inf, "x", None)],
    *[("planted", {"seed": v}, "dataset.seed is") for v in (-1, 0.5, "x", None)],
    *[("planted", {"separable": v}, "dataset.separable is") for v in ("w", None, True, ["W"])],
    ("planted", {"k": 41, "separable": "both"}, "possible: k up to 40"),
    ("planted", {"n": 10**6, "d": 10**6}, "up to 1000000000 entries"),
    ("planted", {"n": 10**30}, "up to 1000000000 entries"),
    ("file", {}, "dataset.path is missing"),
    ("file", {"path": "x.csv", "orientation": "rows"}, "dataset.orientation is 'rows'"),
]


@pytest.mark.parametrize(("name", "params", "sentence"), BAD_REQUESTS)
def test_bad_requests_are_refused_in_one_sentence(name, params, sentence):
    with pytest.raises(RequestError, match=sentence) as caught:
        load_dataset(name, **params)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
