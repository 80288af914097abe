"""Which entries of a factor are zeros: a threshold, and the factors that it leaves."""

import numpy as np
from scipy.optimize import nnls

from nmfstudy.certificates.case import row_shares
from nmfstudy.certificates.smaller import MAX_UNKNOWNS, TO_ROUNDING, polish
from nmfstudy.model.factorization import Factorization

ZERO_THRESHOLD = 1e-9  # where nothing speaks for another one
DUST = (1e-10, 1e-6)  # thresholds that are chosen without being asked for lie in between,
EXACT_DUST = (1e-10, 1e-3)  # or here, if the data then have an exact factorization
LADDER = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2)
FITS = 1e-4  # largest difference to the data, relative to their largest entry, of an exact fit
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


def choose_threshold(entries, window=DUST):
    """A threshold in the widest gap between the entries, as dust of a fit leaves one above it.

    Only gaps inside the window count, so that no large entry is dropped unasked.

    Parameters
    ----------
    entries : array
        As `relative_entries` gives them.
    window : (float, float)
    """
    inside = entries[(entries > window[0]) & (entries < window[1])]
    ends = np.concatenate([window[:1], inside, window[1:]])
    gaps = np.round(np.diff(np.log10(ends)), 9)
    low, high = ends[gaps.argmax()], ends[gaps.argmax() + 1]
    return ZERO_THRESHOLD if low <= ZERO_THRESHOLD < high else float(np.sqrt(low * high))


def brought_to(factorization, X):
    """The factors on their own pattern with the product X, if they nearly have it; else as given.

    A fit of exact data ends some digits short of it, and simple fractions only show in the last
    ones. Gauss–Newton on the positive entries supplies them, for problems small enough.
    """
    size = np.abs(X).max(initial=0.0)
    n, k = factorization.W.shape
    if size == 0 or (n + X.shape[1]) * k > MAX_UNKNOWNS:
        return factorization
    top = factorization.H.max(axis=1, initial=0.0)
    top = np.where(top > 0, top, 1.0)
    with np.errstate(over="ignore"):
        W, H = factorization.W * (top / size), factorization.H / top[:, None]
    gap = np.abs(X / size - W @ H).max()
    if not TO_ROUNDING / 1e3 < gap < FITS:
        return factorization
    new_W, new_H = polish(X / size, W, H)
    same = ((new_W > 0) == (W > 0)).all() and ((new_H > 0) == (H > 0)).all()
    if not same or np.abs(X / size - new_W @ new_H).max() > min(gap / 10, TO_ROUNDING):
        return factorization
    return Factorization(new_W * (size / top), new_H * top[:, None])


def is_exact(factorization, X):
    """Whether the product is X up to rounding."""
    size = np.abs(X).max(initial=0.0) or 1.0
    gap = X / size - (factorization.W / size) @ factorization.H
    return bool(np.abs(gap).max(initial=0.0) <= TO_ROUNDING)


def judged(given, threshold, X=None):
    """The factors to judge: zeros made, and brought to the data if they are nearly there.

    Parameters
    ----------
    threshold : float or None
        None chooses: from a window up to 1e-3 if that ends in an exact factorization of X, which
        no accident would; else from one up to 1e-6.

    Returns
    -------
    Factorization, float
        And the threshold.
    """
    if X is not None:
        given = _without_empty(given, X)
    if threshold is None:
        entries = relative_entries(given)
        if X is not None:
            threshold = choose_threshold(entries, EXACT_DUST)
            found = brought_to(with_zeros(given, threshold, X), X)
            if is_exact(found, X):
                return found, threshold
        threshold = choose_threshold(entries)
    found = with_zeros(given, threshold, X)
    return (found if X is None else brought_to(found, X)), threshold


def _without_empty(factorization, X):
    """Rows and columns that are zero in the data, and dust in the product, as zeros.

    No share of a row shows that the whole row is dust.
    """
    product = factorization.product()
    dust = DUST[1] * product.max(initial=0.0)
    rows = X.any(axis=1) | (product.max(axis=1, initial=0.0) > dust)
    columns = X.any(axis=0) | (product.max(axis=0, initial=0.0) > dust)
    if rows.all() and columns.all():
        return factorization
    return Factorization(
        np.where(rows[:, None], factorization.W, 0.0), np.where(columns, factorization.H, 0.0)
    )


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
