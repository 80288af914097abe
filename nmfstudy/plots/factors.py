"""What one holds: one matrix, or one factorization."""

from math import isqrt

import numpy as np
import pandas as pd

from nmfstudy.factorization import as_factorization
from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_ANNOTATED = (12, 12)  # rows and columns of a matrix whose entries can be read as text
_DRAWN = (60, 40)  # beyond these a heat map becomes one picture
_NAME = 24  # letters of a row's or a column's name
_NAMED = 40  # columns with a name at every tick
_IMAGE = 16  # pixels of the smallest H row that is drawn as a square image
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
    if n <= _DRAWN[0] and d <= _DRAWN[1]:
        ax.pcolormesh(M, cmap=style.ramp(colour), vmin=0, vmax=top, edgecolors=style.INK, lw=0.15)
    else:
        extent = (0, d, n, 0)
        options = {"cmap": style.ramp(colour, 1.0), "vmin": 0, "vmax": top, "extent": extent}
        ax.imshow(M, aspect="auto", interpolation="nearest", rasterized=True, **options)
    ax.set(xlim=(0, d), ylim=(n, 0))
    if n <= _ANNOTATED[0] and d <= _ANNOTATED[1]:
        for (i, j), value in np.ndenumerate(M):
            value = 0.0 if value <= _NOTHING * top else value
            faint = {"alpha": 0.45} if value == 0 else {}
            ax.text(
                j + 0.5, i + 0.5, short(value), ha="center", va="center", color=style.INK,
                fontsize=style.SMALL, **faint,
            )  # fmt: skip
    _names(ax.xaxis, d, column_names, "top")
    _names(ax.yaxis, n, row_names, "left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def short(value):
    """A matrix entry in two digits after the point at most; a blank stays for none."""
    if value != value:
        return ""
    if value >= 100:
        return f"{value:.0f}"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "<.01" if text == "0" and value > 0 else text


def plot_components(factorization, *, column_names=None, titles=None, figure=None):
    """Every row of H: as an image if n_features is a square of at least 16, else as a heat map.

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
    k, d = f.H.shape
    shown = min(k, _MOST)
    titles = titles or [f"component {r + 1}" for r in range(k)]
    figure = style.new_axes(*components_size(k, d)).figure if figure is None else figure
    figure.clear()
    side = isqrt(d)
    if side * side == d and d >= _IMAGE:
        axes = style.grid(figure, shown, columns=4)
        for r, ax in enumerate(axes):
            style.dress(ax, grid=False)
            ax.set_title(titles[r], color=style.INK, fontsize=style.SMALL)
            picture = f.H[r].reshape(side, side)
            options = {"cmap": style.ramp(style.OF_H, 1.0), "vmin": 0, "vmax": 1}
            ax.imshow(picture, interpolation="nearest", rasterized=True, **options)
            ax.set(xticks=[], yticks=[])
            for spine in ax.spines.values():
                spine.set(visible=True, alpha=0.3)
        return axes
    figure.set_layout_engine("constrained")
    ax = figure.add_subplot()
    return [
        plot_matrix(
            f.H[:shown], row_names=titles[:shown], column_names=column_names, colour=style.OF_H,
            largest=1.0, ax=ax,
        )
    ]  # fmt: skip


def components_size(n_components, n_features):
    """Inches that `plot_components` needs."""
    shown, side = min(n_components, _MOST), isqrt(n_features)
    if side * side == n_features and n_features >= _IMAGE:
        per_row = min(4, shown)
        return (min(7.0, 2.0 * per_row), 2.05 * -(-shown // per_row))
    return (7.0, 0.9 + 0.45 * shown)


def illustrate_components(result, trust=None):
    """The components of the best solution of a problem, with how far each can be trusted.

    Parameters
    ----------
    result : ProblemResult
    trust : sequence of float, optional
        Per component, the share of near-optimal fits (or solutions) it recurs in.

    Returns
    -------
    Illustration or None
        None if no fit of the problem counts or its factors were not kept.
    """
    best = best_factorization(result)
    if best is None:
        return None
    k, d = best.H.shape
    names = result.dataset.column_names or [f"feature {j + 1}" for j in range(d)]
    labels = [f"component {r + 1}" for r in range(k)]
    titles = labels
    trusted = ""
    if trust is not None:
        titles = [
            f"{label}\n{trust_word(t)} ({t:.3g})" for label, t in zip(labels, trust, strict=True)
        ]
        trusted = (
            " The word says whether the component comes back in every other solution that fits as "
            "well: 1 is a perfect match, trusted means at least 0.95, similar at least 0.85."
        )
    data = pd.DataFrame(best.normalize("max").H, columns=list(names))
    data.insert(0, "component", np.arange(1, k + 1), allow_duplicates=True)
    if trust is not None:
        data.insert(1, "trust", np.asarray(trust, dtype=float), allow_duplicates=True)
    seen = f"the first {_MOST} of " if k > _MOST else ""
    return Illustration(
        name=f"components-{result.key}",
        caption=(
            f"The components (rows of H) of the best solution of {result.title}: {seen}{k}, "
            f"each relative to its largest entry, the stronger the colour, the more.{trusted}"
        ),
        draw=lambda figure: plot_components(best, column_names=names, titles=titles, figure=figure),
        data=data,
        size=components_size(k, d),
    )


def best_factorization(result):
    """The best counted factorization of a problem; None if there is none.

    Components in the order of the fit, so that their numbers are those of trust and certificates.
    """
    if not result.solutions.representatives:
        return None
    fit = result.solutions.representatives[0]
    if not (np.isfinite(fit.W).all() and np.isfinite(fit.H).all()):
        return None
    return fit.factorization


def trust_word(value):
    """The field's reading of a congruence (Lorenzo-Seva & ten Berge 2006)."""
    return "trusted" if value >= 0.95 else "similar" if value >= 0.85 else "doubtful"


def _names(axis, n, names, side):
    """Ticks in the middle of the cells, as many as can be read."""
    ax = axis.axes
    (axis.tick_top if side == "top" else axis.tick_left)()
    ax.tick_params(length=0)
    if names is not None and n <= _NAMED:
        style.names_at(axis, np.arange(n) + 0.5, names, _NAME)
        if side == "top" and min(_NAME, max(len(str(name)) for name in names)) * n > 34:
            for label in axis.get_ticklabels():
                label.set(rotation=40, ha="left", rotation_mode="anchor")
    elif n > 1:
        style.whole_numbers(axis, 6)
    else:
        axis.set_ticks([])
