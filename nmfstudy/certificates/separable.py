r"""Separability: pure columns of H and pure rows of W.

H is *separable* if for every i some column of H is a multiple of e_i; W if some row is. Both
separable: unique (Donoho & Stodden 2003). One separable and, for every i, the rows of the other
with entry i zero of rank k − 1: unique (Donoho & Stodden 2003; Gillis & Rajkó 2023, all components
at once). H separable with W dense is *not* unique, so nothing less is concluded.

Invariant under permutations and scalings. Margin: the smallest relative singular value that a rank
rests on; 1 where only zeros count.
"""

import numpy as np

from nmfstudy.certificates.case import RANK_SURE, sure_rank
from nmfstudy.certificates.outcome import PROVES, Outcome, inconclusive, skipped

NAME = "separable"
NEEDS_RANK = True
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.5


def pure_columns(H):
    """For every component a column of H with only that entry, or −1; shape (n_components,)."""
    alone = (H > 0).sum(axis=0) == 1
    found = np.full(H.shape[0], -1)
    for r in range(H.shape[0]):
        columns = np.flatnonzero(alone & (H[r] > 0))
        if columns.size:
            found[r] = columns[H[r, columns].argmax()]
    return found


def zero_rows_rank(W, i):
    """Rank of the rows of W whose entry i is zero, and the singular value it rests on."""
    return sure_rank(W[W[:, i] == 0])


def run(case, effort):
    """Prove uniqueness from pure rows and columns, or say which condition is missing."""
    if case.spare:
        return skipped(NAME, "a component is dead or a duplicate")
    k = case.k
    pure_H, pure_W = pure_columns(case.H), pure_columns(case.W.T)
    everything = {
        "unique": True,
        "n_solutions": 1,
        "identifiable_W": tuple(range(k)),
        "identifiable_H": tuple(range(k)),
        "local_dimension": 0,
        "dimension_exact": True,
    }
    if (pure_H >= 0).all() and (pure_W >= 0).all():
        return Outcome(
            NAME,
            PROVES,
            "both factors are separable",
            margin=1.0,
            evidence={"pure_W": pure_W.tolist(), "pure_H": pure_H.tolist()},
            **everything,
        )
    for side, pure, other in (("H", pure_H, case.W), ("W", pure_W, case.H.T)):
        if (pure < 0).any():
            continue
        ranks = [zero_rows_rank(other, i) for i in range(k)]
        if all(rank == k - 1 for rank, _ in ranks):
            margin = min(value for _, value in ranks)
            letter = "W" if side == "H" else "H"
            return Outcome(
                NAME,
                PROVES,
                f"{side} is separable and every component of {letter} has zeros of rank k − 1",
                margin=margin,
                evidence={f"pure_{side}": pure.tolist()},
                **everything,
            )
        return inconclusive(NAME, f"{side} is separable, the zeros of the other do not suffice")
    return inconclusive(NAME, "neither factor is separable")


def problems_of(case, outcome):
    """See that the named columns are pure, and the zeros of the other factor of full rank."""
    k = case.k
    if case.spare:
        return ["a component is dead or a duplicate"]
    pure = {side: outcome.evidence.get(f"pure_{side}") for side in ("W", "H")}
    problems = []
    for side, factor in (("W", case.W.T), ("H", case.H)):
        if pure[side] is None:
            continue
        if len(pure[side]) != k:
            problems.append(f"{side}: not one pure column for every component")
            continue
        for i, j in enumerate(pure[side]):
            if j < 0 or j >= factor.shape[1] or np.flatnonzero(factor[:, j]).tolist() != [i]:
                problems.append(f"{side}: column {j + 1} is not pure in component {i + 1}")
    if pure["W"] is None and pure["H"] is None:
        problems.append("no factor is named separable")
    elif pure["W"] is None or pure["H"] is None:
        other = case.W if pure["W"] is None else case.H.T
        for i in range(k):
            rank, value = zero_rows_rank(other, i)
            if rank != k - 1 or value < RANK_SURE:
                problems.append(f"the zeros of component {i + 1} have rank {rank}")
    return problems
