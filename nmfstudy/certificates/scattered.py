r"""Sufficiently scattered factors (Huang, Sidiropoulos & Swami 2014; Gillis & Luce 2024).

H satisfies SSC1 iff every extreme ray y of the dual cone {y : Hᵀy ≥ 0} has eᵀy > 0 and
‖y‖² ≤ (eᵀy)²; SSC2 asks that no k mutually orthogonal rays but the unit vectors have equality.
SSC1 for both factors and SSC2 for one of them: unique. The condition depends on the scaling of
the components, uniqueness does not, so it is tried at ``(WD, D⁻¹H)`` for a *joint* diagonal D;
scaling the factors independently would prove nothing.

The rays are the facets of the hull of the columns (rows) in a slice, from Qhull, which is
practical up to nine components; of many points it takes those far out. D comes from maximising the
smallest ``eᵀz/‖z‖`` over all rays z that are no unit vectors; if that exceeds 1 strictly for both
factors, SSC1 holds for both and the unit vectors are the only tight rays. Margin:
1 − max ‖z‖²/(eᵀz)².

Beyond nine components SCIP shows that no ray is in the way, if PySCIPOpt is installed (the optional
extra ``scip``); see `nmfstudy.certificates.scip` for what of it can be checked again.

It can only prove uniqueness. Invariant under permutations and, since D is searched, scalings.
"""

import numpy as np
from scipy.optimize import minimize

from nmfstudy.certificates import scip
from nmfstudy.certificates.case import sure_rank
from nmfstudy.certificates.outcome import PROVES, Outcome, inconclusive, skipped
from nmfstudy.util.streams import stream

NAME = "scattered"
NEEDS_RANK = True
ONLY_IF_OPEN = True
USES = ()
SHARE = 0.4
MAX_COMPONENTS = 9
MAX_FACETS = 20_000
STRICT = 1e-6  # the margin that counts as strict
FINEST = 1e-7  # smallest share of an entry in its row (column) that the rays resolve
UNIT = 1e-9  # other entries of a ray up to which it is a unit vector
CONTAINED = 1e-9  # how far a point may lie outside a facet by rounding
SCALINGS = 30  # times that SCIP is asked at another one
_SCIP_ARITHMETIC = "double precision; a zero is exactly zero; infeasibility by SCIP"
CONSTRAINTS = 300  # rays at a time in the search for D
FACET, SCALING = 200, 40_000  # operations: of a facet and k², of k rays of the search for D


def run(case, effort):
    """Prove uniqueness from scattered factors."""
    k = case.k
    if case.spare or k < 3:
        return skipped(NAME, "it is for three or more different components, none of them zero")
    for side, factor in (("W", case.W), ("H", case.H.T)):
        if any(sure_rank(factor[factor[:, i] == 0])[0] < k - 1 for i in range(k)):
            return inconclusive(NAME, f"{side} has too few zeros in some component")
        shares = factor / factor.sum(axis=1, keepdims=True)
        if shares[shares > 0].min() < FINEST:
            return inconclusive(NAME, f"{side} has entries too small to be told from zero")
    if k > MAX_COMPONENTS and not scip.available():
        return skipped(NAME, f"above {MAX_COMPONENTS} components it needs PySCIPOpt")
    if k > MAX_COMPONENTS:
        return _run_scip(case, effort)
    # The smaller factor first: if it fails at every D, the larger one need not be looked at.
    sides = sorted((("W", case.W), ("H", case.H.T)), key=lambda pair: pair[1].shape[0])
    cones, rays, signs = {}, np.zeros((0, k)), np.zeros(0)
    scale = np.zeros(k)
    for side, points in sides:
        facets = dual_rays(points, effort)
        if facets is None:
            return inconclusive(NAME, f"{side} has too many rays to list")
        cones[side] = facets
        new = _without_units(facets[1])
        rays = np.vstack([rays, new])
        signs = np.concatenate([signs, np.full(len(new), -1.0 if side == "W" else 1.0)])
        scale, least = best_scaling(rays, signs, scale, effort)
        if least <= STRICT:
            return inconclusive(NAME, f"no scaling found at which {side} is scattered")
    margin = 1 - 1 / (1 + least) ** 2 if np.isfinite(least) else 1.0
    if margin <= STRICT:
        return inconclusive(NAME, "a ray is tight within rounding", margin=float(margin))
    evidence = {"log_scale": scale.tolist()}
    for side, (simplices, found) in cones.items():
        evidence[side] = {"facets": simplices.tolist(), "rays": found.tolist()}
    return _proof(k, margin, evidence)


def _run_scip(case, effort):
    """The same with SCIP: rays that it finds in the way shape the scaling, until it finds none."""
    k = case.k
    sides = sorted((("W", case.W, -1.0), ("H", case.H.T, 1.0)), key=lambda s: s[1].shape[0])
    rays, signs, scale = np.zeros((0, k)), np.zeros(0), np.zeros(k)
    for _ in range(SCALINGS):
        evidence, bounds = {"log_scale": scale.tolist(), "arithmetic": _SCIP_ARITHMETIC}, []
        for side, points, sign in sides:
            points = scip.scaled(points, sign, scale)
            found = scip.prove_side(points, effort)
            if found is None:
                return inconclusive(NAME, f"it was not shown that {side} is scattered")
            if not isinstance(found, dict):
                ray = scip.farthest(points, found) * np.exp(-sign * scale)
                rays = np.vstack([rays, ray / np.linalg.norm(ray)])
                signs = np.append(signs, sign)
                break
            evidence[side] = found
            bounds += found["bounds"]
        else:
            c = 1 / (1 + (k - 1) * max(bounds) ** 2)
            return _proof(k, min(c, scip.NORM_SLACK), evidence)
        scale, least = best_scaling(rays, signs, scale, effort)
        if least <= scip.NORM_SLACK:
            break
    return inconclusive(NAME, "no scaling found at which both factors are scattered")


def _proof(k, margin, evidence):
    return Outcome(
        NAME,
        PROVES,
        "both factors are sufficiently scattered at one joint scaling",
        margin=float(margin),
        unique=True,
        n_solutions=1,
        identifiable_W=tuple(range(k)),
        identifiable_H=tuple(range(k)),
        local_dimension=0,
        dimension_exact=True,
        evidence=evidence,
    )


def dual_rays(points, effort):
    """Extreme rays of ``{y : points·y ≥ 0}`` from the facets of the hull of the points.

    If the hull has too many facets, that of as many far-out points as can be afforded: their dual
    cone contains the other, so a condition that all its rays meet still holds.

    Parameters
    ----------
    points : array of shape (n_points, k)
        Nonnegative, of rank k.

    Returns
    -------
    simplices : int array of shape (n_facets, k − 1)
        Points on every facet, facets cut into simplices.
    rays : array of shape (n_facets, k)
        Of unit norm; the same for simplices of one facet.

    or None if even few points have too many facets, or the effort is used up.
    """
    from scipy.spatial import ConvexHull, QhullError  # slow to import, rarely needed

    points = points / points.sum(axis=1, keepdims=True)
    chosen = np.sort(np.unique(np.round(points, 12), axis=0, return_index=True)[1])
    order = chosen[_far_out(points[chosen])]
    hull, before, size = None, None, max(40, 4 * points.shape[1])
    while not effort.exhausted():
        size = min(size, len(order))
        try:
            hull, used = ConvexHull(points[order[:size]][:, :-1]), order[:size]
        except QhullError:
            # Too few points to span the slice.
            if size == len(order):
                return None
            size *= 2
            continue
        facets = len(hull.simplices)
        effort.compute(FACET * facets * points.shape[1] ** 2)
        growth = facets / before if before else 4.0
        if size == len(order) or facets * growth > MAX_FACETS:
            break
        size, before = 2 * size, facets
    if hull is None:
        return None
    normal, offset = -hull.equations[:, :-1], -hull.equations[:, -1]
    rays = np.column_stack([normal + offset[:, None], offset])
    simplices = np.sort(used[hull.simplices], axis=1)
    # Cutting facets into simplices, Qhull may list a sliver twice; such pairs cancel.
    _, first, times = np.unique(simplices, axis=0, return_index=True, return_counts=True)
    keep = np.sort(first[times % 2 == 1])
    return simplices[keep], rays[keep] / np.linalg.norm(rays[keep], axis=1, keepdims=True)


def _far_out(points):
    """Order points of the simplex: for every face in turn the point on it nearest a corner."""
    size = np.linalg.norm(points, axis=1)
    per_face = [
        face[np.argsort(-size[face], kind="stable")]
        for face in (np.flatnonzero(points[:, i] == 0) for i in range(points.shape[1]))
    ]
    longest = max(map(len, per_face), default=0)
    turns = [face[t] for t in range(longest) for face in per_face if t < len(face)]
    return np.array(list(dict.fromkeys([*turns, *np.argsort(-size, kind="stable").tolist()])))


def _without_units(rays):
    """Different rays with two nonzero entries or more."""
    second = np.sort(np.abs(rays), axis=1)[:, -2]
    rays = rays[second > UNIT]
    return rays[np.unique(np.round(rays, 10), axis=0, return_index=True)[1]]


def tightness(rays, signs, log_scale):
    """``eᵀz/‖z‖ − 1`` for ``z = D y`` (rays of H, sign 1) or ``D⁻¹y`` (W, −1), and its gradient."""
    z = rays * np.exp(signs[:, None] * log_scale)
    norm, total = np.linalg.norm(z, axis=1), z.sum(axis=1)
    gradient = z / norm[:, None] - (total / norm**3)[:, None] * z**2
    return total / norm - 1, gradient * signs[:, None]


def best_scaling(rays, signs, log_scale, effort):
    """A joint scaling with a large smallest `tightness`; its logarithm and that value."""
    k = rays.shape[1]
    if not len(rays):
        return log_scale, np.inf
    rng = stream(0, "scaling")
    best = log_scale, float(tightness(rays, signs, log_scale)[0].min())
    for start in range(4):
        x = log_scale + (0.5 * rng.normal(size=k) if start else 0.0)
        for _ in range(6):
            if effort.exhausted():
                return best
            effort.compute(SCALING * k * min(len(rays), CONSTRAINTS) + rays.size)
            value, _ = tightness(rays, signs, x)
            worst = np.argsort(value, kind="stable")[:CONSTRAINTS]
            x = _improve(rays[worst], signs[worst], x)
            least = float(tightness(rays, signs, x)[0].min())
            if least > best[1]:
                best = x, least
            elif least <= value.min():
                break
        if best[1] > 10 * STRICT:
            break
    return best


def _improve(rays, signs, x):
    """Maximise the smallest tightness of a few rays, near x."""
    k = x.size
    least = tightness(rays, signs, x)[0].min()

    def constraint(v):
        return tightness(rays, signs, v[:k])[0] - v[k]

    def jacobian(v):
        return np.column_stack([tightness(rays, signs, v[:k])[1], -np.ones(len(rays))])

    result = minimize(
        lambda v: -v[k],
        np.append(x, least),
        jac=lambda v: np.append(np.zeros(k), -1.0),
        bounds=[(a - 3, a + 3) for a in x] + [(None, None)],
        constraints={"type": "ineq", "fun": constraint, "jac": jacobian},
        method="SLSQP",
        options={"maxiter": 100},
    )
    new = result.x[:k]
    return new - new.mean() if np.isfinite(new).all() else x


def problems_of(case, outcome):
    """See that the facets close up around each hull and that every ray passes at the scaling."""
    evidence, problems = outcome.evidence, []
    scale = np.asarray(evidence["log_scale"], dtype=float)
    if case.spare or scale.shape != (case.k,) or not np.isfinite(scale).all():
        return ["the scaling does not fit the factors"]
    for side, points, sign in (("W", case.W, -1.0), ("H", case.H.T, 1.0)):
        if "multipliers" in evidence[side]:
            found = scip.side_problems(scip.scaled(points, sign, scale), evidence[side])
            problems += [f"{side}: {p}" for p in found]
            continue
        rays = np.asarray(evidence[side]["rays"], dtype=float)
        facets = np.asarray(evidence[side]["facets"], dtype=int)
        problems += [f"{side}: {p}" for p in _check_hull(points, facets, rays)]
        rest = _without_units(rays)
        if len(rest):
            least = tightness(rest, np.full(len(rest), sign), scale)[0].min()
            if not 1 - 1 / (1 + least) ** 2 > STRICT / 2 or least <= 0:
                problems.append(f"{side}: a ray is not inside the ball")
    return problems


def _check_hull(points, facets, rays):
    """Problems of a claimed list of all facets: each supports, and together they close up.

    Only points on a facet count: a hull inside that of all points has a larger dual cone. A set of
    simplices in the boundary of a polytope, in which every ridge belongs to an even number, covers
    every point of it an odd number of times if one; so no facet is missing.
    """
    points = points / points.sum(axis=1, keepdims=True)
    if facets.ndim != 2 or facets.shape != (len(rays), points.shape[1] - 1) or not len(facets):
        return ["facets and rays do not belong together"]
    if facets.min() < 0 or facets.max() >= len(points):
        return ["a facet has a point that does not exist"]
    problems = []
    if not np.allclose(np.linalg.norm(rays, axis=1), 1):
        problems.append("a ray is not of unit norm")
    if (points[np.unique(facets)] @ rays.T).min() < -CONTAINED:
        problems.append("a point lies outside a facet")
    if np.abs(np.einsum("fpk,fk->fp", points[facets], rays)).max() > CONTAINED:
        problems.append("a facet does not contain its points")
    ordered = np.sort(facets, axis=1)
    if len(np.unique(ordered, axis=0)) != len(ordered) or (np.diff(ordered, axis=1) == 0).any():
        problems.append("a facet is listed twice")
    ridges = np.vstack([np.delete(ordered, i, axis=1) for i in range(ordered.shape[1])])
    if (np.unique(ridges, axis=0, return_counts=True)[1] % 2).any():
        problems.append("the facets do not close up")
    if _crossings(points[facets]) % 2 == 0:
        problems.append("the facets do not surround the points")
    return problems


def _crossings(simplices):
    """How many simplices a generic ray from the middle of all meets."""
    k = simplices.shape[2]
    middle, direction = simplices.mean(axis=(0, 1)), stream(0, "crossings").normal(size=k)
    direction -= direction.mean()
    system = np.concatenate(
        [np.swapaxes(simplices, 1, 2), np.tile(-direction[:, None], (len(simplices), 1, 1))], axis=2
    )
    solid = np.abs(np.linalg.det(system)) > 1e-14
    weights = np.linalg.solve(system[solid], np.tile(middle[:, None], (int(solid.sum()), 1, 1)))
    return int((weights[:, :, 0] > 0).all(axis=1).sum())
