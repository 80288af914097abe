"""What one holds: the minima of one problem; which starts reach them, how far they are apart."""

import numpy as np
import pandas as pd

from nmfstudy.model.distance import distance
from nmfstudy.plots import style
from nmfstudy.util.display import spelt

_MOST = 10  # minima with a row or a column of their own
_LEAVES = 24  # minima in a tree


def share_table(solutions):
    """Share of each search's starts that ends in each minimum, with its interval.

    Returns
    -------
    DataFrame
        minimum, search (init, and the solver where it differs), n_starts, of, share, share_low,
        share_high.
    """
    from nmfstudy.solutions.coverage import wilson_interval

    rows = []
    for i, name in enumerate(search_names(solutions.searches)):
        search, total = solutions.searches[i], int((solutions.search == i).sum())
        for minimum, hits in enumerate(solutions.starts_per_minimum(i).tolist()):
            share, low, high = wilson_interval(hits, total)
            if search.deterministic:
                low = high = share
            rows.append((minimum, name, hits, total, share, low, high))
    columns = "minimum search n_starts of share share_low share_high".split()
    return pd.DataFrame(rows, columns=columns)


def search_names(searches):
    """Short names: the init, and in brackets what tells it from others of the same init."""
    inits = [search.init for search in searches]
    names = []
    for search in searches:
        label = spelt(search.solver_label.removeprefix("coordinate_descent").strip("()"))
        alone = inits.count(search.init) == 1 or not label
        names.append(search.init if alone else f"{search.init} ({label})")
    return names


def plot_shares(table, *, ax=None):
    """Which search reaches which minimum: a dot per share, a bar for its 95 % interval.

    Parameters
    ----------
    table : DataFrame
        As `share_table` makes it.

    Returns
    -------
    Axes
    """
    table = table[table.minimum < _MOST]
    minima, searches = sorted(set(table.minimum)), list(dict.fromkeys(table.search))
    ax = style.new_axes(*_shares_size(table)) if ax is None else ax
    style.dress(ax, xlabel="share of the starts")
    for i, search in enumerate(searches):
        rows = table[table.search == search]
        colour, marker, _ = style.series(i)
        y = rows.minimum.map(minima.index) + (i - (len(searches) - 1) / 2) * 0.8 / len(searches)
        ax.hlines(y, rows.share_low, rows.share_high, color=colour, lw=1.4)
        label = f"{search}: {rows.of.max()}"
        ax.plot(rows.share, y, marker, color=colour, ms=6.5, label=label)
    ax.set_yticks(range(len(minima)), [f"minimum {m + 1}" for m in minima])
    ax.set(xlim=(-0.02, 1.02), ylim=(len(minima) - 0.45, -0.55))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=1 if _long(searches) else 2)
    return ax


def _long(searches):
    return len(searches) == 1 or max(len(s) for s in searches) > 26


def _shares_size(table):
    table = table[table.minimum < _MOST]
    n_searches = table.search.nunique()
    return 7.0, 1.3 + 0.24 * n_searches + table.minimum.nunique() * (0.3 + 0.14 * n_searches)


def distance_table(solutions, scale):
    """Distances between the representatives of the first minima, one row per pair.

    Parameters
    ----------
    scale : float
        ``‖X‖_F``.

    Returns
    -------
    DataFrame
        minimum, other, distance; both orders of a pair.
    """
    found = [fit.factorization for fit in solutions.representatives[:_MOST]]
    rows = [
        (i, j, distance(a, b, scale) if i != j else 0.0)
        for i, a in enumerate(found)
        for j, b in enumerate(found)
    ]
    return pd.DataFrame(rows, columns=["minimum", "other", "distance"])


def plot_distances(table, *, ax=None):
    """Heat map of the distances between minima.

    Parameters
    ----------
    table : DataFrame
        As `distance_table` makes it.

    Returns
    -------
    Axes
    """
    from nmfstudy.plots.factors import plot_matrix

    square = table.pivot(index="minimum", columns="other", values="distance").to_numpy()
    names = [str(m) for m in range(len(square))]
    ax = style.new_axes(*_distances_size(len(square))) if ax is None else ax
    plot_matrix(square, row_names=names, column_names=names, colour=style.PURPLE, ax=ax)
    ax.set_xlabel("minimum", color=style.INK, fontsize=style.TEXT)
    ax.xaxis.set_label_position("top")
    ax.set_ylabel("minimum", color=style.INK, fontsize=style.TEXT)
    return ax


def _distances_size(n):
    return 1.6 + 0.62 * n, 1.1 + 0.42 * n


def tree_table(solutions, scale):
    """How the first minima join as the distance that tells two apart grows (single linkage).

    Parameters
    ----------
    scale : float
        ``‖X‖_F``.

    Returns
    -------
    DataFrame
        A row per joint: left, right, distance, n_minima (below it). Minima have their numbers;
        the r-th joint (from 0) is called n + r, n minima being shown.
    """
    from scipy.cluster.hierarchy import linkage

    found = [fit.factorization for fit in solutions.representatives[:_LEAVES]]
    pairs = [distance(a, b, scale) for i, a in enumerate(found) for b in found[i + 1 :]]
    joints = linkage(np.array(pairs), method="single")
    table = pd.DataFrame(joints, columns=["left", "right", "distance", "n_minima"])
    return table.astype({"left": int, "right": int, "n_minima": int})


def plot_tree(table, *, labels=None, near_optimal=None, distance_tol=None, ax=None):
    """The tree of minima: the farther right two branches join, the more their minima differ.

    Parameters
    ----------
    table : DataFrame
        As `tree_table` makes it.
    labels : sequence of str, optional
        One per minimum.
    near_optimal : sequence of bool, optional
        Which minima are as good as the best; the others are drawn grey.
    distance_tol : float, optional
        The tolerance used elsewhere in the report.

    Returns
    -------
    Axes
    """
    n = len(table) + 1
    ax = style.new_axes(*_tree_size(n)) if ax is None else ax
    style.dress(ax, xlabel="distance, relative to the data")
    low = min(table.distance.min(), distance_tol or 1.0) / 3
    place = dict(zip(_leaves(table), range(n), strict=True))
    at = {leaf: (low, float(y)) for leaf, y in place.items()}
    for i, row in enumerate(table.itertuples(index=False)):
        (x1, y1), (x2, y2) = at[row.left], at[row.right]
        x = max(row.distance, low)
        ax.plot([x1, x, x, x2], [y1, y1, y2, y2], color=style.INK, lw=1.4, alpha=0.75)
        at[n + i] = (x, (y1 + y2) / 2)
    good = np.ones(n, dtype=bool) if near_optimal is None else np.asarray(near_optimal)[:n]
    for flag, colour, marker, sentence in (
        (True, style.BLUE, "o", "as good as the best"),
        (False, style.GREY, "s", "worse"),
    ):
        y = [place[m] for m in range(n) if good[m] == flag]
        if y:
            ax.plot(
                np.full(len(y), low), y, marker, color=colour, ms=7, label=sentence, clip_on=False,
                zorder=3,
            )  # fmt: skip
    if distance_tol is not None:
        ax.axvline(distance_tol, color=style.INK, lw=1, ls=":", label="same, if closer than this")
    names = [f"minimum {m + 1}" for m in range(n)] if labels is None else labels
    order = sorted(place, key=place.get)
    style.names_at(ax.yaxis, np.arange(n), [names[m] for m in order])
    ax.tick_params(axis="y", length=0, pad=8)
    ax.set_ylim(n - 0.4, -0.6)
    style.log_axis(ax.xaxis, low, max(1.6 * table.distance.max(), 1.0))
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, columnspacing=1.2)
    return ax


def _leaves(table):
    """Minima in the order in which no branches cross, the lowest number of a branch first."""
    n = len(table) + 1
    below = {m: [m] for m in range(n)}
    for i, row in enumerate(table.itertuples(index=False)):
        pair = sorted((below.pop(row.left), below.pop(row.right)), key=min)
        below[n + i] = pair[0] + pair[1]
    return next(iter(below.values()))


def _tree_size(n):
    return 7.0, 1.3 + max(0.26 * n, 0.5)
