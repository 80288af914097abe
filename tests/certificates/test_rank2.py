from dataclasses import replace

import numpy as np
import pytest
from known_cases import KNOWN

from nmfstudy import certify
from nmfstudy.certificates import rank2
from nmfstudy.certificates.case import make_case
from nmfstudy.certificates.effort import Effort
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream


def sampled(W, H, rng, draws=4000):
    """Extreme entries of all Q = [[1, b], [a, 1]] that keep both factors nonnegative."""
    a, b = rng.uniform(-3, 3, (2, draws))
    a, b = (x[a * b < 1] for x in (a, b))  # beyond, the same matrices with columns exchanged
    draws = a.size
    inverse = 1 / (1 - a * b)
    WQ = W[:, :1, None] + W[:, 1:, None] * a, W[:, :1, None] * b + W[:, 1:, None]
    QH = (
        (H[0][:, None] - b * H[1][:, None]) * inverse,
        (H[1][:, None] - a * H[0][:, None]) * inverse,
    )
    good = np.logical_and.reduce([(x >= 0).reshape(-1, draws).all(axis=0) for x in (*WQ, *QH)])
    return a[good], b[good]


@pytest.mark.parametrize("seed", range(60))
def test_intervals_hold_exactly_the_feasible_matrices(seed):
    rng = stream(seed, "rank2")
    W, H = rng.random((5, 2)) + 0.02, rng.random((2, 6)) + 0.02
    (a0, a1), (b0, b1) = rank2.intervals(W, H)
    a, b = sampled(W, H, rng)
    assert ((a >= a0) & (a <= a1) & (b >= b0) & (b <= b1)).all()
    inside_a, inside_b = rng.uniform(a0, a1, 200), rng.uniform(b0, b1, 200)
    for x, y in zip(inside_a, inside_b, strict=True):
        Q = np.array([[1, y], [x, 1]])
        assert (W @ Q >= -1e-12).all() and (np.linalg.solve(Q, H) >= -1e-12).all()


@pytest.mark.parametrize("known", [k for k in KNOWN if k.W.shape[1] == 2], ids=lambda k: k.name)
def test_known_answers(known):
    case = make_case(Factorization(known.W, known.H))
    outcome = rank2.run(case, Effort(1))
    assert outcome.n_solutions == known.n_solutions
    assert outcome.identifiable_W == known.identifiable_W
    assert outcome.identifiable_H == known.identifiable_H
    assert outcome.local_dimension == known.first_order_dimension
    assert rank2.problems_of(case, outcome) == []


def test_basket_interval_in_the_given_factors():
    known = next(k for k in KNOWN if k.name == "basket")
    a, b = rank2.intervals(known.W, known.H)
    # Here the basket's second item is component 1; its w is fixed and the other may absorb it.
    assert max(map(abs, b)) == 0
    assert a == (0, 1) or a == (-1, 0) or max(map(abs, a)) == 1


def test_a_coarse_threshold_hides_what_the_interval_shows():
    # The best rank-2 fit of the menu: b reaches −.0106 only, .08 with columns of one size.
    W = np.array([[1, 0.0], [0.5, 1], [0.0106, 1]])
    H = np.array([[1, 0.0, 1], [0, 1.0, 1]])
    assert certify(W, H).status == "partially_identifiable"
    assert certify(W, H, zero_threshold=0.1).status == "unique"


@pytest.mark.parametrize(
    "change",
    [
        {"n_solutions": 1},
        {"unique": True},
        {"local_dimension": 0},
        {"identifiable_W": (0, 1)},
        {"identifiable_H": (0, 1)},
        {"evidence": {"a": [0.0, 0.0], "b": [0.0, 0.0]}},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("fixed", [False, True], ids=["nothing fixed", "half fixed"])
def test_a_false_claim_about_a_continuum_is_noticed(change, fixed):
    rng = stream(0, "rank2 claims")
    W, H = rng.random((4, 2)) + 0.1, rng.random((2, 5)) + 0.1
    if fixed:  # then a = 0 is the only choice, and b keeps its interval
        W[0, 0] = H[1, 0] = 0
    case = make_case(Factorization(W, H))
    outcome = rank2.run(case, Effort(1))
    assert outcome.n_solutions == np.inf and len(outcome.identifiable_W) == fixed
    assert rank2.problems_of(case, outcome) == []
    assert rank2.problems_of(case, replace(outcome, **change)) != []
