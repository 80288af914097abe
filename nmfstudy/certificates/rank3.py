"""Three components, rank 3: the exact decision, in rational arithmetic.

A factorization ``(WQ, Q⁻¹H)`` is a triangle between two nested polygons (Borgen & Kowalski 1985;
Sawall et al. 2013): the hull A of the columns of H inside the polygon B = {q: Wq ≥ 0}. `triangles`
decides exactly whether there is one triangle, a finite number (and which), or infinitely many.

Factors that are simple fractions up to scaling of rows, columns and components are recovered as
such (no entry of the product moves by more than 1e-14) and the verdict is that of the fractions.
Otherwise the doubles are taken as they are, their zeros as zeros. A finite count whose margin is
below 1e-9, or infinitely many triangles by less than that, is then a knife edge: a product that
differs in the last digits may have another number of factorizations, and nothing is claimed.
"""

from fractions import Fraction
from math import lcm

import numpy as np

from nmfstudy.certificates.case import DEFICIENT, FULL, changed_components, witness_problems
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, inconclusive, skipped
from nmfstudy.certificates.polygons import back_to_given, cross, det, dot, nest
from nmfstudy.certificates.rational import RECOVERED, integer_ray, recover
from nmfstudy.certificates.triangles import (
    candidate_breakpoints,
    decide_triangles,
    primitive_points,
)
from nmfstudy.model.factorization import Factorization

NAME = "rank3"
NEEDS_RANK = False
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.5
KNIFE_EDGE = 1e-9
UNITS = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def count_triangles(U, V, effort=None):
    """Decide how many size-3 nonnegative factorizations ``X = UV`` of rank 3 has.

    Parameters
    ----------
    U : list of integer triples, the rows; V : list of integer triples, the columns
        Any exact rank factorization of a nonnegative X without zero rows and columns; U and V
        themselves may have negative entries.

    Returns
    -------
    decision : Decision
        Its triangles are triples of integer vectors q: the columns of Q in ``(UQ, Q⁻¹V)``. No
        triangle: X has no nonnegative factorization of size 3.
    breakpoints : list of (edge, point)
    """
    polygons = nest(U, V)
    if polygons is None:
        raise ArithmeticError("the rank is below 3")
    breakpoints = candidate_breakpoints(polygons)
    return _decide(U, polygons, breakpoints, effort), breakpoints


def _decide(U, polygons, breakpoints, effort):
    decision = decide_triangles(polygons, breakpoints, effort)
    decision.triangles = [
        tuple(back_to_given(U, p) for p in triangle) for triangle in decision.triangles
    ]
    return decision


def run(case, effort):
    """Decide three components of rank 3 completely."""
    if case.k != 3 or case.spare:
        return skipped(NAME, "it is for exactly three different components, none of them zero")
    if case.rank_state != FULL:
        if case.rank_state == DEFICIENT:
            return skipped(NAME, "the rank is below 3")
        return inconclusive(NAME, "the rank is 3 by a hair")
    exact_W, exact_H, rows, columns, arithmetic = recover(case.W, case.H)
    U, V = [integer_ray(r) for r in exact_W], [integer_ray(c) for c in exact_H]
    try:
        decision, breakpoints = count_triangles(U, V, effort)
    except TimeoutError:
        return inconclusive(NAME, "the effort was used up")
    except ArithmeticError as error:
        # A failed self-check of the geometry: no claim rests on it.
        return inconclusive(NAME, f"the geometry could not be settled: {error}")
    evidence = {
        "arithmetic": arithmetic,
        "infinite": decision.infinite,
        "triangles": [primitive_points(t) for t in decision.triangles[:12]],
    }
    # No height at all is no matter of digits: the triangles move along edges that they share.
    close = 0 < decision.height < KNIFE_EDGE if decision.infinite else decision.margin < KNIFE_EDGE
    if arithmetic != RECOVERED and close:
        return inconclusive(
            NAME,
            "the doubles are a knife edge: rounding decides the count",
            margin=decision.height if decision.infinite else decision.margin,
            evidence={"arithmetic": arithmetic},
            knife_edge=True,
        )
    if not decision.infinite:
        evidence["breakpoints"] = [[edge, *primitive_points([p])[0]] for edge, p in breakpoints]
        fixed_W, fixed_H = _common(decision.triangles)
        claims = {
            "margin": decision.margin,
            "n_solutions": len(decision.triangles),
            "identifiable_W": fixed_W,
            "identifiable_H": fixed_H,
            "local_dimension": 0,
            "dimension_exact": True,
        }
        if len(decision.triangles) == 1:
            return Outcome(
                NAME,
                PROVES,
                "exactly one triangle lies between the nested polygons",
                unique=True,
                evidence=evidence,
                **claims,
            )
    else:
        # A second solution stands by itself; that there are infinitely many may be rounding.
        sure = arithmetic == RECOVERED or decision.height > 0
        claims = {"n_solutions": np.inf if sure else None, "margin": decision.height}
    best, refuted = None, (set(), set())
    kept = []
    for triangle in decision.triangles:
        if {integer_ray([Fraction(x) for x in q]) for q in triangle} == set(UNITS):
            continue
        witness = _factorization(exact_W, exact_H, triangle, rows, columns)
        if witness_problems(case, witness):
            continue
        changed = changed_components(case, witness)
        if set(changed[0]) - refuted[0] or set(changed[1]) - refuted[1] or not decision.infinite:
            kept.append(triangle)
            refuted[0].update(changed[0])
            refuted[1].update(changed[1])
        apart = np.abs(witness.terms().max(axis=0) - case.factorization.terms().max(axis=0)).max()
        if best is None or apart > best[0]:
            best = (apart, witness)
    if best is None:
        return inconclusive(NAME, "other triangles differ by no more than rounding")
    if decision.infinite:
        evidence["triangles"] = [primitive_points(t) for t in kept]
        how_many = "infinitely many" if claims["n_solutions"] else "several"
        reason = f"{how_many} triangles lie between the nested polygons"
    else:
        reason = f"exactly {len(decision.triangles)} triangles lie between the nested polygons"
    return Outcome(
        NAME,
        REFUTES,
        reason,
        refuted_W=tuple(sorted(refuted[0])),
        refuted_H=tuple(sorted(refuted[1])),
        witness=best[1],
        evidence=evidence,
        **claims,
    )


def _common(triangles):
    """Components (of the unit triangle) shared by all: vertices for w, opposite edges for h."""
    fixed_W, fixed_H = [], []
    for i, unit in enumerate(UNITS):
        if all(unit in t for t in triangles):
            fixed_W.append(i)
        j, k = (x for x in range(3) if x != i)
        # h_i vanishes on the edge opposite to vertex i: the line q_i = 0.
        if all(any(_on_line(a, b, i) for a, b in _edges(t)) for t in triangles):
            fixed_H.append(i)
    return tuple(fixed_W), tuple(fixed_H)


def _edges(t):
    return (t[0], t[1]), (t[1], t[2]), (t[2], t[0])


def _on_line(a, b, i):
    return a[i] == 0 and b[i] == 0


def _factorization(exact_W, exact_H, triangle, rows, columns):
    """``(WQ, Q⁻¹H)`` computed exactly and then rounded, in the case's rows and columns.

    The columns of Q are the triangle's corners with entries whose sizes add up to 1. All is in
    integers over a common denominator: Python rounds the quotient of two integers correctly.
    """
    sizes, volume = [sum(map(abs, v)) for v in triangle], det(*triangle)
    inverse = [cross(triangle[i - 2], triangle[i - 1]) for i in range(3)]
    W = [
        [dot(row, v) / (common * size) for v, size in zip(triangle, sizes, strict=True)]
        for row, common in map(_integers, exact_W)
    ]
    H = [
        [
            dot(line, column) * size / (common * volume)
            for line, size in zip(inverse, sizes, strict=True)
        ]
        for column, common in map(_integers, exact_H)
    ]
    return Factorization(np.array(W) * rows[:, None], np.array(H).T * columns)


def _integers(fractions):
    """Fractions as integers over a common denominator."""
    common = lcm(*(f.denominator for f in fractions))
    return [f.numerator * (common // f.denominator) for f in fractions], common


def problems_of(case, outcome):
    """Repeat the decision on the stored breakpoints, and every stored triangle, exactly."""
    if case.k != 3 or case.spare or case.rank_state != FULL:
        return ["rank3 speaks of a case that is not three components of rank 3"]
    exact_W, exact_H, rows, columns, arithmetic = recover(case.W, case.H)
    U, V = [integer_ray(r) for r in exact_W], [integer_ray(c) for c in exact_H]
    evidence, problems = outcome.evidence, []
    if evidence["arithmetic"] != arithmetic:
        problems.append("the arithmetic is another")
    triangles = [tuple(tuple(map(int, q)) for q in t) for t in evidence["triangles"]]
    allowed = (set(), set())
    for triangle in triangles:
        side = det(*triangle)
        inverse = [cross(triangle[i - 2], triangle[i - 1]) for i in range(3)]
        inside = all(dot(u, q) >= 0 for u in U for q in triangle)
        around = side and all(side * dot(n, v) >= 0 for n in inverse for v in V)
        if not (inside and around):
            problems.append("a triangle does not lie between the polygons")
            continue
        witness = _factorization(exact_W, exact_H, triangle, rows, columns)
        for into, new in zip(allowed, changed_components(case, witness), strict=True):
            into.update(new)
    if not set(outcome.refuted_W) <= allowed[0] or not set(outcome.refuted_H) <= allowed[1]:
        problems.append("a component is called refuted that no triangle changes")
    if evidence["infinite"]:
        if outcome.unique or outcome.identifiable_W or outcome.identifiable_H:
            problems.append("infinitely many triangles identify nothing here")
        return problems
    breakpoints = [(int(e), tuple(map(int, p))) for e, *p in evidence["breakpoints"]]
    try:
        decision = _decide(U, nest(U, V), breakpoints, None)
    except ArithmeticError as error:
        return [*problems, f"the pieces do not hold: {error}"]
    if decision.infinite or {frozenset(t) for t in triangles} != {
        frozenset(t) for t in decision.triangles
    }:
        problems.append("the triangles are others")
    if arithmetic != RECOVERED and decision.margin < KNIFE_EDGE:
        problems.append("the doubles are a knife edge")
    if outcome.n_solutions != len(decision.triangles):
        problems.append("the number of triangles is another")
    if outcome.unique != (len(decision.triangles) == 1):
        problems.append("unique is claimed of more than one triangle")
    if (outcome.identifiable_W, outcome.identifiable_H) != _common(decision.triangles):
        problems.append("the components common to all triangles are others")
    return problems
