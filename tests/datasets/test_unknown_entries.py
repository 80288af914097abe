"""Weights and unknown entries: what is accepted, in which form, and what is said of it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from nmfstudy import RequestError
from nmfstudy.datasets import load_dataset
from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.file import how_it_was_read
from nmfstudy.datasets.weights import uncertain_weights
from nmfstudy.model.weighted import Weighted
from nmfstudy.store import load_data, save_data

X = np.arange(12.0).reshape(3, 4)
HOLE = np.where(X == 6, np.nan, X)
MASK = (X != 6).astype(float)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        (HOLE, None),
        (HOLE.tolist(), None),
        (pd.DataFrame(HOLE), None),
        (pd.DataFrame(HOLE).astype("Int64"), None),
        (np.ma.masked_array(X, mask=X == 6), None),
        (HOLE.astype("f4"), None),
        (sparse.csr_array(HOLE), None),
        (X, MASK),
        (X, MASK.tolist()),
        (X, sparse.coo_array(MASK)),
        (sparse.csr_array(X), MASK),
        (sparse.csr_array(X), sparse.csc_array(MASK)),
        (sparse.csr_array(HOLE), np.ones((3, 4))),
        (np.where(X == 6, np.inf, X), MASK),
        (np.where(X == 6, -999, X), MASK),
    ],
)
def test_every_way_to_say_that_an_entry_is_unknown_is_the_same(given, weights):
    checked = check_data(given, weights)
    assert isinstance(checked, Weighted) and checked.is_mask
    np.testing.assert_array_equal(checked.toarray(), HOLE)
    assert (checked.n_known, checked.n_unknown) == (11, 1)
    assert checked.mean() == pytest.approx(np.nanmean(HOLE))
    for axis in (0, 1):
        assert checked.known(axis).tolist() == (~np.isnan(HOLE)).sum(axis=axis).tolist()
    np.testing.assert_array_equal(checked.T.toarray(), HOLE.T)
    np.testing.assert_array_equal(checked[[2, 1]].toarray(), HOLE[[2, 1]])
    np.testing.assert_array_equal(checked.columns([2, 0]).toarray(), HOLE[:, [2, 0]])


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_weights_of_one_are_no_weights(form):
    for weights in (np.ones((3, 4)), sparse.csr_array(np.ones((3, 4)))):
        assert not isinstance(check_data(form(X), weights), Weighted)


def test_weights_enter_the_hash():
    plain, hole = Dataset("x", X), Dataset("x", HOLE)
    same = Dataset("x", X, weights=MASK), Dataset("x", np.where(MASK, X, 7), weights=MASK)
    other = Dataset("x", X, weights=MASK + 1)
    assert {hole.sha256} == {one.sha256 for one in same}
    assert len({plain.sha256, hole.sha256, other.sha256}) == 3
    assert Dataset("x", X, weights=np.ones((3, 4))).sha256 == plain.sha256


def test_what_is_unknown_is_said_in_a_line():
    assert Dataset("x", HOLE).notes == ("1 of 12 entries is unknown (8.3 %).",)
    V = np.full((3, 4), 2.0)
    V[1], V[:, 3] = 0, 0
    assert Dataset("x", X + 1, weights=V).notes == (
        "6 of 12 entries are unknown (50 %).",
        "Entries count by weights.",
        "1 row has no known entry (1, counted from 0).",
        "1 column has no known entry (3, counted from 0).",
    )


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (-MASK, "weights has the entry -1; possible: finite numbers >= 0"),
        (np.where(MASK, 1, np.inf), "weights has the entry inf"),
        (np.where(MASK, 1, np.nan), "weights has the entry NaN"),
        (MASK[:2], "weights is 2×4 and X is 3×4; possible: the same shape"),
        (MASK[0], "weights has 1 dimensions"),
        ("weights.csv", "weights has 0 dimensions"),
        (np.full((3, 4), "a"), "weights holds text"),
        (np.zeros((3, 4)), "X has no known entry"),
        (sparse.csr_array((3, 4)), "X has no known entry"),
        (np.full((3, 4), 1e308), "weights has 1e\\+308"),
        (np.full((3, 4), 1e200), "weights has 1e\\+200 and X 11 as the largest entry"),
    ],
)
def test_what_are_no_weights_is_refused_in_one_sentence(weights, sentence):
    with pytest.raises(RequestError, match=sentence) as caught:
        check_data(X, weights)
    assert "\n" not in str(caught.value)


FILES = {
    "empty.csv": "1,2\n3,\n5,6\n",
    "blank.csv": "1,2\n3,  \n5,6\n",
    "na.csv": "a,b\n1,2\n3,NA\n5,6\n",
    "nan.tsv": "1\t2\n3\tnan\n5\t6\n",
    "null.csv": "id,a,b\nu,1,2\nv,3,null\nw,5,6\n",
    "comma.csv": "1,5;2\n3;\n5;6\n",
}


@pytest.mark.parametrize("name", FILES)
def test_an_empty_cell_of_a_file_is_unknown_and_said(tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name])
    data = load_dataset("file", path=path)
    assert np.isnan(data.X.toarray()).tolist() == [[False] * 2, [False, True], [False] * 2]
    assert "1 of 6 entries is unknown (17 %)." in how_it_was_read(path, data)


def test_blank_lines_inside_a_file_are_unknown_too(tmp_path):
    path = tmp_path / "X.csv"
    for text, note in (
        ("1,2\n,\n3,4\n", "Nothing is known of 1 row (2), left out."),
        ("a,b,c\n1,2,\n3,4,\n", "Nothing is known of 1 column (c), left out."),
    ):
        path.write_text(text)
        data = load_dataset("file", path=path)
        assert data.X.tolist() == [[1, 2], [3, 4]] and note in data.notes


def test_lines_of_a_file_without_known_entry_are_left_out_by_name(tmp_path):
    path = tmp_path / "X.csv"
    path.write_text("id,a,b,c\nu,1,,2\nv,,,\nw,3,,4\n")
    for orientation in ("samples_by_features", "features_by_samples"):
        data = load_dataset("file", path=path, orientation=orientation)
        flip = orientation == "features_by_samples"
        assert data.X.tolist() == ([[1, 3], [2, 4]] if flip else [[1, 2], [3, 4]])
        names = (data.row_names, data.column_names)
        assert (names[::-1] if flip else names) == (("u", "w"), ("a", "c"))
        assert "Nothing is known of 1 row (v), left out." in data.notes
        assert "Nothing is known of 1 column (b), left out." in data.notes


def test_uncertainties_from_a_file_are_weights(tmp_path):
    path, sigma = tmp_path / "X.csv", tmp_path / "sigma.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    sigma.write_text("a,b\n1,.5\ninf,2\n")
    data = load_dataset("file", path=path, uncertainty=sigma)
    np.testing.assert_array_equal(data.X.weights, [[1, 4], [0, 0.25]])
    turned = load_dataset("file", path=path, uncertainty=sigma, orientation="features_by_samples")
    np.testing.assert_array_equal(turned.X.weights, data.X.weights.T)
    for text, sentence in (
        ("a,b\n1,0\n1,1\n", "sigma.csv: the uncertainty at row 0, column 1 .* is 0; possible"),
        ("a,b\n1,-1\n1,1\n", "is -1; possible: numbers > 0"),
        ("a,b\n1,1\n", "sigma.csv is 1×2 and the data 2×2; possible"),
        ("a,b\n1,x\n1,1\n", "'x' in line 2"),
    ):
        sigma.write_text(text)
        with pytest.raises(RequestError, match=sentence):
            load_dataset("file", path=path, uncertainty=sigma)
    with pytest.raises(RequestError, match="gone.csv does not exist"):
        load_dataset("file", path=path, uncertainty=tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("given", "weights"),
    [(HOLE, None), (X, MASK + 0.5), (sparse.csr_array(HOLE), None),
     (sparse.csr_array(X), sparse.csr_array(MASK)), (sparse.csr_array(X), sparse.csr_array(2 * X))],
)  # fmt: skip
def test_a_study_keeps_weights_and_holes_bit_for_bit(tmp_path, given, weights):
    data = Dataset("x", given, weights=weights)
    save_data(tmp_path, data)
    again = load_data(tmp_path, data.sha256)
    assert again.sha256 == data.sha256 and again.notes == data.notes
    np.testing.assert_array_equal(again.X.toarray(), data.X.toarray())


def test_holes_do_not_hide_what_is_refused_elsewhere():
    for value in (np.inf, -1.0, 1e200, 1e-200):
        for form in (np.array, sparse.csr_array):
            with pytest.raises(RequestError, match="infinity|negative|largest entry"):
                check_data(form([[value, np.nan]]))


def test_weights_of_uncertainties():
    sigma = np.array([[1.0, 0.5], [np.inf, np.nan]])
    np.testing.assert_array_equal(uncertain_weights(sigma), [[1, 4], [0, 0]])
    for bad in (0.0, -1.0):
        with pytest.raises(RequestError, match=f"row 0, column 1 .* is {bad:g}; possible"):
            uncertain_weights(np.array([[1.0, bad]]))
