"""Which matrices are accepted as data, in which form, and how the others are refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from nmfstudy.datasets import Dataset, check_data
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.errors import RequestError

DTYPES = "bool int8 uint8 >i4 int64 uint64 float16 float32 >f8 float64 longdouble".split()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_real_dtype_becomes_float64(dtype, order):
    X = np.array([[0, 1, 1], [1, 0, 0]]).astype(dtype, order=order)
    checked = check_data(X)
    assert checked.dtype == np.float64 and checked.flags.c_contiguous
    assert not checked.flags.writeable and X.flags.writeable
    assert np.array_equal(checked, X)


FORMATS = ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", [sparse.coo_matrix, sparse.coo_array])
@pytest.mark.parametrize("dtype", ["bool", "int8", "float32", "float64"])
def test_every_sparse_format_becomes_csr(form, kind, dtype):
    dense = (np.random.default_rng(0).random((6, 9)) < 0.3).astype(dtype)
    checked = check_data(kind(dense).asformat(form))
    assert isinstance(checked, sparse.csr_array) and checked.dtype == np.float64
    assert checked.indices.dtype == checked.indptr.dtype == np.int32
    assert checked.has_canonical_format and np.array_equal(checked.toarray(), dense)


def test_sparse_is_made_canonical_in_a_copy():
    parts = (np.array([1.0, 2, 0, 3]), (np.array([0, 0, 1, 1]), np.array([1, 1, 0, 2])))
    given_ = sparse.coo_array(parts, shape=(2, 3))
    checked = check_data(given_)
    assert checked.nnz == 2 and given_.nnz == 4
    assert checked.toarray().tolist() == [[0, 3, 0], [0, 0, 3]]
    csr = sparse.csr_array([[1.0, 0], [0, 2]])
    check_data(csr).data[:] = 9
    assert csr.toarray().tolist() == [[1, 0], [0, 2]]


def test_one_content_has_one_hash_whatever_its_form():
    dense = np.array([[0.0, 1, 2], [3, 0, 0]])
    same = [
        dense,
        dense.tolist(),
        np.asfortranarray(dense),
        pd.DataFrame(dense),
        dense.astype("i1"),
    ]
    assert len({Dataset("x", X).sha256 for X in same}) == 1
    forms = [sparse.coo_array(dense).asformat(form) for form in FORMATS]
    hashes = {Dataset("x", X).sha256 for X in forms}
    assert len(hashes) == 1 and Dataset("x", dense).sha256 not in hashes
    assert Dataset("x", [[0.0, 1]]).sha256 == Dataset("x", [[-0.0, 1]]).sha256


def test_what_is_checked_is_not_copied_again():
    checked = check_data([[1, 2]])
    assert check_data(checked) is checked
    view = checked[:, :1]
    assert check_data(view) is not view


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        [[Fraction(1), Decimal(2)], [3, 4.0]],
        np.array([[1, 2], [3, 4]], dtype=object),
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}, index=["x", "y"]),
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}, dtype="Int64"),
        np.ma.masked_array([[1, 2], [3, 4]]),
        np.array([[1, 2], [3, 4], [9, 9]])[:2],
    ],
)
def test_array_likes(X):
    assert check_data(X).tolist() == [[1, 2], [3, 4]]


def test_all_zero_rows_and_columns_are_allowed_and_said():
    X = np.array([[0, 0, 0], [1, 0, 2], [0, 0, 0]])
    expected = ("2 rows are all zero.", "1 column is all zero.")
    assert Dataset("x", X).notes == expected
    assert Dataset("x", sparse.csr_array(X), notes=("Said.",)).notes == ("Said.", *expected)
    assert Dataset("x", X, notes=expected).notes == expected
    assert Dataset("x", X.T[[0, 2]]).notes == ("2 columns are all zero.",)


def _with(value, at=(1, 2), dtype=float):
    X = np.arange(12).reshape(3, 4).astype(dtype)
    X[at] = value
    return X


def _damaged():
    X = sparse.csr_array(_with(1.0))
    X.indices[3] = 99
    return X


REFUSED = [
    (_with(np.inf), r"infinity at row 1, column 2 \(counted from 0\)"),
    (_with(-np.inf), "infinity at row 1, column 2"),
    (_with(-1), "1 negative entries, the lowest -1 at row 1, column 2"),
    (_with(-1e-300), "lowest -1e-300"),
    (_with(-2, dtype="i1"), "lowest -2"),
    (_with(-2, dtype="O"), "lowest -2"),
    (sparse.csc_array(_with(-3)), "lowest -3 at row 1, column 2"),
    (sparse.coo_matrix(_with(np.inf)), "infinity at row 1, column 2"),
    (_damaged(), "damaged sparse"),
    (sparse.csr_array(_with(1j, dtype=complex)), "complex"),
    (sparse.csr_array((3, 4)), "all zero"),
    (sparse.csr_array((0, 4)), "0 rows and 4 columns"),
    (sparse.coo_array(np.array([1.0, 2])), "1 dimensions"),
    (_with(1j, dtype=complex), "complex"),
    (_with("a", dtype="U3"), "text"),
    (_with(b"a", dtype="S3"), "text"),
    (_with("a", dtype="O"), "'a' at row 1, column 2"),
    (_with(None, dtype="O"), "None at row 1, column 2"),
    (_with(1j, dtype="O"), "1j at row 1"),
    (_with(10**400, dtype="O"), "1e308"),
    (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "'x' at row 0, column 1"),
    (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), "datetime64"),
    (pd.Series([1.0, 2.0]), "1 dimensions"),
    (np.array([["2020"]], dtype="M8[D]"), "datetime64"),
    (np.zeros((2, 2), dtype=[("a", float)]), "entries of type"),
    ([["1", "2"]], "text"),
    ([[1, "a"]], "text"),
    ([[1, None]], "None"),
    ([[1, 2], [3]], "rows of equal length"),
    ([[1, [2]]], "rows of equal length"),
    ([[[1]], [[2]]], "3 dimensions"),
    ([1, 2, 3], "1 dimensions"),
    (3.0, "0 dimensions"),
    (None, "0 dimensions"),
    ("X.csv", "0 dimensions"),
    ({"a": [1]}, "0 dimensions"),
    ({1, 2}, "0 dimensions"),
    ((row for row in [[1]]), "0 dimensions"),
    (np.zeros((2, 3, 4)), "3 dimensions"),
    (np.float64(3), "0 dimensions"),
    ([], "1 dimensions"),
    ([[]], "1 rows and 0 columns"),
    (np.zeros((0, 0)), "0 rows and 0 columns"),
    (np.zeros((0, 3)), "0 rows and 3 columns"),
    (np.zeros((3, 0)), "3 rows and 0 columns"),
    (np.zeros((3, 4)), "all zero"),
    (np.zeros((3, 4), dtype=bool), "all zero"),
    (-np.zeros((3, 4)), "all zero"),
    (np.full((2, 2), 1e200), "1e200|1e\\+200"),
    (np.full((2, 2), 1e-200), "1e-200"),
    (np.full((2, 2), 5e-324), "4.94066e-324"),
    (np.full((2, 2), np.nan), "no known entry"),
    (np.where(np.eye(2) > 0, np.nan, 0), "all zero"),
]


@pytest.mark.parametrize(("X", "sentence"), REFUSED)
def test_what_is_no_data_is_refused_in_one_sentence(X, sentence):
    with pytest.raises(RequestError, match=sentence) as caught:
        check_data(X)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250
    assert str(caught.value).startswith("X ")


NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-3, 3).map(float),
)


@given(
    X=hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=NUMBERS),
    form=st.sampled_from([None, "csr", "csc", "coo"]),
)
@settings(max_examples=300, deadline=None)
def test_data_are_accepted_exactly_when_what_is_known_is_finite_and_nonnegative(X, form):
    good = (
        X.ndim == 2
        and X.size > 0
        and bool((np.isnan(X) | (np.isfinite(X) & (X >= 0))).all())
        and 1e-100 <= np.max(X, where=~np.isnan(X), initial=0) <= 1e100
    )
    Z = X if form is None or X.ndim != 2 else sparse.coo_array(X).asformat(form)
    before = X.copy()
    if good:
        checked = check_data(Z)
        dense = checked.toarray() if hasattr(checked, "toarray") else checked
        assert np.array_equal(dense, X, equal_nan=True)
    else:
        with pytest.raises(RequestError) as caught:
            check_data(Z)
        assert "\n" not in str(caught.value)
    assert np.array_equal(X, before, equal_nan=True)


def test_dataset_parts_must_fit_together():
    X, truth = np.ones((2, 3)), Factorization(np.ones((2, 1)), np.ones((1, 3)))
    data = Dataset("x", X, truth, row_names=[1, 2], column_names="abc")
    assert data.row_names == ("1", "2") and data.column_names == ("a", "b", "c")
    assert data.n_components == 1 and Dataset("x", X).n_components is None
    for bad in (
        dict(truth=Factorization(np.ones((3, 1)), np.ones((1, 3)))),
        dict(truth=Factorization(np.ones((2, 1)), np.ones((1, 2)))),
        dict(row_names="abc"),
        dict(column_names="ab"),
    ):
        with pytest.raises(RequestError, match="2×3"):
            Dataset("x", X, **bad)
    with pytest.raises(AttributeError):
        data.name = "y"


@pytest.mark.parametrize(
    ("fill", "places"), [(9.96921e36, 1), (1e20, 2), (99999, 3), (9999, 1), (1e9, 1)]
)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_entries_that_may_stand_for_missing_ones_are_noted(fill, places, form):
    X = np.random.default_rng(0).random((6, 5)) * 30
    assert Dataset("x", form(X)).notes == ()
    X[1:][X[1:] > np.sort(X[1:].ravel())[-1 - places]] = fill
    (note,) = Dataset("x", form(X)).notes
    assert f"{fill:.6g} at row" in note and "missing value" in note
    assert ("entries" in note) == (places > 1)


def test_large_entries_beside_other_large_ones_are_not():
    X = np.random.default_rng(0).random((6, 5))
    for largest in (9000.0, 5e5, 255.0):
        X[2, 3] = largest
        assert Dataset("x", X).notes == ()
    X[2, 3], X[0, 0] = 9999.0, 1200.0
    assert Dataset("x", X).notes == ()
    assert Dataset("x", np.full((2, 2), 9999.0)).notes == ()


def test_negative_entries_that_are_known_come_with_their_remedy():
    with pytest.raises(RequestError, match="so set what is rounding error to 0"):
        check_data(_with(-1e-9))
    with pytest.raises(RequestError, match="if they stand for missing values"):
        check_data(_with(-9999))
