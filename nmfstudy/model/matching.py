"""Which component of one factorization is which of another."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from nmfstudy.model.factorization import Factors, as_factorization
from nmfstudy.util.errors import RequestError


def check_same_shape(a, b):
    """Refuse factorizations of matrices of different shapes."""
    if a.W.shape[0] != b.W.shape[0] or a.H.shape[1] != b.H.shape[1]:
        raise RequestError(
            f"the factorizations are of a {a.W.shape[0]}×{a.H.shape[1]} and of a "
            f"{b.W.shape[0]}×{b.H.shape[1]} matrix; they must agree"
        )


def congruence(a, b):
    """``cos(w_r, w'_s)·cos(h_r, h'_s)`` of every pair, shape (a.n_components, b.n_components).

    Tucker's congruence of rank-one terms: 1 for parallel terms whatever their size, 0 for a
    zero term. Invariant under scaling of the components. The field reads ≥ .95 as equal and
    ≥ .85 as similar (Lorenzo-Seva & ten Berge 2006).
    """
    a, b = as_factorization(a), as_factorization(b)
    check_same_shape(a, b)

    def unit(vectors):
        norm = np.linalg.norm(vectors, axis=0)
        return vectors / np.where(norm > 0, norm, 1.0)

    cosines = (unit(a.W).T @ unit(b.W)) * (unit(a.H.T).T @ unit(b.H.T))
    return np.clip(cosines, 0.0, 1.0)


def squared_term_distances(a, b):
    """``‖t_r − t'_s‖_F²`` of every pair of terms, shape (a.n_components, b.n_components).

    From Gram matrices, ``‖t‖² + ‖t'‖² − 2(w·w')(h·h')``: cheap, but it cancels for equal terms.
    """
    inner = (a.W.T @ b.W) * (a.H @ b.H.T)
    squared = a.sizes[:, None] ** 2 + b.sizes[None, :] ** 2 - 2 * inner
    return np.maximum(squared, 0.0)


def pad(factorization, n_components):
    """The same factorization with zero terms up to ``n_components``."""
    missing = n_components - factorization.n_components
    if missing <= 0:
        return factorization
    return type(factorization)(
        np.pad(factorization.W, ((0, 0), (0, missing))),
        np.pad(factorization.H, ((0, missing), (0, 0))),
    )


def match(a: Factors, b: Factors) -> tuple[np.ndarray, np.ndarray]:
    """Match the components of ``b`` to those of ``a`` by the Hungarian algorithm.

    The matching minimises ``Σ_r ‖t_r − t'_π(r)‖_F²`` over the terms, so neither permutation nor
    scaling of the components matters. The factorization with fewer components is padded with
    zero terms.

    Parameters
    ----------
    a, b : Factorization or (W, H)
        Of matrices of the same shape.

    Returns
    -------
    order : int array of shape (max n_components,)
        ``b.permute(order)`` stands in a's order. An entry ≥ ``b.n_components`` is a zero term
        that b lacks.
    congruence : array of shape (max n_components,)
        Of each matched pair.

    Raises
    ------
    RequestError
        If the shapes of the two products differ.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> a = ns.Factorization([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    >>> b = ns.Factorization([[0, 1], [1, 0]], [[0, 1], [1, 0]])
    >>> order, congruence = ns.match(a, b)
    >>> order
    array([1, 0])
    """
    a, b = as_factorization(a), as_factorization(b)
    check_same_shape(a, b)
    k = max(a.n_components, b.n_components)
    a, b = pad(a, k), pad(b, k)
    # Sizes of 1e-150 or 1e150 would under- or overflow when squared.
    size = max(a.sizes.max(initial=0.0), b.sizes.max(initial=0.0)) or 1.0
    a = type(a)(a.W / size, a.H) if not 1e-100 < size < 1e100 else a
    b = type(b)(b.W / size, b.H) if not 1e-100 < size < 1e100 else b
    _, order = linear_sum_assignment(squared_term_distances(a, b))
    return order, congruence(a, b)[np.arange(k), order]
