"""What one holds: several problems, one row each."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from nmfstudy.assess.residual_test import ORDERED
from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

# Panels of the figure over k: title, then the columns drawn in it with their names.
_PANELS = (
    ("how well it fits: relative error", (("relative_error", "best fit"),)),
    ("order left over (below the line: noise)", (("structure", "best fit"),)),
    ("hidden entries: share not predicted", (("holdout", "mean"),)),
    ("least agreement of random halves", (("replicated", "lowest of the components"),)),
    (
        "how many solutions",
        (("n_distinct", "as good as the best"), ("n_minima", "all minima")),
    ),
    (
        "were enough starts run?",
        (("coverage", "coverage"), ("best_share", "starts that reach the best")),
    ),
    ("components that can be trusted", (("trusted_share", "share of the components"),)),
    (
        "do the starts group samples alike?",
        (("dispersion", "dispersion"), ("cophenetic", "cophenetic correlation")),
    ),
)
_SHARES = "coverage best_share trusted_share dispersion cophenetic replicated".split()


def plot_over_k(table, *, figure=None):
    """Error, number of solutions, coverage and trust over n_components, a panel each.

    The panels stand below one another, so that a phone shows them whole.

    Parameters
    ----------
    table : DataFrame
        A row per n_components. Of relative_error, structure, holdout, replicated, n_distinct,
        n_minima, coverage, best_share, trusted_share, dispersion and cophenetic, those that are
        there are drawn.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    panels = _panels(table)
    figure = style.new_axes(*_size(len(panels))).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, len(panels), columns=1, sharex=True)
    k = table.n_components
    for ax, (title, columns) in zip(axes, panels, strict=True):
        style.dress(ax, xlabel="number of components k" if ax is axes[-1] else "")
        ax.set_title(
            title,
            color=style.INK,
            fontsize=style.TEXT,
            loc="left",
            pad=24 if len(columns) > 1 else 6,
        )
        for i, (column, name) in enumerate(columns):
            colour, marker, dash = style.series(i)
            ax.plot(k, table[column], marker=marker, ls=dash, color=colour, lw=2, ms=6, label=name)
        names = {column for column, _ in columns}
        if names & set(_SHARES):
            ax.set_ylim(-0.03, 1.06)
            ax.yaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
        elif "n_distinct" in names:
            style.count_axis(ax.yaxis, max(table[list(names)].max().max(), 1))
        else:
            highest = table[list(names)].max().max()
            # Errors of far too many components leave the page: what matters is the lowest.
            most = 3 * table.holdout.min() if "holdout" in names else highest
            ax.set_ylim(0, 1.12 * min(highest, most) or 1)
        if "structure" in names:
            ax.axhline(ORDERED, color=style.INK, lw=1, ls=":", alpha=0.6)
        style.whole_numbers(ax.xaxis, 6)
        ax.margins(x=0.08)
        if len(columns) > 1:
            style.legend(ax, loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=2)
    return axes


def _panels(table):
    """Panels of which a column is there with a value."""
    found = []
    for title, columns in _PANELS:
        there = [c for c in columns if c[0] in table and table[c[0]].notna().any()]
        if there:
            found.append((title, there))
    return found


def _size(n_panels):
    return 4.4, 0.4 + 1.75 * n_panels


def illustrate_choosing_k(table, dataset):
    """The figure over k of one dataset; None below two values of k.

    Parameters
    ----------
    table : DataFrame
        As for `plot_over_k`.
    dataset : str
        For the name.
    """
    if table.n_components.nunique() < 2:
        return None
    table = table.sort_values("n_components")
    return Illustration(
        name=f"choosing-k-{dataset}",
        draw=lambda figure: plot_over_k(table, figure=figure),
        data=table,
        size=_size(len(_panels(table))),
    )


def plot_counts(table, *, ax=None):
    """The three counts of every problem: best, as good as the best, all minima.

    Parameters
    ----------
    table : DataFrame
        title, n_best, n_distinct, n_minima; a row per problem.

    Returns
    -------
    Axes
    """
    ax = style.new_axes(*counts_size(len(table))) if ax is None else ax
    style.dress(ax, xlabel="how many")
    y = np.arange(len(table))
    marks = (
        ("n_minima", "all minima", style.ORANGE, "D", 11),
        ("n_distinct", "as good as the best", style.BLUE, "o", 8),
        ("n_best", "equal to the best", style.GREEN, "v", 4.5),
    )
    for column, label, colour, marker, size in marks:
        ax.plot(
            table[column].where(table[column] > 0), y, marker, ms=size, color=colour, label=label,
            mew=0,
        )  # fmt: skip
    style.names_at(ax.yaxis, y, table.title)
    ax.set_ylim(len(table) - 0.4, -0.6)
    style.count_axis(ax.xaxis, table.n_minima.max())
    style.legend(
        ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handletextpad=0.2,
        columnspacing=1.0,
    )  # fmt: skip
    return ax


def counts_size(n_problems):
    """Inches that `plot_counts` needs."""
    return 7.0, 1.4 + 0.36 * n_problems


def plot_known_counts(table, *, xlabel="parameter", ax=None):
    """Known and counted numbers of solutions over the parameter of a family of matrices.

    Parameters
    ----------
    table : DataFrame
        parameter, known, counted (inf for infinitely many), ascending; a row per matrix.
    xlabel : str

    Returns
    -------
    Axes
    """
    ax = style.new_axes(7.0, 3.0) if ax is None else ax
    style.dress(ax, xlabel=xlabel, ylabel="solutions")
    counts = table[["known", "counted"]].replace(np.inf, np.nan)
    top = np.nanmax(counts.to_numpy(), initial=1) + 1  # where infinitely many are drawn
    drawn = table[["known", "counted"]].clip(upper=top)
    ax.plot(
        table.parameter, drawn.known, "o", ms=13, mfc="none", mec=style.PREDICTED, mew=2,
        label="by a theorem",
    )  # fmt: skip
    ax.plot(table.parameter, drawn.counted, "o", ms=6, color=style.BLUE, label="counted")
    ticks = np.arange(0, top + 1)
    ax.set_yticks(ticks, [*(f"{t:.0f}" for t in ticks[:-1]), "∞"])
    ax.set_ylim(-0.4, top + 0.5)
    ax.margins(x=0.06)
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2)
    return ax


def plot_zeros(table, *, ax=None):
    """Share of exact zeros in W and in H, a row per problem.

    Parameters
    ----------
    table : DataFrame
        title, zeros_W, zeros_H, nearly_W, nearly_H (drawn hollow where they are more).

    Returns
    -------
    Axes
    """
    ax = style.new_axes(*counts_size(len(table))) if ax is None else ax
    style.dress(ax, xlabel="share of the entries that are exactly zero")
    y = np.arange(len(table))
    sides = (
        ("W", -0.14, "o", style.OF_W, "weights W"),
        ("H", 0.14, "s", style.OF_H, "components H"),
    )
    for side, shift, marker, colour, label in sides:
        exact, nearly = table[f"zeros_{side}"], table[f"nearly_{side}"]
        ax.hlines(y + shift, exact, nearly, color=colour, lw=1.1)
        more = np.where(nearly > exact, nearly, np.nan)
        ax.plot(more, y + shift, marker, ms=6.5, mfc="none", mec=colour, mew=1.4)
        ax.plot(exact, y + shift, marker, ms=6.5, color=colour, label=label)
    style.names_at(ax.yaxis, y, table.title)
    ax.set(xlim=(-0.02, 1.03), ylim=(len(table) - 0.4, -0.6))
    ax.xaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2)
    return ax
