"""Cones ``{x : Ax ≥ 0}``: which inequalities can be strict, with proof for those that cannot."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from nmfstudy.certificates.case import RANK_SURE
from nmfstudy.certificates.effort import linear_program

CAP = 1e-3  # slack beyond which an inequality counts as strict
TIGHT = 1e-7  # slack below which it is taken as an equality, to be proved by multipliers
WORKING_SET = 1500  # inequalities in the first linear program; others join when they matter
MAX_MULTIPLIER = 1e6
BALANCED = 1e-11  # largest relative change of coefficients that balances the multipliers exactly


@dataclass
class Cone:
    """What a linear program found about ``{x : Ax ≥ 0}``.

    Attributes
    ----------
    point : array
        In the relative interior as far as known, entries at most 1.
    tight : int array
        Inequalities that hold with equality throughout.
    rank : int
        Of the tight rows: the cone spans their null space.
    multipliers : array or None
        λ ≥ ½ with ``λᵀA[tight] = 0``: proof that none of them is ever strict. None: not proved.
    settled : bool
        False if some inequality is neither clearly strict nor clearly tight.
    least_slack : float
        Of the inequalities that are strict.
    """

    point: np.ndarray
    tight: np.ndarray
    rank: int
    multipliers: np.ndarray | None
    settled: bool
    least_slack: float


def normalised(A):
    """Unit rows, zero rows left out."""
    norms = np.linalg.norm(A, axis=1)
    return A[norms > 0] / norms[norms > 0, None]


def rank_of(A):
    """Numerical rank of a matrix with unit rows, and whether it is beyond doubt."""
    if not A.size:
        return 0, True
    s = np.linalg.svd(A, compute_uv=False)
    rank = int((s > RANK_SURE * s[0]).sum())
    doubtful = rank < s.size and s[rank] > 1e-11 * s[0]
    return rank, not doubtful


def analyse(A, effort):
    """Solve ``max Σ s_c`` subject to ``a_c·x ≥ s_c``, ``0 ≤ s_c ≤ cap``, ``|x| ≤ 1``.

    Parameters
    ----------
    A : array of shape (n_inequalities, n_unknowns)
        Unit rows.

    Returns
    -------
    Cone or None
        None if the effort was used up.
    """
    unknowns = A.shape[1]
    if not A.shape[0]:
        return Cone(np.ones(unknowns), np.zeros(0, int), 0, np.zeros(0), True, np.inf)
    # Inequalities with few coefficients are the extreme ones; most others follow from them.
    order = np.argsort((A != 0).sum(axis=1), kind="stable")
    work = np.sort(order[: max(WORKING_SET, 4 * unknowns)])
    while True:
        solved = _program(A[work], effort)
        if solved is None:
            return None
        x, s = solved
        tight = work[s < TIGHT]
        rank, sure = rank_of(A[tight])
        if rank == unknowns and sure:
            break
        value = A @ x
        outside = np.setdiff1d(np.arange(A.shape[0]), work)
        wanting = outside[value[outside] < CAP * (1 - 1e-6)]
        if not wanting.size:
            break
        lowest = np.argsort(value[wanting], kind="stable")[: max(WORKING_SET, 2 * unknowns)]
        work = np.sort(np.concatenate([work, wanting[lowest]]))
    complete = rank == unknowns
    strict = np.setdiff1d(np.arange(A.shape[0]), tight) if not complete else np.zeros(0, int)
    slack = float((A[strict] @ x).min()) if strict.size else np.inf
    settled = sure and (complete or slack >= CAP * (1 - 1e-6))
    multipliers = balancing_multipliers(A[tight], effort) if settled else None
    return Cone(x, tight, rank, multipliers, settled, slack)


def _program(A, effort):
    n, unknowns = A.shape
    matrix = hstack([-csr_array(A), eye_array(n)], format="csr")
    cost = np.concatenate([np.zeros(unknowns), -np.ones(n)])
    bounds = np.concatenate([np.tile([-1.0, 1.0], (unknowns, 1)), np.tile([0.0, CAP], (n, 1))])
    x = linear_program(
        effort,
        cost,
        A_ub=matrix,
        b_ub=np.zeros(n),
        bounds=bounds,
        options={"primal_feasibility_tolerance": 1e-10},
    )
    return None if x is None else (x[:unknowns], x[unknowns:])


def balancing_multipliers(A, effort, free=None):
    """Multipliers ``λᵀA = 0`` with λ ≥ ½, or of any sign where ``free``; None if not found.

    By Stiemke's lemma they exist iff no x has ``Ax ≥ 0`` with an inequality strict (equalities
    where free). A linear program finds them; projection to the null space of Aᵀ makes the
    residual rounding.
    """
    n = A.shape[0]
    if not n:
        return np.zeros(0)
    free = np.zeros(n, bool) if free is None else free
    # HiGHS drops coefficients below 1e-9; columns may have any scale.
    top = np.abs(A).max(axis=0)
    A = A / np.where(top > 0, top, 1.0)
    lower, upper = np.where(free, -MAX_MULTIPLIER, 1.0), np.full(n, MAX_MULTIPLIER)
    multipliers = linear_program(
        effort,
        np.where(free, 0.0, 1.0),
        A_eq=A.T,
        b_eq=np.zeros(A.shape[1]),
        bounds=np.column_stack([lower, upper]),
    )
    if multipliers is None:
        return None
    effort.compute(20 * A.size * min(A.shape))
    for _ in range(2):
        multipliers = multipliers - np.linalg.lstsq(A.T, A.T @ multipliers, rcond=1e-12)[0]
    return multipliers if not unbalanced(A, multipliers, free) else None


def unbalanced(A, multipliers, free=None):
    """What is wrong with multipliers as such a proof; empty if nothing."""
    multipliers = np.asarray(multipliers, dtype=float)
    if multipliers.shape != (A.shape[0],) or not np.isfinite(multipliers).all():
        return ["not one multiplier for every inequality"]
    if not multipliers.size:
        return []
    free = np.zeros(A.shape[0], bool) if free is None else free
    problems = []
    if (multipliers[~free] < 0.5).any():
        problems.append("a multiplier is not positive")
    largest = np.abs(multipliers).max()
    if largest > 2 * MAX_MULTIPLIER:
        problems.append("a multiplier is too large to be trusted")
    # Column by column: a small one must balance in its own size.
    if (np.abs(A.T @ multipliers) > BALANCED * (np.abs(A.T) @ np.abs(multipliers))).any():
        problems.append("the multipliers do not balance")
    return problems
