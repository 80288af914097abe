"""What a dataset is, and which matrices are accepted as data."""

import hashlib
from dataclasses import InitVar, dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from nmfstudy.datasets.files import printable_name
from nmfstudy.datasets.weights import check_scale, weight_notes, with_weights
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.weighted import Weighted, stored, values_of
from nmfstudy.util.errors import RequestError, short
from nmfstudy.util.plain_text import one_line

# What programs write for a missing value: netCDF's default, CMIP's, and nines.
_FILLS = (9.969209968386869e36, 1e20, 9999.0, 99999.0, 999999.0)
_CENTRED = 0.1  # share of negative entries above which data are hardly amounts with errors
_LARGEST = 1e100  # beyond it, and below its inverse, squares and cubes leave the double range


@dataclass(frozen=True)
class Known:
    """How many exact factorizations a matrix has, by proof.

    Attributes
    ----------
    n_components : int
        Of the factorizations counted.
    n_solutions : int or inf
        Modulo permutation and scaling; 0 if there is none of this size.
    """

    n_components: int
    n_solutions: int | float


@dataclass(frozen=True, eq=False)
class Dataset:
    """A nonnegative matrix and what is known of it.

    Parameters
    ----------
    name : str
        Carries the parameters: ``laurberg(0.3)``. Kept on one line and printable.
    X : array, DataFrame or sparse matrix of shape (n_samples, n_features)
        Kept as `check_data` returns it: as `nmfstudy.model.weighted.Weighted` if an entry is
        unknown (NaN) or weights differ.
    truth : Factorization, optional
        Factors that X was made from. The notes say whether other factors do as well, and
        whether noise was added.
    row_names, column_names : tuple of str, optional
        If None, the labels of a DataFrame, unless they only count from 0.
    notes : tuple of str
        Sentences worth telling; those on all-zero rows and columns, and on entries that dwarf all
        others, are added.
    known : Known, optional
        The number of exact factorizations, where it is known.
    reading : tuple of str
        How a file was read, in a few words each.
    weights : array or sparse matrix of the shape of X, optional
        See `check_data`.

    Raises
    ------
    RequestError
        If X is no data, or the truth or the names do not fit its shape.
    """

    name: str
    X: np.ndarray | sparse.csr_array | Weighted
    truth: Factorization | None = None
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    known: Known | None = None
    reading: tuple[str, ...] = ()
    weights: InitVar[ArrayLike | sparse.csr_array | None] = None

    def __post_init__(self, weights):
        """Check that the parts belong together and freeze them."""
        X, labels = check_data(self.X, weights), _labels(self.X)
        added = *weight_notes(X), *zero_notes(X), *fill_notes(X)
        notes = map(one_line, [*self.notes, *added])
        notes = dict.fromkeys(notes)  # in order, each once
        object.__setattr__(self, "name", printable_name(str(self.name)))
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "notes", tuple(notes))
        n, d = X.shape
        if self.truth is not None:
            shape = (self.truth.W.shape[0], self.truth.H.shape[1])
            if shape != (n, d):
                raise RequestError(f"X is {n}×{d} and its truth {shape[0]}×{shape[1]}")
        for kind, size, others in zip(("row_names", "column_names"), (n, d), labels, strict=True):
            names = getattr(self, kind)
            names = others if names is None else names
            if names is not None:
                if len(names) != size:
                    raise RequestError(f"{kind} has {len(names)} entries; X is {n}×{d}")
                object.__setattr__(self, kind, tuple(one_line(str(name)) for name in names))

    @property
    def n_components(self):
        """Of the truth; None if there is none."""
        return None if self.truth is None else self.truth.n_components

    @cached_property
    def sha256(self):
        """Hash of the shape and the values, independent of name and machine.

        Weights enter. A dense and a sparse matrix of the same values differ, since fits of them
        may differ in the last bits.
        """
        X, weights = self.X, ()
        if isinstance(X, Weighted):
            X, weights = X.values, (stored(X).v, np.array([X.background]))
        digest = hashlib.sha256(f"{X.shape} {sparse.issparse(X)}".encode())
        if sparse.issparse(X):
            parts = (X.indptr.astype("<i8"), X.indices.astype("<i8"), X.data, *weights)
        else:
            parts = (X, *weights)
        for part in parts:
            little = part.astype(part.dtype.newbyteorder("<"), copy=False)
            digest.update(memoryview(np.ascontiguousarray(little)).cast("B"))
        return digest.hexdigest()


def _labels(X):
    """Names of the rows and of the columns of a DataFrame; None where they only count from 0."""
    if not hasattr(X, "iloc"):
        return None, None
    return tuple(None if list(axis) == list(range(len(axis))) else _texts(axis) for axis in X.axes)


def _texts(labels):
    """Labels as text; those with several levels joined by commas."""
    return tuple(", ".join(map(str, x)) if isinstance(x, tuple) else str(x) for x in labels)


def check_data(X, weights=None):
    """Return X in the one form that everything else works on, or refuse it.

    Parameters
    ----------
    X : array-like, pandas DataFrame, scipy sparse matrix or Weighted, (n_samples, n_features)
        Any real dtype; booleans count as 0 and 1. NaN, and what a masked array masks, is unknown.
    weights : array-like or sparse matrix of the same shape, optional
        Finite and nonnegative; where they are zero nothing is known, whatever X holds there. A
        sparse one lists the entries that are known.

    Returns
    -------
    array, csr_array or Weighted of float64, shape (n_samples, n_features)
        Dense: C-ordered and read-only, never the array given unless that is read-only too.
        Sparse: canonical (indices sorted, no duplicates, no explicit zeros) and a copy. Weighted
        only if an entry is unknown or has another weight than one.

    Raises
    ------
    RequestError
        X has infinity, a negative, text or complex numbers, not two dimensions, no rows, no
        columns, nothing known but zeros, or a scale at which squares over- or underflow; weights
        that are none.
    """
    if isinstance(X, Weighted):
        if weights is not None:
            raise RequestError("X has weights already; possible: no others")
        return X
    X = _matrix(X)
    n, d = X.shape
    if not n or not d:
        raise RequestError(f"X has {n} rows and {d} columns; possible: at least 1 of each")
    if weights is not None:
        try:
            weights = _matrix(weights)
        except RequestError as error:
            raise RequestError(f"weights{str(error).removeprefix('X')}") from None
    X = with_weights(X, weights)
    _check_values(values_of(X))
    if isinstance(X, Weighted):
        check_scale(X)
    return X


def _matrix(X):
    return _sparse(X) if sparse.issparse(X) else _dense(X)


def _check_values(X):
    values = X.data if sparse.issparse(X) else X
    lowest, largest = values.min(initial=0.0), values.max(initial=0.0)
    if np.isinf([lowest, largest]).any():
        raise RequestError(
            f"X has infinity {_where(X, np.isinf(values))}; possible: finite numbers >= 0"
        )
    if lowest < 0:
        raise RequestError(
            f"X has {(values < 0).sum()} negative entries, the lowest {lowest:g} "
            f"{_where(X, values == lowest)}; possible: numbers >= 0"
            f"{_remedy(lowest, largest, (values < 0).sum() / np.count_nonzero(values))}"
        )
    if largest == 0:
        raise RequestError("X is all zero, so there is nothing to factor; give a nonzero entry")
    if not 1 / _LARGEST <= largest <= _LARGEST:
        raise RequestError(
            f"X has {largest:g} as its largest entry; possible: {1 / _LARGEST:g} to "
            f"{_LARGEST:g}, so rescale it first"
        )


def is_rounding(lowest, largest):
    """Whether a negative entry is so small beside the largest that it is a rounding error."""
    return -lowest <= 1e-6 * largest


def _remedy(lowest, largest, share):
    """What to do about negative entries, where they look like something that is known.

    ``share`` is that of the negative ones among those that are not zero.
    """
    if is_rounding(lowest, largest):
        return ", so set what is rounding error to 0, as dataset.clip=true does"
    if lowest in (-1, -9, -99, -999, -9999, -99999):
        return ", so make them NaN if they stand for missing values"
    if share > _CENTRED:
        return (
            "; if these data are centred or log-ratios, give them as they were before, or their "
            "positive and negative parts as columns of their own"
        )
    return ""


def zero_notes(X):
    """One sentence each for all-zero rows and all-zero columns, if there are any."""
    counts = ((n_zero(X, axis), what) for axis, what in ((1, "row"), (0, "column")))
    return tuple(f"{n} {what}{'s are' if n > 1 else ' is'} all zero." for n, what in counts if n)


def n_zero(X, axis):
    """How many rows (axis 1) or columns (axis 0) are all zero; of unknown entries none are."""
    largest = values_of(X).max(axis=axis)
    largest = largest.toarray() if sparse.issparse(largest) else largest
    known = X.known(axis) > 0 if isinstance(X, Weighted) else True
    return int(((largest == 0) & known).sum())


def fill_notes(X):
    """One sentence if the largest entries may stand for missing ones.

    They may if they are 10⁶ times all others, or 100 times and what programs write for a missing
    value; if they are few, a quarter of the entries at most.
    """
    X = values_of(X)
    values = X.data if sparse.issparse(X) else X
    largest = values.max()
    filled = values == largest
    ratio = largest / max(values.max(where=~filled, initial=0.0), largest / _LARGEST)
    usual = np.isclose(largest, _FILLS, rtol=1e-6, atol=0).any()
    count = int(filled.sum())
    if count > X.shape[0] * X.shape[1] / 4 or not (ratio >= 1e6 or (usual and ratio >= 100)):
        return ()
    first = f"{largest:.6g} {_where(X, filled)}"
    which = f"The largest entry, {first}, is" if count == 1 else f"{count} entries, {first}, are"
    return (
        f"{which} {ratio:.1g} times all others; if this stands for a missing value, fill it in or "
        "drop it first.",
    )


def _sparse(X):
    """Return X as a canonical float64 csr_array of its own memory."""
    _check_kind(X)
    X = X.copy()
    try:
        if hasattr(X, "check_format"):
            X.check_format(full_check=True)  # an index out of range would read foreign memory
        with np.errstate(over="ignore"):
            csr = sparse.csr_array(X, dtype=np.float64)
    except ValueError as error:
        raise RequestError(f"X is a damaged sparse matrix ({error})") from None
    csr.sum_duplicates()
    csr.eliminate_zeros()
    if max(csr.nnz, *csr.shape) <= np.iinfo(np.int32).max:
        csr.indices, csr.indptr = csr.indices.astype(np.int32), csr.indptr.astype(np.int32)
    return csr


def _dense(X):
    """Return X as a read-only C-ordered float64 array of two dimensions."""
    if np.ma.is_masked(X):
        X = np.ma.filled(np.ma.asarray(X, dtype=np.float64), np.nan)
    try:
        given = np.asarray(X)
    except (TypeError, ValueError):
        raise RequestError(
            f"X is {short(X)}, which makes no matrix; possible: rows of equal length"
        ) from None
    _check_kind(given)
    if given.dtype == object:
        given = _numbers(given)
    if given is X and given.dtype == np.float64 and given.flags.c_contiguous:
        if not given.flags.writeable and given.base is None and type(given) is np.ndarray:
            return given
    with np.errstate(over="ignore"):
        dense = np.add(given, 0.0, out=np.empty(given.shape))  # and no negative zeros
    dense.setflags(write=False)
    return dense


def _check_kind(X):
    """Refuse what has not two dimensions, or a dtype that is no real number."""
    if X.ndim != 2:
        raise RequestError(
            f"X has {X.ndim} dimensions; possible: 2 (samples × features), "
            "as an array, DataFrame or sparse matrix"
        )
    kind = X.dtype.kind
    if kind in "biuf" or (kind == "O" and not sparse.issparse(X)):
        return
    what = {"U": "text", "S": "text", "T": "text", "c": "complex numbers", "O": "Python objects"}
    raise RequestError(f"X holds {what.get(kind, f'entries of type {X.dtype}')}; possible: numbers")


def _numbers(objects):
    """Return Python objects as float64, or refuse the first that is no number."""
    missing = np.frompyfunc(lambda entry: type(entry).__name__ == "NAType", 1, 1)(objects)
    objects = np.where(missing.astype(bool), np.nan, objects)  # what pandas writes for NaN
    for (row, column), entry in np.ndenumerate(objects):
        if not isinstance(entry, Real | Decimal):
            raise RequestError(
                f"X has {short(entry)} at row {row}, column {column} (counted from 0); "
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
