r"""Two components, rank 2: all factorizations in closed form (Lawton & Sylvestre 1971).

Every nonnegative factorization of ``X = WH`` with two components is, up to scale and order,
``(WQ, Q⁻¹H)`` with

.. math:: Q = \begin{pmatrix} 1 & b \\ a & 1 \end{pmatrix},\quad
    a ∈ [-\min_l W_{l1}/W_{l2},\ \min_j H_{2j}/H_{1j}],\quad
    b ∈ [-\min_l W_{l2}/W_{l1},\ \min_j H_{1j}/H_{2j}],

minima over positive denominators. So w₁ and h₂ are identifiable exactly when the interval of a is
{0}, and w₂ and h₁ exactly when that of b is: a complete answer.
"""

import numpy as np

from nmfstudy.certificates.case import FULL, changed_components, witness_problems
from nmfstudy.certificates.outcome import (
    INCONCLUSIVE,
    PROVES,
    REFUTES,
    Outcome,
    inconclusive,
    skipped,
)
from nmfstudy.util.display import number

NAME = "rank2"
NEEDS_RANK = False
ONLY_IF_OPEN = False
USES = ()
SHARE = 0.5


def intervals(W, H):
    """The intervals of a and b: two pairs (low, high) around 0.

    Parameters
    ----------
    W : array of shape (n_samples, 2)
    H : array of shape (2, n_features)
    """

    def least_ratio(numerator, denominator):
        positive = denominator > 0
        return float((numerator[positive] / denominator[positive]).min())

    # 0.0 − x: an interval that ends in 0 shall not print as −0.
    a = (0.0 - least_ratio(W[:, 0], W[:, 1]), least_ratio(H[1], H[0]))
    b = (0.0 - least_ratio(W[:, 1], W[:, 0]), least_ratio(H[0], H[1]))
    return a, b


def run(case, effort):
    """Decide two components of rank 2 completely."""
    if case.k != 2 or case.spare:
        return skipped(NAME, "it is for exactly two different components, none of them zero")
    if case.rank_state != FULL:
        return inconclusive(NAME, "the two components are too close to parallel")
    a, b = intervals(case.W, case.H)
    # a moves w_0 and h_1, b moves w_1 and h_0.
    fixed = {"a": a == (0, 0), "b": b == (0, 0)}
    identifiable_W = tuple(i for i, name in enumerate("ab") if fixed[name])
    identifiable_H = tuple(i for i, name in enumerate("ba") if fixed[name])
    claims = {
        "identifiable_W": identifiable_W,
        "identifiable_H": identifiable_H,
        "local_dimension": 2 - len(identifiable_W),
        "dimension_exact": True,
        "evidence": {"a": list(a), "b": list(b)},
    }
    if len(identifiable_W) == 2:
        return Outcome(
            NAME, PROVES, "both intervals are {0}", margin=1.0, unique=True, n_solutions=1, **claims
        )
    witness = case.factorization.transform(_matrix(a, b))
    if witness_problems(case, witness):
        claims.pop("local_dimension"), claims.pop("dimension_exact")
        return Outcome(
            NAME,
            PROVES if identifiable_W else INCONCLUSIVE,
            "an interval is so short that a second solution is lost in rounding",
            margin=max(map(abs, (*a, *b))),
            **claims,
        )
    refuted_W, refuted_H = changed_components(case, witness)
    return Outcome(
        NAME,
        REFUTES,
        f"a ∈ [{number(a[0], 3)}, {number(a[1], 3)}], b ∈ [{number(b[0], 3)}, {number(b[1], 3)}]",
        margin=max(map(abs, (*a, *b))),
        n_solutions=np.inf,
        refuted_W=refuted_W,
        refuted_H=refuted_H,
        witness=witness,
        **claims,
    )


def _matrix(a, b):
    """A Q well inside both intervals: half of the longer side of each."""
    a, b = (0.5 * max(interval, key=abs) for interval in (a, b))
    return np.array([[1.0, b], [a, 1.0]])


def problems_of(case, outcome):
    """Repeat the closed form."""
    if case.k != 2 or case.spare or case.rank_state != FULL:
        return ["rank2 speaks of a case that is not two components of rank 2"]
    a, b = intervals(case.W, case.H)
    problems = []
    if not np.allclose([*a, *b], [*outcome.evidence["a"], *outcome.evidence["b"]], rtol=1e-9):
        problems.append("the intervals of a and b are others")
    zero = [max(map(abs, a)) == 0, max(map(abs, b)) == 0]
    for which, claimed, order in (
        ("w", outcome.identifiable_W, (0, 1)),
        ("h", outcome.identifiable_H, (1, 0)),
    ):
        problems += [f"{which}_{i + 1} is not fixed" for i in claimed if not zero[order[i]]]
    if outcome.unique and not all(zero):
        problems.append("an interval is longer than {0}")
    if outcome.local_dimension not in (None, 2 - sum(zero)):
        problems.append("the local dimension is another")
    if outcome.n_solutions == 1 and not all(zero):
        problems.append("more than one solution exists")
    return problems
