r"""Partial identifiability: single components that every factorization shares (rank k).

w_i is *identifiable* if every factorization with k components has a column proportional to w_i.
Sufficient conditions of Gillis & Rajkó 2023, with x_j the columns of X = WH:

* *pure column and zero rows*: some column of H is a multiple of e_i, and the rows of W with entry
  i zero have rank k − 1.
* *minimal faces*: some column of H is a multiple of e_i, and there are columns J of X of rank
  k − 1 such that, for each j ∈ J, no nonzero y ∈ col(W), y ≥ 0 has its support inside
  supp(w_i) ∩ supp(x_j).
* *sequential*: columns P are identifiable already, J are the columns of X whose support contains
  no supp(w_p), p ∈ P, ``rank H[rest, J] = k − |P|``, and w_i is identifiable in the smaller
  factorization ``W[:, rest] H[rest, J]``.

All w_j with j ≠ i identifiable ⇒ h_i identifiable. All w identifiable ⇒ unique. The same with the
roles of W and H exchanged. Identifiable w_P and h_rest together do *not* imply uniqueness.

That no such y exists is proved by multipliers z with ``Wᵀz = 0`` and z > 0 on the forbidden
support (Stiemke's lemma), found by a linear program in k unknowns and checked by a product.
"""

from itertools import combinations

import numpy as np

from nmfstudy.certificates.case import RANK_SURE, independent_rows, sure_rank
from nmfstudy.certificates.cones import balancing_multipliers, unbalanced
from nmfstudy.certificates.outcome import PROVES, Outcome, inconclusive, skipped
from nmfstudy.certificates.separable import zero_rows_rank
from nmfstudy.util.display import count

NAME = "partial"
NEEDS_RANK = True
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.4
MAX_SUBSET = 3  # of the identifiable components, besides all of them, that are set aside
MAX_FACES = 200  # columns of X whose faces are examined per component


def run(case, effort):
    """Collect the components that one of the conditions proves, on both sides."""
    if case.spare:
        return skipped(NAME, "a component is dead or a duplicate")
    if case.k == 1:
        return skipped(NAME, "one component is its product")
    proofs_W = identify(case.W, case.H, effort)
    proofs_H = identify(case.H.T, case.W.T, effort)
    evidence = {"W": proofs_W, "H": proofs_H}
    fixed_W, fixed_H = close(case.k, _components(proofs_W), _components(proofs_H))
    if not fixed_W and not fixed_H:
        return inconclusive(NAME, "no component is proved identifiable")
    everything = len(fixed_W) == case.k or len(fixed_H) == case.k
    margin = min(proof["margin"] for proof in [*proofs_W, *proofs_H])
    if everything:
        return Outcome(
            NAME,
            PROVES,
            "one factor is the same in every factorization, and so the other is too",
            margin=margin,
            unique=True,
            n_solutions=1,
            identifiable_W=tuple(range(case.k)),
            identifiable_H=tuple(range(case.k)),
            local_dimension=0,
            dimension_exact=True,
            evidence=evidence,
        )
    return Outcome(
        NAME,
        PROVES,
        f"in every factorization: {_fixed_components(fixed_W, fixed_H)}",
        margin=margin,
        identifiable_W=fixed_W,
        identifiable_H=fixed_H,
        evidence=evidence,
    )


def _components(proofs):
    return {proof["component"] for proof in proofs}


def close(k, fixed_W, fixed_H):
    """Add what follows from the other factor: all w_j, j ≠ i, give h_i; all of one give all."""
    fixed_W, fixed_H = set(fixed_W), set(fixed_H)
    everything = set(range(k))
    for _ in range(2):
        for a, b in ((fixed_W, fixed_H), (fixed_H, fixed_W)):
            missing = everything - a
            if len(missing) == 1:
                b |= missing
            elif not missing:
                b |= everything
    return tuple(sorted(fixed_W)), tuple(sorted(fixed_H))


def identify(W, H, effort):
    """Proofs for columns of W, as dicts with ``component``, ``rule``, ``margin`` and evidence.

    Sequential proofs name the components set aside in ``given`` and hold the smaller
    factorization's proof in ``inner``. A proof only uses components proved before it.
    """
    k = W.shape[1]
    proofs, proved = [], set()

    def add(proof):
        proofs.append(proof)
        proved.add(proof["component"])

    for i in range(k):
        if not effort.exhausted():
            proof = _alone(W, H, i, effort)
            if proof is not None:
                add(proof)
    tried = set()
    progress = True
    while progress and proved and len(proved) < k and not effort.exhausted():
        progress = False
        for given in _subsets(proved):
            if given in tried:
                continue
            tried.add(given)
            for inner in _after(W, H, given, effort):
                if inner["component"] not in proved:
                    add(
                        {
                            "component": inner["component"],
                            "rule": "sequential",
                            "margin": inner["margin"],
                            "given": list(given),
                            "inner": inner["inner"],
                        }
                    )
                    progress = True
            if progress:
                break
    return proofs


def _subsets(proved):
    """All of the proved components first, then small subsets."""
    ordered = sorted(proved)
    yield tuple(ordered)
    for size in range(1, min(MAX_SUBSET, len(ordered) - 1) + 1):
        yield from combinations(ordered, size)


def reduce(W, H, given):
    """The smaller factorization once components ``given`` are set aside, or None.

    Columns of X whose support contains no ``supp(w_p)`` do without the given components in every
    factorization.

    Returns
    -------
    (rest, W', H', margin) : the other components, the factors, the singular value of the rank
    """
    k = W.shape[1]
    rest = [r for r in range(k) if r not in given]
    # supp(x_j) is the union of the supports of the w_r with H_rj > 0.
    support = ((W > 0).astype(float) @ (H > 0).astype(float)) > 0
    keep = np.ones(H.shape[1], dtype=bool)
    for p in given:
        keep &= ~support[W[:, p] > 0].all(axis=0)
    # Where h_p is not zero, x_j does contain supp(w_p); so H[given, J] = 0.
    smaller = H[np.ix_(rest, np.flatnonzero(keep))]
    rank, margin = sure_rank(smaller.T)
    if not rest or rank != len(rest):
        return None
    rows = W[:, rest].any(axis=1)
    return rest, W[np.ix_(rows, rest)], smaller, margin


def _after(W, H, given, effort):
    """Proofs in the smaller factorization, components renamed to the larger one's."""
    reduced = reduce(W, H, given)
    if reduced is None:
        return []
    rest, smaller_W, smaller_H, margin = reduced
    if len(rest) == 1:
        inner = [{"component": 0, "rule": "single", "margin": 1.0}]
    else:
        inner = identify(smaller_W, smaller_H, effort)
        # Rows of the smaller H may prove more: all but one of them leave a single column of W.
        both = identify(smaller_H.T, smaller_W.T, effort)
        fixed_W, _ = close(len(rest), _components(inner), _components(both))
        known = _components(inner)
        inner += [
            {
                "component": i,
                "rule": "other factor",
                "margin": min(p["margin"] for p in [*inner, *both]),
                "W": inner[: len(known)],
                "H": both,
            }
            for i in fixed_W
            if i not in known
        ]
    return [
        {
            "component": rest[proof["component"]],
            "margin": min(margin, proof["margin"]),
            "inner": _needed(inner, proof),
        }
        for proof in inner
    ]


def _needed(proofs, proof):
    """A proof after those that it uses, in order."""
    needed, components = [proof], set(proof.get("given", ()))
    for earlier in reversed(proofs[: proofs.index(proof)]):
        if earlier["component"] in components:
            needed.insert(0, earlier)
            components |= set(earlier.get("given", ()))
    return needed


def _alone(W, H, i, effort):
    """A proof for w_i that uses no other component, or None."""
    pure = _pure_column(H, i)
    if pure is None:
        return None
    k = W.shape[1]
    rank, margin = zero_rows_rank(W, i)
    if rank == k - 1:
        return {"component": i, "rule": "zero rows", "margin": margin}
    faces = _faces(W, H, i, effort)
    if faces is None:
        return None
    columns, multipliers, margin = faces
    return {
        "component": i,
        "rule": "minimal faces",
        "margin": margin,
        "columns": columns,
        "multipliers": multipliers,
    }


def _pure_column(H, i):
    pure = (H[i] > 0) & ((H > 0).sum(axis=0) == 1)
    return int(np.flatnonzero(pure)[0]) if pure.any() else None


def face_support(W, H, i, j):
    """Rows in supp(w_i) ∩ supp(x_j)."""
    return (W[:, i] > 0) & (W[:, H[:, j] > 0] > 0).any(axis=1)


def _faces(W, H, i, effort):
    """Columns J of rank k − 1 whose faces with w_i are empty, with the multipliers that say so."""
    k = W.shape[1]
    seen, candidates = set(), []
    for j in np.flatnonzero(H[i] == 0):
        support = face_support(W, H, i, j)
        if (support == (W[:, i] > 0)).all():
            continue
        candidates.append((int(support.sum()), int(j), support))
    candidates.sort(key=lambda c: c[:2])
    if sure_rank(H[:, [j for _, j, _ in candidates]].T)[0] != k - 1:
        return None
    emptied = {}
    columns = []
    for _, j, support in candidates[:MAX_FACES]:
        if effort.exhausted():
            return None
        key = support.tobytes()
        if key not in seen:
            seen.add(key)
            emptied[key] = balancing_multipliers(_unit_rows(W), effort, free=~support)
        if emptied[key] is not None:
            columns.append((j, key))
    chosen = independent_rows(H[:, [j for j, _ in columns]].T, k - 1) if columns else []
    if len(chosen) < k - 1:
        return None
    columns = [columns[c] for c in chosen]
    rank, margin = sure_rank(H[:, [j for j, _ in columns]].T)
    if rank != k - 1:
        return None
    multipliers = [emptied[key].tolist() for _, key in columns]
    largest = max(np.abs(m).max() for m in multipliers)
    return [j for j, _ in columns], multipliers, float(min(margin, 1 / max(1.0, largest)))


def _unit_rows(W):
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def problems_of(case, outcome):
    """Repeat every proof in its order; then what follows from all of them."""
    evidence = outcome.evidence
    problems, proved = [], {}
    for side, W, H in (("W", case.W, case.H), ("H", case.H.T, case.W.T)):
        found = problems_of_proofs(W, H, evidence[side])
        problems += [f"{side}: {problem}" for problem in found]
        proved[side] = _components(evidence[side])
    allowed_W, allowed_H = close(case.k, proved["W"], proved["H"])
    if not set(outcome.identifiable_W) <= set(allowed_W):
        problems.append("a column of W is claimed without proof")
    if not set(outcome.identifiable_H) <= set(allowed_H):
        problems.append("a row of H is claimed without proof")
    if outcome.unique and len(allowed_W) < case.k:
        problems.append("uniqueness is claimed of components not all proved")
    if case.spare or case.conditioning < RANK_SURE:
        problems.append("the rank of the product is not that of the factors")
    return problems


def problems_of_proofs(W, H, proofs):
    """Problems of a list of proofs for columns of W; each may use those before it."""
    problems, proved = [], set()
    for proof in proofs:
        i, rule = int(proof["component"]), proof["rule"]
        if not 0 <= i < W.shape[1]:
            return ["a component does not exist"]
        if rule in ("zero rows", "minimal faces") and _pure_column(H, i) is None:
            problems.append(f"component {i + 1} has no pure column")
        if rule == "single":
            problems += [] if W.shape[1] == 1 else ["there is more than one component"]
        elif rule == "zero rows":
            if zero_rows_rank(W, i)[0] != W.shape[1] - 1:
                problems.append(f"the zero rows of component {i + 1} have a smaller rank")
        elif rule == "minimal faces":
            problems += _check_faces(W, H, i, proof)
        elif rule == "sequential":
            given = {int(p) for p in proof["given"]}
            if not given <= proved:
                problems.append("a component is used before it is proved")
            problems += _check_inner(W, H, i, sorted(given), proof["inner"])
        elif rule == "other factor":
            problems += problems_of_proofs(W, H, proof["W"]) + problems_of_proofs(
                H.T, W.T, proof["H"]
            )
            fixed, _ = close(W.shape[1], _components(proof["W"]), _components(proof["H"]))
            if i not in fixed:
                problems.append(f"component {i + 1} does not follow from the other factor")
        else:
            problems.append(f"no rule is called {rule!r}")
        proved.add(i)
    return problems


def _check_faces(W, H, i, proof):
    columns = [int(j) for j in proof["columns"]]
    problems = []
    if sure_rank(H[:, columns].T)[0] != W.shape[1] - 1:
        problems.append(f"the columns of component {i + 1} have a smaller rank")
    if len(proof["multipliers"]) != len(columns):
        return [*problems, "not one list of multipliers for every column"]
    for j, multipliers in zip(columns, proof["multipliers"], strict=True):
        free = ~face_support(W, H, i, j)
        problems += unbalanced(_unit_rows(W), multipliers, free)
    return problems


def _check_inner(W, H, i, given, inner):
    reduced = reduce(W, H, given)
    if reduced is None:
        return ["the columns left have a smaller rank"]
    rest, smaller_W, smaller_H, _ = reduced
    if not inner or i not in rest or rest[int(inner[-1]["component"])] != i:
        return [f"component {i + 1} is not the one proved in the smaller factorization"]
    return problems_of_proofs(smaller_W, smaller_H, inner)


def _fixed_components(fixed_W, fixed_H):
    """``1 column of W and 2 rows of H``."""
    return f"{count(len(fixed_W), 'column')} of W and {count(len(fixed_H), 'row')} of H"
