"""Nested polygons in exact arithmetic: triangles between an inner and an outer polygon.

A nonnegative factorization with three components of a matrix ``X = UV`` of rank 3 is a triangle T
with A ⊆ T ⊆ B: A the hull of the columns of V, B the polygon ``{p: Up ≥ 0}``, both seen as rays
through the origin of R³ and so as points of a plane. Everything here is in integers: a point or a
line is a triple of Python ints up to positive scale; no sign is ever guessed.

The *tangent map* M takes a point p of ∂B along the chord that touches A with A on its left to
where the chord leaves B. A triangle with vertex p exists exactly when M³(p) is at least one full
turn from p. M is monotone and piecewise projective, so on each piece of M³ the condition is one
quadratic inequality with integer coefficients (Aggarwal et al. 1985 for the map; Gillis & Glineur
2012 for the equivalence).
"""

from dataclasses import dataclass
from functools import cmp_to_key
from math import gcd


def cross(a, b):
    """The line through two points, or the point on two lines."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def dot(a, b):
    """Value of a line at a point; its sign is the side."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def det(a, b, c):
    """Positive if a, b, c turn left (all on the positive side of the slicing plane)."""
    return dot(cross(a, b), c)


def primitive(p):
    """The same ray with coprime entries."""
    g = gcd(*p)
    return (p[0] // g, p[1] // g, p[2] // g) if g > 1 else tuple(p)


def add(a, b, weight_a=1, weight_b=1):
    """A positive combination of rays: a point between the two."""
    return primitive(tuple(weight_a * x + weight_b * y for x, y in zip(a, b, strict=True)))


def hull(points, functional):
    """Extreme rays of the cone of ``points``, in order around it, without repetition.

    ``functional`` is positive on all points. Monotone chain; collinear points are left out.
    """
    axis = next(i for i in (2, 1, 0) if functional[i])
    u, v = [i for i in range(3) if i != axis]

    def slice_(p):
        return (p[u], p[v], dot(functional, p))

    def compare(p, q):
        p, q = slice_(p), slice_(q)
        first = p[0] * q[2] - q[0] * p[2]
        return first or (p[1] * q[2] - q[1] * p[2])

    def turn(a, b, c):
        return det(slice_(a), slice_(b), slice_(c))

    ordered = sorted({primitive(p) for p in points}, key=cmp_to_key(compare))
    if len(ordered) < 3:
        return ordered

    def chain(sequence):
        kept = []
        for p in sequence:
            while len(kept) > 1 and turn(kept[-2], kept[-1], p) <= 0:
                kept.pop()
            kept.append(p)
        return kept[:-1]

    return chain(ordered) + chain(ordered[::-1])


@dataclass(frozen=True)
class NestedPolygons:
    """An inner polygon A and an outer polygon B around it.

    Attributes
    ----------
    inner : tuple of points
        Vertices of A, counterclockwise.
    outer : tuple of points
        Vertices of B, counterclockwise; edge i runs from vertex i to vertex i + 1.
    lines : tuple of lines
        Line i contains edge i and is ≥ 0 on B.
    center : point
        Inside A.
    """

    inner: tuple
    outer: tuple
    lines: tuple
    center: tuple

    def line(self, i):
        """Line of edge i, counted around."""
        return self.lines[i % len(self.lines)]

    def vertex(self, i):
        """Vertex i of B, counted around."""
        return self.outer[i % len(self.outer)]


def nest(U, V):
    """Polygons of ``X = UV``, or None if either is degenerate (rank below 3).

    Parameters
    ----------
    U : list of integer triples
        Rows of the left factor, none zero.
    V : list of integer triples
        Columns of the right factor, none zero; ``U V ≥ 0``.

    Notes
    -----
    Coordinates are changed so that the third one is ``g·p``, g the sum of the rows: positive on
    all of B. Then `det` is the orientation.
    """
    g = tuple(map(sum, zip(*U, strict=True)))
    axis = next((i for i in (2, 1, 0) if g[i]), None)
    if axis is None:
        return None
    keep = [i for i in range(3) if i != axis]
    sign = 1 if g[axis] > 0 else -1
    points = [primitive((p[keep[0]], p[keep[1]], dot(g, p))) for p in V]
    rows = [
        primitive(
            (
                sign * (u[keep[0]] * g[axis] - u[axis] * g[keep[0]]),
                sign * (u[keep[1]] * g[axis] - u[axis] * g[keep[1]]),
                sign * u[axis],
            )
        )
        for u in U
    ]
    inner = hull(points, (0, 0, 1))
    if len(inner) < 3:
        return None
    center = add(add(inner[0], inner[1]), inner[2])
    lines = hull(rows, center)
    if len(lines) < 3:
        return None
    # Consecutive extreme rows meet in a vertex of B.
    outer = []
    for i, line in enumerate(lines):
        corner = primitive(cross(lines[i - 1], line))
        outer.append(corner if corner[2] > 0 else tuple(-x for x in corner))
    if det(outer[0], outer[1], outer[2]) < 0:
        outer, lines = outer[::-1], lines[::-1]
        # Reversed, line i joins vertices i − 1 and i.
        lines = lines[1:] + lines[:1]
    if det(inner[0], inner[1], inner[2]) < 0:
        inner = inner[::-1]
    return NestedPolygons(tuple(inner), tuple(outer), tuple(lines), center)


def back_to_given(U, p):
    """A point of `nest`'s coordinates as a vector q of the space of U's columns."""
    g = tuple(map(sum, zip(*U, strict=True)))
    axis = next(i for i in (2, 1, 0) if g[i])
    keep = [i for i in range(3) if i != axis]
    q = [0, 0, 0]
    sign = 1 if g[axis] > 0 else -1
    q[keep[0]], q[keep[1]] = abs(g[axis]) * p[0], abs(g[axis]) * p[1]
    q[axis] = sign * (p[2] - g[keep[0]] * p[0] - g[keep[1]] * p[1])
    return primitive(tuple(q))


def tangent_vertex(polygons, p, side=1):
    """The vertex of A at which a chord from p touches A, with A on its left (side 1) or right.

    A walk around A. A vertex with both neighbours on that side has all of A there, by convexity;
    and sides, unlike angles, do not confuse the two vertices that are in opposite directions when
    p lies on an edge of A.
    """
    inner = polygons.inner
    size = len(inner)
    i = 0
    for _ in range(2 * size):
        if inner[i] == p:
            i = (i + side) % size
        line = cross(p, inner[i])
        if side * dot(line, inner[(i + 1) % size]) < 0:
            i = (i + 1) % size
        elif side * dot(line, inner[i - 1]) < 0:
            i -= 1
        else:
            return inner[i]
    raise ArithmeticError("no tangent: the point lies inside the inner polygon")


def touches(polygons, p, v):
    """Whether all of A is on the left of the line from p through its vertex v, or p is v."""
    i = polygons.inner.index(v)
    line = cross(p, v)
    size = len(polygons.inner)
    return dot(line, polygons.inner[i - 1]) >= 0 and dot(line, polygons.inner[(i + 1) % size]) >= 0


def exit_edge(polygons, p, edge, v):
    """The edge where the chord from p (on ``edge``) through v leaves B; counted on, not around."""
    line = cross(p, v)
    for i in range(edge + 2, edge + len(polygons.outer) + 1):
        if dot(line, polygons.vertex(i)) > 0:
            return i - 1
    raise ArithmeticError("the chord does not leave the outer polygon")


def follow_tangent(polygons, p, edge):
    """M(p): the point and its edge (counted on from ``edge``)."""
    v = tangent_vertex(polygons, p)
    out = exit_edge(polygons, p, edge, v)
    return meet(cross(p, v), polygons.line(out)), out


def meet(a, b):
    """The point on two lines, on the positive side of the slicing plane."""
    q = primitive(cross(a, b))
    return q if q[2] > 0 else (-q[0], -q[1], -q[2])


def follow_back(polygons, p, edge):
    """Where a chord from p with A on its right leaves B: the point that M takes to p."""
    v = tangent_vertex(polygons, p, side=-1)
    line = cross(p, v)
    m = len(polygons.outer)
    first = edge if polygons.outer[edge] != p else edge - 1
    for i in range(first, first - m, -1):
        if dot(line, polygons.vertex(i)) < 0:
            return meet(line, polygons.line(i)), i % m
    raise ArithmeticError("the chord does not leave the outer polygon")
