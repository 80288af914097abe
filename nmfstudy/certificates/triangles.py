"""How many triangles lie between two nested polygons: none, finitely or infinitely many.

With F(p) = M³(p) − p − (full turn), M the tangent map of `polygons`: a triangle with vertex p ∈ ∂B
exists iff F(p) ≥ 0. A triangle with a vertex inside B, or a positive value of F, comes with a
whole arc. So the count is finite iff {F ≥ 0} is a finite set of points; they are then the vertices
of all triangles, three each, and every triangle is (p, M(p), M²(p)).
"""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cmp_to_key
from math import gcd

from nmfstudy.certificates.polygons import (
    add,
    cross,
    det,
    dot,
    exit_edge,
    follow_back,
    follow_tangent,
    meet,
    primitive,
    tangent_vertex,
    touches,
)

SAMPLES = 8  # arcs and breakpoints from which triangles are taken when there are infinitely many

_PIECE = 1e-3  # nominal seconds of judging one piece of the boundary


@dataclass
class TriangleCount:
    """All triangles, or a sample of infinitely many.

    Attributes
    ----------
    infinite : bool
    triangles : list of triples of points
        All of them if finite; else one per sampled vertex.
    margin : float
        How far F stays from 0 away from the solutions, in edge lengths; and how steeply it falls
        beside them. For data that are only known up to rounding a tiny margin is a knife edge.
    height : float
        How far F is above 0 where it is sampled, in edge lengths; 0 if it nowhere is.
    arcs : list of (point, point)
        Closed pieces of ∂B where F is positive somewhere.
    """

    infinite: bool = False
    triangles: list = field(default_factory=list)
    margin: float = float("inf")
    height: float = 0.0
    arcs: list = field(default_factory=list)


def candidate_breakpoints(polygons):
    """Points of ∂B where the form of M³ may change, as ``(edge, point)``.

    Where the tangent vertex changes (hits of A's edge lines, points of A on ∂B) and two rounds of
    preimages under M; where the edge changes (vertices of B) and three rounds, since the last
    image has an edge too. `judge` does not trust this list: it checks every piece.
    """
    corners = set(enumerate(polygons.outer))
    changes, inner = set(), polygons.inner
    for i, start in enumerate(polygons.outer):
        end = polygons.vertex(i + 1)
        for a, b in zip(inner, inner[1:] + inner[:1], strict=True):
            line = cross(a, b)
            if dot(line, start) * dot(line, end) < 0:
                changes.add((i, meet(line, polygons.lines[i])))
        changes |= {(i, a) for a in inner if dot(polygons.lines[i], a) == 0 and a != end}
    found = set()
    for new, rounds in ((corners, 3), (changes, 2)):
        for _ in range(rounds):
            found |= new
            new = {_canonical(polygons, *follow_back(polygons, p, i)) for i, p in new}
        found |= new
    return sorted(found)


def _canonical(polygons, p, edge):
    """The end of an edge belongs to the next one."""
    return ((edge + 1) % len(polygons.outer), p) if p == polygons.vertex(edge + 1) else (edge, p)


def decide_triangles(polygons, breakpoints, effort=None):
    """Count the triangles; each piece between breakpoints is checked to be one projective map.

    Raises
    ------
    ArithmeticError
        If a breakpoint is missing or does not lie on its edge. A wrong list can so only fail.
    TimeoutError
        If the effort is used up.
    """
    m, center = len(polygons.outer), polygons.center
    decision = TriangleCount()
    solutions = set()
    for edge in range(m):
        start, end = polygons.outer[edge], polygons.vertex(edge + 1)
        points = {p for e, p in breakpoints if e == edge} | {start}
        for p in points:
            if dot(polygons.line(edge), p) != 0 or p[2] <= 0:
                raise ArithmeticError("a breakpoint is off its edge")
            if det(start, p, center) < 0 or det(p, end, center) <= 0:
                raise ArithmeticError("a breakpoint is off its edge")
        order = cmp_to_key(lambda p, q: -det(p, q, center))
        points = [*sorted(points, key=order), end]
        unit = _share(polygons, edge, start, end)
        for p, q in zip(points, points[1:], strict=False):
            if effort is not None:
                if effort.exhausted():
                    raise TimeoutError
                effort.spend(_PIECE)
            _judge_point(polygons, p, edge, decision, solutions, unit)
            _judge_piece(polygons, p, q, edge, decision, solutions, unit)
    if decision.infinite:
        samples = _feasible(polygons, breakpoints, decision)
    else:
        samples = [p for _, p in sorted(solutions)]
    seen = set()
    for p in samples:
        triangle = triangle_at(polygons, p)
        if frozenset(triangle) not in seen:
            seen.add(frozenset(triangle))
            decision.triangles.append(triangle)
    if not decision.infinite and 3 * len(decision.triangles) != len({p for _, p in solutions}):
        raise ArithmeticError("solutions do not form triangles")
    return decision


def locate(polygons, p):
    """The edge of B on which p lies, its end excluded."""
    for i in range(len(polygons.outer)):
        if dot(polygons.line(i), p) == 0 and p != polygons.vertex(i + 1):
            return i
    raise ArithmeticError("the point is not on the outer polygon")


def triangle_at(polygons, p):
    """The triangle (p, M(p), M²(p))."""
    edge = locate(polygons, p)
    q, edge = follow_tangent(polygons, p, edge)
    r, _ = follow_tangent(polygons, q, edge)
    return p, q, r


def turn(polygons, p, edge):
    """Sign of F(p), and M³(p) with its edge counted on."""
    q, out = p, edge
    for _ in range(3):
        q, out = follow_tangent(polygons, q, out)
    ahead = out - edge - len(polygons.outer)
    if ahead == 0:
        ahead = det(p, q, polygons.center)
    return (ahead > 0) - (ahead < 0), q, out


def _judge_point(polygons, p, edge, decision, solutions, unit):
    sign, q, out = turn(polygons, p, edge)
    if sign > 0:
        decision.infinite = True
        _keep_height(decision, _advance(polygons, p, edge, q, out, unit))
    elif sign == 0:
        solutions.add((edge, p))
    else:
        _keep_margin(decision, -_advance(polygons, p, edge, q, out, unit))


def _judge_piece(polygons, p_a, p_b, edge, decision, solutions, unit):
    """F on the open piece of ``edge`` from p_a to p_b."""
    q_a, q_b, out = p_a, p_b, edge
    for _ in range(3):
        q_a, q_b, out = _step(polygons, q_a, q_b, out)
    center, m = polygons.center, len(polygons.outer)
    ahead = out - edge - m
    if ahead > 0:
        _add_arc(polygons, p_a, p_b, edge, decision, unit)
        return
    if ahead < 0:
        for p, q in ((p_a, q_a), (p_b, q_b)):
            _keep_margin(decision, -_advance(polygons, p, edge, q, out, unit))
        return
    # F ≥ 0 where α(1−t)² + β t(1−t) + γ t² ≥ 0.
    alpha, gamma = det(p_a, q_a, center), det(p_b, q_b, center)
    beta = det(p_a, q_b, center) + det(p_b, q_a, center)
    peak = beta * beta - 4 * alpha * gamma
    if (
        alpha > 0
        or gamma > 0
        or (beta > 0 and (gamma == 0 or alpha == 0 or peak > 0))
        or alpha == beta == gamma == 0
    ):
        _add_arc(polygons, p_a, p_b, edge, decision, unit)
        return
    step = det(p_a, p_b, center)
    for value, p, q in ((alpha, p_a, q_a), (gamma, p_b, q_b)):
        if value:
            _keep_margin(decision, -Fraction(value, p[2] * q[2] * center[2]) / unit)
        else:
            _keep_margin(decision, Fraction(abs(beta) * p[2], q[2] * step))
    if beta > 0:
        top = add(p_a, p_b, -2 * gamma, beta)
        if peak == 0:
            solutions.add((edge, top))
            _keep_margin(decision, Fraction(0))
        else:
            _, q, out = turn(polygons, top, edge)
            _keep_margin(decision, -_advance(polygons, top, edge, q, out, unit))


def _step(polygons, p_a, p_b, edge):
    """M on an open piece as images of its ends (limits from inside); scales are kept in step.

    Linear interpolation of the two images, as rays, is M of the interpolated point. A constant
    piece has two equal images.
    """
    if p_a == p_b:
        q, out = follow_tangent(polygons, p_a, edge)
        return q, q, out
    middle = add(p_a, p_b)
    v = tangent_vertex(polygons, middle)
    out = exit_edge(polygons, middle, edge, v)
    if dot(polygons.line(edge), v) == 0:
        # A touches this edge ahead: every point of the piece goes to the edge's end.
        if out != edge + 1:
            raise ArithmeticError("a chord along an edge does not end with it")
        return polygons.vertex(out), polygons.vertex(out), out
    for p in (p_a, p_b):
        line = cross(p, v)
        if not touches(polygons, p, v):
            raise ArithmeticError("the tangent vertex changes inside a piece")
        if dot(line, polygons.vertex(out)) > 0 or dot(line, polygons.vertex(out + 1)) < 0:
            raise ArithmeticError("the exit edge changes inside a piece")
    if dot(polygons.line(out), v) == 0:
        # A touches the edge where the chord leaves: it leaves at the touching point throughout.
        return v, v, out + (v == polygons.vertex(out + 1))
    images = [cross(cross(p, v), polygons.line(out)) for p in (p_a, p_b)]
    sign = 1 if images[0][2] > 0 else -1
    g = primitive_factor(*images) * sign
    q_a, q_b = (tuple(x // g for x in q) for q in images)
    if q_a[2] <= 0 or q_b[2] <= 0:
        raise ArithmeticError("an image lies outside the slice")
    return q_a, q_b, out


def primitive_factor(a, b):
    """Greatest common divisor of the entries of two points together."""
    return gcd(*a, *b)


def _share(polygons, edge, p, q):
    """Signed size of the step from p to q on an edge, in areas with the center."""
    c = polygons.center
    return Fraction(det(p, q, c), p[2] * q[2] * c[2])


def _advance(polygons, p, edge, q, out, unit):
    """F in edge lengths: how far q on edge ``out`` is past p after a full turn."""
    ahead = out - edge - len(polygons.outer)
    if ahead == 0:
        return _share(polygons, edge, p, q) / unit
    if abs(ahead) > 1:
        return Fraction(ahead)
    start, end = polygons.vertex(out), polygons.vertex(out + 1)
    gone = _share(polygons, out, start, q) / _share(polygons, out, start, end)
    behind = _share(polygons, edge, polygons.vertex(edge), p) / unit
    return gone - behind + ahead


def _add_arc(polygons, p_a, p_b, edge, decision, unit):
    decision.infinite = True
    decision.arcs.append((p_a, p_b))
    middle = add(p_a, p_b, p_b[2], p_a[2])
    _, q, out = turn(polygons, middle, edge)
    _keep_height(decision, _advance(polygons, middle, edge, q, out, unit))


def _keep_height(decision, value):
    decision.height = max(decision.height, float(value))


def _keep_margin(decision, value):
    decision.margin = min(decision.margin, max(float(value), 0.0))


def _feasible(polygons, breakpoints, decision):
    """Points of ∂B with F ≥ 0 as samples: inside the longest feasible arcs, and breakpoints."""
    length = [abs(float(_share(polygons, locate(polygons, a), a, b))) for a, b in decision.arcs]
    longest = sorted(range(len(length)), key=lambda i: (-length[i], decision.arcs[i]))[:SAMPLES]
    points = {p for _, p in breakpoints[:: len(breakpoints) // SAMPLES + 1]}
    for a, b in (decision.arcs[i] for i in longest):
        points |= {a, add(a, b, b[2], a[2])}
    return [p for p in sorted(points) if turn(polygons, p, locate(polygons, p))[0] >= 0]


def primitive_points(points):
    """Points as lists of decimal strings, for JSON."""
    return [[str(x) for x in primitive(p)] for p in points]
