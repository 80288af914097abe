"""Matrices of which some entries are unknown, or count more than others.

Everything that is computed of data goes over their *stored* entries, each with a weight; entries
that a sparse matrix does not store are zeros, which count with the weight ``background``. So the
three forms of data differ only in what `Stored` says of them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Weighted:
    """A matrix with a weight for each entry; `nmfstudy.datasets.base.check_data` makes them.

    Parameters
    ----------
    values : array or csr_array of shape (n_samples, n_features)
        Zero where nothing is known.
    weights : array or csr_array of the same shape
        Nonnegative; zero where nothing is known. Sparse: of the same stored entries.
    background : float
        Of entries that a sparse matrix does not store: 1 if they are zeros, 0 if unknown.
    """

    values: np.ndarray | sparse.csr_array
    weights: np.ndarray | sparse.csr_array
    background: float = 0.0

    ndim = 2

    @property
    def shape(self):
        """``(n_samples, n_features)``."""
        return self.values.shape

    @property
    def T(self):
        """The transposed matrix, its entries stored by row again."""
        return Weighted(_by_row(self.values.T), _by_row(self.weights.T), self.background)

    def __getitem__(self, rows):
        """Some rows."""
        return Weighted(self.values[rows], self.weights[rows], self.background)

    def columns(self, columns):
        """Some columns."""
        return self.T[columns].T

    def scaled(self, size, weight):
        """Values in units of ``size``, weights in units of ``weight``; unstored weights too."""
        return Weighted(self.values / size, self.weights / weight, self.background / weight)

    @property
    def n_known(self):
        """Number of known entries."""
        n, d = self.shape
        known = np.count_nonzero(stored(self).v)
        return known + (n * d - self.weights.nnz if self.background else 0)

    @property
    def n_unknown(self):
        """Number of unknown entries."""
        return self.shape[0] * self.shape[1] - self.n_known

    @property
    def is_mask(self):
        """Whether every weight is zero or one."""
        v = stored(self).v
        return bool(((v == 0) | (v == 1)).all())

    @property
    def mean_weight(self):
        """Mean of the weights of known entries."""
        n, d = self.shape
        unstored = n * d - self.weights.nnz if self.background else 0
        return float((stored(self).v.sum() + self.background * unstored) / self.n_known)

    def mean(self):
        """Mean of the known entries, each counted once."""
        return float(self.values.sum() / self.n_known)

    def sum(self, axis=None):
        """Sums of the known entries."""
        return self.values.sum(axis=axis)

    def known(self, axis):
        """How many entries are known of each row (axis 1) or column (axis 0)."""
        if not sparse.issparse(self.weights):
            return np.count_nonzero(self.weights, axis=axis)
        marks = self.weights.copy()
        marks.data = (marks.data > 0) - float(self.background > 0)
        unstored = self.shape[axis] if self.background else 0
        return np.asarray(marks.sum(axis=axis)).reshape(-1).astype(int) + unstored

    def toarray(self):
        """A dense array, NaN where nothing is known."""
        if not sparse.issparse(self.values):
            return np.where(self.weights > 0, self.values, np.nan)
        out = np.full(self.shape, 0.0 if self.background else np.nan)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.values.indptr))
        out[rows, self.values.indices] = np.where(self.weights.data > 0, self.values.data, np.nan)
        return out

    def dense(self):
        """The same with every entry stored."""
        if not sparse.issparse(self.values):
            return self
        X = self.toarray()
        known = ~np.isnan(X)
        weights = known.astype(float) if self.background else self.weights.toarray()
        return Weighted(np.where(known, X, 0.0), weights)

    def filled(self):
        """The matrix with guesses for what is unknown, to take singular vectors of.

        Dense: (mean of the row) · (mean of the column) / mean, each of the known entries. Sparse:
        zeros, as everything else would fill the matrix.
        """
        if sparse.issparse(self.values):
            return self.values
        rows, columns = (self.sum(axis) / np.maximum(self.known(axis), 1) for axis in (1, 0))
        return np.where(self.weights > 0, self.values, np.outer(rows, columns / self.mean()))


def known_part(X):
    """Data without the rows and columns of which nothing is known, and which are left.

    Returns
    -------
    X : array, csr_array or Weighted
        Without weights if all that are left are one.
    rows, columns : int arrays
    """
    rows, columns = (
        np.flatnonzero(X.known(axis)) if isinstance(X, Weighted) else np.arange(X.shape[1 - axis])
        for axis in (1, 0)
    )
    if (len(rows), len(columns)) != X.shape:
        X = X[rows].columns(columns)
        if X.n_unknown == 0 and X.is_mask:
            X = X.values
    return X, rows, columns


def _by_row(A):
    return sparse.csr_array(A) if sparse.issparse(A) else np.ascontiguousarray(A)


class Stored(NamedTuple):
    """The stored entries of data: values, weights (None where all are one), the background."""

    x: np.ndarray
    v: np.ndarray | None
    background: float


def stored(X):
    """The stored entries of an array, a csr_array or `Weighted`."""
    if isinstance(X, Weighted):
        if sparse.issparse(X.values):
            return Stored(X.values.data, X.weights.data, X.background)
        return Stored(X.values, X.weights, 0.0)
    if sparse.issparse(X):
        return Stored(X.data, None, 1.0)
    return Stored(np.asarray(X), None, 0.0)


def values_of(X):
    """The matrix itself, zero where nothing is known."""
    return X.values if isinstance(X, Weighted) else X


def is_sparse(X):
    """Whether data, weighted or not, store a part of their entries."""
    return sparse.issparse(values_of(X))


def with_entries(X, entries):
    """A matrix with the stored entries of X replaced."""
    if not is_sparse(X):
        return entries
    pattern = values_of(X)
    return sparse.csr_array((entries, pattern.indices, pattern.indptr), shape=X.shape)
