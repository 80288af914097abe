"""Factorizations whose uniqueness is known, with the reason."""

from dataclasses import dataclass, field

import numpy as np

INF = np.inf


@dataclass(frozen=True)
class Known:
    """Factors and the truth about their product's factorizations of the same size."""

    name: str
    W: np.ndarray = field(repr=False)
    H: np.ndarray = field(repr=False)
    status: str
    n_solutions: float | int | None
    identifiable_W: tuple = ()
    identifiable_H: tuple = ()
    first_order_dimension: int = 0


def laurberg(alpha):
    """W = Hᵀ with six columns around the simplex; unique iff alpha < ½ (Laurberg et al. 2008)."""
    a = alpha
    H = np.array([[a, 1, 1, a, 0, 0], [1, a, 0, 0, a, 1], [0, 0, a, 1, 1, a]], dtype=float)
    return H.T.copy(), H


def circulant(row):
    """Every cyclic shift of a row."""
    return np.array([np.roll(row, i) for i in range(len(row))], dtype=float)


def hexagon_factors():
    """One of the four factorizations of the nested hexagons at a = 2."""
    W = [[0, 2, 1], [0, 1, 2], [1, 0, 2], [2, 0, 1], [2, 1, 0], [1, 2, 0]]
    H = [[4, 3, 1, 0, 1, 3], [1, 3, 4, 3, 1, 0], [1, 0, 1, 3, 4, 3]]
    return np.array(W, dtype=float), np.array(H) / 3


MENU_W = np.array(
    [[1, 1, 2], [1, 0, 0], [1, 1, 1], [1, 0, 1], [0, 1, 3], [1, 1, 0]],
    dtype=float,
)
MENU_H = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], dtype=float)
CIRC3 = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=float)

# A rigid pattern with the fewest possible zeros, 13 (Krone & Kubjas 2021); global question open.
RIGID_W = np.array(
    [
        [0, 0, 396, 108],
        [0, 0, 4, 555],
        [0, 470, 0, 812],
        [455, 0, 0, 926],
        [194, 761, 550, 0],
    ],
    dtype=float,
)
RIGID_H = np.array(
    [
        [0, 260, 681, 695, 985],
        [847, 0, 978, 543, 366],
        [217, 522, 0, 851, 191],
        [169, 208, 874, 0, 13],
    ],
    dtype=float,
)

ALL = (0, 1, 2)
KNOWN = [
    # H has pure columns; pairs of rows of W leave only one extreme ray for each component.
    Known("menu", MENU_W, MENU_H, "unique", 1, ALL, ALL),
    Known("laurberg(0.2)", *laurberg(0.2), "unique", 1, ALL, ALL),
    Known("laurberg(0.45)", *laurberg(0.45), "unique", 1, ALL, ALL),
    # The second has H₂ = J/(2−α) − H/(1+α), which is nonnegative from α = ½ on.
    Known("laurberg(0.5)", *laurberg(0.5), "not_unique", 2),
    Known("laurberg(0.7)", *laurberg(0.7), "not_unique", INF),
    # Separable, rigid and without nested supports, yet X·I = I·X.
    Known("circ3", CIRC3, np.eye(3), "not_unique", 2),
    Known("hexagon(2)", *hexagon_factors(), "not_unique", 4),
    Known(
        "k2_unique",
        np.array([[1.0, 0], [0, 1], [1, 1]]),
        np.array([[1.0, 0, 1], [0, 1, 2]]),
        "unique",
        1,
        (0, 1),
        (0, 1),
    ),
    Known(
        "k2_partial",
        np.array([[1.0, 0], [0, 1], [1, 1]]),
        np.array([[1.0, 1, 3], [0, 1, 2]]),
        "partially_identifiable",
        INF,
        (0,),
        (1,),
        1,
    ),
    Known(
        "k2_flex",
        np.array([[2.0, 1], [1, 2], [1, 1]]),
        np.array([[2.0, 1, 1], [1, 2, 1]]),
        "not_unique",
        INF,
        first_order_dimension=2,
    ),
    # [[2,1,0],[1,1,0],[3,0,0]] as (all of it) and (the second item): a ∈ [0, 1], b = 0.
    Known(
        "basket",
        np.array([[1.0, 1], [0, 1], [3, 0]]),
        np.array([[1.0, 0, 0], [1, 1, 0]]),
        "partially_identifiable",
        INF,
        (1,),
        (0,),
        1,
    ),
    # Two examples of Gillis & Rajkó 2023.
    Known(
        "partial_W",
        np.array([[2.0, 2, 2], [1, 3, 1], [1, 1, 3], [0, 2, 2], [0, 1, 2]]),
        np.eye(3),
        "partially_identifiable",
        INF,
        (0,),
        (),
        4,
    ),
    Known(
        "partial_both",
        np.array([[0, 1, 1], [1, 0, 0], [0.5, 0, 1], [0.5, 1, 0]]),
        np.array([[1, 0, 0], [0, 0.8, 0.2], [0, 0.2, 0.8]]),
        "partially_identifiable",
        INF,
        (0,),
        (0,),
        2,
    ),
    Known(
        "positive",
        np.array([[3.0, 1, 1], [1, 3, 1], [1, 1, 3], [1, 1, 1]]),
        np.eye(3),
        "not_unique",
        INF,
        first_order_dimension=6,
    ),
    Known("rigid13", RIGID_W, RIGID_H, "locally_unique", None),
]
