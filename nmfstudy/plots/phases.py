"""What one holds: where random factorizations are unique, counted and proved, as heat maps."""

import numpy as np

from nmfstudy.plots import style

_PANELS = (
    ("counted", "one solution, counted", style.BLUE),
    ("certified", "certified unique", style.GREEN),
    ("gap", "counted minus certified", style.VERMILLION),
)
_HALF = (("counted", style.BLUE, "-"), ("certified", style.GREEN, "--"))
_HALF += (("possible", style.INK, ":"),)
_LABELS = {
    "counted": "half counted as one",
    "certified": "half certified",
    "possible": "half fulfil the condition on supports",
}


def plot_phases(cells, *, figure=None):
    """Heat maps of uniqueness over density and size, a row for each number of components.

    Parameters
    ----------
    cells : DataFrame
        n_components, ratio, density, counted, certified, gap, of one noise; shares in percent are
        written into the cells.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    ks = sorted(cells.n_components.unique())
    figure = style.new_axes(*phases_size(cells)).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, 3 * len(ks), columns=3, sharex=True)
    for k, row in zip(ks, np.reshape(axes, (-1, 3)), strict=True):
        for (column, title, colour), ax in zip(_PANELS, row, strict=True):
            _heat_map(cells[cells.n_components == k], column, colour, ax)
            first = ax is row[0]
            ax.set_ylabel(f"k = {k}\nn / k" if first else "", color=style.INK, fontsize=style.TEXT)
            if k == ks[0]:
                ax.set_title(title, color=style.INK, fontsize=style.TEXT, loc="left")
            if k == ks[-1]:
                ax.set_xlabel("share not zero", color=style.INK, fontsize=style.TEXT)
    return axes


def phases_size(cells):
    """Inches that `plot_phases` needs."""
    sizes = cells.groupby("n_components").ratio.nunique()
    return 9.0, 1.0 + float((0.55 + 0.33 * sizes).sum())


def _heat_map(cells, column, colour, ax):
    table = cells.pivot(index="ratio", columns="density", values=column)
    style.dress(ax, grid=False)
    shares = table.to_numpy(dtype=float)
    ax.pcolormesh(np.abs(shares), cmap=style.ramp(colour), vmin=0, vmax=1)
    for (i, j), share in np.ndenumerate(shares):
        if np.isfinite(share):
            text = f"{100 * share:.0f}".replace("-", "−")
            ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=7.5, color=style.INK)
    style.names_at(ax.xaxis, np.arange(table.shape[1]) + 0.5, [f"{x:g}" for x in table.columns])
    style.names_at(ax.yaxis, np.arange(table.shape[0]) + 0.5, [f"{x:g}" for x in table.index])
    ax.tick_params(length=0, labelsize=8)


def plot_half_lines(lines, *, figure=None):
    """The density at which half of the draws are unique, over size, a panel for each k.

    Parameters
    ----------
    lines : DataFrame
        n_components, ratio, counted, certified, possible, of one noise.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    ks = sorted(lines.n_components.unique())
    figure = style.new_axes(9.0, 3.2).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, len(ks), columns=4, sharey=True)
    for k, ax in zip(ks, axes, strict=True):
        of_k = lines[lines.n_components == k].sort_values("ratio")
        style.dress(ax, xlabel="n / k", ylabel="share not zero" if ax is axes[0] else "")
        ax.set_title(f"k = {k}", color=style.INK, fontsize=style.TEXT, loc="left")
        for column, colour, dashes in _HALF:
            ax.plot(of_k.ratio, of_k[column], dashes, marker="o", ms=4, color=colour, lw=1.8,
                    label=_LABELS[column])  # fmt: skip
        ax.set(ylim=(0, 1.02), xlim=(0, 1.15 * lines.ratio.max()))
        ax.set_xticks(sorted(lines.ratio.unique()))
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=3, frameon=False,
        fontsize=style.SMALL, labelcolor=style.INK,
    )  # fmt: skip
    return axes
