"""Necessary conditions on the supports, at any rank; they refute uniqueness with a witness.

*Nested supports*: if ``supp(w_i) ⊆ supp(w_j)``, i ≠ j, then ``w_j − ε w_i``, ``h_i + ε h_j`` is
another factorization for ``0 < ε ≤ min_{l ∈ supp w_i} W_lj/W_li`` (Laurberg et al. 2008, the
condition on supports). The same holds for H. A single component can be moved alone exactly then.

*A spare component*: if the product has a nonnegative factorization with fewer components, any term
with two nonzero entries in w or in h can be cut in two in infinitely many ways. A dead component
or a duplicate is spare as it stands; when rank(WH) < k, smaller factorizations are searched.

*Own columns*: ``X·I`` is a factorization if X has at most k columns of different directions, and
``I·X`` if that many rows.

*One component* alone is its product: unique.
"""

import numpy as np

from nmfstudy.certificates.case import DEFICIENT, changed_components, witness_problems
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, inconclusive
from nmfstudy.certificates.smaller import find_smaller
from nmfstudy.model.factorization import Factorization

NAME = "supports"
_NO_NESTING = "no component is zero wherever another one is"
NEEDS_RANK = False
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.3


def run(case, effort):
    """Look for nested supports and for spare components."""
    if case.k == 1 and not case.spare:
        return Outcome(
            NAME,
            PROVES,
            "one component is its product",
            unique=True,
            n_solutions=1,
            identifiable_W=(0,),
            identifiable_H=(0,),
            local_dimension=0,
            dimension_exact=True,
            evidence={"single": True},
        )
    if case.spare:
        witness = split(case.factorization)
        if witness is None:
            return inconclusive(NAME, "a component is dead or a duplicate and no term can be cut")
        return _refuted(case, witness, "a component is dead or a duplicate, so a term can be cut")
    pairs = nested_pairs(case.W, case.H)
    if pairs:
        return _nested(case, pairs)
    for witness in own_columns(case.product, case.k):
        if not witness_problems(case, witness):
            refuted_W, refuted_H = changed_components(case, witness)
            return Outcome(
                NAME,
                REFUTES,
                "the columns (or rows) of the product are themselves components",
                margin=1.0,
                refuted_W=refuted_W,
                refuted_H=refuted_H,
                witness=witness,
            )
    if case.rank_state == DEFICIENT:
        smaller = find_smaller(case, effort)
        witness = split(smaller) if smaller is not None else None
        if witness is not None and not witness_problems(case, witness):
            k = smaller.n_components
            return _refuted(case, witness, f"{k} components suffice, so one of {case.k} is spare")
        return inconclusive(NAME, f"{_NO_NESTING}; no smaller factorization was found")
    return inconclusive(NAME, _NO_NESTING)


def nested_pairs(W, H):
    """All nested supports as ``(side, i, j, ε_max, change)``; change is the size of the move."""
    found = []
    for side, A, B in (("W", W, H), ("H", H.T, W.T)):
        support = A > 0
        sizes = np.linalg.norm(A, axis=0), np.linalg.norm(B, axis=1)
        for i in range(A.shape[1]):
            inside = np.flatnonzero(~(support[:, [i]] & ~support).any(axis=0))
            for j in inside[inside != i]:
                ratio = A[support[:, i], j] / A[support[:, i], i]
                eps = float(ratio.min())
                found.append((side, i, int(j), eps, eps * sizes[0][i] * sizes[1][j]))
    return found


def move_along_support(factorization, side, i, j, eps):
    """``w_j − ε w_i``, ``h_i + ε h_j`` (side W), or its mirror image (side H)."""
    if side == "H":
        swapped = Factorization(factorization.H.T, factorization.W.T)
        moved = move_along_support(swapped, "W", i, j, eps)
        return Factorization(moved.H.T, moved.W.T)
    W, H = factorization.W.copy(), factorization.H.copy()
    column = W[:, j] - eps * W[:, i]
    # Where ε is attained the entry is zero by construction; rounding leaves dust.
    W[:, j] = np.where(column <= 1e-14 * W[:, j].max(), 0.0, column)
    H[i] += eps * H[j]
    return Factorization(W, H)


def own_columns(X, k):
    """Factorizations ``X·I`` and ``I·X``, if at most k columns or rows differ in direction."""
    for transposed, A in ((False, X), (True, X.T)):
        top = A.max(axis=0)
        _, first, which = np.unique(
            np.round(A / top, 12), axis=1, return_index=True, return_inverse=True
        )
        if first.size > k:
            continue
        which = which.ravel()
        H = np.zeros((first.size, A.shape[1]))
        H[which, np.arange(A.shape[1])] = top / top[first[which]]
        W = A[:, first]
        yield Factorization(H.T, W.T) if transposed else Factorization(W, H)


def _nested(case, pairs):
    """The outcome of nested supports: every component that some pair moves is refuted."""
    best = {}
    for side, i, j, eps, change in pairs:
        moved = (("W", j), ("H", i)) if side == "W" else (("H", j), ("W", i))
        for component in moved:
            if component not in best or best[component][4] < change:
                best[component] = (side, i, j, eps, change)
    kept = sorted(set(best.values()), key=lambda pair: -pair[4])
    evidence, refuted, first = [], (set(), set()), None
    for side, i, j, eps, _ in kept:
        # Half way as well: the whole way may end in a permuted copy of the same terms.
        for share in (1.0, 0.5):
            witness = move_along_support(case.factorization, side, i, j, share * eps)
            if not witness_problems(case, witness):
                evidence.append([side, i, j, share * eps])
                for into, new in zip(refuted, changed_components(case, witness), strict=True):
                    into.update(new)
                first = first or witness
                break
    if first is None:
        return inconclusive(
            NAME, "a component is zero wherever another is, but the move is lost in rounding"
        )
    side, i, j, _ = evidence[0]
    letter = side.lower()
    return Outcome(
        NAME,
        REFUTES,
        f"{letter}_{i + 1} is zero wherever {letter}_{j + 1} is",
        margin=float(kept[0][4] / np.linalg.norm(case.product)),
        n_solutions=np.inf,
        refuted_W=tuple(sorted(refuted[0])),
        refuted_H=tuple(sorted(refuted[1])),
        witness=first,
        evidence={"pairs": evidence},
    )


def _refuted(case, witness, reason):
    problems = witness_problems(case, witness)
    if problems:
        return inconclusive(NAME, f"{reason}; but {problems[0]}")
    return Outcome(NAME, REFUTES, reason, margin=1.0, n_solutions=np.inf, witness=witness)


def split(factorization):
    """Cut the largest term that has two nonzeros on a side in two terms that are not parallel.

    None if every term is a single entry, for then only parallel cuts exist.
    """
    for r in np.argsort(-factorization.sizes):
        w, h = factorization.W[:, r], factorization.H[r]
        for side, vector in (("W", w), ("H", h)):
            nonzero = np.flatnonzero(vector)
            if nonzero.size < 2:
                continue
            order = nonzero[np.argsort(-vector[nonzero])]
            part = np.zeros_like(vector)
            part[order[::2]] = vector[order[::2]]
            rest = vector - part
            W, H = factorization.W, factorization.H
            if side == "W":
                W = np.column_stack([np.delete(W, r, axis=1), part, rest])
                H = np.vstack([np.delete(H, r, axis=0), h, h])
            else:
                W = np.column_stack([np.delete(W, r, axis=1), w, w])
                H = np.vstack([np.delete(H, r, axis=0), part, rest])
            return Factorization(W, H)
    return None


def problems_of(case, outcome):
    """Repeat every move and see what it changes."""
    if outcome.unique:
        return [] if case.k == 1 and not case.spare else ["there is more than one component"]
    allowed, problems = (set(), set()), []
    if outcome.witness is not None:
        allowed = tuple(map(set, changed_components(case, outcome.witness)))
    for side, i, j, eps in outcome.evidence.get("pairs", ()):
        witness = move_along_support(case.factorization, side, i, j, eps)
        problems += witness_problems(case, witness)
        for into, new in zip(allowed, changed_components(case, witness), strict=True):
            into.update(new)
    if not set(outcome.refuted_W) <= allowed[0] or not set(outcome.refuted_H) <= allowed[1]:
        problems.append("a component is called refuted that no move changes")
    if outcome.identifiable_W or outcome.identifiable_H:
        problems.append("nested supports identify nothing")
    return problems
