"""Which entries of the factors are zeros: a threshold, or several where that is open."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import nnls

from nmfstudy.certificates.gauge import Gauge, row_shares, unit_free_gauge
from nmfstudy.certificates.smaller import MAX_UNKNOWNS, TO_ROUNDING, polish
from nmfstudy.model.factorization import Factorization

ZERO_THRESHOLD = 1e-9  # where nothing speaks for another one
DUST = (1e-10, 1e-6)  # thresholds that are chosen without being asked for lie in between,
EXACT_DUST = (1e-10, 1e-3)  # or here, if the data then have an exact factorization
FITS = 1e-4  # largest difference to the data, relative to their largest entry, of an exact fit
REFIT_ABOVE = 1e-8  # smaller entries go without moving the others: their effect is rounding
LEAST_NONZERO = 1e-16


@dataclass(frozen=True, eq=False)
class ZeroCandidates:
    """The factors to be judged, in a gauge, and how small each of their entries is.

    Attributes
    ----------
    given : Factorization
        Rows and columns that are zero in the data are so here.
    gauge : Gauge
    inside : Factorization
        The given one in the gauge.
    X : array or None
        The data in the gauge.
    sizes : (array, array)
        Of the shapes of W and H, see `relative_sizes`.
    """

    given: Factorization
    gauge: Gauge
    inside: Factorization
    X: np.ndarray | None
    sizes: tuple

    @cached_property
    def entries(self):
        """All positive sizes of both factors, sorted."""
        return _positive(self.sizes)

    def reading(self, threshold):
        """The factors with entries up to the threshold as zeros.

        Where they nearly have the product X they are brought to it, see `brought_to`.
        """
        found = with_zeros(self.inside, self.sizes, threshold, self.X)
        found = found if self.X is None else brought_to(found, self.X)
        return self.given if found is self.inside else self.gauge.leave(found)

    def is_exact(self, reading):
        """Whether a reading has the product X up to rounding, in small rows and columns too."""
        gap = self.X - self.gauge.enter(reading).product()
        return bool(np.abs(gap).max(initial=0.0) <= TO_ROUNDING)

    def thresholds(self):
        """The thresholds that come into question where none is asked for.

        One if the zeros are plain: nothing lies between 1e-9 and 1e-6, or the data have an exact
        factorization without entries up to at most 1e-3, which no accident would give. Else the
        entries in between may be zeros or not, and there are several: the chosen one first, then
        one that keeps every entry and one that drops all of them.
        """
        if self.X is not None:
            threshold = choose_threshold(self.entries, EXACT_DUST)
            if self.is_exact(self.reading(threshold)):
                return (threshold,)
        chosen = choose_threshold(self.entries)
        patterns = {pattern_interval(self.entries, chosen): chosen}
        if self.n_open:
            for other in (0.0, DUST[1]):
                patterns.setdefault(pattern_interval(self.entries, other), other)
        return tuple(patterns.values())

    @property
    def n_open(self):
        """Entries that may be zeros or not."""
        low, high = ZERO_THRESHOLD, DUST[1]
        return sum(int(((size > low) & (size <= high)).sum()) for size in self.sizes)


def sized(given, X=None):
    """The `ZeroCandidates` of a `Factorization`, with the data if there are any.

    Sizes are those in the gauge. Only if some are small there, and small ones stand out more
    clearly at the sizes given, are they those: dust in many places may be mistaken for entries of
    a row or column in other units.
    """
    if X is not None:
        given = _without_empty(given, X)
    gauge = unit_free_gauge(given, None if X is None else X > 0)
    inside = gauge.enter(given)
    sizes = relative_sizes(inside)
    if _positive(sizes).min(initial=1.0) < DUST[1]:
        sizes = max(sizes, relative_sizes(given), key=_clearness)
    return ZeroCandidates(given, gauge, inside, None if X is None else gauge.enter_data(X), sizes)


def relative_sizes(factorization):
    """How large every entry is, for the threshold: two arrays of the shapes of W and H.

    The larger of its shares of the component's largest entry and, among the terms of the product,
    of its row's (column's). So a threshold does not depend on the scale of a component.
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
        share = row_shares(factor[inside], other[live])
        size[inside] = np.maximum(factor[inside] / top[live], share)
        sizes.append(size)
    return sizes[0], sizes[1].T


def _positive(sizes):
    entries = np.concatenate([size.ravel() for size in sizes])
    return np.unique(entries[entries > 0])


def _clearness(sizes):
    """The widest gap, as a ratio, above entries that may be dust; all may be entries."""
    entries = np.concatenate([[LEAST_NONZERO], np.maximum(_positive(sizes), LEAST_NONZERO)])
    below = entries[:-1] < DUST[1]
    return float((entries[1:] / entries[:-1])[below].max(initial=1.0))


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
        Sorted sizes.
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

    Parameters
    ----------
    factorization : Factorization
    X : array of shape (n_samples, n_features)
        Both in the gauge.
    """
    W, H = factorization.W, factorization.H
    if (W.shape[0] + X.shape[1]) * W.shape[1] > MAX_UNKNOWNS:
        return factorization
    gap = np.abs(X - W @ H).max(initial=0.0)
    if not TO_ROUNDING / 1e3 < gap < FITS:
        return factorization
    new_W, new_H = polish(X, W, H)
    same = ((new_W > 0) == (W > 0)).all() and ((new_H > 0) == (H > 0)).all()
    if not same or np.abs(X - new_W @ new_H).max() > min(gap / 10, TO_ROUNDING):
        return factorization
    return Factorization(new_W, new_H)


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


def with_zeros(factorization, sizes, threshold, target=None):
    """Set small entries to zero and fit the others to ``target`` on the pattern that is left.

    Parameters
    ----------
    factorization : Factorization
        In the gauge.
    sizes : (array, array)
        Entries of up to the threshold become zero.
    threshold : float
    target : array of shape (n_samples, n_features), optional
        What to fit, in the gauge; None is the product before. The fit is one sweep of nonnegative
        least squares over W and over H, and only done when entries above 1e-8 are dropped: the
        verdict's scope is the new product in any case.

    Returns
    -------
    Factorization
    """
    keep_W, keep_H = (size > threshold for size in sizes)
    dropped = np.concatenate([sizes[0][~keep_W], sizes[1][~keep_H]])
    if not dropped.any():
        return factorization
    W, H = np.where(keep_W, factorization.W, 0.0), np.where(keep_H, factorization.H, 0.0)
    if dropped.max() > REFIT_ABOVE:
        X = factorization.product() if target is None else target
        W = _fit_rows(X, H, keep_W)
        H = _fit_rows(X.T, W.T, keep_H.T).T
    return Factorization(W, H)


def _fit_rows(X, H, keep):
    """Rows of W with ``W H ≈ X``, nonnegative, zero outside ``keep``."""
    W = np.zeros(keep.shape)
    for i, (x, mask) in enumerate(zip(X, keep, strict=True)):
        if mask.any():
            W[i, mask] = nnls(H[mask].T, x)[0]
    return W
