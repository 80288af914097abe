"""What one holds: several studies side by side."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_MOST = 14  # problems with a row of their own
_PANELS = (
    ("n_distinct", "distinct solutions"),
    ("best_share", "starts that reach\nthe best solution"),
    ("coverage", "chance of\nnothing new"),
    ("sweeps", "sweeps per start"),
)


def plot_studies(table, *, figure=None):
    """Counts, shares, coverage and sweeps of every problem, a mark per study.

    Parameters
    ----------
    table : DataFrame
        A row per problem and study: row (which problem), title, study, n_distinct, best_share
        with best_share_low and best_share_high, coverage, sweeps.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    rows, studies = list(dict.fromkeys(table.row)), list(dict.fromkeys(table.study))
    size = studies_size(len(rows), len(studies))
    figure = style.new_axes(*size).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.08)
    axes = list(figure.subplots(1, len(_PANELS), sharey=True))
    for ax, (name, xlabel) in zip(axes, _PANELS, strict=True):
        style.dress(ax, xlabel=xlabel)
        for i, study in enumerate(studies):
            part = table[table.study == study]
            colour, marker, _ = style.series(i)
            y = part.row.map(rows.index) + (i - (len(studies) - 1) / 2) * 0.6 / len(studies)
            if name == "best_share":
                ax.hlines(y, part.best_share_low, part.best_share_high, color=colour, lw=1.4)
            ax.plot(part[name], y, marker, color=colour, ms=6.5, label=study)
        _scale(ax, name, table[name].to_numpy())
    titles = table.drop_duplicates("row").set_index("row").title
    style.names_at(axes[0].yaxis, np.arange(len(rows)), [titles[row] for row in rows], 30)
    axes[0].set_ylim(len(rows) - 0.45, -0.55)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", frameon=False, ncols=3, fontsize=style.SMALL,
        labelcolor=style.INK,
    )  # fmt: skip
    return axes


def _scale(ax, name, values):
    values = values[np.isfinite(values)]
    if name == "n_distinct":
        style.count_axis(ax.xaxis, max(values.max(initial=1), 1))
    elif name in ("best_share", "coverage"):
        ax.set_xlim(-0.05, 1.08)
        ax.set_xticks([0, 0.5, 1])
        ax.xaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    elif len(values) and values.min() > 0:
        style.log_axis(ax.xaxis, values.min() / 2, values.max() * 2)


def studies_size(n_rows, n_studies):
    """Inches that `plot_studies` needs."""
    return 9.0, 1.6 + n_rows * (0.22 + 0.16 * n_studies)


def illustrate_studies(comparison):
    """All problems of a comparison at a glance."""
    table = comparison.problems
    row = {id(c): i for i, c in enumerate(comparison.compared)}
    table["row"] = [row[id(c)] for c in comparison.compared for r in c.row.results if r is not None]
    shown = table[table.row < _MOST]
    return Illustration(
        name="studies",
        draw=lambda figure: plot_studies(shown, figure=figure),
        data=table,
        size=studies_size(shown.row.nunique(), len(comparison.names)),
        n_shown=_MOST if len(row) > shown.row.nunique() else None,
    )
