import time
from fractions import Fraction

import numpy as np
import pytest
from known_cases import KNOWN, circulant, hexagon_factors, laurberg

from nmfstudy.certificates import CERTIFICATES, rank3
from nmfstudy.certificates.case import FULL, make_case, witness_problems
from nmfstudy.certificates.certifying import ask
from nmfstudy.certificates.combine import combine_outcomes
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.polygons import nest
from nmfstudy.certificates.rational import RECOVERED, recover
from nmfstudy.certificates.triangles import candidate_breakpoints, decide_triangles
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream

THREE = [k for k in KNOWN if k.W.shape[1] == 3]


def decide(W, H):
    case = make_case(Factorization(W, H))
    return case, rank3.run(case, Effort(20))


@pytest.mark.parametrize("known", THREE, ids=lambda k: k.name)
def test_known_counts(known):
    case, outcome = decide(known.W, known.H)
    assert outcome.n_solutions == known.n_solutions
    assert rank3.problems_of(case, outcome) == []
    if known.n_solutions > 1:
        assert witness_problems(case, outcome.witness) == []


def hexagon_rank_factorization(a):
    """X of the nested hexagons as exact U V of rank 3; U has negative entries."""
    X = circulant([1, a, 2 * a - 1, 2 * a - 1, a, 1])
    X = [[Fraction(x) for x in row] for row in X.tolist()]
    V = [tuple(X[r][j] for r in range(3)) for j in range(6)]
    # Every row as a combination of the first three, by Cramer's rule on three columns.
    columns = np.array(V[:3], dtype=object).T

    def det3(m):
        return (
            m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
        )

    whole = det3(columns)
    U = []
    for row in X:
        coefficients = []
        for r in range(3):
            replaced = columns.copy()
            replaced[r] = row[:3]
            coefficients.append(det3(replaced) / whole)
        U.append(tuple(coefficients))
    assert all(
        sum(u * v for u, v in zip(U[i], V[j], strict=True)) == X[i][j]
        for i in range(6)
        for j in range(6)
    )
    return [integers(u) for u in U], [integers(v) for v in V]


def integers(fractions):
    from math import lcm

    common = lcm(*(f.denominator for f in fractions))
    return tuple(int(f * common) for f in fractions)


@pytest.mark.parametrize(
    ("a", "count"),
    [("2", 4), ("1999/1000", "infinite"), ("3/2", "infinite"), ("2001/1000", 0), ("3", 0)],
)
def test_nested_hexagons_from_the_matrix_alone(a, count):
    # Turns at a = 2: infinitely many below, exactly four there, none above.
    decision, _ = rank3.count_triangles(*hexagon_rank_factorization(Fraction(a)))
    assert ("infinite" if decision.infinite else len(decision.triangles)) == count


@pytest.mark.parametrize(
    ("alpha", "count"), [(0.499, 1), (0.5, 2), (0.501, np.inf), (0.9, np.inf), (1.0, np.inf)]
)
def test_laurberg_turns_at_one_half(alpha, count):
    _, outcome = decide(*laurberg(alpha))
    assert outcome.n_solutions == count


@pytest.mark.parametrize("seed", range(6))
def test_scaling_of_rows_columns_and_components_keeps_the_count(seed):
    rng = stream(seed, "scaling")
    for (W, H), count in ((hexagon_factors(), 4), (laurberg(0.5), 2), (laurberg(0.45), 1)):
        s = np.exp(rng.normal(size=3))
        scaled_W = np.exp(rng.normal(size=6))[:, None] * W * s
        scaled_H = H / s[:, None] * np.exp(rng.normal(size=6))
        _, outcome = decide(scaled_W, scaled_H)
        assert outcome.n_solutions == count
        assert outcome.evidence["arithmetic"] == RECOVERED


def test_raw_doubles_do_not_decide_a_knife_edge():
    W, H = hexagon_factors()
    noise = 1 + 1e-11 * stream(0, "noise").normal(size=W.shape)
    _, outcome = decide(W * noise, H)
    assert not outcome.unique
    assert outcome.n_solutions is None


def test_recovery_moves_nothing_and_keeps_zeros():
    W, H = laurberg(0.3)
    exact_W, exact_H, rows, columns, arithmetic = recover(W * 3.7, H / 3.7)
    assert arithmetic == RECOVERED
    back_W = np.array(exact_W, dtype=float) * rows[:, None]
    back_H = np.array(exact_H, dtype=float).T * columns
    ratio = (back_W @ back_H)[W @ H > 0] / (W @ H)[W @ H > 0]
    np.testing.assert_allclose(ratio, 1, rtol=1e-11)
    np.testing.assert_array_equal(back_W == 0, W == 0)


def test_a_missing_breakpoint_is_noticed():
    U = [tuple(map(int, row)) for row in hexagon_factors()[0]]
    V = [tuple(map(int, column)) for column in (3 * hexagon_factors()[1]).round().T]
    polygons = nest(U, V)
    points = candidate_breakpoints(polygons)
    whole = decide_triangles(polygons, points)
    assert len(whole.triangles) == 4
    noticed = 0
    for i in range(len(points)):
        try:
            partly = decide_triangles(polygons, points[:i] + points[i + 1 :])
        except ArithmeticError:
            noticed += 1
        else:
            assert {frozenset(t) for t in partly.triangles} == {
                frozenset(t) for t in whole.triangles
            }
    assert noticed > 0


def random_factors(kind, seed):
    """Small problems of three kinds, every second one with digits that are no small fractions."""
    rng = stream(seed, kind)
    n, d = rng.integers(4, 13, 2)

    def factor(rows):
        A = rng.integers(1, 10, (rows, 3)).astype(float)
        if kind == "one zero per row":
            A[np.arange(rows), rng.integers(0, 3, rows)] = 0
        else:
            A[rng.random(A.shape) > float(kind)] = 0
        return A * rng.random(A.shape) if seed % 2 else A

    return factor(n), factor(d).T


@pytest.mark.parametrize("kind", ["one zero per row", ".5", ".65"])
@pytest.mark.parametrize("block", range(5))
def test_no_certificate_contradicts_the_exact_decision(kind, block):
    decided = 0
    for seed in range(24 * block, 24 * (block + 1)):
        case = make_case(Factorization(*random_factors(kind, seed)))
        if case.k < 3 or case.spare or case.rank_state != FULL:
            continue
        outcomes = []
        for member in CERTIFICATES:
            # A search takes most of the time.
            if member.NAME != "witness" or seed % 8 == 0:
                effort = Effort(0.3 if member.NAME == "witness" else 10)
                outcomes.append(ask(member, case, effort, outcomes))
        combine_outcomes(case, outcomes)  # raises on a contradiction
        exact = next(o for o in outcomes if o.name == "rank3")
        assert exact.outcome in ("proves", "refutes")
        assert rank3.problems_of(case, exact) == []
        decided += 1
    assert decided > 12


def test_speed_at_twenty_rows_and_columns():
    rng = stream(0, "speed")
    W, H = rng.random((20, 3)), rng.random((3, 20))
    W[rng.random(W.shape) < 0.4] = 0
    H[rng.random(H.shape) < 0.4] = 0
    case = make_case(Factorization(W, H))
    best = np.inf
    for _ in range(3):
        began = time.perf_counter()
        outcome = rank3.run(case, Effort(20))
        best = min(best, time.perf_counter() - began)
    assert outcome.outcome in ("proves", "refutes")
    assert best < 0.5
