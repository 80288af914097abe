"""Rows, columns and components brought to one size, so that no verdict depends on their units.

Multiplying rows and columns of a product by positive numbers changes neither the number of its
factorizations nor any support. So all three are taken out before an entry is compared with a
threshold; by powers of two, which costs no digit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from nmfstudy.model.factorization import Factorization

NEGLIGIBLE = 1e-9  # cells this far below the others of their row and column do not set its scale
EQUILIBRATIONS = 8  # of leaving such cells out
_NONE = np.iinfo(np.int32).min // 4  # exponent of zero


@dataclass(frozen=True, eq=False)
class Gauge:
    """Exponents of two, which may lie hundreds of decades apart.

    Attributes
    ----------
    rows, columns, components : int arrays
        A product in the gauge, times ``2**rows`` and ``2**columns``, is the given one.
    """

    rows: np.ndarray
    columns: np.ndarray
    components: np.ndarray

    def enter(self, factorization):
        """The factorization in the gauge."""
        return self._moved(factorization, -1)

    def leave(self, factorization):
        """A factorization in the gauge at the given sizes."""
        return self._moved(factorization, 1)

    def _moved(self, factorization, sign):
        return Factorization(
            np.ldexp(factorization.W, sign * (self.rows[:, None] - self.components)),
            np.ldexp(factorization.H, sign * (self.columns + self.components[:, None])),
        )

    def enter_data(self, X):
        """A matrix of the product's shape in the gauge."""
        return np.ldexp(X, -self.rows[:, None] - self.columns)


def unit_free_gauge(factorization, within=None):
    """The `Gauge` in which every row, column and component has about one size.

    Parameters
    ----------
    factorization : Factorization
    within : bool array of shape (n_rows, n_columns), optional
        The cells of the product that set the scales; all positive ones by default.

    Returns
    -------
    Gauge
        In it the largest cell of every row and column is about 1, and so are the largest entries
        of either factor. What is zero keeps the exponent 0.
    """
    W, H = factorization.W, factorization.H
    live = (W.max(axis=0, initial=0) > 0) & (H.max(axis=1, initial=0) > 0)
    components = np.where(live, _exponents(H.max(axis=1, initial=0)), 0)
    rows = _largest(np.where(live, _exponents(W) + components, _NONE))
    columns = _largest(np.where(live[:, None], _exponents(H) - components[:, None], _NONE).T)
    product = Gauge(rows, columns, components).enter(factorization).product()
    positive = product > 0 if within is None else within & (product > 0)
    u, v = cell_scales(product, positive)
    gauge = Gauge(rows - u, columns - v, components)
    inside = gauge.enter(factorization)
    tops = inside.H.max(axis=1, initial=0), inside.W.max(axis=0, initial=0)
    shift = (_exponents(tops[0]) - _exponents(tops[1])) // 2
    return Gauge(gauge.rows, gauge.columns, components + np.where(live, shift, 0))


def _exponents(array):
    mantissa, exponent = np.frexp(array)
    return np.where(mantissa > 0, exponent, _NONE)


def _largest(exponents):
    top = exponents.max(axis=1, initial=_NONE)
    return np.where(top > _NONE // 2, top, 0)


def row_shares(factor, other_top):
    """Rows of ``factor * other_top`` at maximum 1, without over- or underflow on the way.

    Parameters
    ----------
    factor : array of shape (n_rows, k)
        No row is zero.
    other_top : array of shape (k,)
        What multiplies the columns; positive.
    """
    m, e = np.frexp(factor)
    m_top, e_top = np.frexp(other_top)
    m, e = m * m_top, np.where(m > 0, e + e_top, _NONE)
    shares = np.ldexp(m, np.maximum(e - e.max(axis=1, initial=_NONE)[:, None], -2000))
    return shares / shares.max(axis=1, initial=0.0)[:, None]


def cell_scales(X, within):
    r"""Powers of two for rows and columns that bring the cells of a matrix to one size.

    They minimise ``Σ (log u_i X_ij v_j)²``, so that the scaled cells are the same for ``D₁XD₂``
    with any positive diagonals. Cells that come out below 1e-9 of the largest of their row and
    column are left out and the others scaled again. Then rows, and after them columns, are
    brought to maximum 1, within a factor of two.

    Parameters
    ----------
    X : array of shape (n_rows, n_columns)
        Nonnegative.
    within : bool array of the same shape
        Cells that count; all positive.

    Returns
    -------
    u, v : int arrays of shapes (n_rows,), (n_columns,)
        Exponents.
    """
    logs = np.log2(X, where=within, out=np.zeros(X.shape))
    for _ in range(EQUILIBRATIONS):
        _, v = _centred(logs, within)
        u = -_top(np.where(within, logs + v, -np.inf))
        v = -_top(np.where(within, logs + u[:, None], -np.inf).T)
        kept = within & (logs + u[:, None] + v > np.log2(NEGLIGIBLE))
        if (kept == within).all():
            break
        within = kept
    return np.rint(u).astype(np.int64), np.rint(v).astype(np.int64)


def _top(logs):
    top = logs.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0.0)


def _centred(logs, within):
    """The least-squares effects a, b of rows and columns: ``logs + a + b ≈ 0`` within."""
    if logs.shape[0] < logs.shape[1]:
        return _centred(logs.T, within.T)[::-1]
    mask = within.astype(float)
    logs = np.where(within, logs, 0.0)
    n_row, n_column = np.maximum(mask.sum(axis=1), 1.0), np.maximum(mask.sum(axis=0), 1.0)
    mean = logs.sum(axis=1) / n_row
    # Rows eliminated: the Laplacian of a graph, singular but consistent.
    shape = 2 * (logs.shape[1],)
    laplacian = LinearOperator(
        shape, matvec=lambda b: n_column * b - mask.T @ (mask @ b / n_row), dtype=float
    )
    jacobi = LinearOperator(shape, matvec=lambda r: r / n_column, dtype=float)
    b, _ = cg(laplacian, mask.T @ mean - logs.sum(axis=0), rtol=0.0, atol=1e-8, M=jacobi)
    return -mean - mask @ b / n_row, b
