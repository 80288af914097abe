"""Whether what a factorization leaves over is more than noise."""

import numpy as np
from scipy import sparse

from nmfstudy.model.objective import n_entries
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.spacing import evenly_spaced
from nmfstudy.util.streams import stream

ORDERED = 1.05  # more order than noise; skewed noise, as of small counts, comes up to here
N_FLIPS = 19  # symmetric noise passes the largest of them once in 20 times
EXACT_FIT = 1e-6  # relative error of a fit that leaves nothing to explain,
EXACT_LINE = 1e-3  # and of each single row and column in it, which may be small beside the others
_FREE = 0.25  # share of the entries' freedom below which errors say nothing
_MOST = 1000  # rows and columns looked at; more cost time and say no more
_SMALL = 200  # smaller side up to which the Gram matrix is the quickest way


def structure_left(X, W, H, *, n_flips=N_FLIPS):
    """How much more order the residual has than noise would have.

    The largest singular value of ``X − WH``, over the largest of as many matrices with the same
    entries and random signs. Flipping signs keeps the size of every entry, so noise may differ
    from entry to entry, and destroys whatever rows or columns have in common. Sizes are first
    put up by what fitting took away: of n d entries, the dimension of the set of products near
    W H is fitted, at most k (n + d − k) and at most the nonzeros of W and H less k.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
        Of more than 1,000 rows or columns so many are taken, evenly spaced.
    W, H : arrays of shape (n_samples, n_components) and (n_components, n_features)
    n_flips : int

    Returns
    -------
    float
        Above `ORDERED`: more than noise is left. Symmetric noise comes above 1 at most once in
        ``n_flips + 1`` times. 0 if the fit is exact, in every row and column by itself too, or
        leaves no freedom to judge; NaN if W or H is not known.

    References
    ----------
    Hong, Sheng & Dobriban (2020), who choose among principal components so.
    """
    if not (np.isfinite(W).all() and np.isfinite(H).all()):
        return float("nan")
    (n, d), k = X.shape, W.shape[1]
    fitted = min(k * (n + d - k), np.count_nonzero(W) + np.count_nonzero(H) - k)
    free = 1 - fitted / n_entries(X)
    rows, columns = evenly_spaced(n, _MOST), evenly_spaced(d, _MOST)
    part, size = X[rows], 1.0
    if isinstance(part, Weighted):  # entries of one precision; those unknown leave nothing over
        part = part.columns(columns).dense()
        size, part = np.sqrt(part.weights), part.values
    else:
        part = part[:, columns]
    part = size * _full(part)
    residual = part - size * (W[rows] @ H[:, columns])
    if free <= 0 or _is_exact(part, residual):
        return 0.0
    generator = stream(0, "signs")
    flipped = (np.where(generator.random(residual.shape) < 0.5, -1, 1) for _ in range(n_flips))
    largest = max(_largest_singular_value(residual * signs) for signs in flipped)
    return float(_largest_singular_value(residual) / largest * np.sqrt(free))


def _full(A):
    return A.toarray() if sparse.issparse(A) else A


def _is_exact(X, residual):
    """Whether nothing is left: a large entry must not hide that others are not fitted."""
    if np.linalg.norm(residual) > EXACT_FIT * np.linalg.norm(X):
        return False
    for axis in (0, 1):
        size, left = (np.linalg.norm(A, axis=axis) for A in (X, residual))
        if (left[size > 0] > EXACT_LINE * size[size > 0]).any():
            return False
    return True


def share_left(before, after, shape):
    """Share of the squared error that one more component leaves, freedom accounted for.

    Mean squares of what is left, per entry that the fit did not use up: those of noise hardly
    fall. Of several components more, the share each leaves on average.

    Parameters
    ----------
    before, after : (k, relative error) of the fits with fewer and with more components
    shape : (n_samples, n_features)

    Returns
    -------
    float
        NaN where nothing was left before, or less than a quarter of the freedom is left after.
    """
    (k, error), (more, smaller) = before, after
    free, left = (1 - m * (sum(shape) - m) / (shape[0] * shape[1]) for m in (k, more))
    if not (error > 0 and left >= _FREE and more > k):
        return float("nan")
    return float(((smaller / error) ** 2 * free / left) ** (1 / (more - k)))


def least_share_left(shape):
    """Below this `share_left` is more than a component of noise takes away.

    That is about the largest singular value of noise, √n + √d of √(n d) (Bai & Yin, 1993), put up
    by half; never more than half of what is left, and of tiny tables nothing. The second component
    of 480 tables of uniform or exponential noise, 6×5 to 40×15, never came below; that of counts
    whose rows and columns differ much in size does at most once in ten times.

    Parameters
    ----------
    shape : (n_samples, n_features)

    Returns
    -------
    float
        At most .5; negative for the smallest tables, which nothing comes below.
    """
    n, d = shape
    return min(0.5, 1 - 1.5 * (np.sqrt(n) + np.sqrt(d)) ** 2 / (n * d))


def one_component(X):
    """The best fit of one component: the largest singular pair, nonnegative by Perron.

    Returns
    -------
    W, H : arrays of shape (n_samples, 1) and (1, n_features)
    """
    h = np.full(X.shape[1], X.shape[1] ** -0.5)
    for _ in range(1000):
        before, h = h, X.T @ (X @ h)
        h = h / np.linalg.norm(h)
        if np.linalg.norm(h - before) < 1e-12:
            break
    return (X @ h)[:, None], h[None]


def _largest_singular_value(E):
    if min(E.shape) > _SMALL:
        from scipy.sparse.linalg import svds

        # A fixed vector to start from: the default draws a new one on every call.
        start = stream(0, "svd").standard_normal(min(E.shape))
        return svds(E, 1, tol=1e-4, v0=start, return_singular_vectors=False)[0]
    gram = E @ E.T if E.shape[0] <= E.shape[1] else E.T @ E
    return np.sqrt(np.linalg.eigvalsh(gram)[-1])
