"""What one holds: many fits of one problem."""

import numpy as np
import pandas as pd

from nmfstudy.plots import style
from nmfstudy.plots.illustration import PAGE_WIDTH, Illustration
from nmfstudy.solutions.pairs import distances, terms_of
from nmfstudy.solutions.pool import pool
from nmfstudy.util.spacing import evenly_spaced

_CLOSE = 0.05  # extent of a map at least, so that rounding does not fill it
_FLOOR = 1e-13  # excess below this is drawn as none
_NEAR = 1e-9  # distances below this are drawn as none
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
    return _ranked(result)[0]


def _ranked(result):
    """`objectives_table`, and the position of each row among the pooled fits."""
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
    table = table.sort_values(["objective", "minimum"], kind="stable")
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table.reset_index(drop=True), table.index.to_numpy()


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
    _by_minimum(ax, shown.assign(excess=np.maximum(shown.excess, _FLOOR)), "rank")
    _excess_axis(ax, shown.excess, objective_rtol)
    ax.set_xlim(0, len(table) + 1)
    style.whole_numbers(ax.xaxis, 6)
    return ax


def _by_minimum(ax, shown, x):
    """Marks of the starts at the column ``x`` and their excess, a colour and marker a minimum."""
    counted = shown.minimum >= 0
    visited = shown.minimum[counted].value_counts()
    own = sorted(visited.index)
    if len(own) > _OWN_COLOUR + 1:  # the best ones that several starts reach
        own = [m for m in own[:_OWN_COLOUR] if visited[m] >= _SEVERAL]
    rest = counted & ~shown.minimum.isin(own)
    n_rest = shown.minimum[rest].nunique()
    groups = [
        (shown.minimum == m, style.minimum_colour(m), style.minimum_marker(m), 26, name)
        for m, name in ((m, f"minimum {m + 1}") for m in own)
    ]
    groups.append((rest, style.SKY, "o", 16, f"{n_rest} {'other ' if own else ''}minima"))
    groups.append((~counted, style.UNCOUNTED, "x", 26, "not counted"))
    for of, colour, marker, size, name in groups:
        if of.any():
            ax.scatter(
                shown[x][of], shown.excess[of], s=size, color=colour, marker=marker,
                linewidths=1.2 if marker == "x" else 0, label=f"{name}: {_starts(of.sum())}",
                zorder=1.8 if marker == "x" else 2,
                rasterized=len(shown) > style.RASTER_ABOVE,
            )  # fmt: skip
    if len(shown):
        style.legend(
            ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2,
            columnspacing=1.2,
        )  # fmt: skip


def _excess_axis(ax, excess, objective_rtol):
    """Logarithmic, with "none" at the bottom and the line of what is as good as the best."""
    top = max(excess.max() if len(excess) else 1.0, objective_rtol or 0, 1e-8)
    style.log_axis(ax.yaxis, _FLOOR / 3, 6 * top)
    _name_floor(ax.yaxis, _FLOOR, "none")
    if objective_rtol and objective_rtol > _FLOOR:
        ax.axhline(objective_rtol, color=style.INK, lw=1, ls="--", alpha=0.6)
        ax.annotate(
            "as good as the best below this line", (0, objective_rtol), xytext=(3, 2),
            xycoords=("axes fraction", "data"), textcoords="offset points", ha="left",
            va="bottom", color=style.INK, fontsize=style.SMALL,
        )  # fmt: skip


def _name_floor(axis, floor, name):
    """Put a name in place of the ticks up to where smaller values are drawn."""
    high = max(axis.get_view_interval())
    ticks = [t for t in axis.get_majorticklocs() if 10 * floor < t <= high]
    axis.set_ticks([floor, *ticks], [name, *(style.power_of_ten(t) for t in ticks)])


def landscape_table(result, most=600):
    """One row per start: how far it is from the best solution, and how much worse.

    Returns
    -------
    DataFrame
        Columns of `objectives_table`, with distance (of the terms to those of the best solution,
        in units of ``‖X‖``) in place of rank. Of many starts so many are taken, evenly spaced in
        the order of their objectives. Starts whose factors were not kept are left out.
    """
    table, terms = _starts_with_factors(result, most)
    best = terms[np.flatnonzero(table.minimum == 0)[:1]]
    return table.drop(columns="rank").assign(distance=distances(best, terms)[0])


def _starts_with_factors(result, most, lowest_minimum=-1):
    """Rows of `objectives_table` whose factors were kept, at most so many, and their terms."""
    table, at = _ranked(result)
    fits = pool(result.searches)
    kept = np.flatnonzero((fits.row[at] >= 0) & (table.minimum >= lowest_minimum))
    kept = kept[evenly_spaced(len(kept), most)]
    return table.iloc[kept].reset_index(drop=True), terms_of(fits, at[kept])


def plot_landscape(table, *, distance_tol=None, objective_rtol=None, ax=None):
    """How much worse than the best against how far from it: a mark per start, by minimum.

    Parameters
    ----------
    table : DataFrame
        As `landscape_table` makes it.
    distance_tol, objective_rtol : float, optional
        Draws the lines within which a fit is the best solution, and as good as it.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="distance to the best solution", ylabel="objective above the best")
    shown = table[np.isfinite(table.excess)]
    shown = shown.assign(
        distance=np.maximum(shown.distance, _NEAR), excess=np.maximum(shown.excess, _FLOOR)
    )
    if distance_tol:
        name = "same, if closer than this"
        ax.axvline(distance_tol, color=style.INK, lw=1, ls=":", alpha=0.7, label=name)
    _by_minimum(ax, shown, "distance")
    style.log_axis(ax.xaxis, _NEAR / 3, 3.0)
    _name_floor(ax.xaxis, _NEAR, "0")
    _excess_axis(ax, shown.excess, objective_rtol)
    return ax


def map_table(result, most=60):
    """One row per start: its place on a map on which distances are those between the fits.

    Classical scaling of the distances between the terms: the two directions in which the fits
    differ most [1]_.

    Returns
    -------
    DataFrame
        Columns of `objectives_table`, with x and y (in units of ``‖X‖``) in place of rank; of
        many starts so many. ``table.attrs["shown"]`` is the share of the squared distances that
        the map shows.

    References
    ----------
    .. [1] Torgerson, W. S. (1952). Multidimensional scaling: I. Theory and method. Psychometrika.
    """
    table, terms = _starts_with_factors(result, most, lowest_minimum=0)
    squares = np.square(distances(terms, terms, symmetric=True))
    centred = squares - squares.mean(axis=0)
    gram = -0.5 * (centred - centred.mean(axis=1, keepdims=True))
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1], vectors[:, ::-1]
    # A direction has no sign of its own: the start that is farthest out is to the right, or on top.
    signs = np.sign(np.take_along_axis(vectors, abs(vectors).argmax(axis=0)[None], axis=0))
    places = (vectors * np.where(signs == 0, 1.0, signs) * np.sqrt(np.maximum(values, 0)))[:, :2]
    x, y = np.pad(places, ((0, 0), (0, 2 - places.shape[1]))).T
    table = table.drop(columns="rank").assign(x=x, y=y)
    positive = np.maximum(values, 0).sum()
    table.attrs["shown"] = float(np.maximum(values[:2], 0).sum() / positive) if positive else 1.0
    return table


def plot_map(table, *, title="", ax=None):
    """Every start on a map of the fits: equal fits on one spot, coloured by minimum.

    Parameters
    ----------
    table : DataFrame
        As `map_table` makes it.
    title : str

    Returns
    -------
    Axes
    """
    ax = style.new_axes(5.0, 4.2) if ax is None else ax
    style.dress(ax, xlabel="distance, relative to the data")
    ax.set_title(style.cut(title, 30), color=style.INK, fontsize=style.TEXT, loc="left")
    reach = max(np.ptp(table.x), np.ptp(table.y), _CLOSE)
    spots = table.groupby([table.minimum, *((table[v] / reach).round(2) for v in "xy")])
    named = []  # places, so that no number stands on another
    for (label, *_), spot in sorted(spots, key=lambda pair: -len(pair[1])):
        at, n = np.array([spot.x.mean(), spot.y.mean()]), len(spot)
        ax.scatter(
            *at, s=36 + 14 * min(n, 40), lw=0.8, color=style.minimum_colour(label), alpha=0.75,
            marker=style.minimum_marker(label), edgecolors=style.INK,
        )  # fmt: skip
        if n > 3 and all(np.ptp([at, other], axis=0).max() > 0.3 * reach for other in named):
            named.append(at)
            ax.annotate(
                f"{n} starts", at, (0, 17), color=style.INK, textcoords="offset points",
                fontsize=style.SMALL, ha="center",
            )  # fmt: skip
    for v, limits, up in (("x", ax.set_xlim, 0.0), ("y", ax.set_ylim, 0.1)):
        middle = (table[v].min() + table[v].max()) / 2 + up * reach  # room for the topmost label
        limits(middle - 0.7 * reach, middle + 0.7 * reach)
    ax.set_aspect("equal")
    ax.locator_params(nbins=4)
    return ax


def plot_maps(tables, titles, *, figure=None):
    """Maps of several problems beside one another, see `plot_map`.

    Parameters
    ----------
    tables : sequence of DataFrame
    titles : sequence of str
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    figure = style.new_axes(*maps_size(len(tables))).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, len(tables), columns=3)
    return [
        plot_map(table, title=title, ax=ax)
        for table, title, ax in zip(tables, titles, axes, strict=True)
    ]


def maps_size(n):
    """Inches that `plot_maps` needs."""
    return min(9.0, 3.6 * n), 3.4 * -(-n // 3)


def illustrate_map(result):
    """The fits of a problem on a map; None if all are the same or factors were not kept."""
    solutions = result.solutions
    if not solutions.n_minima or not np.isfinite(solutions.representatives[0].H).all():
        return None
    table = map_table(result)
    if not len(table) or not max(np.ptp(table.x), np.ptp(table.y)) > solutions.distance_tol:
        return None
    return Illustration(
        name=f"map-{result.key}",
        draw=lambda figure: plot_map(table, ax=figure.add_subplot()),
        data=table,
        size=(5.0, 4.2),
    )


def _starts(n):
    return f"{n} start" if n == 1 else f"{n} starts"


def illustrate_objectives(result):
    """Where every start of a problem ended; None if no fit counts or all are equal."""
    solutions = result.solutions
    table = objectives_table(result)
    seen = table.excess[np.isfinite(table.excess)]
    if not solutions.n_minima or seen.max() <= _FLOOR:
        return None
    return Illustration(
        name=f"objectives-{result.key}",
        draw=lambda figure: plot_objectives(
            table, objective_rtol=solutions.objective_rtol, ax=figure.add_subplot()
        ),
        data=table,
        size=(PAGE_WIDTH, 4.2),
    )


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
    from nmfstudy.model.matching import match

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
                values, np.full(len(values), y + offset), s=22,
                marker=style.minimum_marker(r - 1), **style.area(style.minimum_colour(r - 1), 0.5),
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
