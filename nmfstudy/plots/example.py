"""What one holds: a small matrix and two of its factorizations, drawn as one would by hand."""

from nmfstudy.model.factorization import as_factorization
from nmfstudy.plots import style
from nmfstudy.plots.factors import plot_matrix


def plot_pairs(rows, *, row_names=None, column_names=None, figure=None):
    """W and H of several factorizations, one pair in a row.

    Parameters
    ----------
    rows : sequence of (str, Factorization)
        The title of each pair and the pair.
    row_names, column_names : sequence of str, optional
        Of the data's rows and columns.
    figure : Figure, optional

    Returns
    -------
    list of (Axes, Axes)
        Of W and of H.
    """
    rows = [(title, as_factorization(f)) for title, f in rows]
    f = rows[0][1]
    size = pairs_size(len(rows), f.W.shape[0])
    figure = style.new_axes(*size).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    k, d = f.n_components, f.H.shape[1]
    grid = figure.subplots(len(rows), 2, squeeze=False, width_ratios=[k + 0.5, d])
    parts = [f"part {r + 1}" for r in range(k)]
    for (title, f), (of_W, of_H) in zip(rows, grid, strict=True):
        plot_matrix(
            f.W, row_names=row_names, column_names=parts, colour=style.OF_W, ax=of_W,
            title=f"{title}: W",
        )  # fmt: skip
        plot_matrix(
            f.H, row_names=parts, column_names=column_names, colour=style.OF_H, ax=of_H,
            title="H",
        )  # fmt: skip
    return [tuple(axes) for axes in grid]


def pairs_size(n_pairs, n_samples):
    """Inches that `plot_pairs` needs."""
    return 7.6, n_pairs * (1.05 + 0.33 * n_samples)
