"""Which entries of a factor are zeros: a threshold, and the factors that it leaves."""

import numpy as np
from scipy.optimize import nnls

from nmfstudy.certificates.case import row_shares
from nmfstudy.factorization import Factorization

ZERO_THRESHOLD = 1e-9  # entries up to this share of their component's and row's largest are zero
LADDER = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2)
REFIT_ABOVE = 1e-8  # smaller entries go without moving the others: their effect is rounding


def relative_sizes(factorization):
    """How large every entry is, for the threshold: two arrays of the shapes of W and H.

    The larger of its shares of the component's largest entry and, among the terms of the product,
    of its row's (column's). So rows and columns of any size keep their entries, and a threshold
    does not depend on the scale of a component.
    """
    sizes = []
    tops = factorization.W.max(axis=0, initial=0.0), factorization.H.max(axis=1, initial=0.0)
    live = np.flatnonzero((tops[0] > 0) & (tops[1] > 0))
    for factor, top, other in (
        (factorization.W, *tops),
        (factorization.H.T, *tops[::-1]),
    ):
        size = np.zeros(factor.shape)
        rows = np.flatnonzero(factor[:, live].any(axis=1))
        inside = np.ix_(rows, live)
        share = row_shares(factor[inside], other[live])[0]
        size[inside] = np.maximum(factor[inside] / top[live], share)
        sizes.append(size)
    return sizes[0], sizes[1].T


def relative_entries(factorization):
    """All positive `relative_sizes` of both factors, sorted."""
    entries = np.concatenate([share.ravel() for share in relative_sizes(factorization)])
    return np.unique(entries[entries > 0])


def pattern_interval(entries, threshold):
    """The thresholds that make the same entries zero: (low, high), low included, high not."""
    i = int(np.searchsorted(entries, threshold, side="right"))
    low = float(entries[i - 1]) if i else 0.0
    high = float(entries[i]) if i < entries.size else 1.0
    return low, high


def with_zeros(factorization, threshold, target=None):
    """Set small entries to zero and fit the others to ``target`` on the pattern that is left.

    Parameters
    ----------
    factorization : Factorization
    threshold : float
        Entries of a `relative_sizes` up to this become zero.
    target : array of shape (n_samples, n_features), optional
        What to fit; None is the product before. The fit is one sweep of nonnegative least
        squares over W and over H, and only done when entries above 1e-8 are dropped: the
        verdict's scope is the new product in any case.

    Returns
    -------
    Factorization
    """
    keep_W, keep_H = (share > threshold for share in relative_sizes(factorization))
    dropped = [factorization.W[~keep_W], factorization.H[~keep_H]]
    if not any(part.any() for part in dropped):
        return factorization
    W, H = np.where(keep_W, factorization.W, 0.0), np.where(keep_H, factorization.H, 0.0)
    entries = relative_entries(factorization)
    low, _ = pattern_interval(entries, threshold)
    if low > REFIT_ABOVE:
        X = factorization.product() if target is None else target
        size = np.abs(X).max(initial=0.0) or 1.0
        top = H.max(axis=1, initial=0.0)
        top = np.where(top > 0, top, 1.0)
        H = H / top[:, None]
        W = _fit_rows(X / size, H, keep_W)
        H = _fit_rows(X.T / size, W.T, keep_H.T).T
        W = W * size
    return Factorization(W, H)


def _fit_rows(X, H, keep):
    """Rows of W with ``W H ≈ X``, nonnegative, zero outside ``keep``."""
    W = np.zeros(keep.shape)
    for i, (x, mask) in enumerate(zip(X, keep, strict=True)):
        if mask.any():
            W[i, mask] = nnls(H[mask].T, x)[0]
    return W
