"""How far two factorizations are apart, modulo permutation and scaling."""

from __future__ import annotations

import numpy as np

from nmfstudy.model.factorization import Factors, as_factorization, balance
from nmfstudy.model.matching import match, pad, squared_term_distances

DIRECT_BELOW = 1e-6  # of the terms' size: the Gram form has a floor near 2e-8 by cancellation


def distance(a: Factors, b: Factors, scale: float | None = None) -> float:
    r"""Distance of two factorizations as multisets of rank-one terms.

    .. math:: d(a, b) = \sqrt{\min_π \sum_r ‖t_r - t'_{π(r)}‖_F^2} \,/\, \mathrm{scale}

    Terms carry no permutation and no scale freedom, so no gauge is chosen: the distance is 0
    exactly for the same terms. It is a metric for a fixed scale. Parallel terms are merged and
    unequal numbers of components padded with zero terms.

    Parameters
    ----------
    a, b : Factorization or (W, H)
        Of matrices of the same shape.
    scale : float, optional
        ``‖X‖_F`` as a rule. None takes the larger of the two products' norms, which is
        convenient for one pair, but not a metric across pairs.

    Returns
    -------
    float

    Raises
    ------
    RequestError
        If the shapes of the two products differ.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> a = ns.Factorization([[1, 0], [0, 1]], [[1, 0], [0, 2]])
    >>> b = ns.Factorization([[0, 5], [5, 0]], [[0, 0.4], [0.2, 0]])  # swapped and rescaled
    >>> round(ns.distance(a, b), 12)
    0.0
    """
    a, b = (as_factorization(f).merge_parallel() for f in (a, b))
    order, _ = match(a, b)
    k = order.size
    a, b = pad(a, k), pad(b, k).permute(order)
    if scale is None:
        scale = max(product_norm(a), product_norm(b)) or 1.0
    # Halves of the scale on either side keep squares in range for factors of 1e±150.
    root = np.sqrt(scale)
    a, b = (type(f)(g.W / root, g.H / root) for f, g in ((a, _even(a)), (b, _even(b))))
    squared = squared_term_distances(a, b).diagonal().sum()
    if squared > DIRECT_BELOW**2 * (np.vdot(a.sizes, a.sizes) + np.vdot(b.sizes, b.sizes)):
        return float(np.sqrt(squared))
    return float(np.sqrt(sum(_direct(a, b, r) ** 2 for r in range(k))))


def factor_match_score(a, b):
    """Mean congruence of the matched components, for reading; it is not a metric."""
    return float(match(a, b)[1].mean())


def product_norm(factorization):
    """``‖WH‖_F`` from Gram matrices, without forming the product."""
    f = _even(factorization)
    largest = np.sqrt(f.sizes.max(initial=0.0)) or 1.0  # keeps squares in range
    W, H = f.W / largest, f.H / largest
    return float(largest**2 * np.sqrt(max(np.vdot(W.T @ W, H @ H.T), 0.0)))


def product_distance(a, b):
    """``‖W H − W' H'‖`` from thin factors, so that no matrix of the data's size is formed."""
    R = np.linalg.qr(np.hstack([a.W, b.W]), mode="r")
    S = np.linalg.qr(np.hstack([a.H.T, -b.H.T]), mode="r")
    return float(np.linalg.norm(R @ S.T))


def _even(f):
    """The same terms with equal norms on both sides."""
    return type(f)(*balance(f.W, f.H))


def _direct(a, b, r):
    """``‖w h − w' h'‖_F`` without cancellation: ``w h − w' h' = (w − w')h + w'(h − h')``.

    Of the two sides, v = h/‖h‖ and w scaled accordingly; the difference is rank two and its
    norm follows from a 2×2 Gram matrix of differences, each computed directly.
    """
    w, h, w2, h2 = a.W[:, r], a.H[r], b.W[:, r], b.H[r]
    dw, dh = w - w2, h - h2
    # ‖dw hᵀ + w2 dhᵀ‖² = ‖dw‖²‖h‖² + ‖w2‖²‖dh‖² + 2 (dw·w2)(h·dh): all terms are small.
    squared = (
        np.vdot(dw, dw) * np.vdot(h, h)
        + np.vdot(w2, w2) * np.vdot(dh, dh)
        + 2 * np.vdot(dw, w2) * np.vdot(h, dh)
    )
    return float(np.sqrt(max(squared, 0.0)))
