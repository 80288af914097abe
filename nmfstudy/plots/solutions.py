"""What one holds: the solutions of one problem, and the question whether their count is right."""

import numpy as np
import pandas as pd

from nmfstudy.plots import style
from nmfstudy.plots.illustration import PAGE_WIDTH, Illustration
from nmfstudy.solutions.coverage import rarefaction_interval
from nmfstudy.util.streams import stream

_TOLERANCES = np.logspace(-8, 0, 161)


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
        ax.axvspan(*plateau, **style.area(style.GREEN, 0.14), label="count does not change")
    if noise_floor is not None and noise_floor > table.distance_tol.min():
        ax.axvspan(
            table.distance_tol.min(), noise_floor, **style.area(style.GREY, 0.22),
            label="finer than the precision of the fits",
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
    solutions = result.assessed
    if not solutions.n_minima:
        return None
    table = count_table(solutions)
    return Illustration(
        name=f"count-{result.key}",
        draw=lambda figure: plot_count(
            table,
            plateau=None if solutions.kind == "continuum" else solutions.plateau,
            noise_floor=solutions.noise_floor,
            distance_tol=solutions.distance_tol, ax=figure.add_subplot(),
        ),
        data=table,
        size=(PAGE_WIDTH, 3.9),
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
        As `objective_table` makes it; ``n_trusted``, the number of components trusted, is drawn
        if it is there.
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
    ax.step(table.objective_rtol, table.n, where="post", color=style.BLUE, lw=2.4,
            label="distinct solutions")  # fmt: skip
    if "n_trusted" in table:
        ax.step(table.objective_rtol, table.n_trusted, where="post", color=style.ORANGE, lw=1.6,
                label="components trusted")  # fmt: skip
        ax.set_ylabel("number")
    style.log_axis(ax.xaxis, table.objective_rtol.min(), table.objective_rtol.max())
    most = max(table.n.max(), table.n_trusted.max() if "n_trusted" in table else 0)
    style.count_axis(ax.yaxis, max(most, 1))
    if objective_rtol:
        ax.axvline(objective_rtol, color=style.INK, lw=1, ls=":", label="used in this report")
        style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def illustrate_objective_gate(result):
    """The count of a problem against the gate on the objective; None below two minima."""
    solutions = result.solutions
    if solutions.n_minima < 2:
        return None
    table, robust = objective_table(solutions), result.robustness
    if robust is not None:
        enters = robust.table.objective_rtol.searchsorted(table.objective_rtol, side="right") - 1
        table["n_trusted"] = robust.table.n_trusted.to_numpy()[np.maximum(enters, 0)]
    return Illustration(
        name=f"gate-{result.key}",
        draw=lambda figure: plot_objective_gate(
            table, objective_rtol=solutions.objective_rtol, ax=figure.add_subplot()
        ),
        data=table,
        size=(7.0, 3.0),
    )


def plot_rarefaction(table, *, chao1=None, ax=None):
    """Expected number of minima found against the number of starts.

    Parameters
    ----------
    table : DataFrame
        As `rarefaction_table` makes it: n_starts, n_minima, and low and high if they are known.
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
    if "low" in table and (table.high > table.low).any():
        ax.fill_between(
            table.n_starts, table.low, table.high, **style.area(style.BLUE, 0.2),
            label="in 95 % of the draws",
        )  # fmt: skip
    if chao1 is not None and np.isfinite(chao1) and chao1 <= 8 * top:
        ax.axhline(chao1, color=style.PREDICTED, lw=1.6, ls="--", label="estimate of all there are")
        top = max(top, chao1)
    ax.set(xlim=(0, None), ylim=(0, 1.12 * top))
    style.whole_numbers(ax.xaxis, 6)
    style.whole_numbers(ax.yaxis, 6)
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
    return ax


def rarefaction_table(solutions):
    """Minima that fewer starts of the search would have found, with the range of 95 % of draws.

    Returns
    -------
    DataFrame
        n_starts, n_minima (on average), low, high.
    """
    sizes, found = solutions.rarefaction()
    counts = solutions.starts_per_minimum(solutions.sampled_search)
    low, high = rarefaction_interval(counts, sizes, stream(0, "rarefaction"))
    return pd.DataFrame({"n_starts": sizes, "n_minima": found, "low": low, "high": high})
