"""The first screen: how many components, and what each is made of."""

import re

import numpy as np
from matplotlib.patches import Patch

from nmfstudy.plots import style
from nmfstudy.plots.factors import image_shape, plot_image
from nmfstudy.plots.illustration import Illustration

_SUPPORT = {
    "accepted": (style.TRUSTED, "supported by the data"),
    "fragile": (style.SIMILAR, "supported in part"),
    "rejected": (style.DOUBTFUL, "not supported"),
}
_TRUST = {
    "stable": (style.TRUSTED, "stable"),
    "fragile": (style.SIMILAR, "fragile"),
    "not_trusted": (style.DOUBTFUL, "not stable"),
}
_FEATURES = 6  # of each component, the largest
_MOST = 12  # components drawn
_BESIDE = 8  # numbers of components that leave room for a figure beside
_LINE = 24  # features with numbers as names from which a component is a line
_NAME = 18  # letters of a feature's name
_WIDTH, _HEIGHT = 5.0, 3.7  # inches; a little more than half a page


def plot_k(table, *, ax=None):
    """Relative error over the number of components, coloured by what the data say of each.

    Parameters
    ----------
    table : DataFrame
        n_components, relative_error, support ("accepted", "fragile", "rejected"), chosen (bool)
        and solutions (text: how many there are, empty if that is not known); a row per number of
        components.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = style.new_axes(3.7, _HEIGHT) if ax is None else ax
    style.dress(ax, xlabel="number of components k", ylabel="relative error")
    ax.grid(False, axis="x")
    for row in table.itertuples():
        colour, _ = _SUPPORT[row.support]
        face = style.area(colour, 0.75 if row.chosen else 0.3) | {"linewidth": 1.0 + row.chosen}
        ax.bar(row.n_components, row.relative_error, width=0.72, **face)
        counted = f"\n({row.solutions})" if row.solutions else ""
        ax.annotate(
            style.number(row.relative_error, 2) + counted,
            (row.n_components, row.relative_error), (0, 3), textcoords="offset points",
            ha="center", va="bottom", fontsize=style.SMALL, color=style.INK,
            fontweight="bold" if row.chosen else "normal",
        )  # fmt: skip
    ks = table.n_components.tolist()
    ax.set_xticks(ks, [str(k) for k in ks])
    for label, chosen in zip(ax.get_xticklabels(), table.chosen, strict=True):
        label.set_fontweight("bold" if chosen else "normal")
    ax.set_ylim(0, 1.22 * table.relative_error.max() or 1)
    shown = [name for name in _SUPPORT if name in set(table.support)]
    patches = [Patch(**style.area(_SUPPORT[name][0], 0.5)) for name in shown]
    style.legend(ax, handles=patches, labels=[_SUPPORT[name][1] for name in shown], loc="best")
    return ax


def illustrate_k(table, dataset):
    """`plot_k` of one dataset; None below two numbers of components."""
    table = table[np.isfinite(table.relative_error)]
    if len(table) < 2:
        return None
    return Illustration(
        name=f"k-{dataset}",
        draw=lambda figure: plot_k(table, ax=figure.add_subplot()),
        data=table,
        size=(3.7 if len(table) <= _BESIDE else min(0.5 * len(table), 9.0), _HEIGHT),
    )


def plot_component_ranges(table, *, feature_names=None, codes=None, figure=None):
    """What each component is made of, and how far that differs between equally good solutions.

    The largest entries of each row of H as bars with their range; images if the features are
    pixels (see `nmfstudy.plots.factors.image_shape`); lines if they are numbers, as wavelengths.

    Parameters
    ----------
    table : DataFrame
        component, feature (from 0), value, low, high; see `nmfstudy.assess.component_ranges`.
    feature_names : sequence of str, optional
    codes : sequence of {"stable", "fragile", "not_trusted"}, optional
        For each component.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    components = sorted(table.component.unique())[:_MOST]
    d = int(table.feature.max()) + 1
    size = ranges_size(len(components), feature_names)
    figure = style.new_axes(*size).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, len(components), columns=_columns(len(components), feature_names))
    names = [str(j + 1) for j in range(d)] if feature_names is None else feature_names
    for ax, r in zip(axes, components, strict=True):
        rows = table[table.component == r].sort_values("feature")
        colour, word = _TRUST[codes[r]] if codes else (style.OF_H, "")
        if shape := image_shape(feature_names):
            plot_image(rows.value, shape, ax=ax)
        elif (x := _numbers(names)) is not None:
            style.dress(ax)
            ax.fill_between(x, rows.low, rows.high, color=colour, alpha=0.3, lw=0)
            ax.plot(x, rows.value, color=colour, lw=1.3)
            ax.set_ylim(0, 1.05)
        else:
            _bars(ax, rows, names, colour)
        ax.set_gid(f"component-{r + 1}")
        title = f"{r + 1}: {word}" if word else f"component {r + 1}"
        ax.set_title(title, color=style.INK, fontsize=style.SMALL, loc="left", fontweight="bold")
    return axes


def _bars(ax, rows, names, colour):
    """The largest entries, the largest on top, with their ranges."""
    style.dress(ax, grid=False)
    top = rows.sort_values(["value", "feature"], ascending=[False, True]).head(_FEATURES)
    y = np.arange(len(top))
    ax.barh(y, top.value, height=0.7, **style.area(colour, 0.35))
    wide = (top.high - top.low > 0.005).to_numpy()
    ax.hlines(y[wide], top.low[wide], top.high[wide], color=style.INK, lw=1.4)
    for ends in (top.low, top.high):
        ax.plot(ends[wide], y[wide], ls="", marker="|", ms=6, color=style.INK)
    style.names_at(ax.yaxis, y, [names[j] for j in top.feature], _NAME)
    ax.set(xlim=(0, 1.04), ylim=(len(top) - 0.4, -0.6), xticks=[0, 1])
    ax.tick_params(axis="both", labelsize=style.SMALL, length=0)


def _numbers(names):
    """Names as numbers in ascending order, if there are many and they are; else None."""
    if len(names) < _LINE or not all(_NUMBER.fullmatch(str(name)) for name in names):
        return None
    x = np.array([float(name) for name in names])
    return x if (np.diff(x) > 0).all() else None


_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?")


def _columns(k, feature_names):
    return min(k, 4 if k > 4 else 3) if image_shape(feature_names) else 1 if k == 1 else 2


def ranges_size(k, feature_names=None):
    """Inches that `plot_component_ranges` needs."""
    shown = min(k, _MOST)
    columns = _columns(shown, feature_names)
    rows = -(-shown // columns)
    return _WIDTH, max(rows * (1.5 if rows > 2 else 1.85), 2.0)


def illustrate_component_ranges(result):
    """`plot_component_ranges` of a problem's best solution; None where there is none."""
    table = result.ranges
    if table is None:
        return None
    k, names = result.problem.n_components, result.dataset.column_names
    data = table.assign(component=table.component + 1)
    data["feature"] = [names[j] if names else j + 1 for j in table.feature]
    return Illustration(
        name=f"ranges-{result.key}",
        draw=lambda figure: plot_component_ranges(
            table, feature_names=names, codes=result.trust_codes, figure=figure
        ),
        data=data,
        size=ranges_size(k, names),
        n_shown=_MOST if k > _MOST else None,
    )
