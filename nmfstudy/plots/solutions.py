"""What one holds: the distinct solutions of one problem."""

import numpy as np
import pandas as pd

from nmfstudy.distances import distance
from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_TOLERANCES = np.logspace(-8, 0, 161)
_MOST = 10  # minima with a row or a column of their own


def count_table(solutions, tolerances=_TOLERANCES):
    """Distinct solutions against the distance that tells two apart.

    Returns
    -------
    DataFrame
        distance_tol, n_distinct (near-optimal), n_minima (all).
    """
    near, every = solutions.curve(tolerances)[1], solutions.minima_curve(tolerances)[1]
    return pd.DataFrame({"distance_tol": tolerances, "n_distinct": near, "n_minima": every})


def plot_count(table, *, plateau=None, noise_floor=None, distance_tol=None, ax=None):
    """Number of distinct solutions against the distance tolerance.

    Parameters
    ----------
    table : DataFrame
        As `count_table` makes it.
    plateau : (float, float), optional
        Tolerances over which the count does not change.
    noise_floor : float, optional
        How far two fits of one minimum may still be apart.
    distance_tol : float, optional
        The tolerance used elsewhere in the report.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="distance that tells two solutions apart", ylabel="distinct solutions")
    if plateau is not None:
        ax.axvspan(*plateau, color=style.GREEN, alpha=0.14, lw=0, label="count does not change")
    if noise_floor is not None and noise_floor > table.distance_tol.min():
        ax.axvspan(
            table.distance_tol.min(), noise_floor, color=style.GREY, alpha=0.22, lw=0,
            label="finer than the fits are converged",
        )  # fmt: skip
    if (table.n_minima != table.n_distinct).any():
        ax.step(
            table.distance_tol, table.n_minima, where="post", color=style.ORANGE, lw=2, ls="--",
            label="all minima",
        )  # fmt: skip
    ax.step(
        table.distance_tol, table.n_distinct, where="post", color=style.BLUE, lw=2.4,
        label="as good as the best",
    )  # fmt: skip
    if distance_tol is not None:
        ax.axvline(distance_tol, color=style.INK, lw=1, ls=":", label="used in this report")
    style.log_axis(ax.xaxis, table.distance_tol.min(), table.distance_tol.max())
    style.count_axis(ax.yaxis, max(table.n_minima.max(), table.n_distinct.max()))
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, columnspacing=1.2)
    return ax


def illustrate_count(result):
    """The count of a problem against the tolerance; None if no fit counts."""
    solutions = result.solutions
    if not solutions.n_minima:
        return None
    table = count_table(solutions)
    if solutions.kind == "continuum":
        said = "It keeps growing as one looks closer: the solutions form a continuum."
    elif solutions.plateau is None:
        said = "There is no long stretch over which it stays the same, so it is not settled."
    else:
        low, high = (style.number(end, 1) for end in solutions.plateau)
        said = f"It stays the same from {low} to {high}, so it does not hang on the tolerance."
    return Illustration(
        name=f"count-{result.key}",
        caption=(
            f"How many different solutions of {result.title} one counts, by how close two may be "
            f"to pass as the same (distance relative to the data). {said}"
        ),
        draw=lambda figure: plot_count(
            table,
            plateau=None if solutions.kind == "continuum" else solutions.plateau,
            noise_floor=solutions.noise_floor,
            distance_tol=solutions.distance_tol, ax=figure.add_subplot(),
        ),
        data=table,
        size=(7.0, 3.8),
    )  # fmt: skip


def objective_table(solutions):
    """Minima that pass the gate against ``objective_rtol``: columns objective_rtol, n."""
    rtols, counts = solutions.objective_curve(np.logspace(-9, 1, 201))
    return pd.DataFrame({"objective_rtol": rtols, "n": counts})


def plot_objective_gate(table, *, objective_rtol=None, ax=None):
    """Number of solutions against how much worse than the best a solution may be.

    Parameters
    ----------
    table : DataFrame
        As `objective_table` makes it.
    objective_rtol : float, optional
        The gate used elsewhere in the report.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(
        ax, xlabel="how much worse than the best is still accepted", ylabel="distinct solutions"
    )
    ax.step(table.objective_rtol, table.n, where="post", color=style.BLUE, lw=2.4)
    style.log_axis(ax.xaxis, table.objective_rtol.min(), table.objective_rtol.max())
    style.count_axis(ax.yaxis, max(table.n.max(), 1))
    if objective_rtol:
        ax.axvline(objective_rtol, color=style.INK, lw=1, ls=":", label="used in this report")
        style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def illustrate_objective_gate(result):
    """The count of a problem against the gate on the objective; None below two minima."""
    solutions = result.solutions
    if solutions.n_minima < 2:
        return None
    table = objective_table(solutions)
    gate = style.percent(solutions.objective_rtol)
    if solutions.objective_rtol < 0.01:
        gate = f"{style.number(100 * solutions.objective_rtol)} %"
    return Illustration(
        name=f"gate-{result.key}",
        caption=(
            f"How many minima of {result.title} count as solutions, by how much worse than the "
            f"best an objective may be (0.01 is one per cent). At the {gate} used here: "
            f"{solutions.n_distinct} of {solutions.n_minima}."
        ),
        draw=lambda figure: plot_objective_gate(
            table, objective_rtol=solutions.objective_rtol, ax=figure.add_subplot()
        ),
        data=table,
        size=(7.0, 3.0),
    )


def share_table(solutions):
    """Share of each search's starts that ends in each minimum, with its interval.

    Returns
    -------
    DataFrame
        minimum, search (init, and the solver where it differs), n_starts, of, share, share_low,
        share_high.
    """
    from nmfstudy.saturation import wilson_interval

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
        label = search.solver_label.removeprefix("coordinate_descent").strip("()")
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
        ax.hlines(y, rows.share_low, rows.share_high, color=colour, lw=2, alpha=0.6)
        label = f"{search}: {rows.of.max()}"
        ax.plot(rows.share, y, marker, color=colour, ms=6.5, label=label)
    ax.set_yticks(range(len(minima)), [f"minimum {m}" for m in minima])
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


def illustrate_shares(result):
    """Solution × search for a problem; None without a fit that counts or for a continuum."""
    solutions = result.solutions
    if not solutions.n_minima or solutions.kind == "continuum":
        return None
    table = share_table(solutions)
    first = f" The first {_MOST} of {solutions.n_minima} minima." * (solutions.n_minima > _MOST)
    return Illustration(
        name=f"shares-{result.key}",
        caption=(
            f"Which way of starting reaches which minimum of {result.title} (0 is the best). Bars "
            f"are 95 % intervals; with the number of starts behind each name.{first}"
        ),
        draw=lambda figure: plot_shares(table, ax=figure.add_subplot()),
        data=table,
        size=_shares_size(table),
    )


def plot_rarefaction(table, *, chao1=None, ax=None):
    """Expected number of minima found against the number of starts.

    Parameters
    ----------
    table : DataFrame
        n_starts, n_minima.
    chao1 : float, optional
        Estimate of how many there are at least.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="starts", ylabel="minima found")
    ax.plot(table.n_starts, table.n_minima, color=style.BLUE, lw=2.4, label="found, on average")
    top = table.n_minima.max()
    if chao1 is not None and np.isfinite(chao1) and chao1 <= 8 * top:
        ax.axhline(chao1, color=style.PREDICTED, lw=1.6, ls="--", label="estimate of all there are")
        top = max(top, chao1)
    ax.set(xlim=(0, None), ylim=(0, 1.12 * top))
    style.whole_numbers(ax.xaxis, 6)
    style.whole_numbers(ax.yaxis, 6)
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2)
    return ax


def illustrate_rarefaction(result):
    """Whether more starts would find more minima; None below ten counted random starts."""
    solutions = result.solutions
    sizes, found = solutions.rarefaction() if solutions.n_minima else ([], [])
    if len(sizes) == 0 or max(sizes) < 10:
        return None
    table = pd.DataFrame({"n_starts": sizes, "n_minima": found})
    unseen = style.percent(max(1 - solutions.coverage, 0.0))
    ends = "It has levelled off" if solutions.coverage >= 0.99 else "It is still rising"
    return Illustration(
        name=f"rarefaction-{result.key}",
        caption=(
            f"How many minima of {result.title} fewer starts would have found. {ends}: the "
            f"chance that one more start ends in a minimum not seen yet is about {unseen}."
        ),
        draw=lambda figure: plot_rarefaction(table, chao1=solutions.chao1, ax=figure.add_subplot()),
        data=table,
        size=(7.0, 3.0),
    )


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


def illustrate_distances(result):
    """How far the minima of a problem are apart; None below two, or without factors."""
    solutions = result.solutions
    known = [f for f in solutions.representatives[:_MOST] if np.isfinite(f.H).all()]
    if solutions.n_minima < 2 or len(known) < min(solutions.n_minima, _MOST):
        return None
    table = distance_table(solutions, result.searches[0].data_norm)
    n = min(solutions.n_minima, _MOST)
    apart = table.distance[table.minimum < table.other]
    low, high = style.number(apart.min(), 2), style.number(apart.max(), 2)
    first = f"the first {_MOST} of {solutions.n_minima}" if solutions.n_minima > _MOST else "the"
    seen = f"They are {low} to {high} apart" if len(apart) > 1 else f"The two are {low} apart"
    return Illustration(
        name=f"distances-{result.key}",
        caption=(
            f"Distances between {first} minima of {result.title}, relative to the size of the "
            f"data: 0 is the same, beyond 1 nothing is shared. {seen}."
        ),
        draw=lambda figure: plot_distances(table, ax=figure.add_subplot()),
        data=table,
        size=_distances_size(n),
    )
