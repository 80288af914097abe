"""What one holds: one matrix, or one factorization."""

import re

import numpy as np

from nmfstudy.model.factorization import as_factorization
from nmfstudy.plots import style
from nmfstudy.plots.illustration import PAGE_WIDTH

_ANNOTATED = (12, 12)  # rows and columns of a matrix whose entries can be read as text
_CELLS = 600  # beyond so many a heat map becomes one picture
_NAME = 24  # letters of a row's or a column's name
_NAMED = 40  # columns with a name at every tick
_COUNTED = 24  # columns without names that are numbered one by one
_LEANING = 20  # names that are not upright yet
_MOST = 20  # components drawn
_NOTHING = 1e-5  # entries below this share of the largest are written 0


def plot_matrix(
    M, *, row_names=None, column_names=None, colour=style.DATA, largest=None, title="", ax=None
):
    """Heat map of a nonnegative matrix, with its numbers where there is room for them.

    Parameters
    ----------
    M : array of shape (n_rows, n_columns)
    row_names, column_names : sequence of str, optional
    colour : str
        By meaning, from `nmfstudy.plots.style`.
    largest : float, optional
        Value of the fullest colour; the largest entry by default.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    M = np.asarray(M, dtype=float)
    n, d = M.shape
    ax = style.new_axes(7, 1 + 0.4 * min(n, 20)) if ax is None else ax
    style.dress(ax, title=title, grid=False)
    top = largest or np.nanmax(M, initial=0.0) or 1.0
    annotated = n <= _ANNOTATED[0] and d <= _ANNOTATED[1]
    if n * d <= _CELLS:
        ramp = style.ramp(colour) if annotated else style.ramp(colour, 1.0)
        ax.pcolormesh(M, cmap=ramp, vmin=0, vmax=top, edgecolors=style.INK, lw=0.15)
    else:
        extent = (0, d, n, 0)
        options = {"cmap": style.ramp(colour, 1.0), "vmin": 0, "vmax": top, "extent": extent}
        ax.imshow(M, aspect="auto", interpolation="nearest", rasterized=True, **options)
    ax.set(xlim=(0, d), ylim=(n, 0))
    if annotated:
        for (i, j), value in np.ndenumerate(M):
            value = 0.0 if value <= _NOTHING * top else value
            faint = {"alpha": 0.7} if value == 0 else {}
            ax.text(
                j + 0.5, i + 0.5, entry_label(value), ha="center", va="center", color=style.INK,
                fontsize=style.SMALL, **faint,
            )  # fmt: skip
    _names(ax.xaxis, d, column_names, "top")
    _names(ax.yaxis, n, row_names, "left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def entry_label(value):
    """A matrix entry in two digits after the point at most; a blank stays for none."""
    if value != value:
        return ""
    if value >= 100:
        return f"{value:.0f}"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "<0.01" if text == "0" and value > 0 else text


def image_shape(column_names):
    """Height and width of the images that the columns are, or None.

    Columns are pixels if they are called ``pixel 0,0``, ``pixel 0,1``, … row by row.
    """
    found = [_PIXEL.fullmatch(str(name)) for name in column_names or ()]
    if len(found) < 2 or not all(found):
        return None
    at = np.array([(int(m[1]), int(m[2])) for m in found])
    height, width = at.max(axis=0) + 1
    whole = len(at) == height * width and (at[:, 0] * width + at[:, 1] == range(len(at))).all()
    return (int(height), int(width)) if whole else None


_PIXEL = re.compile(r"pixel (\d{1,6}),(\d{1,6})")


def plot_image(values, shape, *, colour=style.OF_H, title="", ax=None):
    """One component, or one sample, as an image of its pixels.

    Parameters
    ----------
    values : array of shape (n_features,)
        Drawn from 0 to its largest entry, the fuller the more.
    shape : (int, int)
        Height and width.
    colour : str
    title : str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = style.new_axes(2.0, 2.1) if ax is None else ax
    style.dress(ax, grid=False)
    ax.set_title(title, color=style.INK, fontsize=style.SMALL)
    picture = np.asarray(values, dtype=float).reshape(shape)
    top = np.nanmax(picture, initial=0.0) or 1.0
    ramp = style.ramp(colour, 1.0)
    ax.imshow(picture, interpolation="nearest", rasterized=True, cmap=ramp, vmin=0, vmax=top)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, alpha=0.3)
    return ax


def plot_components(factorization, *, column_names=None, titles=None, figure=None):
    """Every row of H: an image if the columns are pixels (see `image_shape`), else a heat map.

    Parameters
    ----------
    factorization : Factorization or (W, H)
        Rows are drawn relative to their largest entry, since their scale is arbitrary.
    column_names : sequence of str, optional
    titles : sequence of str, optional
        One per component.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    f = as_factorization(factorization).normalize("max")
    shape, shown = image_shape(column_names), min(f.n_components, _MOST)
    titles = titles or [f"component {r + 1}" for r in range(shown)]
    size = components_size(f.n_components, column_names)
    figure = style.new_axes(*size).figure if figure is None else figure
    figure.clear()
    if shape is not None:
        axes = style.grid(figure, shown, columns=4)
        for r, ax in enumerate(axes):
            plot_image(f.H[r], shape, title=titles[r], ax=ax)
        return axes
    figure.set_layout_engine("constrained")
    return [
        plot_matrix(
            f.H[:shown], row_names=titles[:shown], column_names=column_names, colour=style.OF_H,
            largest=1.0, ax=figure.add_subplot(),
        )
    ]  # fmt: skip


def components_size(n_components, column_names=None):
    """Inches that `plot_components` needs."""
    shown = min(n_components, _MOST)
    if image_shape(column_names) is not None:
        return min(7.0, 2.0 * min(4, shown)), 2.05 * -(-shown // 4)
    return PAGE_WIDTH, 0.9 + 0.45 * shown


def best_factorization(result):
    """The best factorization of a problem; None if none counts that fits as well as any.

    Components in the order of the fit, so that their numbers are those of trust and certificates.
    """
    return None if result.best is None else result.best.factorization


def _names(axis, n, names, side):
    """Ticks in the middle of the cells, as many as can be read."""
    ax = axis.axes
    (axis.tick_top if side == "top" else axis.tick_left)()
    ax.tick_params(length=0)
    if names is None and n <= _COUNTED:
        names = range(1, n + 1)
    if names is not None and n <= _NAMED:
        style.names_at(axis, np.arange(n) + 0.5, names, _NAME)
        longest = min(_NAME, max(len(str(name)) for name in names))
        if side == "top" and longest > 2 and longest * n > 34:
            for label in axis.get_ticklabels():
                steep = {"rotation": 40, "ha": "left"} if n <= _LEANING else {"rotation": 90}
                label.set(rotation_mode="anchor" if n <= _LEANING else "default", **steep)
    elif n > 1:
        style.whole_numbers(axis, 6)
    else:
        axis.set_ticks([])
