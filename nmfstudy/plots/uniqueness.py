"""Figures of what is proved about a factorization, and of the others that its product has."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba
from matplotlib.patches import Polygon, Rectangle

from nmfstudy.model.factorization import as_factorization
from nmfstudy.plots import style

STATES = ("identifiable", "open", "changes")
STATUS_COLOURS = {
    "identifiable": style.TRUSTED,
    "open": style.GREY,
    "changes": style.VERMILLION,
}
MOST_TRIANGLES = 4  # drawn of infinitely many
CELLWISE_COLUMNS = 400  # of a pattern drawn cell by cell; longer ones show shares
_NAMED = 30  # entries with a name each


def states(n_components, identifiable, refuted):
    """One of `STATES` for every component."""
    return [
        "identifiable" if r in identifiable else "changes" if r in refuted else "open"
        for r in range(n_components)
    ]


def plot_zero_pattern(factor, component_states, *, xlabel="", names=None, ax=None):
    """Where the components of one factor are zero, coloured by what is proved of each.

    Parameters
    ----------
    factor : array of shape (n_components, n_entries)
        H, or the transpose of W.
    component_states : sequence of str
        One of `STATES` per component, see `states`.
    xlabel : str
    names : sequence of str, optional
        Of the entries; shown if there is room.
    ax : Axes, optional

    Returns
    -------
    Axes
        Zeros are blank. Beyond 400 entries neighbouring ones share a cell, the fainter the more
        zeros it holds.
    """
    factor = np.asarray(factor)
    k, n = factor.shape
    ax = style.new_axes(7.0, 0.9 + 0.35 * k) if ax is None else ax
    style.dress(ax, xlabel=xlabel, grid=False)
    edges = np.linspace(0, n, min(n, CELLWISE_COLUMNS) + 1).round().astype(int)
    share = np.add.reduceat((factor != 0).astype(float), edges[:-1], axis=1) / np.diff(edges)
    image = np.zeros((*share.shape, 4))
    for r, state in enumerate(component_states):
        image[r] = to_rgba(STATUS_COLOURS[state])
        image[r, :, 3] = 0.85 * share[r]
    ax.imshow(
        image, aspect="auto", interpolation="none", extent=(0.5, n + 0.5, k + 0.5, 0.5), zorder=2
    )
    for r in range(k + 1):
        ax.axhline(r + 0.5, color=style.INK, alpha=0.25, lw=0.6)
    ax.set_yticks(range(1, k + 1), [f"{r + 1}: {s}" for r, s in enumerate(component_states)])
    _name_entries(ax, n, names)
    ax.set_xlim(0.5, n + 0.5)
    for label, state in zip(ax.get_yticklabels(), component_states, strict=True):
        label.set_fontweight("bold" if state == "identifiable" else "normal")
    return ax


def plot_rectangle(a, b, *, ax=None):
    """All factorizations with two components, as points (a, b) of a rectangle.

    Parameters
    ----------
    a, b : (float, float)
        The intervals of `nmfstudy.certificates.rank2.intervals`: ``w₁ + a w₂`` and ``w₂ + b w₁``
        are the possible columns of W. A single point is a unique factorization.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = style.new_axes(5.0, 4.0) if ax is None else ax
    style.dress(
        ax,
        xlabel="a: how much of component 2 goes into w of component 1",
        ylabel="b: how much of component 1\ngoes into w of component 2",
    )
    width, height = a[1] - a[0], b[1] - b[0]
    reach = 1.15 * max(abs(v) for v in (*a, *b)) or 1.0
    colour = style.VERMILLION
    ax.axhline(0, color=style.INK, lw=0.8, alpha=0.5)
    ax.axvline(0, color=style.INK, lw=0.8, alpha=0.5)
    if width and height:
        box = Rectangle((a[0], b[0]), width, height, **style.area(colour, 0.35))
        ax.add_patch(box)
        box.set_label("all factorizations")
    elif width or height:
        ax.plot(a, b, color=colour, lw=4, solid_capstyle="butt", label="all factorizations")
    only = not (width or height)
    ax.plot(
        0, 0, "o", ms=9, color=style.TRUSTED if only else style.INK, zorder=3,
        label="the only factorization" if only else "this one",
    )  # fmt: skip
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    style.legend(ax, loc="upper left")
    return ax


def plot_polygons(figure_data, *, ax=None):
    """Factorizations with three components as triangles between two nested polygons.

    Parameters
    ----------
    figure_data : Geometry
        Of `nmfstudy.certificates.geometry.geometry`.
    ax : Axes, optional

    Returns
    -------
    Axes
        Corners of a triangle are columns of W, sides are rows of H. On the thick parts of the
        outer polygon some triangle has a corner.
    """
    g = figure_data
    ax = style.new_axes(6.4, 4.6) if ax is None else ax
    style.dress(ax, grid=False)
    outer, inner = np.asarray(g.outer), np.asarray(g.inner)
    ax.add_patch(
        Polygon(outer, closed=True, fc=style.SKY, alpha=0.16, ec="none", label="_outer", zorder=1)
    )
    ax.add_patch(
        Polygon(
            outer, closed=True, fill=False, ec=style.BLUE, lw=1.4, zorder=2, label="allowed (W ≥ 0)"
        )
    )
    ax.add_patch(
        Polygon(
            inner,
            closed=True,
            **style.area(style.GREY, 0.45),
            zorder=2,
            label="must cover (H ≥ 0)",
        )
    )
    ax.plot(*inner.T, ".", color=style.INK, ms=5, zorder=3)
    for i, other in enumerate(_few(g)):
        closed = np.vstack([other, other[:1]])
        ax.plot(
            *closed.T, color=style.VERMILLION, lw=1.3, ls="--", zorder=4,
            label=_others_label(g) if i == 0 else None,
        )  # fmt: skip
    closed = np.vstack([g.triangle, g.triangle[:1]])
    ax.plot(*closed.T, color=style.INK, lw=2.4, zorder=5, label="this factorization")
    for i, arc in enumerate(g.arcs):
        arc = np.asarray(arc)
        ax.plot(
            *arc.T, color=style.GREEN, lw=5, zorder=3.5, solid_capstyle="round",
            marker="o" if len(arc) == 1 else None, ms=9, ls="-" if len(arc) > 1 else "none",
            label="possible corners" if i == 0 else None,
        )  # fmt: skip
    center = g.triangle.mean(axis=0)
    for r, corner in enumerate(g.triangle):
        ax.annotate(
            f"w{_subscript(r + 1)}",
            corner,
            xytext=12 * (corner - center) / np.linalg.norm(corner - center),
            textcoords="offset points",
            ha="center",
            va="center",
            color=style.INK,
            fontsize=style.TEXT,
            zorder=6,
        )
    points = np.vstack([outer, g.triangle])
    _frame(ax, points)
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, columnspacing=1.2)
    return ax


def plot_triangles(geometries, titles, *, figure=None):
    """Nested polygons of several problems beside one another, see `plot_polygons`.

    Parameters
    ----------
    geometries : sequence of Geometry
    titles : sequence of str
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    figure = style.new_axes(*triangles_size(len(geometries))).figure if figure is None else figure
    figure.clear()
    axes = style.grid(figure, len(geometries), columns=3)
    for ax, g, title in zip(axes, geometries, titles, strict=True):
        plot_polygons(g, ax=ax).get_legend().remove()
        ax.set_anchor("NW")
        ax.set_title(style.cut(title, 26), color=style.INK, fontsize=style.TEXT, loc="left")
    return axes


def triangles_size(n):
    """Inches that `plot_triangles` needs."""
    return min(9.0, 3.2 * n), 3.0 * -(-n // 3)


def _few(g):
    """All other triangles, or a few of very many, spread over those at hand."""
    step = -(-len(g.others) // MOST_TRIANGLES) if g.infinite and g.others else 1
    return g.others[::step]


def _others_label(g):
    return "a few of the others" if g.infinite else f"the others ({len(g.others)})"


def _subscript(integer):
    return str(integer).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _frame(ax, points):
    """Equal scales, a little room, no ticks."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.08 * max(high - low)
    ax.set_xlim(low[0] - room, high[0] + room)
    ax.set_ylim(low[1] - room, high[1] + room)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def band_table(solutions, side="H"):
    """Range of every entry over several factorizations with matched components.

    Parameters
    ----------
    solutions : sequence of Factorization
        The first is the one of interest; components in the same order in all, as
        `nmfstudy.certificates.witness.sample` returns them.
    side : {"W", "H"}

    Returns
    -------
    DataFrame
        Columns component, entry (from 1), value, low, high; each component at maximum 1.
    """
    stack = []
    for solution in map(as_factorization, solutions):
        factor = solution.H if side == "H" else solution.W.T
        top = factor.max(axis=1, keepdims=True)
        stack.append(factor / np.where(top > 0, top, 1.0))
    stack = np.array(stack)
    k, n = stack.shape[1:]
    return pd.DataFrame(
        {
            "component": np.repeat(np.arange(1, k + 1), n),
            "entry": np.tile(np.arange(1, n + 1), k),
            "value": stack[0].ravel(),
            "low": stack.min(axis=0).ravel(),
            "high": stack.max(axis=0).ravel(),
        }
    )


def plot_bands(table, *, xlabel="feature", component_states=None, names=None, ax=None):
    """Components with the range in which other factorizations of the product have them.

    Parameters
    ----------
    table : DataFrame
        As `band_table` makes it.
    xlabel : str
    component_states : sequence of str, optional
        For the colours, see `states`.
    names : sequence of str, optional
        Of the entries; shown if there is room.
    ax : Axes, optional

    Returns
    -------
    Axes
        One row per component, from 0 to its largest entry. The band is what was found: more may
        be possible.
    """
    components = sorted(table.component.unique())
    k = len(components)
    component_states = ["open"] * k if component_states is None else component_states
    ax = style.new_axes(7.0, 0.9 + 0.6 * k) if ax is None else ax
    style.dress(ax, xlabel=xlabel, grid=False)
    for r, name in enumerate(components):
        part, base = table[table.component == name], k - 1 - r
        colour = STATUS_COLOURS[component_states[r]]
        x = np.append(part.entry - 0.5, part.entry.iloc[-1] + 0.5)
        low, high, value = (
            base + 0.82 * np.append(part[c], part[c].iloc[-1]) for c in ("low", "high", "value")
        )
        ax.axhline(base, color=style.INK, lw=0.6, alpha=0.4)
        ax.fill_between(x, low, high, step="post", **style.area(colour, 0.4))
        ax.step(x, value, where="post", color=style.INK, lw=1.3)
    ax.set_yticks(
        [k - 1 - r + 0.41 for r in range(k)],
        [f"{name}: {state}" for name, state in zip(components, component_states, strict=True)],
    )
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0.5, table.entry.max() + 0.5)
    ax.set_ylim(-0.05, k)
    _name_entries(ax, int(table.entry.max()), names)
    return ax


def _name_entries(ax, n, names):
    """Names below the entries 1 to n where there is room, else their numbers."""
    if names is None or n > _NAMED:
        style.whole_numbers(ax.xaxis)
        return
    style.names_at(ax.xaxis, np.arange(1, n + 1), names, 24)
    if sum(min(24, len(str(name))) for name in names) > 70:
        for label in ax.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")
