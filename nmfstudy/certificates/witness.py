r"""Search for a second factorization at rank k; it refutes, and its failure proves nothing.

Every factorization of the product is ``(WQ, Q⁻¹H)`` up to order and scale. From random starts

.. math:: \min_Q \|\min(WQ, 0)\|^2 + \|\min(Q^{-1}H, 0)\|^2 + \|g^T Q - 1\|^2

is brought to 0 by damped Gauss–Newton steps (g: mean of the normalised rows of W, which fixes the
scale of every column of Q). Starts are extreme rays of ``{q : Wq ≥ 0}``, as columns of Q, those of
``{t : tᵀH ≥ 0}``, as rows of its inverse, and, first of all, other solutions that were found by
fitting.

A search only approaches a solution: a witness from here must be farther than 1e-3 from the given
factors and have their product within 1e-11, so that a nearly flexible but rigid factorization is
not taken for two.
"""

import numpy as np

from nmfstudy.certificates.case import FULL, changed_components, make_case, witness_problems
from nmfstudy.certificates.effort import Effort, linear_program
from nmfstudy.certificates.outcome import REFUTES, Outcome, inconclusive, skipped
from nmfstudy.certificates.smaller import MAX_UNKNOWNS, polish
from nmfstudy.model.factorization import Factorization, as_factorization
from nmfstudy.model.matching import match
from nmfstudy.util.streams import stream
from nmfstudy.util.threads import one_blas_thread

NAME = "witness"
NEEDS_RANK = False
ONLY_IF_OPEN = True
USES = ("others",)
SHARE = 0.8
STARTS = 50
SEARCH_STEPS = 120
PATIENCE, SLOW = 10, 0.97  # after so many steps the violations must have fallen to this share
FAR = 1e-3
PRODUCT_WITHIN = 1e-11
WORTH_POLISHING = 1e-3  # difference of products up to which another solution is brought to it
SOLVED = 1e-26  # squared violations
WORST_CONDITION = 1e7


def run(case, effort, others=()):
    """Try the other solutions, then random starts, until one is a second factorization."""
    if case.spare or case.k < 2:
        return skipped(NAME, "it is for two or more different components, none of them zero")
    for other in others:
        witness = _from_other(case, as_factorization(other))
        if witness is not None:
            return _refuted(case, witness, "another solution found by fitting has the same product")
    if case.rank_state != FULL:
        return skipped(NAME, "the search needs a product whose rank is the number of components")
    for count, Q in enumerate(_starts(case, effort, stream(0, "witness"))):
        if effort.exhausted():
            return inconclusive(NAME, f"the effort was used up after {count} starts")
        witness = _accept(case, solve(case.W, case.H, Q, effort))
        if witness is not None:
            return _refuted(case, witness, f"start {count + 1} led to a second factorization")
    return inconclusive(NAME, f"{STARTS} starts found no second factorization")


def _refuted(case, witness, reason):
    refuted_W, refuted_H = changed_components(case, witness, tolerance=FAR)
    return Outcome(
        NAME,
        REFUTES,
        reason,
        margin=float(np.abs(witness.product() - case.product).max()),
        refuted_W=refuted_W,
        refuted_H=refuted_H,
        witness=witness,
    )


def _from_other(case, other):
    """A witness from a solution of nearly the same product, or None."""
    if other.W.shape != case.given.W.shape or other.H.shape != case.given.H.shape:
        return None
    scaled = case.scaled(other)
    if np.abs(scaled.product() - case.product).max() > WORTH_POLISHING:
        return None
    if case.rank_state != FULL:
        if case.W.size + case.H.size > MAX_UNKNOWNS:
            return None
        witness = Factorization(*polish(case.product, scaled.W, scaled.H))
        return None if witness_problems(case, witness, FAR, PRODUCT_WITHIN) else witness
    Q = np.linalg.lstsq(case.W, scaled.W, rcond=None)[0]
    if np.linalg.cond(Q) > WORST_CONDITION:
        return None
    return _accept(case, solve(case.W, case.H, Q, Effort(1.0)))


def _accept(case, Q):
    """The factorization of a solved Q if it is far enough and exact enough to be a witness."""
    if Q is None:
        return None
    witness = Factorization(np.maximum(case.W @ Q, 0), np.maximum(np.linalg.solve(Q, case.H), 0))
    return None if witness_problems(case, witness, FAR, PRODUCT_WITHIN) else witness


def _starts(case, effort, rng):
    """Matrices Q to start from: extreme rays of either cone in turn."""
    k = case.k
    pools = [_rays(A, 4 * k, rng, effort) for A in (case.W, case.H.T)]
    for start in range(STARTS):
        pool = pools[start % 2]
        if len(pool) < k:
            Q = np.eye(k) + rng.normal(size=(k, k))
        else:
            Q = _spread(pool, k, rng)
            Q = Q if start % 2 == 0 else np.linalg.pinv(Q.T)
        yield Q


def _rays(A, count, rng, effort):
    """Random extreme rays of ``{q : Aq ≥ 0}`` by linear programs, as rows."""
    A = A / np.linalg.norm(A, axis=1, keepdims=True)
    g = A.mean(axis=0)
    found = []
    for _ in range(count):
        if effort.exhausted():
            break
        ray = linear_program(
            effort,
            rng.normal(size=A.shape[1]),
            A_ub=-A,
            b_ub=np.zeros(A.shape[0]),
            A_eq=g[None],
            b_eq=[1.0],
            bounds=(None, None),
        )
        if ray is not None and not any(np.allclose(ray, q, atol=1e-7) for q in found):
            found.append(ray)
    return np.array(found).reshape(-1, A.shape[1])


def _spread(pool, k, rng):
    """Take k rays that are well apart, greedily from a random first one; as columns."""
    rest = pool[rng.permutation(len(pool))]
    chosen, left = [], rest.copy()
    for step in range(k):
        size = np.linalg.norm(left, axis=1)
        # Any of the longer ones, not the longest: starts shall differ.
        good = np.flatnonzero(size >= 0.3 * size.max())
        i = int(rng.choice(good)) if step else 0
        chosen.append(rest[i])
        direction = left[i] / max(size[i], 1e-300)
        left = left - np.outer(left @ direction, direction)
    return np.array(chosen).T


def solve(W, H, Q, effort, steps=SEARCH_STEPS):
    """Bring the violations of Q to zero; the solved Q, or None.

    Levenberg–Marquardt on the violated entries. The normal matrix needs only k×k products:
    column j of Q sees the rows of W violated there, and row i of Q⁻¹H the columns of H.
    """
    k = W.shape[1]
    W = W / np.linalg.norm(W, axis=1, keepdims=True)
    H = H / np.linalg.norm(H, axis=0)
    g = W.mean(axis=0)
    size = g @ Q
    Q = Q / np.where(np.abs(size) > 1e-12, size, 1.0)
    state = _violations(W, H, Q, g)
    if state is None:
        return None
    damping, history = 1e-3, [state[0]]
    while len(history) <= steps:
        value = state[0]
        if value < SOLVED:
            return Q
        stuck = len(history) > PATIENCE and value > SLOW * history[-PATIENCE]
        if stuck or effort.exhausted():
            return None
        effort.compute(2 * k**6 + 3 * (W.size + H.size) * k**3)
        gradient, matrix = _normal_equations(W, g, state)
        scale = np.diag(np.maximum(matrix.diagonal(), 1e-8))
        for _ in range(8):
            step = np.linalg.solve(matrix + damping * scale, -gradient).reshape(k, k)
            new = _violations(W, H, Q + step, g)
            if new is not None and new[0] < value:
                damping = max(damping / 5, 1e-13)
                break
            damping *= 6
        else:
            return None
        Q, state = Q + step, new
        history.append(new[0])
    return None


def _violations(W, H, Q, g):
    """Value, and what the normal equations need; None if Q is close to singular."""
    if not np.isfinite(Q).all():
        return None
    try:
        inverse = np.linalg.inv(Q)
    except np.linalg.LinAlgError:
        return None
    if np.linalg.norm(Q) * np.linalg.norm(inverse) > WORST_CONDITION:
        return None
    P, V = inverse @ H, W @ Q
    below_V, below_P, off = np.minimum(V, 0), np.minimum(P, 0), g @ Q - 1
    value = (below_V**2).sum() + (below_P**2).sum() + (off**2).sum()
    return value, below_V, below_P, off, inverse, P


def _normal_equations(W, g, state):
    """Gradient (row by row of Q) and Gauss–Newton matrix of half the squared violations."""
    _, below_V, below_P, off, inverse, P = state
    k = W.shape[1]
    gradient = W.T @ below_V + np.outer(g, off) - inverse.T @ below_P @ P.T
    matrix = np.zeros((k, k, k, k))
    for j in range(k):
        rows = W[below_V[:, j] < 0]
        matrix[:, j, :, j] += rows.T @ rows + np.outer(g, g)
    for i in range(k):
        columns = P[:, below_P[i] < 0]
        if columns.size:
            matrix += np.einsum("a,c,bd->abcd", inverse[i], inverse[i], columns @ columns.T)
    return gradient.ravel(), matrix.reshape(k * k, k * k)


def problems_of(case, outcome):
    """See that the witness differs where it is said to; the verdict checks the rest."""
    if outcome.witness is None:
        return ["there is no witness"]
    problems = witness_problems(case, outcome.witness, FAR, PRODUCT_WITHIN)
    changed = changed_components(case, outcome.witness, tolerance=FAR)
    if not set(outcome.refuted_W) <= set(changed[0]):
        problems.append("a column of W is called refuted that does not change")
    if not set(outcome.refuted_H) <= set(changed[1]):
        problems.append("a row of H is called refuted that does not change")
    if outcome.unique or outcome.identifiable_W or outcome.identifiable_H:
        problems.append("a witness identifies nothing")
    return problems


@one_blas_thread()
def sample(W, H, *, n_samples=50, seed=0, budget=10.0):
    """Factorizations with the product ``WH``, found by moving away and solving again.

    They bound the ambiguity from below: whatever they cover is possible, and more may be. Starts
    are ``I + σN`` with normal N and σ from .05 to 1; the given factors come first.

    Parameters
    ----------
    W : array of shape (n_samples, n_components)
    H : array of shape (n_components, n_features)
        Of rank n_components.
    n_samples : int
        How many starts.
    seed : int
    budget : float
        Nominal seconds, see `nmfstudy.certificates.effort`.

    Returns
    -------
    list of Factorization
        In the given scale, components matched to the given ones; at least the given one.
    """
    given = Factorization(W, H)
    case = make_case(given)
    found, effort, rng = [given], Effort(budget), stream(seed, "bands")
    if case.spare or case.k < 2:
        return found
    for share in np.linspace(0.05, 1.0, n_samples):
        if effort.exhausted():
            break
        start = np.eye(case.k) + share * rng.normal(size=(case.k, case.k)) / np.sqrt(case.k)
        Q = solve(case.W, case.H, start, effort)
        if Q is None:
            continue
        solution = Factorization(
            np.maximum(case.W @ Q, 0), np.maximum(np.linalg.solve(Q, case.H), 0)
        )
        if not witness_problems(case, solution, distinct=0.0, tolerance=PRODUCT_WITHIN):
            solution = case.unscale(solution)
            found.append(solution.permute(match(given, solution)[0]))
    return found
