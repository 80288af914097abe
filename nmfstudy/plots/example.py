"""What one holds: a small matrix and its factorizations, drawn as one would by hand."""

import numpy as np
from matplotlib.patches import Rectangle

from nmfstudy.model.factorization import as_factorization
from nmfstudy.plots import style
from nmfstudy.plots.factors import image_shape, plot_image, plot_matrix


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
    components = [f"component {r + 1}" for r in range(k)]
    for (title, f), (of_W, of_H) in zip(rows, grid, strict=True):
        plot_matrix(
            f.W, row_names=row_names, column_names=range(1, k + 1), colour=style.OF_W, ax=of_W,
            title=f"{title}: W",
        )  # fmt: skip
        plot_matrix(
            f.H, row_names=components, column_names=column_names, colour=style.OF_H, ax=of_H,
            title="H",
        )  # fmt: skip
        of_H.set_ylim(max(len(f.W), k), 0)  # cells of one height
    return [tuple(axes) for axes in grid]


def pairs_size(n_pairs, n_samples):
    """Inches that `plot_pairs` needs."""
    return 7.6, n_pairs * (0.9 + 0.28 * n_samples)


def plot_equation(X, factorization, *, row_names=None, column_names=None, figure=None):
    """X = W × H of a small matrix in one line, every component called by what it is made of.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    factorization : Factorization or (W, H)
        Drawn with a largest entry of 1 in every row of H.
    row_names, column_names : sequence of str, optional
    figure : Figure, optional

    Returns
    -------
    list of Axes
        Of X, W and H.
    """
    f = as_factorization(factorization).normalize("max")
    (n, d), k = np.shape(X), f.n_components
    figure = style.new_axes(*equation_size(n, k, d)).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.04)
    names = [component_name(row, column_names) for row in f.H]
    of_X, of_W, of_H = figure.subplots(1, 3, width_ratios=[d, k, d])
    columns = {"column_names": column_names}
    plot_matrix(X, row_names=row_names, **columns, colour=style.DATA, ax=of_X, title="X")
    plot_matrix(f.W, column_names=range(1, k + 1), colour=style.OF_W, ax=of_W, title="= W")
    plot_matrix(f.H, row_names=names, **columns, colour=style.OF_H, ax=of_H, title="× H")
    of_W.set_yticks([])
    of_H.set_ylim(max(n, k), 0)  # cells of one height
    return [of_X, of_W, of_H]


def component_name(row, column_names=None, most=2):
    """What a component is called: its largest features, ``burger + fries``."""
    row = np.asarray(row)
    names = [f"feature {j + 1}" for j in range(len(row))] if column_names is None else column_names
    large = np.flatnonzero(row > 0.5 * row.max())
    large = large[np.argsort(-row[large], kind="stable")]
    more = "" if len(large) <= most else " + …"
    return " + ".join(str(names[j]) for j in large[:most]) + more


def equation_size(n_samples, n_components, n_features):
    """Inches that `plot_equation` needs."""
    cells = 2 * n_features + n_components
    return min(9.0, 2.6 + 0.52 * cells), 0.75 + 0.3 * max(n_samples, n_components)


def plot_factor_zeros(
    factorization, *, threshold=0.0, row_names=None, column_names=None, figure=None
):
    """W and H of a small factorization with their zeros hatched and counted.

    Parameters
    ----------
    factorization : Factorization or (W, H)
    threshold : float
        Entries up to this share of their component's largest are zero.
    row_names, column_names : sequence of str, optional
    figure : Figure, optional

    Returns
    -------
    list of Axes
        Of W and of H.
    """
    f = as_factorization(factorization).normalize("max")
    (n, k), d = f.W.shape, f.H.shape[1]
    figure = style.new_axes(*zeros_size(n, k, d)).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.04)
    components = range(1, k + 1)
    of_W, of_H = figure.subplots(1, 2, width_ratios=[k, d])
    drawn = (
        (of_W, "W", f.W, f.W.max(axis=0), row_names, components, style.OF_W),
        (of_H, "H", f.H, f.H.max(axis=1)[:, None], components, column_names, style.OF_H),
    )
    for ax, name, M, largest, rows, columns, colour in drawn:
        zero = threshold * largest >= M
        title = f"{name}: {int(zero.sum())} of {M.size} are zero"
        plot_matrix(M, row_names=rows, column_names=columns, colour=colour, ax=ax, title=title)
        for i, j in np.argwhere(zero):
            hatched = {"fill": False, "hatch": "///", "lw": 0, "ec": style.INK, "alpha": 0.35}
            ax.add_patch(Rectangle((j, i), 1, 1, **hatched))
    of_H.set_ylim(max(n, k), 0)
    return [of_W, of_H]


def zeros_size(n_samples, n_components, n_features):
    """Inches that `plot_factor_zeros` needs."""
    wide = 1.8 + 0.7 * (n_components + n_features)
    return min(9.0, wide), 0.75 + 0.3 * max(n_samples, n_components)


def plot_panels(factorizations, titles, *, column_names=None, figure=None):
    """H of several factorizations, in two columns; of images a row of them for each.

    Parameters
    ----------
    factorizations : sequence of Factorization or (W, H)
    titles : sequence of str
    column_names : sequence of str, optional
    figure : Figure, optional

    Returns
    -------
    list of list of Axes
        Per factorization: one Axes, or one per component if features are pixels.
    """
    factors = [as_factorization(f).normalize("max") for f in factorizations]
    k, shape = factors[0].n_components, image_shape(column_names)
    size = panels_size(len(factors), k, column_names)
    figure = style.new_axes(*size).figure if figure is None else figure
    figure.clear()
    if shape is None:
        axes = [[ax] for ax in style.grid(figure, len(factors), columns=2)]
        for (ax,), f, title in zip(axes, factors, titles, strict=True):
            names = range(1, k + 1)
            plot_matrix(f.H, row_names=names, column_names=column_names, colour=style.OF_H, ax=ax)
            ax.set_title(title, color=style.INK, fontsize=style.SMALL, loc="left")
        return axes
    flat = style.grid(figure, len(factors) * k, columns=k)
    axes = [flat[i * k : (i + 1) * k] for i in range(len(factors))]
    for row, f, title in zip(axes, factors, titles, strict=True):
        for r, ax in enumerate(row):
            plot_image(f.H[r], shape, ax=ax)
        row[0].set_title(title, color=style.INK, fontsize=style.SMALL, loc="left")
    return axes


def panels_size(n, n_components, column_names=None):
    """Inches that `plot_panels` needs."""
    if image_shape(column_names):
        return min(9.0, 1.3 * n_components), 1.5 * n
    return 9.0, (0.9 + 0.3 * n_components) * -(-n // 2)
