"""What one holds: how much of a problem is proved as the strength of a penalty grows."""

from matplotlib.ticker import PercentFormatter

from nmfstudy.plots import style


def plot_proofs(table, *, figure=None):
    """Gap and number of different terms against the strength of ridge, a curve per k.

    Parameters
    ----------
    table : DataFrame
        n_components, alpha_W, gap, n_terms, proved, as in ``problems.csv``, of one dataset.
        Markers are filled where the best fit is proved to be the only one.
    figure : Figure, optional

    Returns
    -------
    list of Axes
        Of the gap and of the number of terms.
    """
    figure = style.new_axes(8, 5.4).figure if figure is None else figure
    figure.clear()
    table = table[(table.alpha_W > 0) & table.gap.notna()].sort_values("alpha_W")
    table = table.astype({"gap": float, "n_terms": int})
    axes = list(figure.subplots(2, 1, sharex=True, height_ratios=[3, 2]))
    style.dress(axes[0], ylabel="any other fit gains at most")
    style.dress(axes[1], xlabel="strength α of ridge on W and H", ylabel="different terms")
    for i, (k, curve) in enumerate(table.groupby("n_components")):
        colour, marker, dash = style.series(i)
        alone = curve.proved == "problem"
        for ax, values in ((axes[0], curve.gap), (axes[1], curve.n_terms)):
            ax.plot(curve.alpha_W, values, color=colour, ls=dash, lw=1.8, label=f"k = {k}")
            for which, fill in ((alone, colour), (~alone, "none")):
                ax.plot(
                    curve.alpha_W[which], values[which], marker, color=colour,
                    markerfacecolor=fill, ms=6,
                )  # fmt: skip
    axes[0].plot([], [], "o", color=style.INK, label="proved alone")
    axes[0].plot([], [], "o", color=style.INK, markerfacecolor="none", label="open")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, None, " %"))
    style.legend(axes[0], loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4)
    if len(table):
        style.log_axis(axes[1].xaxis, table.alpha_W.min() / 1.3, table.alpha_W.max() * 1.3)
        style.count_axis(axes[1].yaxis, table.n_terms.max())
    return axes
