"""Bounds from the singular values of the data, which hold for one number of components."""

import numpy as np

from nmfstudy.certificates.rounding import unit


def spectral_bound(X, n_components, lam=0.0):
    r"""No ``½‖X − Z‖² + λ‖Z‖_*`` is lower with a Z of so small a rank.

    .. math:: \sum_{i ≤ k} φ(σ_i) + ½ \sum_{i > k} σ_i^2, \qquad
        φ(σ) = λσ - ½λ^2 \text{ if } σ > λ, \text{ else } ½σ^2

    Without a price that is Eckart and Young's bound. With ridge the price of a factorization is
    at least that of its product, ``Σ‖w_r‖‖h_r‖ ≥ ‖WH‖_*``.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    n_components : int
    lam : float
        The price.

    Returns
    -------
    bound : float
        Less what rounding may have added.
    squares : (low, high), arrays of shape (min(n_samples, n_features),)
        Bounds on the squares of the singular values, largest first.
    """
    gram = X.T @ X if X.shape[0] >= X.shape[1] else X @ X.T
    error = unit(sum(X.shape)) * np.sum(np.square(X))
    values = np.linalg.eigvalsh(gram)[::-1]
    low, high = np.maximum(values - error, 0.0), np.maximum(values + error, 0.0)
    s = np.sqrt(low[:n_components])
    kept = np.where(s > lam, lam * s - 0.5 * lam**2, 0.5 * s**2).sum()
    tail = max(values[n_components:].sum() - np.sqrt(values.size) * error, 0.0)
    return float((kept + 0.5 * tail) * (1 - unit(values.size))), (low, high)


def rank_one_radius(X, W, H, lam, squares):
    r"""Distance within which the only best single term lies; inf if that is not proved.

    The best one is ``(σ₁ − λ)u₁v₁ᵀ``, nonnegative by Perron and Frobenius, and the only one if
    ``σ₁ > σ₂`` and ``σ₁ > λ``. For unit w, h ≥ 0:
    ``wᵀXh ≤ σ₂ + (σ₁ − σ₂)⟨w hᵀ, u₁v₁ᵀ⟩``.
    """
    if not W.shape[1]:
        return np.inf
    size = float(np.linalg.norm(W) * np.linalg.norm(H))
    (low, high), slack = squares, unit(sum(X.shape)) * np.linalg.norm(X)
    first = np.sqrt(low[0]) - slack
    second = np.sqrt(high[1]) + slack if len(high) > 1 else 0.0
    if not first > max(second, lam):
        return np.inf
    top = np.sqrt(high[0]) + slack
    value = float(W[:, 0] @ X @ H[0]) / size - slack
    short = (top - value) / (first - second)
    turn = np.sqrt(2 * max(short, 0.0))
    best = np.array([first, top]) - lam
    return float(np.abs(best - size).max() + top * turn)
