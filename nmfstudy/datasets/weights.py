"""Weights and unknown entries of data, brought into one form."""

import numpy as np
from scipy import sparse

from nmfstudy.model.weighted import Weighted, stored
from nmfstudy.util.errors import RequestError

_LARGEST = 1e140  # of weights times X^1.5, whose square is formed, and of its inverse


def with_weights(X, weights=None):
    """X, or as `Weighted` where an entry is unknown or has another weight than one.

    Parameters
    ----------
    X : array or csr_array of float64, shape (n_samples, n_features)
        Entries that are NaN are unknown.
    weights : array or csr_array of float64, of the same shape, optional

    Returns
    -------
    array, csr_array or Weighted

    Raises
    ------
    RequestError
        If these are no weights of X, or nothing is known.
    """
    if weights is not None:
        _check(X, weights)
    if sparse.issparse(X):
        X = _sparse(X) if weights is None else _listed(X, sparse.csr_array(weights))
    else:
        X = _dense(X, weights.toarray() if sparse.issparse(weights) else weights)
    if isinstance(X, Weighted) and not X.n_known:
        raise RequestError("X has no known entry; possible: at least one that is > 0")
    return X


def _check(X, weights):
    values = weights.data if sparse.issparse(weights) else weights
    lowest, largest = values.min(initial=0.0), values.max(initial=0.0)  # NaN if there is one
    if weights.shape != X.shape:
        shapes = ("{}×{}".format(*A.shape) for A in (weights, X))
        raise RequestError("weights is {} and X is {}; possible: the same shape".format(*shapes))
    if not (lowest >= 0 and largest < np.inf):
        what = "NaN" if np.isnan(largest) else f"{lowest if lowest < 0 else largest:g}"
        raise RequestError(
            f"weights has the entry {what}; possible: finite numbers >= 0, where 0 is for what is "
            "unknown"
        )


def check_scale(X):
    """Refuse weighted data, finite and not all zero, whose squares over- or underflow."""
    x, v, _ = stored(X)
    with np.errstate(over="ignore"):
        size = v.max(initial=X.background) * x.max() ** 1.5
    if not 1 / _LARGEST <= size <= _LARGEST:
        raise RequestError(
            f"weights has {v.max():g} and X {x.max():g} as the largest entry; possible: weights · "
            f"X^1.5 of {1 / _LARGEST:g} to {_LARGEST:g}, so rescale them first"
        )


def _dense(X, weights):
    known = ~np.isnan(X)
    if weights is None:
        weights = known.astype(float)
    weights = np.where(known, weights, 0.0)
    if (weights == 1).all():
        return X
    values = np.where(weights > 0, X, 0.0)
    for part in (values, weights):
        part.setflags(write=False)
    return Weighted(values, weights)


def _sparse(X):
    """Of a matrix whose unstored entries are zeros, unless one that is stored is NaN."""
    holes = np.isnan(X.data)
    if not holes.any():
        return X
    return Weighted(_like(X, np.where(holes, 0.0, X.data)), _like(X, 1.0 - holes), 1.0)


def _listed(X, weights):
    """Of a matrix known at the entries of the weights only."""
    weights = weights.copy()
    weights.sum_duplicates()
    weights.eliminate_zeros()
    place, there = (_places(A) for A in (weights, X))
    at = np.searchsorted(there, place)
    at[at == len(there)] = 0
    found = there[at] == place if len(there) else np.zeros(len(place), dtype=bool)
    values = np.where(found, X.data[at] if len(there) else 0.0, 0.0)
    unknown = np.isnan(values)
    if unknown.any():
        weights.data[unknown] = 0.0
        weights.eliminate_zeros()
        values = values[~unknown]
    if weights.nnz == X.shape[0] * X.shape[1] and (weights.data == 1).all():
        return X
    return Weighted(_like(weights, values), weights)


def _places(A):
    """Row-major number of every stored entry."""
    rows = np.repeat(np.arange(A.shape[0]), np.diff(A.indptr))
    return rows * A.shape[1] + A.indices


def _like(A, entries):
    return sparse.csr_array((entries, A.indices, A.indptr), shape=A.shape)


def weight_notes(X):
    """A sentence each on unknown entries, rows and columns, and on weights; none of plain data."""
    if not isinstance(X, Weighted):
        return ()
    notes, size = [], X.shape[0] * X.shape[1]
    if X.n_unknown:
        share = 100 * X.n_unknown / size
        are = "are" if X.n_unknown > 1 else "is"
        notes.append(f"{X.n_unknown:,} of {size:,} entries {are} unknown ({share:.2g} %).")
    if not X.is_mask:
        notes.append("Entries count by weights.")
    return (*notes, *unknown_notes(X))


def unknown_notes(X):
    """A sentence each on rows and columns of which nothing is known, if there are any."""
    notes = []
    for axis, what in ((1, "row"), (0, "column")) if isinstance(X, Weighted) else ():
        empty = np.flatnonzero(X.known(axis) == 0)
        if len(empty):
            have = "s have" if len(empty) > 1 else " has"
            first = ", ".join(map(str, empty[:5])) + (", …" if len(empty) > 5 else "")
            notes.append(f"{len(empty)} {what}{have} no known entry ({first}, counted from 0).")
    return tuple(notes)


def uncertain_weights(sigma):
    """Weights ``1/σ²`` of uncertainties; an infinite one, or NaN, is for what is unknown.

    Parameters
    ----------
    sigma : array or csr_array
        Positive.

    Raises
    ------
    RequestError
        If one is negative or zero; of a sparse matrix, entries that are not stored are zero.
    """
    sigma = sigma.toarray() if sparse.issparse(sigma) else sigma
    bad = sigma <= 0
    if bad.any():
        row, column = np.unravel_index(int(np.argmax(bad)), sigma.shape)
        raise RequestError(
            f"the uncertainty at row {row}, column {column} (counted from 0) is "
            f"{sigma[row, column]:g}; possible: numbers > 0, and inf or nothing for what is unknown"
        )
    with np.errstate(over="ignore"):
        return np.where(np.isnan(sigma), 0.0, 1.0 / sigma / sigma)
