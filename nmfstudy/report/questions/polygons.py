"""One, several and infinitely many factorizations with three components, as nested polygons."""

import pandas as pd

from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.plots.certified import polygon_table
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.uniqueness import plot_triangles, triangles_size
from nmfstudy.util.display import count

_CAPTION = (
    "Three components are a triangle around the samples (grey) and inside what W and H ≥ 0 allow "
    "(blue): its corners are the columns of W. Every triangle that fits in between is a solution; "
    "dashed: others than this one, green: where corners can be."
)


def illustrate_triangles(results):
    """A problem with one triangle, one with several and one with infinitely many.

    Parameters
    ----------
    results : sequence of ProblemResult

    Returns
    -------
    Illustration or None
        None without at least two of the three kinds.
    """
    found = {}
    for result in results:
        geometry = _geometry(result)
        if geometry is not None:
            found.setdefault(_kind(geometry), []).append((result.title, geometry))
    shown = [
        max(found[kind], key=lambda pair: _richness(pair[1]))
        for kind in ("one", "several", "many")
        if kind in found
    ]
    if len(shown) < 2:
        return None
    titles = [f"{title}:\n{_solutions(g)}" for title, g in shown]
    geometries = [g for _, g in shown]
    return Illustration(
        name="distinct-triangles",
        caption=_CAPTION,
        draw=lambda figure: plot_triangles(geometries, titles, figure=figure),
        data=pd.concat([polygon_table(g).assign(title=title) for title, g in shown]),
        size=triangles_size(len(shown)),
    )


def _geometry(result):
    """The polygons of an exact fit with three components, else None."""
    fit = result.best
    if result.problem.n_components != 3 or fit is None or fit.relative_error > EXACT_FIT:
        return None
    ambiguity = result.ambiguity(0)
    return None if ambiguity is None else ambiguity.geometry


def _richness(geometry):
    """How much there is to see: other triangles, then corners."""
    return len(geometry.others), len(geometry.inner) + len(geometry.outer)


def _kind(geometry):
    if geometry.infinite:
        return "many"
    return "several" if geometry.others else "one"


def _solutions(geometry):
    if geometry.infinite:
        return "infinitely many"
    return count(1 + len(geometry.others), "solution")
