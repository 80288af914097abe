"""What one holds: a data matrix beside the factors whose product stands for it."""

import numpy as np
import pandas as pd

from nmfstudy.model.factorization import as_factorization
from nmfstudy.plots import style
from nmfstudy.plots.factors import best_factorization, image_shape, plot_matrix
from nmfstudy.plots.illustration import Illustration

NAMED_SAMPLES = 40  # samples or features with a name each
_LARGEST = 4_000_000  # entries of a matrix that is drawn
_WRITTEN = 20_000  # entries of a matrix whose numbers go into the file


def plot_product(X, factorization, *, row_names=None, column_names=None, figure=None):
    """X with W to its left and H above it, so that rows and columns stand in line.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    factorization : Factorization or (W, H)
        Drawn with a largest entry of 1 in every row of H.
    row_names, column_names : sequence of str, optional
        More than 40 samples are put into the order of their largest component instead.
    figure : Figure, optional

    Returns
    -------
    list of Axes
        Of W, H and X.
    """
    f = as_factorization(factorization).normalize("max")
    X, (n, k), d = np.asarray(X, dtype=float), f.W.shape, f.H.shape[1]
    figure = style.new_axes(*product_size(n, k, d)).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.06, h_pad=0.06)
    if n > NAMED_SAMPLES:
        row_names, order = None, sample_order(f.W)
        X, f = X[order], type(f)(f.W[order], f.H)
    height, width = _cells(n), _cells(d)
    (corner, of_H), (of_W, of_X) = figure.subplots(
        2, 2, width_ratios=[0.45 * k, max(width, 1.0)], height_ratios=[0.36 * k, height]
    )
    corner.remove()
    parts = [f"{r + 1}" for r in range(k)]
    plot_matrix(
        f.H, row_names=parts, column_names=column_names, colour=style.OF_H, ax=of_H, title="H"
    )
    plot_matrix(f.W, row_names=row_names, column_names=parts, colour=style.OF_W, ax=of_W, title="W")
    plot_matrix(X, colour=style.DATA, ax=of_X, title="data X ≈ W H")
    of_X.set(xticks=[], yticks=[])
    return [of_W, of_H, of_X]


def sample_order(W):
    """Samples by their largest component, the purest first."""
    share = W / np.where(W.sum(axis=1) > 0, W.sum(axis=1), 1.0)[:, None]
    return np.lexsort((-share.max(axis=1), share.argmax(axis=1)))


def _cells(n):
    """Inches for so many rows or columns."""
    return float(np.clip(0.3 * n, 0.6, 5.5))


def product_size(n_samples, n_components, n_features):
    """Inches that `plot_product` needs."""
    wide = 2.0 + 0.45 * n_components + max(_cells(n_features), 3.0)
    return min(wide, 8.5), 1.6 + 0.36 * n_components + _cells(n_samples)


def illustrate_product(result):
    """The data of a problem beside its best factors; None for images and for very large data."""
    best, X = best_factorization(result), result.dataset.X
    columns, rows = result.dataset.column_names, result.dataset.row_names
    n, d = X.shape
    if best is None or n * d > _LARGEST or best.n_components > 12 or image_shape(columns):
        return None
    X = X.toarray() if hasattr(X, "toarray") else X
    return Illustration(
        name=f"product-{result.key}",
        draw=lambda figure: plot_product(
            X, best, row_names=rows, column_names=columns, figure=figure
        ),
        data=_entries(X, best.normalize("max"), rows, columns),
        size=product_size(n, best.n_components, d),
    )


def _entries(X, f, rows, columns):
    """Every number drawn, one a row: matrix, row, column, value; of very large data without X."""
    rows = rows or [f"sample {i + 1}" for i in range(X.shape[0])]
    columns = columns or [f"feature {j + 1}" for j in range(X.shape[1])]
    parts = [f"component {r + 1}" for r in range(f.n_components)]
    matrices = [("W", f.W, rows, parts), ("H", f.H, parts, columns)]
    if X.size <= _WRITTEN:
        matrices.append(("X", X, rows, columns))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "matrix": name,
                    "row": np.repeat(np.array(of_rows, dtype=object), M.shape[1]),
                    "column": np.tile(np.array(of_columns, dtype=object), M.shape[0]),
                    "value": M.ravel(),
                }
            )
            for name, M, of_rows, of_columns in matrices
        ],
        ignore_index=True,
    )
