"""What one holds: many fits of one problem."""

import numpy as np
import pandas as pd

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_FLOOR = 1e-13  # excess below this is drawn as none
_OWN_COLOUR = 5  # minima with a colour of their own
_SEVERAL = 3  # starts that a minimum needs for it where there are many


def objectives_table(result):
    """One row per start, lowest objective first.

    Returns
    -------
    DataFrame
        rank, seed, init, solver, objective, excess (relative to the best objective, or to
        ``½‖X‖²`` where the best fit is exact), minimum, stop_reason.
    """
    solutions = result.solutions
    parts = [
        pd.DataFrame(
            {
                "seed": fits.seed,
                "init": fits.search.init,
                "solver": fits.search.solver_label,
                "objective": fits.objective,
                "stop_reason": fits.stop_reason,
            }
        )
        for fits in result.searches
    ]
    table = pd.concat(parts, ignore_index=True).assign(minimum=solutions.labels)
    best, reference = solutions.best_objective, solutions.reference_loss
    unit = best if best > 1e-9 * reference else reference
    table["excess"] = (table.objective - best) / unit
    table = table.sort_values(["objective", "minimum"], kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def plot_objectives(table, *, objective_rtol=None, ax=None):
    """How much worse than the best every start ended, sorted, coloured by minimum.

    Parameters
    ----------
    table : DataFrame
        As `objectives_table` makes it.
    objective_rtol : float, optional
        Draws the line below which a fit is as good as the best.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="start, best first", ylabel="objective above the best")
    shown = table[np.isfinite(table.excess)]
    height = np.maximum(shown.excess, _FLOOR)
    counted = shown.minimum >= 0
    visited = shown.minimum[counted].value_counts()
    n_minima = len(visited)
    own = sorted(visited.index)
    if n_minima > _OWN_COLOUR + 1:  # the best ones that several starts reach
        own = [m for m in own[:_OWN_COLOUR] if visited[m] >= _SEVERAL]
    raster = len(shown) > style.RASTER_ABOVE
    for m in own:
        of = shown.minimum == m
        ax.scatter(
            shown["rank"][of], height[of], s=26, color=style.minimum_colour(m), linewidths=0,
            marker=style.minimum_marker(m), rasterized=raster,
            label=f"minimum {m}: {_starts(of.sum())}",
        )  # fmt: skip
    rest = counted & ~shown.minimum.isin(own)
    if rest.any():
        n_rest = shown.minimum[rest].nunique()
        ax.scatter(
            shown["rank"][rest], height[rest], s=16, color=style.SKY, linewidths=0,
            rasterized=raster, label=f"{n_rest} {'other ' if own else ''}minima: "
            f"{_starts(rest.sum())}",
        )  # fmt: skip
    if (~counted).any():
        ax.scatter(
            shown["rank"][~counted], height[~counted], s=26, color=style.UNCOUNTED, marker="x",
            rasterized=raster, label=f"not counted: {_starts((~counted).sum())}",
        )  # fmt: skip
    top = max(height.max() if len(height) else 1.0, objective_rtol or 0, 1e-8)
    style.log_axis(ax.yaxis, _FLOOR / 3, 6 * top)
    ticks = [t for t in ax.get_yticks() if t > 10 * _FLOOR and t <= 6 * top]
    ax.set_yticks([_FLOOR, *ticks], ["none", *(style.power_of_ten(t) for t in ticks)])
    if objective_rtol and objective_rtol > _FLOOR:
        ax.axhline(objective_rtol, color=style.INK, lw=1, ls="--", alpha=0.6)
        ax.annotate(
            "as good as the best below this line", (0, objective_rtol), xytext=(3, 2),
            xycoords=("axes fraction", "data"), textcoords="offset points", ha="left",
            va="bottom", color=style.INK, fontsize=style.SMALL,
        )  # fmt: skip
    ax.set_xlim(0, len(table) + 1)
    style.whole_numbers(ax.xaxis, 6)
    if len(shown):
        style.legend(
            ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2,
            columnspacing=1.2,
        )  # fmt: skip
    return ax


def _starts(n):
    return f"{n} start" if n == 1 else f"{n} starts"


def illustrate_objectives(result):
    """Where every start of a problem ended; None if no fit counts or all are equal."""
    solutions = result.solutions
    table = objectives_table(result)
    seen = table.excess[np.isfinite(table.excess)]
    if not solutions.n_minima or seen.max() <= _FLOOR:
        return None
    lost = int((table.minimum < 0).sum())
    beside = f" {lost} did not count: not fully converged, or no minimum." if lost else ""
    return Illustration(
        name=f"objectives-{result.key}",
        caption=(
            f"Every start of {result.title}, by how far its objective is above the best one "
            f"(relative). {_sentence(solutions)}{beside}"
        ),
        draw=lambda figure: plot_objectives(
            table, objective_rtol=solutions.objective_rtol, ax=figure.add_subplot()
        ),
        data=table,
        size=(7.0, 4.0),
    )


def _sentence(solutions):
    n = solutions.n_minima
    if n == 0:
        return "No start converged."
    if n == 1:
        return "All that converged end in the same minimum."
    near = solutions.n_distinct
    if near == n:
        return f"They end in {n} different minima, all as good as the best."
    return f"They end in {n} different minima, {near} of them as good as the best."


def norms_table(groups, reference):
    """``‖h_r‖`` of every fit, component by component.

    Parameters
    ----------
    groups : mapping of str to Fits
        By the name of the row they are drawn in.
    reference : mapping of str to Factorization
        What the components of that group are matched to.

    Returns
    -------
    DataFrame
        group, seed, component, norm_H.
    """
    from nmfstudy.matching import match

    rows = []
    for name, fits in groups.items():
        for fit in fits:
            order, _ = match(reference[name], fit.factorization)
            norms = np.linalg.norm(fit.H, axis=1)
            rows += [
                {"group": name, "seed": fit.seed, "component": r + 1, "norm_H": norms[o]}
                for r, o in enumerate(order)
                if o < len(norms)
            ]
    return pd.DataFrame(rows, columns=["group", "seed", "component", "norm_H"])


def plot_norms(table, *, ax=None):
    """Length of every component's row of H over starts: a point per start, a row per group."""
    names = list(dict.fromkeys(table.group))
    ax = style.new_axes(7, 1.2 + 0.8 * len(names)) if ax is None else ax
    style.dress(ax, xlabel="length of the component's row of H")
    n_components = int(table.component.max())
    for y, name in enumerate(names):
        for r in range(1, n_components + 1):
            values = table.norm_H[(table.group == name) & (table.component == r)]
            offset = (r - (n_components + 1) / 2) * 0.7 / n_components
            ax.scatter(
                values, np.full(len(values), y + offset), s=22, alpha=0.55, linewidths=0,
                color=style.minimum_colour(r - 1), marker=style.minimum_marker(r - 1),
                rasterized=len(table) > style.RASTER_ABOVE,
                label=f"component {r}" if y == 0 else None,
            )  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.45, -0.55)
    positive = table.norm_H[table.norm_H > 0]
    if len(positive) and positive.max() > 8 * positive.min():
        style.log_axis(ax.xaxis, positive.min() / 1.4, positive.max() * 1.4)
    else:
        ax.set_xlim(0, 1.1 * table.norm_H.max())
    style.legend(
        ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(4, n_components),
        handletextpad=0.2, columnspacing=1.2,
    )  # fmt: skip
    return ax
