"""What one holds: how the components of the best solution recur in the others."""

import numpy as np
import pandas as pd

from nmfstudy.assess.component_trust import EQUAL_CONGRUENCE, SIMILAR_CONGRUENCE
from nmfstudy.plots import style

_MOST = 30  # components with a row of their own


def trust_table(trust):
    """One row per component of the best solution.

    Parameters
    ----------
    trust : nmfstudy.assess.component_trust.Trust

    Returns
    -------
    DataFrame
        component (from 1), trusted, n_near, near_lowest, near_median, n_minima, minima_lowest,
        minima_median: with how many solutions as good, and worse minima, it was compared, and
        the lowest and median congruence.
    """
    rows = [
        (
            c.component + 1, c.trusted, c.n_near, c.near_lowest, c.near_median, c.n_minima,
            c.minima_lowest, c.minima_median,
        )
        for c in trust.components
    ]  # fmt: skip
    columns = "component trusted n_near near_lowest near_median n_minima minima_lowest"
    return pd.DataFrame(rows, columns=[*columns.split(), "minima_median"])


def plot_trust(table, *, ax=None):
    """How well each component recurs: a bar from the lowest congruence to the median.

    Parameters
    ----------
    table : DataFrame
        As `trust_table` makes it.

    Returns
    -------
    Axes
    """
    table = table.head(_MOST)
    ax = style.new_axes(*_size(len(table))) if ax is None else ax
    style.dress(ax, xlabel="match with its counterpart (1: the same but for size)")
    y = np.arange(len(table))
    for prefix, shift, colour, marker, sentence in (
        ("near", -0.14, style.BLUE, "o", "in solutions as good"),
        ("minima", 0.14, style.ORANGE, "D", "in worse minima"),
    ):
        low, middle = table[f"{prefix}_lowest"], table[f"{prefix}_median"]
        if low.notna().any():
            ax.hlines(y + shift, low, middle, color=colour, lw=1.6)
            ax.plot(low, y + shift, marker, color=colour, ms=7, label=f"{sentence}, lowest")
            ax.plot(middle, y + shift, "|", color=colour, ms=11, mew=2, label="median")
    limits = (
        ("trusted", EQUAL_CONGRUENCE, style.TRUSTED, "-"),
        ("similar", SIMILAR_CONGRUENCE, style.SIMILAR, "--"),
    )
    for what, limit, colour, ls in limits:
        ax.axvline(limit, color=colour, lw=1.6, ls=ls, label=f"{what} from {limit}")
    style.names_at(ax.yaxis, y, [f"component {c}" for c in table.component])
    lowest = np.nanmin(
        table[["near_lowest", "minima_lowest"]].to_numpy(), initial=SIMILAR_CONGRUENCE
    )
    ax.set(xlim=(max(lowest - 0.06, -0.02), 1.02), ylim=(len(table) - 0.45, -0.55))
    style.legend(
        ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.4,
        columnspacing=1.2,
    )  # fmt: skip
    return ax


def _size(n):
    return 7.0, 1.7 + 0.36 * min(n, _MOST)
