r"""The remaining component: all factorizations, once all other components are identifiable.

Let w_p be identifiable for every p ≠ i, and rank(X) = k. Another factorization has, up to order
and scale, the columns w_p and one more, so it is ``(WQ, Q⁻¹H)`` where Q is the identity but for
its column i. That entry Q_ii is positive, since row i of Q⁻¹H is ``h_i/Q_ii``; scaled to 1 it
leaves ``Q = I + c e_iᵀ`` with c_i = 0, and

.. math:: w_i + \sum_p c_p w_p ≥ 0, \qquad h_p - c_p h_i ≥ 0.

So the other factorizations are a convex polytope around c = 0, h_i is in all of them, w_i is in
no other one, and h_p is in all of them iff c_p = 0 throughout. Being convex, the polytope is {0}
iff its tangent cone at 0 is: iff c = 0 is all there is with

.. math:: (Wc)_l ≥ 0 \text{ where } W_{li} = 0, \qquad c_p ≤ 0 \text{ where } H_{pj} = 0 < H_{ij}.

Multipliers prove which of these are equalities throughout (Stiemke's lemma); their rank leaves
the polytope's dimension, which is exact. Where it is 0 the factorization is unique, else a step
along the cone is a second one. The same with the roles of W and H exchanged. The condition is
complete, and invariant under permutations and scalings. Margin: one over the largest multiplier,
or the smallest slack of the direction taken.
"""

import numpy as np

from nmfstudy.certificates.case import FULL, changed_components, witness_problems
from nmfstudy.certificates.cones import analyse, normalised, rank_of, unbalanced
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, inconclusive, skipped
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import count

NAME = "remaining"
NEEDS_RANK = True
ONLY_IF_OPEN = False
USES = ("proved",)
SHARE = 0.4


def run(case, effort, proved):
    """Decide the rest where one factor is proved but for a single component."""
    if case.spare or case.k < 2:
        return skipped(NAME, "it is for two or more different components, none of them zero")
    for side, fixed in zip("WH", proved, strict=True):
        if len(fixed) == case.k - 1:
            return _decide(case, side, fixed, effort)
    if any(len(fixed) == case.k for fixed in proved):
        return skipped(NAME, "every component is proved")
    return skipped(NAME, "more than one component of either factor is open")


def _decide(case, side, fixed, effort):
    (i,) = set(range(case.k)) - set(fixed)
    A = inequalities(case, side, i)
    cone = analyse(A, effort)
    if cone is None:
        return inconclusive(NAME, "the effort was used up")
    if not cone.settled or cone.multipliers is None:
        return inconclusive(NAME, "some inequality is neither clearly strict nor clearly tight")
    dimension = case.k - 1 - cone.rank
    evidence = {
        "side": side,
        "tight": cone.tight.tolist(),
        "multipliers": cone.multipliers.tolist(),
    }
    letter = side.lower()
    others = f"all {letter} but {letter}_{i + 1} are in every factorization"
    claims = {"evidence": evidence, f"given_{side}": tuple(fixed), "dimension_exact": True}
    if dimension == 0:
        everything = tuple(range(case.k))
        return Outcome(
            NAME,
            PROVES,
            f"{others}, and that one has no room to move",
            margin=float(1 / max(1.0, np.abs(cone.multipliers).max(initial=0))),
            unique=True,
            n_solutions=1,
            identifiable_W=everything,
            identifiable_H=everything,
            local_dimension=0,
            **claims,
        )
    direction = _within(A[cone.tight], cone.point)
    evidence["direction"] = direction.tolist()
    witness = move_component(case, side, i, direction)
    if witness_problems(case, witness):
        return inconclusive(NAME, f"{others}, and that one may move, but by no more than rounding")
    refuted_W, refuted_H = changed_components(case, witness)
    in_all = {side: tuple(fixed), _other(side): _unmoved(A[cone.tight], case.k, i)}
    return Outcome(
        NAME,
        REFUTES,
        f"{others}, and that one moves in {count(dimension, 'dimension')}",
        margin=min(cone.least_slack, 1.0),
        n_solutions=np.inf,
        identifiable_W=in_all["W"],
        identifiable_H=in_all["H"],
        refuted_W=refuted_W,
        refuted_H=refuted_H,
        local_dimension=dimension,
        witness=witness,
        **claims,
    )


def _other(side):
    return "H" if side == "W" else "W"


def _sides(case, side):
    """W and H, or their transposes with the roles exchanged."""
    return (case.W, case.H) if side == "W" else (case.H.T, case.W.T)


def inequalities(case, side, i):
    """Unit rows A of the tangent cone ``{c : Ac ≥ 0}`` of component i; c without its entry i."""
    W, H = _sides(case, side)
    rest = np.arange(case.k) != i
    bounded = ((H[rest] == 0) & (H[i] > 0)).any(axis=1)
    return np.vstack([normalised(W[W[:, i] == 0][:, rest]), -np.eye(case.k - 1)[bounded]])


def _within(tight, direction):
    """The direction with the tight inequalities as equalities to the last digit."""
    if tight.size:
        direction = direction - np.linalg.lstsq(tight, tight @ direction, rcond=1e-12)[0]
    return np.where(np.abs(direction) < 1e-12, 0.0, direction)


def move_component(case, side, i, direction):
    """The factorization half way to the end of the polytope along a direction of its cone."""
    W, H = _sides(case, side)
    rest = np.arange(case.k) != i
    step = W[:, rest] @ direction
    # What is zero by the cone is not left to rounding.
    step = np.where(W[:, i] == 0, np.maximum(step, 0.0), step)
    down, up = step < 0, direction > 0
    limits = [-W[down, i] / step[down]]
    limits += [
        H[p, H[i] > 0] / H[i, H[i] > 0] / c
        for p, c in zip(np.flatnonzero(rest)[up], direction[up], strict=True)
    ]
    t = 0.5 * min((part.min() for part in limits if part.size), default=1.0)
    new_W, new_H = W.copy(), H.copy()
    new_W[:, i] += t * step
    new_H[rest] -= t * np.outer(direction, H[i])
    new_W, new_H = np.maximum(new_W, 0.0), np.maximum(new_H, 0.0)
    return Factorization(new_W, new_H) if side == "W" else Factorization(new_H.T, new_W.T)


def _unmoved(tight, k, i):
    """Components of the other factor that never move: i, and p with c_p = 0 throughout."""
    rank, _ = rank_of(tight)
    others = [p for p in range(k) if p != i]
    units = np.eye(k - 1)
    fixed = [p for p, unit in zip(others, units, strict=True) if _in_span(tight, unit, rank)]
    return tuple(sorted([i, *fixed]))


def _in_span(tight, unit, rank):
    return bool(tight.size) and rank_of(np.vstack([tight, unit])) == (rank, True)


def problems_of(case, outcome):
    """Balance the multipliers against the tight inequalities, and count ranks."""
    if case.spare or case.k < 2 or case.rank_state != FULL:
        return ["the rank of the product is not that of the factors"]
    side = outcome.evidence["side"]
    fixed = {"W": outcome.given_W, "H": outcome.given_H}[side]
    open_ = set(range(case.k)) - set(fixed)
    if len(open_) != 1 or len(fixed) != case.k - 1:
        return ["not all components but one are given"]
    (i,) = open_
    A = inequalities(case, side, i)
    tight = np.asarray(outcome.evidence["tight"], dtype=int)
    if tight.size and not (0 <= tight.min() and tight.max() < A.shape[0]):
        return ["an inequality does not exist"]
    if np.unique(tight).size != tight.size:
        return ["an inequality is listed twice"]
    problems = list(unbalanced(A[tight], outcome.evidence["multipliers"]))
    rank, sure = rank_of(A[tight])
    if not sure:
        problems.append("the rank of the tight inequalities is in doubt")
    dimension = case.k - 1 - rank
    if outcome.local_dimension != dimension:
        problems.append("the dimension is another")
    everything = set(range(case.k))
    in_all = {side: set(fixed), _other(side): set(_unmoved(A[tight], case.k, i))}
    if dimension == 0:
        in_all = {"W": everything, "H": everything}
    if not (
        set(outcome.identifiable_W) <= in_all["W"] and set(outcome.identifiable_H) <= in_all["H"]
    ):
        problems.append("a component is claimed that may move")
    if dimension:
        # The lower bound: strict elsewhere.
        direction = np.asarray(outcome.evidence.get("direction", np.zeros(case.k - 1)))
        slack = np.delete(A @ direction, tight)
        if slack.size and slack.min() <= 0:
            problems.append("the direction is not strict where it should be")
    if outcome.unique != (dimension == 0) or (outcome.n_solutions == 1) != outcome.unique:
        problems.append("uniqueness does not follow from the dimension")
    allowed = ((), ())
    if outcome.witness is not None:
        allowed = changed_components(case, outcome.witness)
    if not (
        set(outcome.refuted_W) <= set(allowed[0]) and set(outcome.refuted_H) <= set(allowed[1])
    ):
        problems.append("a component is called refuted that does not change")
    return problems
