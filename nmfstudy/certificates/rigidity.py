r"""Infinitesimal rigidity: whether the factors can move, to first order (Krone & Kubjas 2021).

At rank k every nearby factorization is ``(WQ, Q⁻¹H)``, Q = I + D + …, D of size k×k with zero
diagonal. To first order

.. math:: (WD)_{lj} ≥ 0 \text{ where } W_{lj} = 0, \qquad (DH)_{im} ≤ 0 \text{ where } H_{im} = 0.

Let the tight inequalities be those that no feasible D makes strict; multipliers λ > 0 with
``λᵀA = 0`` prove it. The first-order dimension is ``k² − k − rank(tight)``, an upper bound.

* 0: *locally unique* (not more: rigid factorizations with a distant second one are common).
* No tight inequality: ``Q = I + tD`` is another factorization for small t. Not unique.
* Otherwise, if the span of the feasible D together with the diagonals is closed under the matrix
  product, ``Q = exp(tD)`` lies in it and is another factorization for small t. Not unique.
* Else flexible to first order only, which decides nothing.

At lower rank the unknowns are the directions (dW, dH) with ``dW H + W dH = 0``, and only local
uniqueness is concluded.
"""

import numpy as np
from scipy.linalg import expm

from nmfstudy.certificates.case import DEFICIENT, FULL, changed_components, witness_problems
from nmfstudy.certificates.cones import analyse, normalised, rank_of, unbalanced
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, inconclusive, skipped
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import count

NAME = "rigidity"
NEEDS_RANK = False
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.5
CLOSED = 1e-8  # distance of products of unit matrices from the span that counts as rounding
MAX_DIRECTIONS = 700  # unknowns of the rank-deficient form


def normals(case):
    """The inequalities on D (off-diagonal, row by row) as unit rows."""
    k = case.k
    index = np.arange(k * k).reshape(k, k)
    found = []
    for j in range(k):
        rows = _distinct(case.W[case.W[:, j] == 0])
        block = np.zeros((rows.shape[0], k * k))
        block[:, index[:, j]] = rows
        found.append(block)
    for i in range(k):
        columns = _distinct(case.H[:, case.H[i] == 0].T)
        block = np.zeros((columns.shape[0], k * k))
        block[:, index[i]] = -columns
        found.append(block)
    off_diagonal = index[~np.eye(k, dtype=bool)]
    return normalised(np.vstack(found)[:, off_diagonal])


def _distinct(rows):
    """Unit rows without repetition."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.unique(np.round(rows, 13), axis=0) if rows.shape[0] else rows


def directions(case):
    """Rank-deficient form: inequalities on a basis of all (dW, dH) that keep the product.

    Returns
    -------
    A : array of unit rows, or None if the case is too large or the basis in doubt
    dimension : int
        Of that basis; k of it are scalings of the components.
    """
    W, H, k = case.W, case.H, case.k
    n, d = W.shape[0], H.shape[1]
    if (n + d) * k > MAX_DIRECTIONS:
        return None, 0
    change = np.hstack(
        [
            np.einsum("ab,rj->ajbr", np.eye(n), H).reshape(n * d, n * k),
            np.einsum("lr,jm->ljrm", W, np.eye(d)).reshape(n * d, k * d),
        ]
    )
    _, s, Vt = np.linalg.svd(change)
    rank, sure = rank_of(change)
    if not sure:
        return None, 0
    basis = Vt[rank:].T
    zero = np.concatenate([(W == 0).ravel(), (H == 0).ravel()])
    rows = basis[zero]
    return normalised(rows[np.linalg.norm(rows, axis=1) > 1e-9]), basis.shape[1]


def run(case, effort):
    """Find the first-order dimension and, where possible, what it implies."""
    if case.spare:
        return skipped(NAME, "a component is dead or a duplicate")
    if case.k == 1:
        return skipped(NAME, "one component cannot move")
    if case.rank_state == DEFICIENT:
        return _run_deficient(case, effort)
    if case.rank_state != FULL:
        return skipped(NAME, "the rank of the product is unclear")
    A, k = normals(case), case.k
    cone = analyse(A, effort)
    if cone is None:
        return inconclusive(NAME, "the effort was used up")
    if not cone.settled or cone.multipliers is None:
        return inconclusive(NAME, "some inequality is neither clearly strict nor clearly tight")
    dimension = k * k - k - cone.rank
    evidence = {"tight": cone.tight.tolist(), "multipliers": cone.multipliers.tolist()}
    if dimension == 0:
        return _rigid(cone, evidence)
    D = np.zeros((k, k))
    D[~np.eye(k, dtype=bool)] = cone.point
    evidence["direction"] = D.tolist()
    if not cone.tight.size or _is_algebra(A[cone.tight], k):
        witness = _move(case, D, linear=not cone.tight.size)
        if witness is not None:
            refuted_W, refuted_H = changed_components(case, witness)
            how = "straight" if not cone.tight.size else "along a curve"
            return Outcome(
                NAME,
                REFUTES,
                f"the factors move {how} in {count(dimension, 'dimension')}",
                margin=cone.least_slack,
                n_solutions=np.inf,
                local_dimension=dimension,
                dimension_exact=True,
                refuted_W=refuted_W,
                refuted_H=refuted_H,
                witness=witness,
                evidence=evidence,
            )
    return inconclusive(
        NAME,
        f"flexible in {count(dimension, 'dimension')} to first order, which decides nothing",
        local_dimension=dimension,
        evidence=evidence,
    )


def _rigid(cone, evidence):
    return Outcome(
        NAME,
        PROVES,
        "no first-order motion: locally unique",
        margin=float(1 / max(1.0, np.abs(cone.multipliers).max(initial=0))),
        local_dimension=0,
        dimension_exact=True,
        evidence=evidence,
    )


def _run_deficient(case, effort):
    A, dimension = directions(case)
    if A is None:
        return inconclusive(NAME, "too large, at a rank below the number of components")
    cone = analyse(A, effort)
    if cone is None:
        return inconclusive(NAME, "the effort was used up")
    if not cone.settled or cone.multipliers is None:
        return inconclusive(NAME, "some inequality is neither clearly strict nor clearly tight")
    evidence = {"tight": cone.tight.tolist(), "multipliers": cone.multipliers.tolist()}
    moving = dimension - case.k - cone.rank
    if moving == 0:
        return _rigid(cone, evidence)
    return inconclusive(
        NAME,
        f"flexible in {count(moving, 'dimension')} to first order, which decides nothing",
        local_dimension=moving,
        evidence=evidence,
    )


def _is_algebra(tight, k):
    """Whether the null space of the tight rows, with the diagonals, is closed under products."""
    _, s, Vt = np.linalg.svd(tight)
    rank, _ = rank_of(tight)
    basis = np.zeros((Vt.shape[0] - rank + k, k, k))
    basis[: Vt.shape[0] - rank][:, ~np.eye(k, dtype=bool)] = Vt[rank:]
    basis[-k:] = np.eye(k)[:, :, None] * np.eye(k)[:, None, :]
    products = np.einsum("aij,bjl->abil", basis, basis).reshape(-1, k * k)
    flat = basis.reshape(-1, k * k)
    rest = products - (products @ flat.T) @ flat
    return bool(np.abs(rest).max() < CLOSED)


def _move(case, D, linear):
    """``Q = I + tD`` or ``exp(tD)`` for the largest power of ½ that keeps the signs."""
    W, H = case.W, case.H
    zero_W, zero_H = W == 0, H == 0
    tight_W = zero_W & (np.abs(W @ D) < 1e-9)
    tight_H = zero_H & (np.abs(D @ H) < 1e-9)
    for power in range(40):
        t = 0.5**power
        Q = np.eye(case.k) + t * D if linear else expm(t * D)
        if np.linalg.cond(Q) > 1e6:
            continue
        WQ, QH = W @ Q, np.linalg.solve(Q, H)
        if not linear:
            # In the algebra these entries stay zero; what is there is rounding.
            WQ = np.where(tight_W & (np.abs(WQ) < 1e-10), 0.0, WQ)
            QH = np.where(tight_H & (np.abs(QH) < 1e-10), 0.0, QH)
        if (WQ >= 0).all() and (QH >= 0).all():
            witness = Factorization(WQ, QH)
            return None if witness_problems(case, witness) else witness
    return None


def problems_of(case, outcome):
    """Balance the multipliers against the tight inequalities, and count ranks."""
    if case.rank_state == FULL:
        A, k = normals(case), case.k
        unknowns = k * k - k
    else:
        A, dimension = directions(case)
        if A is None:
            return ["the case is too large for the rank-deficient form"]
        unknowns = dimension - case.k
    tight = np.asarray(outcome.evidence["tight"], dtype=int)
    if tight.size and not (0 <= tight.min() and tight.max() < A.shape[0]):
        return ["an inequality does not exist"]
    if np.unique(tight).size != tight.size:
        return ["an inequality is listed twice"]
    problems = unbalanced(A[tight], outcome.evidence["multipliers"])
    rank, sure = rank_of(A[tight])
    if not sure:
        problems.append("the rank of the tight inequalities is in doubt")
    if outcome.local_dimension != unknowns - rank:
        problems.append("the local dimension is another")
    if outcome.unique or outcome.identifiable_W or outcome.identifiable_H:
        problems.append("rigidity proves local uniqueness only")
    if outcome.local_dimension and outcome.dimension_exact:
        # The lower bound: strict elsewhere, and motions that compose.
        D = np.asarray(outcome.evidence["direction"])
        slack = np.delete(A @ D[~np.eye(case.k, dtype=bool)], tight)
        if slack.size and slack.min() <= 0:
            problems.append("the direction is not strict where it should be")
        if tight.size and not _is_algebra(A[tight], case.k):
            problems.append("the motions do not compose")
    if outcome.witness is not None:
        allowed = changed_components(case, outcome.witness)
        if not set(outcome.refuted_W) <= set(allowed[0]):
            problems.append("a component of W is called refuted that does not change")
        if not set(outcome.refuted_H) <= set(allowed[1]):
            problems.append("a component of H is called refuted that does not change")
    return problems
