"""Terms of many fits, ready to be compared, and all their pairwise distances."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from nmfstudy.factorization import PARALLEL, Factorization
from nmfstudy.solutions import kernels

_CHUNK_BYTES = 2**25  # factors that are copied at a time
_GRAM = 2**19  # entries of a Gram block: two of them stay in the cache


def on_threads(work, items):
    """``work(item)`` for all items on the cores there are, BLAS on one thread each."""
    from numba import config

    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(config.NUMBA_NUM_THREADS) as executor,
    ):
        return list(executor.map(work, items))


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms of some fits as rows, balanced, in units of ``‖X‖_F``, parallel ones merged.

    Attributes
    ----------
    W : array of shape (n_fits, n_components, n_samples)
    H : array of shape (n_fits, n_components, n_features)
        ``‖w_r‖² = ‖h_r‖² = ‖t_r‖/‖X‖``.
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


def prepare(W, H, data_norm):
    """`Terms` of stacked factors, W (n_fits, n_samples, k) and H (n_fits, k, n_features)."""
    n_fits, n, k = W.shape
    d = H.shape[2]
    rows_W, rows_H = np.empty((n_fits, k, n)), np.empty((n_fits, k, d))
    sizes, state = np.empty((n_fits, k)), np.empty(n_fits, dtype=np.int64)
    root = np.sqrt(data_norm)
    kernels.prepare(W, H, root, PARALLEL, rows_W, rows_H, sizes, state)
    n_merged = np.zeros(n_fits, dtype=np.int64)
    for i in np.flatnonzero(state == 1):
        before = Factorization(rows_W[i].T, rows_H[i])
        after = before.merge_parallel()
        n_merged[i] = after.dead.sum() - before.dead.sum()
        one = slice(i, i + 1)
        kernels.prepare(
            after.W[None], after.H[None], 1.0, PARALLEL, rows_W[one], rows_H[one], sizes[one],
            np.empty(1, dtype=np.int64),
        )  # fmt: skip
    return Terms(rows_W, rows_H, sizes, n_merged, state >= 0)


def chunks(pool, indices):
    """Blocks of ``indices`` whose factors are copied together."""
    part = pool.parts[0]
    each = 8 * max(1, part.W[:1].size + part.H[:1].size)
    size = max(1, _CHUNK_BYTES // each)
    return [indices[i : i + size] for i in range(0, len(indices), size)]


def terms_of(pool, indices):
    """`Terms` of fits of a pool."""
    parts = [prepare(*pool.factors(some), pool.data_norm) for some in chunks(pool, indices)]
    if not parts:
        n, k = pool.parts[0].W.shape[1:]
        parts = [prepare(np.empty((0, n, k)), np.empty((0, k, pool.parts[0].H.shape[2])), 1.0)]
    names = Terms.__dataclass_fields__
    return Terms(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def distances(a, b, symmetric=False):
    """Distances of all pairs of two stacks of terms, shape (len(a), len(b)).

    Equal to `nmfstudy.distances.distance` with ``scale = ‖X‖_F``: Gram matrices and the best
    assignment, and differences of the matched terms where the Gram form would cancel.

    Parameters
    ----------
    symmetric : bool
        a is b: only half of the pairs are worked out, and the diagonal is 0.
    """
    out = np.zeros((len(a), len(b)))
    k = a.W.shape[1]
    step = max(1, int(np.sqrt(_GRAM)) // k)
    squares_a, squares_b = a.squares, b.squares

    def block(corner):
        rows, columns = (slice(i, i + step) for i in corner)
        A, B = (a.W[rows], a.H[rows]), (b.W[columns], b.H[columns])
        gram = A[0].reshape(-1, A[0].shape[2]) @ B[0].reshape(-1, B[0].shape[2]).T
        gram *= A[1].reshape(-1, A[1].shape[2]) @ B[1].reshape(-1, B[1].shape[2]).T
        here = np.empty((len(A[0]), len(B[0])))
        kernels.block_distances(gram, *A, *B, squares_a[rows], squares_b[columns], here)
        out[rows, columns] = here
        if symmetric:
            out[columns, rows] = here.T

    on_threads(
        block,
        [
            (i, j)
            for i in range(0, len(a), step)
            for j in range(i if symmetric else 0, len(b), step)
        ],
    )
    if symmetric:
        np.fill_diagonal(out, 0.0)
    return out
