"""The nested polygons of three components as points of a plane, for figures."""

from dataclasses import dataclass

import numpy as np

from nmfstudy.certificates.case import FULL, make_case
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.polygons import add, back_to_given, nest
from nmfstudy.certificates.rational import integer_ray, recover
from nmfstudy.certificates.triangles import candidate_breakpoints, decide_triangles, locate, turn
from nmfstudy.model.factorization import as_factorization

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
ARC_POINTS = 32  # points on each piece of an arc


@dataclass(frozen=True, eq=False)
class Geometry:
    """Polygons in the plane in which the given factorization is an equilateral triangle.

    A factorization of the same product is a triangle around ``inner`` and inside ``outer``: its
    corners are the columns of W, its sides the rows of H.

    Attributes
    ----------
    inner, outer : arrays of shape (n_vertices, 2)
    triangle : array of shape (3, 2)
        The given factorization; corner r is component r.
    others : list of arrays of shape (3, 2)
        Other triangles: all if ``infinite`` is false, else some.
    arcs : list of arrays of shape (n_points, 2)
        Parts of the outer polygon on which some triangle has a corner; single points too.
    infinite : bool
        Whether there are infinitely many triangles.
    """

    inner: np.ndarray
    outer: np.ndarray
    triangle: np.ndarray
    others: list
    arcs: list
    infinite: bool


def geometry(factorization, budget=10.0):
    """`Geometry` of a factorization with three components of rank 3, else None."""
    case = make_case(as_factorization(factorization))
    if case.k != 3 or case.spare or case.rank_state != FULL:
        return None
    exact_W, exact_H, *_ = recover(case.W, case.H)
    U, V = [integer_ray(r) for r in exact_W], [integer_ray(c) for c in exact_H]
    polygons = nest(U, V)
    breakpoints = candidate_breakpoints(polygons)
    try:
        decision = decide_triangles(polygons, breakpoints, Effort(budget))
    except TimeoutError:
        return None
    size = np.array([float(sum(column)) for column in zip(*exact_W, strict=True)])
    # Rows of U are scaled to integers one by one; the picture keeps the rows' common size.

    def place(points):
        rays = np.array(
            [
                [float(x / max(map(abs, q))) for x in q]
                for q in (back_to_given(U, p) for p in points)
            ]
        )
        weights = rays * size
        return weights / weights.sum(axis=1, keepdims=True) @ CORNERS

    triangles = [place(t) for t in decision.triangles]
    others = [t for t in triangles if not _is_given(t)]
    arcs = []
    for a, b in decision.arcs:
        points = [
            a,
            *(add(a, b, (ARC_POINTS - s) * b[2], s * a[2]) for s in range(1, ARC_POINTS)),
            b,
        ]
        inside = [turn(polygons, p, locate(polygons, p))[0] >= 0 for p in points]
        places = place(points)
        for run in _runs(inside):
            arcs.append(places[run])
    if not decision.infinite:
        arcs = [t[[i]] for t in triangles for i in range(3)]
    return Geometry(
        place(polygons.inner),
        place(polygons.outer),
        CORNERS,
        others,
        arcs,
        decision.infinite,
    )


def _is_given(triangle):
    """Whether a triangle has the three corners of the given one."""
    gaps = np.linalg.norm(triangle[:, None] - CORNERS[None], axis=2)
    return bool((gaps.min(axis=0) < 1e-9).all())


def _runs(inside):
    """Slices of consecutive true values."""
    start = None
    for i, value in enumerate([*inside, False]):
        if value and start is None:
            start = i
        elif not value and start is not None:
            yield slice(start, i)
            start = None
