"""Colours by meaning and the look of all figures, in one place.

Everything that is neither data nor background has the colour `INK`, so that a page can swap it
for its own text colour. Backgrounds are transparent; cells of heat maps are one hue of growing
opacity, which reads on white and on black.
"""

from contextlib import contextmanager

import matplotlib.style
import numpy as np
from matplotlib.colors import ListedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from nmfstudy.util.display import number, superscript, without_lineage

INK = "#222222"

# Okabe & Ito's colours, the light ones darkened until they read on white.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#B86BA0"
ORANGE, SKY, GREY = "#B87C00", "#3F9BD1", "#808080"

OF_W, OF_H = BLUE, VERMILLION  # the two factors
CONVERGED, STOPPED_EARLY = BLUE, VERMILLION
PREDICTED = PURPLE  # by a formula, not by a run
TRUSTED, SIMILAR, DOUBTFUL = GREEN, ORANGE, GREY  # components
UNCOUNTED = GREY  # fits that are no minimum
DATA = GREEN  # the matrix itself

SMALL, TEXT, TITLE = 10.0, 11.5, 12.5  # points; read at a third of the size on a phone
RASTER_ABOVE = 300  # points in a scatter

# What cannot be set on Axes: for whoever makes the Figure.
_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,  # a name with dollar signs is a name
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

_MINIMA = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
_MARKERS = "osD^vP"


@contextmanager
def own_settings(more=None):
    """Context in which a figure looks the same for everybody: matplotlib's defaults and ours.

    Parameters
    ----------
    more : mapping, optional
        Further settings.
    """
    with matplotlib.style.context(["default", _SETTINGS, more or {}]):
        yield


def minimum_colour(label):
    """Colour of a minimum by its label, 0 the best; grey for no minimum and beyond the sixth."""
    return _MINIMA[label] if 0 <= label < len(_MINIMA) else GREY


def minimum_marker(label):
    """Marker of a minimum by its label, so that colour is never alone in telling them apart."""
    return _MARKERS[label] if 0 <= label < len(_MARKERS) else "."


def series(i):
    """Colour, marker and dash pattern of the i-th of several curves."""
    dashes = ("-", "--", "-.", ":")
    return _MINIMA[i % len(_MINIMA)], _MARKERS[i % len(_MARKERS)], dashes[i % len(dashes)]


def new_axes(width=7.0, height=3.6):
    """Axes of a figure of their own, outside any global state."""
    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def grid(figure, n_panels, columns=2, **options):
    """Axes for so many panels, at most ``columns`` in a row; a flat list."""
    columns = min(columns, n_panels)
    figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.08)
    rows = -(-n_panels // columns)
    axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for spare in axes[n_panels:]:
        spare.remove()
    return list(axes[:n_panels])


def dress(ax, *, xlabel="", ylabel="", title="", grid=True):
    """Give Axes the house's look: ink, no box, a faint grid; returns them."""
    ax.set_facecolor("none")
    ax.figure.patch.set_alpha(0.0)
    ax.set_xlabel(xlabel, color=INK, fontsize=TEXT)
    ax.set_ylabel(ylabel, color=INK, fontsize=TEXT)
    if title:
        ax.set_title(title, color=INK, fontsize=TITLE, loc="left")
    ax.tick_params(colors=INK, which="both", labelsize=SMALL)
    for axis in (ax.xaxis, ax.yaxis):  # matplotlib would put a 1e6 beside the axis
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 6)))
    for side, spine in ax.spines.items():
        spine.set_color(INK)
        spine.set_visible(side in ("left", "bottom"))
    ax.set_axisbelow(True)
    if grid:
        ax.grid(True, color=INK, alpha=0.13, linewidth=0.8)
    else:
        ax.grid(False)
    return ax


def legend(ax, **options):
    """A legend without a frame, in ink."""
    options = {"frameon": False, "fontsize": SMALL, "labelcolor": INK} | options
    box = ax.legend(**options)
    if box is not None and box.get_title() is not None:
        box.get_title().set_color(INK)
        box.get_title().set_fontsize(SMALL)
    return box


def area(colour, opacity):
    """Keywords of a filled shape: a light face, and an edge that can be seen."""
    return {"facecolor": to_rgba(colour, opacity), "edgecolor": to_rgba(colour), "linewidth": 0.8}


def ramp(colour, most=0.55, gamma=0.8):
    """Colour map of one hue: nothing at 0, so opaque at 1 that ink reads on it, light or dark."""
    opacity = most * np.linspace(0, 1, 256) ** gamma
    rgba = np.column_stack([np.tile(to_rgb(colour), (256, 1)), opacity])
    return ListedColormap(rgba)


def note(ax, x, y, text, **options):
    """Text in Axes coordinates, in ink."""
    options = {"fontsize": SMALL, "color": INK, "ha": "left", "va": "center"} | options
    return ax.text(x, y, text, transform=ax.transAxes, **options)


def log_axis(axis, low, high):
    """A logarithmic axis with plain powers of ten, few enough not to crowd."""
    ax = axis.axes
    (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
    decades = np.log10(high / low)
    if decades < 2:
        subs = (1.0, 2.0, 5.0) if decades < 1.3 else (1.0, 3.0)
        axis.set_major_locator(LogLocator(10, subs=subs))
        axis.set_major_formatter(FuncFormatter(lambda v, _: number(v, 2)))
    else:
        step = int(np.ceil(decades / 7))
        first = int(np.floor(np.log10(low)))
        powers = [p for p in range(first, int(np.ceil(np.log10(high))) + 1) if p % step == 0]
        axis.set_major_locator(FixedLocator([10.0**p for p in powers]))
        axis.set_major_formatter(FuncFormatter(lambda v, _: power_of_ten(v)))
    axis.set_minor_locator(NullLocator())
    (ax.set_xlim if axis is ax.xaxis else ax.set_ylim)(low, high)


def power_of_ten(value):
    """Tick text: 1, 10, 100, 0.1, 0.01, else ``10⁻⁶``."""
    exponent = round(np.log10(value))
    return f"{value:g}" if -2 <= exponent <= 3 else f"10{superscript(exponent)}"


def cut(text, at_most):
    """Text whose lines are cut where they are longer than so many letters."""
    lines = text.split("\n")
    return "\n".join(x if len(x) <= at_most else x[: at_most - 1] + "…" for x in lines)


def names_at(axis, positions, names, at_most=46):
    """Ticks with names from the data: cut where they are long, and never read as maths.

    Of a lineage, as ``Bacteria;Firmicutes;Clostridia``, the last known rank stands for the whole.
    """
    names = without_lineage([str(name) for name in names])
    lines = [cut(name, at_most) for name in names]
    axis.set_ticks(positions, lines, parse_math=False)


def whole_numbers(axis, at_most=8):
    """Ticks at integers only."""
    axis.set_major_locator(MaxNLocator(at_most, integer=True, min_n_ticks=1))


def count_axis(axis, high):
    """An axis of counts from 1 up: linear while they are few, else logarithmic."""
    ax = axis.axes
    if high > 12:
        log_axis(axis, 0.8, 1.4 * high)
    else:
        (ax.set_xlim if axis is ax.xaxis else ax.set_ylim)(0, high + 0.8)
        whole_numbers(axis)
