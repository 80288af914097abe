"""Whether a few numbers of the data carry all of its norm, so that nothing else is looked at.

Errors, distances and the objective are relative to ``‖X‖``. Where one cell (a fill value, a slip of
the decimal point), row or column outweighs the rest, a fit of it alone is exact, all fits are the
same, and the rest of the data has never been fitted.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nmfstudy.model.weighted import values_of

OUTWEIGHS = 100  # times the norm of all the rest together, each of the parts that dominate
_FEW = 10  # at most one part in so many dominates, and always one may


@dataclass(frozen=True)
class Dominance:
    """The few parts of the data that outweigh all others.

    Attributes
    ----------
    what : {"cell", "row", "column"}
        Cells, unless they fill fewer than half as many rows or columns.
    where : tuple
        Index of each, the largest first; of cells, pairs (row, column).
    rest : float
        Norm of all the rest, relative to ``‖X‖``; at most 1/`OUTWEIGHS`.
    """

    what: str
    where: tuple
    rest: float


def dominance(X):
    """Find the cells, rows or columns that dwarf the rest of the data.

    Parts dominate if each has at least 100 times the norm of all the rest together, so if a single
    one does, it carries more than 99.99 % of ``‖X‖²``. The rest must not be negligible in itself:
    most of the data, so at most one in ten of the nonzero parts dominates, or a single one.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
        Nonnegative and finite.

    Returns
    -------
    Dominance or None

    Examples
    --------
    >>> X = [[1.0, 2, 3], [4, 5, 6], [7, 8, 9e36]]
    >>> dominance(np.array(X)).where
    ((2, 2),)
    >>> dominance(np.array(X).clip(max=9)) is None
    True
    """
    X = values_of(X)
    if sparse.issparse(X):
        X = sparse.coo_array(X)
        cells, place = X.data, X.coords
    else:
        X = np.asarray(X)
        cells, place = X.ravel(), None
    scale = float(cells.max(initial=0.0))
    if not scale > 0:
        return None
    squares = X.multiply(X / scale / scale) if sparse.issparse(X) else np.square(X / scale)
    found = {"cell": _outweighing(cells / scale)}
    for axis, what in ((1, "row"), (0, "column")):
        found[what] = _outweighing(np.sqrt(np.asarray(squares.sum(axis=axis)).ravel()))
    found = {what: (at, rest) for what, (at, rest) in found.items() if len(at)}
    if not found:
        return None
    # A row or column is named where it holds more than two of the cells.
    what = min(found, key=lambda kind: len(found[kind][0]) * (1 if kind == "cell" else 2))
    at, rest = found[what]
    if what != "cell":
        return Dominance(what, tuple(at.tolist()), rest)
    rows, columns = np.unravel_index(at, X.shape) if place is None else (i[at] for i in place)
    return Dominance(what, tuple(zip(rows.tolist(), columns.tolist(), strict=True)), rest)


def _outweighing(sizes):
    """Positions of the few sizes that outweigh all others, and what the others amount to."""
    n = int(np.count_nonzero(sizes))
    few = max(1, n // _FEW)
    if n <= few:
        return np.zeros(0, dtype=np.int64), 0.0
    least = np.partition(sizes, len(sizes) - few)[len(sizes) - few]
    at = np.flatnonzero(sizes >= least)
    at = at[np.argsort(-sizes[at], kind="stable")][:few]
    # hypot neither overflows nor loses what is 10²⁰⁰ times smaller, as a sum of squares does.
    below = np.hypot.accumulate(np.append(_norm(np.delete(sizes, at)), sizes[at][:0:-1]))[::-1]
    dwarfing = np.flatnonzero(sizes[at] >= OUTWEIGHS * below)
    if not dwarfing.size:
        return at[:0], 0.0
    last = dwarfing[-1]
    return at[: last + 1], float(below[last] / np.hypot(below[0], sizes[at[0]]))


def _norm(sizes):
    largest = sizes.max(initial=0.0)
    return largest * np.linalg.norm(sizes / largest) if largest > 0 else 0.0
