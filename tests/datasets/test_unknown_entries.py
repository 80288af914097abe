"""Weights and unknown entries: what is accepted, in which form, and what is said of it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from nmfstudy import RequestError
from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.weights import uncertain_weights
from nmfstudy.model.weighted import Weighted

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
        (np.full((3, 4), 1e200), "weights has 1e\\+200 and X 11 as the largest entry"),
    ],
)
def test_what_are_no_weights_is_refused_in_one_sentence(weights, sentence):
    with pytest.raises(RequestError, match=sentence) as caught:
        check_data(X, weights)
    assert "\n" not in str(caught.value)


def test_weights_of_uncertainties():
    sigma = np.array([[1.0, 0.5], [np.inf, np.nan]])
    np.testing.assert_array_equal(uncertain_weights(sigma), [[1, 4], [0, 0]])
    for bad in (0.0, -1.0):
        with pytest.raises(RequestError, match=f"row 0, column 1 .* is {bad:g}; possible"):
            uncertain_weights(np.array([[1.0, bad]]))
