"""What is worth knowing of a matrix before it is fitted."""

import numpy as np
from scipy import sparse

from nmfstudy.model.weighted import Weighted, values_of

_CONCENTRATED = 0.5  # share of ‖X‖² in one row or column
_RANKED = 400  # rows or columns up to which the rank is worked out
_MOSTLY_ZERO = 0.5
_OF_POSITIVE = ("concentrated", "counts", "range")  # codes that unknown entries do not touch


def data_checks(X):
    """Look at a matrix for what decides how to fit it.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
        Nonnegative. With weights or unknown entries, what is said of positive ones alone.

    Returns
    -------
    tuple of (str, dict)
        A code and its numbers, in this order, each at most once for columns and once for rows:

        - ``concentrated``: one row or column (what, at from 0) has more than half of ‖X‖² (share);
        - ``constant``, ``proportional``: so many (n) rows or columns (what) that are not all zero
          have one value only, or are a multiple of an earlier one;
        - ``zeros``: more than half of the entries are zero (share);
        - ``counts``: all entries are whole numbers, up to ``largest``;
        - ``range``: smallest positive and largest entry, if more than 10⁶ apart;
        - ``rank``: of the matrix, if it is below its smaller side (rank, most).

    Examples
    --------
    >>> [code for code, _ in data_checks([[1, 0, 900.0], [2, 1, 800.5], [3, 2, 850]])]
    ['concentrated']
    """
    codes = _OF_POSITIVE if isinstance(X, Weighted) else None
    X = values_of(X)
    X = sparse.csr_array(X) if sparse.issparse(X) else np.asarray(X, dtype=float)
    return tuple(found for found in _found(X) if codes is None or found[0] in codes)


def _found(X):
    values = X.data if sparse.issparse(X) else X.ravel()
    positive = values[values > 0]
    if not positive.size:
        return
    scaled = X / positive.max()
    for axis, what in ((0, "column"), (1, "row")):
        squares = _dense(scaled.multiply(scaled) if sparse.issparse(X) else scaled**2, axis)
        at = int(squares.argmax())
        if len(squares) > 2 and squares[at] > _CONCENTRATED * squares.sum():
            share = float(squares[at] / squares.sum())
            yield "concentrated", {"what": what, "at": at, "share": share}
    for what, lines in (("column", X.T), ("row", X)):
        yield from _lines(what, lines)
    share = 1 - positive.size / (X.shape[0] * X.shape[1])
    if share > _MOSTLY_ZERO:
        yield "zeros", {"share": share}
    # Beyond 2⁵³ every number of a computer is whole.
    if 1 < positive.max() < 2**53 and np.equal(np.floor(positive), positive).all():
        yield "counts", {"largest": int(positive.max())}
    if positive.max() > 1e6 * positive.min():
        yield "range", {"smallest": float(positive.min()), "largest": float(positive.max())}
    most = min(X.shape)
    if 1 < most <= _RANKED:
        gram = scaled @ scaled.T if X.shape[0] == most else scaled.T @ scaled
        gram = gram.toarray() if sparse.issparse(gram) else gram
        rank = int(np.linalg.matrix_rank(gram / gram.max(), tol=1e-12 * most, hermitian=True))
        if rank < most:
            yield "rank", {"rank": rank, "most": most}


def _dense(squares, axis):
    return np.asarray(squares.sum(axis=axis)).ravel()


def _lines(what, lines):
    """Rows of one value, or multiples of an earlier one."""
    if sparse.issparse(lines):
        lines = lines.tocsr()
        if lines.shape[0] * lines.shape[1] > 4_000_000:
            return
        lines = lines.toarray()
    top = lines.max(axis=1)
    alive = lines[top > 0]
    n_constant = int((alive.min(axis=1) == alive.max(axis=1)).sum())
    if n_constant and lines.shape[1] > 1:
        yield "constant", {"what": what, "n": n_constant}
    unit = np.round(alive / alive.max(axis=1, keepdims=True), 12)
    n_proportional = len(unit) - len(np.unique(unit, axis=0)) if lines.shape[1] > 1 else 0
    if n_proportional:
        yield "proportional", {"what": what, "n": n_proportional}
