"""Terms of many fits, ready to be compared, and all their pairwise distances."""

from dataclasses import dataclass, replace

import numpy as np

from nmfstudy.model.factorization import PARALLEL, Factorization
from nmfstudy.solutions import kernels
from nmfstudy.util.threads import on_threads

_CHUNK_BYTES = 2**22  # factors that one thread prepares at a time
_GRAM = 2**16  # entries of a Gram block: small enough for the cache
_SIDE_BY_SIDE = 256  # pairs whose assignments are solved side by side, if subsets are few


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms of some fits as rows, balanced, in units of ``‖X‖_F``, parallel ones merged.

    Attributes
    ----------
    W : array of shape (n_fits, n_components, n_samples)
    H : array of shape (n_fits, n_components, n_features)
        ``‖w_r‖² = ‖h_r‖² = ‖t_r‖/‖X‖``. With more features than samples the two change places,
        which changes no distance, so that H is always the short side.
    sizes : array of shape (n_fits, n_components)
        ``‖t_r‖/‖X‖``.
    n_merged : int array of shape (n_fits,)
        Terms that were absorbed by a parallel one.
    present : bool array of shape (n_fits,)
        False where factors were not recorded or are not finite.
    """

    W: np.ndarray
    H: np.ndarray
    sizes: np.ndarray
    n_merged: np.ndarray
    present: np.ndarray

    def __len__(self):
        """Number of fits."""
        return len(self.sizes)

    def __getitem__(self, index):
        """Some of the fits."""
        return Terms(*(getattr(self, name)[index] for name in Terms.__dataclass_fields__))

    @property
    def squares(self):
        """``Σ_r ‖t_r‖²/‖X‖²`` of each fit."""
        return np.square(self.sizes).sum(axis=1)


def terms_of(pool, indices):
    """`Terms` of fits of a pool, in this order; W (n, k, n_samples) is as large as the factors."""
    row = pool.row[indices]
    shapes = [(W.shape[1:], H.shape[2]) for W, H in (part.known_factors for part in pool.parts)]
    (n, k), d = min(shapes)  # larger where all starts of a part failed
    terms = Terms(
        W=np.empty((len(indices), k, n)),
        H=np.empty((len(indices), k, d)),
        sizes=np.empty((len(indices), k)),
        n_merged=np.zeros(len(indices), dtype=np.int64),
        present=row >= 0,
    )
    home = np.searchsorted(pool.row_offsets, row, side="right") - 1  # −1 where there is none
    step = max(1, _CHUNK_BYTES // (8 * k * (n + d)))

    def fill(i, go_on):
        here = slice(i, i + step)
        for p in np.unique(home[here][terms.present[here]]):
            rows = i + np.flatnonzero(home[here] == p)
            _prepare(pool.parts[p], row[rows] - pool.row_offsets[p], pool.data_norm, terms, rows)

    on_threads(fill, range(0, len(indices), step))
    return terms if d <= n else replace(terms, W=terms.H, H=terms.W)


def _prepare(part, at, data_norm, terms, rows):
    """Fill rows of ``terms`` with factors ``at`` of one part."""
    W, H = (np.ascontiguousarray(a, dtype=np.float64) for a in part.known_factors)
    state = np.empty(len(rows), dtype=np.int64)
    out = (terms.W, terms.H, terms.sizes)
    kernels.prepare_terms(W, H, at, np.sqrt(data_norm), PARALLEL, *out, rows, state)
    terms.present[rows] = state >= 0
    for row in rows[state == 1]:
        before = Factorization(terms.W[row].T, terms.H[row])
        after = before.merge_parallel()
        terms.n_merged[row] = after.dead.sum() - before.dead.sum()
        merged, zero = (np.array(a)[None] for a in (after.W, after.H)), np.zeros(1, np.int64)
        kernels.prepare_terms(
            *merged, zero, 1.0, PARALLEL, *out, np.array([row]), np.empty(1, np.int64)
        )


def distances(a, b, symmetric=False):
    """Distances of all pairs of two stacks of terms, shape (len(a), len(b)).

    Equal to `nmfstudy.model.distance.distance` with ``scale = ‖X‖_F``: Gram matrices and the best
    assignment, and differences of the matched terms where the Gram form would cancel.

    Parameters
    ----------
    symmetric : bool
        a is b: only half of the pairs are worked out, and the diagonal is 0.
    """
    out = np.zeros((len(a), len(b)))
    n_rows, n_columns = _block_shape(a.W.shape[1])
    squares_a, squares_b = a.squares, b.squares

    def strip(i, go_on):
        rows = slice(i, i + n_rows)
        start = i - i % n_columns if symmetric else 0
        kernels.strip_distances(
            a.W[rows], a.H[rows], squares_a[rows], b.W, b.H, squares_b, start, n_columns, out[rows]
        )

    on_threads(strip, range(0, len(a), n_rows))
    if symmetric:
        kernels.mirror(out)
    return out


def _block_shape(k):
    """Fits per block: as many columns as keep the subsets' sums in the cache, then rows."""
    n_columns = min(_SIDE_BY_SIDE, max(16, 2**14 >> k))
    return max(1, _GRAM // (k * k * n_columns)), n_columns
