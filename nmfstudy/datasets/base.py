"""What a dataset is, and which matrices are accepted as data."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
from scipy import sparse

from nmfstudy.errors import RequestError
from nmfstudy.factorization import Factorization

_LARGEST = 1e100  # beyond it, and below its inverse, squares and cubes leave the double range


@dataclass(frozen=True, eq=False)
class Dataset:
    """A nonnegative matrix and what is known of it.

    Parameters
    ----------
    name : str
        Carries the parameters: ``laurberg(0.3)``.
    X : array or sparse matrix of shape (n_samples, n_features)
        Kept as `check_data` returns it.
    truth : Factorization, optional
        Factors that X was made from. The notes say whether other factors do as well, and
        whether noise was added.
    row_names, column_names : tuple of str, optional
    notes : tuple of str
        Sentences worth telling; those on all-zero rows and columns are added.

    Raises
    ------
    RequestError
        If X is no data, or the truth or the names do not fit its shape.
    """

    name: str
    X: np.ndarray | sparse.csr_array
    truth: Factorization | None = None
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        """Check that the parts belong together and freeze them."""
        X = check_data(self.X)
        notes = dict.fromkeys([*self.notes, *zero_notes(X)])  # in order, each once
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "notes", tuple(notes))
        n, d = X.shape
        if self.truth is not None:
            shape = (self.truth.W.shape[0], self.truth.H.shape[1])
            if shape != (n, d):
                raise RequestError(f"X is {n}×{d} and its truth {shape[0]}×{shape[1]}")
        for kind, size in (("row_names", n), ("column_names", d)):
            names = getattr(self, kind)
            if names is not None:
                if len(names) != size:
                    raise RequestError(f"{kind} has {len(names)} entries; X is {n}×{d}")
                object.__setattr__(self, kind, tuple(str(name) for name in names))

    @property
    def n_components(self):
        """Of the truth; None if there is none."""
        return None if self.truth is None else self.truth.n_components

    @cached_property
    def sha256(self):
        """Hash of the shape and the values, independent of name and machine.

        A dense and a sparse matrix of the same values differ, since fits of them may differ in
        the last bits.
        """
        digest = hashlib.sha256(f"{self.X.shape} {sparse.issparse(self.X)}".encode())
        if sparse.issparse(self.X):
            parts = (self.X.indptr.astype("<i8"), self.X.indices.astype("<i8"), self.X.data)
        else:
            parts = (self.X,)
        for part in parts:
            little = part.astype(part.dtype.newbyteorder("<"), copy=False)
            digest.update(memoryview(np.ascontiguousarray(little)).cast("B"))
        return digest.hexdigest()


def check_data(X):
    """Return X in the one form that everything else works on, or refuse it.

    Parameters
    ----------
    X : array-like, pandas DataFrame or scipy sparse matrix of shape (n_samples, n_features)
        Any real dtype; booleans count as 0 and 1.

    Returns
    -------
    array or csr_array of float64, shape (n_samples, n_features)
        Dense: C-ordered and read-only, never the array given unless that is read-only too.
        Sparse: canonical (indices sorted, no duplicates, no explicit zeros) and a copy.

    Raises
    ------
    RequestError
        X has NaN, infinity, a negative, text, complex or masked entries, not two dimensions,
        no rows, no columns, nothing but zeros, or a scale at which squares over- or underflow.
    """
    if sparse.issparse(X):
        checked = values = _sparse(X)
        if isinstance(checked, sparse.csr_array):
            values = checked.data
    else:
        checked = values = _dense(X)
    if 0 in checked.shape:
        raise RequestError(
            f"X has {checked.shape[0]} rows and {checked.shape[1]} columns; "
            "possible: at least 1 of each"
        )
    bad = ~np.isfinite(values)
    if bad.any():
        what = "NaN" if np.isnan(values).any() else "infinity"
        raise RequestError(
            f"X has {what} {_where(checked, bad)}; possible: finite numbers >= 0, "
            "so fill in or drop missing values first"
        )
    bad = values < 0
    if bad.any():
        lowest = values.min()
        raise RequestError(
            f"X has {bad.sum()} negative entries, the lowest {lowest:g} "
            f"{_where(checked, values == lowest)}; possible: numbers >= 0"
        )
    largest = values.max(initial=0.0)
    if largest == 0:
        raise RequestError("X is all zero, so there is nothing to factor; give a nonzero entry")
    if not 1 / _LARGEST <= largest <= _LARGEST:
        raise RequestError(
            f"X has {largest:g} as its largest entry; possible: {1 / _LARGEST:g} to "
            f"{_LARGEST:g}, so rescale it first"
        )
    return checked


def zero_notes(X):
    """One sentence each for all-zero rows and all-zero columns, if there are any."""
    notes = []
    for axis, one, many in ((1, "row", "rows"), (0, "column", "columns")):
        count = int(
            (
                np.asarray(X.max(axis=axis).toarray() if sparse.issparse(X) else X.max(axis)) == 0
            ).sum()
        )
        if count:
            notes.append(
                f"{count} {many if count > 1 else one} {'are' if count > 1 else 'is'} all zero."
            )
    return tuple(notes)


def _sparse(X):
    """Return X as a canonical float64 csr_array of its own memory."""
    if X.ndim != 2:
        raise RequestError(f"X has {X.ndim} dimensions; possible: 2 (samples × features)")
    if X.dtype.kind not in "biuf":
        raise RequestError(f"X has dtype {X.dtype}; possible: real numbers")
    with np.errstate(over="ignore"):
        csr = sparse.csr_array(X, dtype=np.float64, copy=True)
    try:
        csr.check_format(full_check=True)
    except ValueError as error:
        raise RequestError(f"X is a damaged sparse matrix ({error})") from None
    csr.sum_duplicates()
    csr.eliminate_zeros()
    return csr


def _dense(X):
    """Return X as a read-only C-ordered float64 array of two dimensions."""
    if np.ma.is_masked(X):
        raise RequestError(
            f"X has {np.ma.count_masked(X)} masked entries; possible: finite numbers >= 0, "
            "so fill in or drop missing values first"
        )
    try:
        given = np.asarray(X)
    except (TypeError, ValueError):
        raise RequestError(
            f"X is {X!r:.60}, which makes no matrix; possible: rows of equal length"
        ) from None
    if given.ndim != 2:
        raise RequestError(
            f"X has {given.ndim} dimensions; possible: 2 (samples × features), "
            "as an array, DataFrame or sparse matrix"
        )
    if given.dtype == object:
        given = _numbers(given)
    if given.dtype.kind not in "biuf":
        raise RequestError(f"X has dtype {given.dtype}; possible: real numbers")
    if given is X and given.dtype == np.float64 and given.flags.c_contiguous:
        if not given.flags.writeable and given.base is None and type(given) is np.ndarray:
            return given
    with np.errstate(over="ignore"):
        dense = np.array(given, dtype=np.float64, order="C") + 0.0  # no negative zeros
    dense.setflags(write=False)
    return dense


def _numbers(objects):
    """Return Python objects as float64, or refuse the first that is no number."""
    for (row, column), entry in np.ndenumerate(objects):
        if not isinstance(entry, Real):
            raise RequestError(
                f"X has {entry!r:.60} at row {row}, column {column} (counted from 0); "
                "possible: numbers"
            )
    try:
        return objects.astype(np.float64)
    except OverflowError:
        raise RequestError("X has an integer beyond 1e308; possible: rescale it first") from None


def _where(X, bad):
    """Say where ``bad`` is first true; of a sparse X, ``bad`` is on its data."""
    first = int(np.argmax(bad))
    if sparse.issparse(X):
        row, column = np.searchsorted(X.indptr, first, side="right") - 1, X.indices[first]
    else:
        row, column = np.unravel_index(first, X.shape)
    return f"at row {row}, column {column} (counted from 0)"
