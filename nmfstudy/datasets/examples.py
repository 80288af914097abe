"""Matrices that are always the same: worked examples and images."""

from math import inf

import numpy as np

from nmfstudy.datasets.base import Dataset, Known
from nmfstudy.model.factorization import Factorization


def menu():
    """Six people choosing from four dishes; the truth is the only factorization of size 3.

    Burger and fries always go together, so the choices are made of three habits.
    """
    W = [[1, 1, 2], [1, 0, 0], [1, 1, 1], [1, 0, 1], [0, 1, 3], [1, 1, 0]]
    truth = Factorization(W, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]])
    return Dataset(
        "menu",
        truth.product(),
        truth,
        row_names=("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn"),
        column_names=("pizza", "chicken", "burger", "fries"),
        known=Known(3, 1),
    )


def basket():
    """Three users and three items, whose natural factorization is not the only one."""
    truth = Factorization([[1, 1], [0, 1], [3, 0]], [[1, 0, 0], [1, 1, 0]])
    return Dataset(
        "basket",
        truth.product(),
        truth,
        row_names=("user 1", "user 2", "user 3"),
        column_names=("item 1", "item 2", "item 3"),
        notes=(
            "The truth is one factorization among infinitely many: items [1, 0, 0] and "
            "[0, 1, 0] fit as well as [1, 0, 0] and [1, 1, 0].",
        ),
        known=Known(2, inf),
    )


def digits():
    """Handwritten digits of scikit-learn: 1797 images of 8×8 pixels, grey levels 0 to 16."""
    from sklearn.datasets import load_digits

    pixels = tuple(f"pixel {i},{j}" for i in range(8) for j in range(8))
    return Dataset("digits", load_digits().data, column_names=pixels)


def circ3():
    """Circulant of size 3×3 with exactly two factorizations of size 3: ``X·I`` and ``I·X``."""
    truth = Factorization([[1, 0, 1], [1, 1, 0], [0, 1, 1]], np.eye(3))
    return Dataset(
        "circ3",
        truth.product(),
        truth,
        notes=("The truth W·I is one of exactly two factorizations of size 3; I·W is the other.",),
        known=Known(3, 2),
    )


def swimmer():
    """All 256 postures of a swimmer: a torso and four limbs in four positions each.

    Images of 32×32 black and white pixels, one a row. The truth has 17 parts, the torso and
    the 16 limbs; it is not unique, since any part of the torso can be drawn with the limbs.
    The matrix has rank 13.

    References
    ----------
    Donoho & Stodden (2003). The pictures are redrawn, not copied.
    """
    parts = np.zeros((17, 32, 32))
    parts[0, 10:22, 15:17] = 1
    reach = np.arange(1, 7)
    directions = [(-1, 0), (-1, 1), (0, 1), (1, 1)]  # of the right arm: up to slanting down
    for limb, (side, vertical) in enumerate([(-1, 1), (1, 1), (-1, -1), (1, -1)]):
        shoulder = (10 if vertical == 1 else 21, 14 if side == -1 else 17)
        for position, (down, out) in enumerate(directions):
            rows, columns = shoulder[0] + vertical * down * reach, shoulder[1] + side * out * reach
            parts[1 + 4 * limb + position, rows, columns] = 1
    postures = np.indices((4, 4, 4, 4)).reshape(4, -1).T
    W = np.ones((256, 17))
    W[:, 1:] = np.eye(4)[postures].reshape(256, 16)
    truth = Factorization(W, parts.reshape(17, 1024))
    return Dataset(
        "swimmer",
        truth.product(),
        truth,
        column_names=tuple(f"pixel {i},{j}" for i in range(32) for j in range(32)),
        notes=(
            "The truth of 17 parts is one factorization among infinitely many: the torso can be "
            "shared among the limbs.",
        ),
        known=Known(17, inf),
    )
