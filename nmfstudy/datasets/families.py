"""Matrices with parameters: families whose factorizations are known, and planted factors."""

from inspect import signature
from math import fsum, inf, sqrt

import numpy as np

from nmfstudy.datasets.base import Dataset, Known
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.errors import RequestError, check_choice, check_integer, check_number
from nmfstudy.util.streams import stream

SEPARABLE = ("none", "W", "H", "both")
_LARGEST = 10**9


def laurberg(alpha=0.3):
    """``HᵀH`` of a 3×6 matrix H whose sparsity decides how many factorizations there are.

    Of size 3 there is one for α < ½, exactly two at α = ½, infinitely many for ½ < α ≤ 1.

    Parameters
    ----------
    alpha : float in [0, 1]

    References
    ----------
    Laurberg, Christensen, Plumbley, Hansen & Jensen (2008), boundary close conditions.
    """
    a = check_number("dataset.alpha", alpha)
    if a > 1:
        raise RequestError(f"dataset.alpha is {alpha!r}; possible: a number from 0 to 1")
    H = np.array([[a, 1, 1, a, 0, 0], [1, a, 0, 0, a, 1], [0, 0, a, 1, 1, a]])
    truth = Factorization(H.T, H)
    notes = ()
    if a >= 0.5:
        others = "two" if a == 0.5 else "infinitely many"
        notes = (f"The truth is one of {others} factorizations of size 3.",)
    known = Known(3, 1 if a < 0.5 else 2 if a == 0.5 else inf)
    return Dataset(f"laurberg({_number(a)})", _product(truth), truth, notes=notes, known=known)


def hexagon(a=2.0):
    """Circulant of ``(1, a, 2a−1, 2a−1, a, 1)``, of rank 3: a hexagon in a hexagon.

    Factorizations of size 3 are triangles between the two: infinitely many for a < 2, exactly
    four at a = 2, none for a > 2 (then there is no truth). For a ≤ 2 the truth has
    ``W(a) = W(2)`` and ``H(a) = (a−1) H(2) + (2−a)/3``, since ``X(1)`` is all ones.

    Parameters
    ----------
    a : float, > 1

    References
    ----------
    Gillis (2020), the nested hexagons.
    """
    given, a = a, check_number("dataset.a", a)
    if a <= 1:
        raise RequestError(f"dataset.a is {given!r}; possible: a number > 1")
    X = np.array([np.roll([1, a, 2 * a - 1, 2 * a - 1, a, 1], i) for i in range(6)])
    if a > 2:
        notes = ("No factorization of size 3 is exact, although the rank is 3.",)
        return Dataset(f"hexagon({_number(a)})", X, notes=notes, known=Known(3, 0))
    W = np.array([[0, 2, 1], [0, 1, 2], [1, 0, 2], [2, 0, 1], [2, 1, 0], [1, 2, 0]])
    H = np.array([[4, 3, 1, 0, 1, 3], [1, 3, 4, 3, 1, 0], [1, 0, 1, 3, 4, 3]]) / 3
    truth = Factorization(W, (a - 1) * H + (2 - a) / 3)
    others = "exactly four" if a == 2 else "infinitely many"
    notes = (f"The truth is one of {others} factorizations of size 3.",)
    known = Known(3, 4 if a == 2 else inf)
    return Dataset(f"hexagon({_number(a)})", X, truth, notes=notes, known=known)


def planted(n=60, d=40, k=4, density=0.5, noise=0.0, separable="none", seed=0):
    """Random sparse factors multiplied, noise added.

    Entries of W and H are nonzero with probability ``density``, and then uniform on (0, 1];
    no component, sample or feature is left all zero. Noise is Gaussian and negative results
    become 0: ``X = max(WH + σE, 0)`` with ``σ = noise·‖WH‖_F/√(nd)``.

    Parameters
    ----------
    n, d, k : int, >= 1
        n_samples, n_features, n_components.
    density : float in (0, 1]
    noise : float, >= 0
        Size of the noise relative to ``WH``.
    separable : {"none", "W", "H", "both"}
        The factor in which every component has an entry of its own: W with k rows, H with k
        columns that are multiples of the unit vectors, in random places. With "both" and
        without noise the planted factors are the only factorization of size k; otherwise
        nothing is claimed.
    seed : int, >= 0
    """
    n, d, k = (check_integer(f"dataset.{x}", v, 1) for x, v in (("n", n), ("d", d), ("k", k)))
    density, noise = check_number("dataset.density", density), check_number("dataset.noise", noise)
    seed = check_integer("dataset.seed", seed, 0)
    if not 0 < density <= 1:
        raise RequestError(f"dataset.density is {density:g}; possible: above 0, at most 1")
    if max(n * d, n * k, k * d) > _LARGEST:
        raise RequestError(
            f"dataset.n, d and k are {n}, {d} and {k}; possible: matrices of up to "
            f"{_LARGEST} entries"
        )
    check_choice("dataset.separable", separable, SEPARABLE)
    factors = []
    for side, size in (("W", n), ("H", d)):
        pure = separable in (side, "both")
        if pure and k > size:
            raise RequestError(
                f"dataset.k is {k} and dataset.separable is {separable}; possible: k up to {size}"
            )
        rng = stream(seed, f"planted {side}")
        factors.append(_sparse_factor(rng, size, k, density, pure))
    truth = Factorization(factors[0], factors[1].T)
    X = _product(truth)
    notes, known = (), None
    if noise:
        sigma = noise * sqrt(fsum(np.square(X).flat) / X.size)
        X = np.maximum(X + sigma * stream(seed, "planted noise").standard_normal(X.shape), 0.0)
        notes = ("Noise was added, so the truth is the planted factors and not the best fit.",)
    elif separable == "both":
        known = Known(k, 1)
    else:
        notes = ("The planted factors fit exactly; whether others do is not known.",)
    given = {"n": n, "d": d, "k": k, "density": density, "noise": noise}
    name = named("planted", planted, given | {"separable": separable, "seed": seed})
    return Dataset(name, X, truth, notes=notes, known=known)


def named(name, family, given):
    """``planted(k=2,seed=7)``: the options that are not the family's defaults."""
    usual = signature(family).parameters
    parts = [
        f"{key}={value if isinstance(value, str) else _number(value)}"
        for key, value in given.items()
        if value != usual[key].default
    ]
    return f"{name}({','.join(parts)})" if parts else name


def _sparse_factor(rng, size, k, density, pure):
    """Draw a (size, k) factor without zero rows or columns.

    With ``pure``, k of its rows are multiples of the unit vectors.
    """
    values = 1.0 - rng.random((size, k))
    factor = np.where(rng.random((size, k)) < density, values, 0.0)
    homes = rng.permutation(size)
    for r in range(k):
        if pure:
            factor[homes[r]] = 0.0
        if pure or not factor[:, r].any():
            home = homes[r % size]
            factor[home, r] = values[home, r]
    empty = np.flatnonzero(~factor.any(axis=1))
    chosen = rng.integers(k, size=empty.size)
    factor[empty, chosen] = values[empty, chosen]
    return factor


def _product(truth):
    """Add up the terms one by one: the same bits everywhere, which a BLAS product has not."""
    X = np.zeros((truth.W.shape[0], truth.H.shape[1]))
    for w, h in zip(truth.W.T, truth.H, strict=True):
        X += np.multiply.outer(w, h)
    return X


def _number(x):
    """Shortest text that means exactly this float: 0.3, 2, 1e-05."""
    return repr(float(x)).removesuffix(".0")
