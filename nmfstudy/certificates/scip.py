r"""Sufficiently scattered factors of many components, by the global solver SCIP (PySCIPOpt).

One factor, its rows f (points) scaled: ``P = {y : f·y ≥ 0 for every f, eᵀy = 1}``. Shown is that
``‖y‖ < 1`` on all of P but the unit vectors, where a solver could never tell a maximum of 1 from
one a little above. So P is cut in two.

*Near a unit vector.* Every ``d = y − e_i``, y in P, is in ``C_i = {d : f·d ≥ 0 for the f with
f_i = 0, eᵀd = 0}``. Multipliers λ ≥ 0 with ``−t e_i ± e_r = Σ λ_f f + μ e`` show ``|d_r| ≤ −t d_i``
there, so ``‖d‖ ≤ −d_i / c`` with ``c = (1 + (k−1)t²)^−½``. Hence P is bounded and, for
``0 < −d_i ≤ c²``, ``‖y‖² = 1 + 2d_i + ‖d‖² ≤ 1 + d_i < 1``.

*Elsewhere*, in ``P' = P ∩ {y_i ≤ 1 − c_i²}``, SCIP has to find that no y has ``‖y‖² ≥ 1 − SLACK``.
The slack is a thousand times its tolerance. Since P' is convex and contains ``e/k``, it is enough
to look where ``|y_i| ≤ 1``: on the way to any longer y lies one of norm 1.

The margin is the smaller of ``c²`` and SLACK.

What `check` can see: the multipliers, by products; that SCIP finds nothing, only by asking SCIP
again. Without it the claim counts as not checked.
"""

import importlib.util

import numpy as np
from scipy.optimize import linprog

from nmfstudy.certificates.effort import Effort, linear_program

NORM_SLACK = 1e-3
TOL = 1e-9  # to which multipliers have to add up,
ROUNDED = 1e-6  # and the relative excess of t that makes up for it
WIDEST = 0.5 / NORM_SLACK  # 1/c² above which what is near a unit vector is within the slack
RECHECK_EFFORT = 300.0  # nominal seconds
NODE = 2e-8  # nominal seconds of a node of the search, for every coefficient and its components


def available():
    """Whether PySCIPOpt is installed."""
    return importlib.util.find_spec("pyscipopt") is not None


def scaled(points, sign, log_scale):
    """Rows of a factor at a scaling, each of sum 1: ``z = y exp(sign · log_scale)`` is dual."""
    points = points * np.exp(-sign * log_scale)
    return points / points.sum(axis=1, keepdims=True)


def wedge(points, i, effort):
    """Multipliers that bound ``C_i``: for r ≠ i and both signs one row (λ, μ); and t.

    Returns
    -------
    (array of shape (2(k − 1), n_zero + 1), float), or None if C_i is not bounded so
    """
    k = points.shape[1]
    zero = points[points[:, i] == 0]
    # min t so that −t e_i + s e_r = zeroᵀ λ + μ e; unknowns λ ≥ 0, μ, t.
    unit = np.eye(k)
    system = np.column_stack([zero.T, np.ones(k), unit[i]])
    cost = np.append(np.zeros(len(zero) + 1), 1.0)
    bounds = [(0, None)] * len(zero) + [(None, None)] * 2
    rows, largest = [], 1.0
    for r in range(k):
        for s in (1.0, -1.0) if r != i else ():
            found = linear_program(effort, cost, A_eq=system, b_eq=s * unit[r], bounds=bounds)
            if found is None:
                return None
            rows.append(found[:-1])
            largest = max(largest, float(found[-1]))
    if 1 + (k - 1) * largest**2 > WIDEST:
        return None
    return np.array(rows), largest * (1 + ROUNDED)


def wedge_problems(points, i, multipliers, t):
    """Problems of claimed multipliers: signs and products only."""
    k = points.shape[1]
    zero = points[points[:, i] == 0]
    multipliers = np.asarray(multipliers, dtype=float)
    if multipliers.shape != (2 * (k - 1), len(zero) + 1) or not 1 <= t < WIDEST:
        return ["the multipliers do not fit the factor"]
    if not np.isfinite(multipliers).all() or multipliers[:, :-1].min(initial=0.0) < -TOL:
        return ["a multiplier is negative"]
    left = multipliers[:, :-1].clip(0) @ zero + multipliers[:, -1:]
    unit, row = np.eye(k), 0
    for r in range(k):
        for s in (1.0, -1.0) if r != i else ():
            gap = left[row] - s * unit[r]
            row += 1
            # The coefficient of e_i is −t' for some t' ≤ t: a larger t claims less.
            if (
                np.abs(np.delete(gap, i)).max() > TOL
                or gap[i] < -t * (1 - ROUNDED / 2)
                or gap[i] > TOL
            ):
                return ["the multipliers do not add up"]
    return []


def cuts(bounds, k):
    """``1 − c_i²`` from t of every component."""
    return 1 - 1 / (1 + (k - 1) * np.asarray(bounds, dtype=float) ** 2)


def search(points, upper, effort):
    """Ask SCIP for y in P' with ``‖y‖² ≥ 1 − SLACK``.

    Returns
    -------
    "none", or the y found, or None if it did not finish
    """
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    node = NODE * points.size * points.shape[1]
    model.setParam("limits/totalnodes", int(effort.left() / node) + 1)
    y = [model.addVar(lb=-1.0, ub=float(u)) for u in upper]
    model.addCons(quicksum(y) == 1)
    for point in points:
        model.addCons(quicksum(float(a) * v for a, v in zip(point, y, strict=True) if a) >= 0)
    model.addCons(quicksum(v * v for v in y) >= 1 - NORM_SLACK)
    model.optimize()
    effort.spend(node * model.getNTotalNodes())
    if model.getStatus() == "infeasible":
        return "none"
    if not model.getNSols():
        return None
    return np.array([model.getVal(v) for v in y])


def farthest(points, y):
    """A vertex of P that is no shorter than y (the norm is convex); y if there is none at hand."""
    k = points.shape[1]
    found = linprog(
        -y, A_ub=-points, b_ub=np.zeros(len(points)), A_eq=np.ones((1, k)), b_eq=[1.0],
        bounds=[(None, None)] * k,
    )  # fmt: skip
    return found.x if found.status == 0 and found.x @ found.x >= y @ y else y


def prove_side(points, effort):
    """Evidence that a scaled factor is scattered; or a y in the way; or None."""
    k = points.shape[1]
    wedges = []
    for i in range(k):
        found = wedge(points, i, effort)
        if found is None:
            return None
        wedges.append(found)
    bounds = [t for _, t in wedges]
    y = search(points, cuts(bounds, k), effort)
    if y is None:
        return None
    if not isinstance(y, str):
        return y
    return {"multipliers": [m.tolist() for m, _ in wedges], "bounds": bounds}


def side_problems(points, evidence):
    """Problems of the evidence of `prove_side`; asks SCIP again."""
    k = points.shape[1]
    multipliers, bounds = evidence["multipliers"], [float(t) for t in evidence["bounds"]]
    if len(multipliers) != k or len(bounds) != k:
        return ["not one list of multipliers for every component"]
    for i in range(k):
        problems = wedge_problems(points, i, multipliers[i], bounds[i])
        if problems:
            return problems
    if not available():
        return ["cannot be checked again here: PySCIPOpt is not installed"]
    y = search(points, cuts(bounds, k), Effort(RECHECK_EFFORT))
    if y is None:
        return ["SCIP did not finish when asked again"]
    return [] if isinstance(y, str) else ["SCIP finds a ray outside the ball"]
