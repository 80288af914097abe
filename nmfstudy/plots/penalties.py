"""What one holds: one dataset and k under penalties of several kinds and strengths."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from nmfstudy.plots import style


def plot_collapse(table, *, predicted=None, title="", ax=None):
    """How entries and components die as the strength of a penalty grows.

    Parameters
    ----------
    table : DataFrame
        alpha, nonzero_W, nonzero_H (shares of the entries of the lowest fit), share_alive (of
        its components), share_collapsed (of the starts, which ended at all zeros).
    predicted : float, optional
        The strength from which zero is the best there is.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="strength α of the penalty", ylabel="share", title=title)
    table = table.sort_values("alpha")
    curves = (
        ("nonzero_W", "nonzero entries of W", style.OF_W, "o", "-"),
        ("nonzero_H", "nonzero entries of H", style.OF_H, "s", "--"),
        ("share_alive", "components left", style.GREEN, "^", "-"),
        ("share_collapsed", "starts that end at all zeros", style.GREY, "x", ":"),
    )
    for column, label, colour, marker, dash in curves:
        ax.plot(
            table.alpha, table[column], marker=marker, ls=dash, color=colour, lw=1.8, ms=6,
            label=label,
        )  # fmt: skip
    low, high = table.alpha.min(), table.alpha.max()
    if predicted is not None:
        ax.axvline(predicted, color=style.PREDICTED, lw=2, label="all zero by the formula")
        low, high = min(low, predicted), max(high, predicted)
    style.log_axis(ax.xaxis, low / 1.3, high * 1.3)
    ax.set_ylim(-0.04, 1.06)
    ax.yaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    return ax


def plot_drift(table, *, plain=None, figure=None):
    """What more and more sweeps of a one-sided penalty do: norms drift, the rest stands still.

    Parameters
    ----------
    table : DataFrame
        penalised ("W" or "H"), penalty, n_iter, norm_W, norm_H, zeros_W, zeros_H,
        relative_error.
    plain : (float, float), optional
        Shares of zeros in W and H without a penalty, drawn as thin lines.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    figure = style.new_axes(8, 5.4).figure if figure is None else figure
    figure.clear()
    groups = [g for _, g in table.groupby(["penalty", "penalised"], sort=False)]
    axes = style.grid(figure, 2 * len(groups), columns=2)
    for i, group in enumerate(groups):
        group = group.sort_values("n_iter")
        side, kind = group.penalised.iloc[0], group.penalty.iloc[0]
        kind = "L1" if kind == "l1" else kind
        norms, still = axes[2 * i], axes[2 * i + 1]
        last = i == len(groups) - 1
        xlabel = "sweeps" if last else ""
        style.dress(norms, xlabel=xlabel, ylabel="norm", title=f"{kind} on {side} only: norms")
        style.dress(still, xlabel=xlabel, ylabel="share", title="zeros and error")
        for value, colour in zip(plain or (), (style.OF_W, style.OF_H), strict=False):
            still.axhline(value, color=colour, lw=0.8)
        for column, colour, marker, dash in (
            ("W", style.OF_W, "o", "-"), ("H", style.OF_H, "s", "--"),
        ):  # fmt: skip
            options = {"color": colour, "marker": marker, "ls": dash, "lw": 2, "ms": 6}
            norms.plot(group.n_iter, group[f"norm_{column}"], label=column, **options)
            still.plot(
                group.n_iter, group[f"zeros_{column}"], label=f"zeros in {column}", **options
            )
        still.plot(
            group.n_iter, group.relative_error, color=style.GREEN, marker="^", ls="-.", lw=2,
            ms=6, label="relative error",
        )  # fmt: skip
        still.set_ylim(-0.04, 1.75)  # room for the legend
        still.set_yticks([0, 0.5, 1])
        values = group[["norm_W", "norm_H"]].to_numpy()
        values = values[np.isfinite(values) & (values > 0)]
        if values.size:
            style.log_axis(norms.yaxis, values.min() / 2, values.max() * 2)
        for ax in (norms, still):
            style.log_axis(ax.xaxis, group.n_iter.min() / 1.5, group.n_iter.max() * 1.5)
            style.legend(ax, loc="best")
    return axes


def drift_size(table):
    """Inches that `plot_drift` needs."""
    return 8.0, 0.4 + 2.5 * len(table.groupby(["penalty", "penalised"]))


def plot_variants(table, *, figure=None):
    """Zeros, error and recovered truth of one dataset under several penalties, a row each.

    Parameters
    ----------
    table : DataFrame
        label, zeros_W, zeros_H, relative_error, truth (worst congruence of a component with the
        truth, NaN if there is none).
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    figure = style.new_axes(*variants_size(len(table))).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.08)
    n = 3 if table.truth.notna().any() else 2
    axes = list(figure.subplots(1, n, sharey=True, width_ratios=[1.5, 1.0, 1.0][:n]))
    y = np.arange(len(table))
    panels = [
        (("zeros_W", "zeros_H"), "zeros", "share of zeros"),
        (("relative_error",), "error", "relative error"),
        (("truth",), "truth", "match with the truth"),
    ]
    looks = {
        "zeros_W": (style.OF_W, "o", "W"),
        "zeros_H": (style.OF_H, "s", "H"),
        "relative_error": (style.GREEN, "^", None),
        "truth": (style.PURPLE, "D", None),
    }
    for ax, (columns, _, xlabel) in zip(axes, panels, strict=False):
        style.dress(ax, xlabel=xlabel)
        for column in columns:
            colour, marker, label = looks[column]
            ax.plot(table[column], y, marker, ms=7, color=colour, label=label)
        ax.set_ylim(len(table) - 0.4, -0.6)
        if "relative_error" in columns:
            top = table.relative_error.max()
            ax.set_xlim(-0.05 * top, 1.1 * top if top > 0 else 1)
            style.whole_numbers(ax.xaxis, 3) if top > 5 else ax.locator_params(axis="x", nbins=3)
        else:
            ax.set_xlim(-0.05, 1.06)
            ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    style.names_at(axes[0].yaxis, y, table.label)
    style.legend(
        axes[0], loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2,
        columnspacing=1.0,
    )  # fmt: skip
    return axes


def variants_size(n_rows):
    """Inches that `plot_variants` needs."""
    return 8.4, 1.3 + 0.33 * n_rows


def plot_rescaling(table, *, ax=None):
    """The objective as one component is rescaled, ``(c·w_r, h_r/c)``, with and without a price.

    Parameters
    ----------
    table : DataFrame
        label, c, objective (relative to its value at the lowest point of the curve).

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(
        ax, xlabel="factor c by which w is made longer and h shorter",
        ylabel="objective ÷ lowest",
    )  # fmt: skip
    for i, (label, curve) in enumerate(table.groupby("label", sort=False)):
        colour, _, dash = style.series(i)
        ax.plot(curve.c, curve.objective, color=colour, ls=dash, lw=2.4, label=label)
    style.log_axis(ax.xaxis, table.c.min(), table.c.max())
    if table.objective.max() > 3:
        style.log_axis(ax.yaxis, 0.8, 1.3 * table.objective.max())
    style.legend(ax, loc="upper center")
    return ax


def plot_count_curves(curves, *, counted="distinct solutions", ax=None):
    """Several counts against the distance tolerance.

    Parameters
    ----------
    curves : DataFrame
        label, distance_tol, n.
    counted : str
        What n is a number of.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="distance that tells two of them apart", ylabel=counted)
    for i, (label, curve) in enumerate(curves.groupby("label", sort=False)):
        colour, _, dash = style.series(i)
        ax.step(
            curve.distance_tol, curve.n, where="post", color=colour, ls=dash, lw=2.4, label=label
        )
    style.log_axis(ax.xaxis, curves.distance_tol.min(), curves.distance_tol.max())
    style.count_axis(ax.yaxis, curves.n.max())
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=1)
    return ax


def plot_bars(table, *, ax=None, xlabel=""):
    """Horizontal bars: columns label, value; a number beside each."""
    ax = style.new_axes(7, 1 + 0.36 * len(table)) if ax is None else ax
    style.dress(ax, xlabel=xlabel)
    y = np.arange(len(table))
    ax.barh(y, table.value, color=style.BLUE, height=0.62)
    top = pd.to_numeric(table.value).max() or 1
    for at, value in zip(y, table.value, strict=True):
        ax.text(
            value + 0.015 * top, at, style.number(value, 3), va="center", color=style.INK,
            fontsize=style.SMALL,
        )  # fmt: skip
    style.names_at(ax.yaxis, y, table.label)
    ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, 1.15 * top))
    style.whole_numbers(ax.xaxis, 6) if (table.value % 1 == 0).all() else None
    return ax
