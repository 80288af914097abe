"""What is said of a matrix is true of it, and the same in whatever form it comes."""

import numpy as np
import pytest
from scipy import sparse

import nmfstudy as ns
from nmfstudy.assess.data_checks import data_checks
from nmfstudy.datasets import Dataset
from nmfstudy.report.words_on_data import data_line, remarks


def found(X):
    return {(code, numbers.get("what")): numbers for code, numbers in data_checks(X)}


def test_plain_data_are_not_remarked_upon(rng):
    assert found(rng.random((30, 8)) + 0.1) == {}


def test_a_column_that_outweighs_the_others_is_named_with_its_share(rng):
    X = rng.random((30, 8))
    X[:, 5] *= 40
    share = np.square(X[:, 5]).sum() / np.square(X).sum()
    assert found(X)["concentrated", "column"] == {
        "what": "column", "at": 5, "share": pytest.approx(share),
    }  # fmt: skip
    data = Dataset("d", X, column_names=[f"c{j}" for j in range(8)])
    assert remarks(data)[0].startswith("column “c5” has ")


@pytest.mark.parametrize("axis", [0, 1])
def test_constant_and_proportional_lines_are_counted(rng, axis):
    X = rng.random((9, 7)) + 0.1
    X[2], X[4] = 3 * X[0], X[0] / 7
    X[6] = 0.5
    X[8] = 0
    checks = found(X if axis == 1 else X.T)
    what = "row" if axis == 1 else "column"
    assert checks["proportional", what]["n"] == 2 and checks["constant", what]["n"] == 1
    other = {"row": "column", "column": "row"}[what]
    assert ("proportional", other) not in checks and ("constant", other) not in checks


def test_the_rank_is_that_of_numpy(rng):
    X = rng.random((12, 3)) @ rng.random((3, 9))
    assert found(X)["rank", None] == {"rank": 3, "most": 9}
    assert ("rank", None) not in found(X + rng.random(X.shape))


def test_counts_and_zeros_and_the_range_are_seen(rng):
    X = rng.poisson(0.4, (40, 12)).astype(float)
    checks = found(X)
    assert checks["counts", None] == {"largest": int(X.max())}
    assert checks["zeros", None]["share"] == pytest.approx((X == 0).mean())
    assert ("counts", None) not in found(X + 0.5)
    X[3, 3] = 1e9
    assert found(X)["range", None] == {"smallest": 1.0, "largest": 1e9}


def test_a_sparse_matrix_is_the_same_data(rng):
    X = rng.poisson(0.5, (40, 12)).astype(float)
    X[:, 3] = X[:, 1] * 2
    assert data_checks(sparse.csr_array(X)) == data_checks(X)


@pytest.mark.parametrize("c", [1e-200, 1e-9, 1e9, 1e200])
def test_the_scale_makes_no_difference(rng, c):
    X = rng.random((20, 3)) @ rng.random((3, 6))
    assert [code for code, _ in data_checks(c * X)] == [code for code, _ in data_checks(X)]


def test_counts_are_advised_their_loss_once():
    menu = ns.load_dataset("menu")
    assert "loss=kullback-leibler" in data_line(menu)
    assert "loss=kullback-leibler" not in data_line(menu, "kullback-leibler")
    assert data_line(menu).startswith("6 samples × 4 features; ")
