"""Weights of samples on components that are known: a convex problem, solved to its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.typing import Matrix
from nmfstudy.model.factorization import check_factor
from nmfstudy.model.objective import loss_by_sample
from nmfstudy.model.penalties import NO_PENALTY, Penalty
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.display import Shown, count, number
from nmfstudy.util.errors import RequestError, check_choice
from nmfstudy.util.numba_cache import load_kernels
from nmfstudy.util.threads import one_blas_thread

LOSSES_OF_WEIGHTS = ("frobenius", "kullback-leibler")  # convex in W
_TOL = 1e-13  # slope left, as a share of what it is summed from
_MOST = 1000  # sweeps; a handful is usual
_BLOCK_BYTES = 2**25  # of the curvatures and the entries of the rows that are on their way together


@dataclass(frozen=True, eq=False, repr=False)
class Transformed(Shown):
    """Weights of samples, and what the components leave unexplained of each.

    Attributes
    ----------
    W : array of shape (n_samples, n_components)
        The best nonnegative weights. They are unique where the components are independent.
    loss : array of shape (n_samples,)
        Of each sample: ``½‖x − wH‖²`` or the Kullback–Leibler divergence of x from wH, which is
        ``inf`` where x has a feature that no component has.
    relative_error : array of shape (n_samples,)
        ``‖x − wH‖ / ‖x‖``; 0 of a sample without any entry.
    """

    W: np.ndarray
    loss: np.ndarray
    relative_error: np.ndarray

    def _shown(self):
        n, k = self.W.shape
        title = f"Weights of {count(n, 'sample')} on {count(k, 'component')}"
        parts = [("lowest", np.min), ("median", np.median), ("largest", np.max)]
        rows = [
            (name, number(of(self.relative_error)), number(of(self.loss))) for name, of in parts
        ]
        return title, ("", "relative error", "loss"), rows


@one_blas_thread()
def transform(
    X: Matrix,
    H: ArrayLike,
    *,
    loss: str = "frobenius",
    penalty: Penalty = NO_PENALTY,
) -> Transformed:
    r"""Best weights of samples on given components.

    .. math:: \min_{W ≥ 0} L(X, W H) + \text{penalty}(W)

    The problem is convex and falls into one of n_components unknowns for each sample. Each is
    solved by Newton's method with active sets until nothing is left but rounding, so a sample has
    the same weights whatever others stand beside it.

    Parameters
    ----------
    X : array, DataFrame or sparse matrix of shape (n_samples, n_features), or Dataset
    H : array of shape (n_components, n_features)
        The components, as in ``fit.H``.
    loss : {"frobenius", "kullback-leibler"}
    penalty : ElementwisePenalty or ScaleFreePenalty
        That of the fit; what it says of H makes no difference here.

    Returns
    -------
    Transformed

    Raises
    ------
    RequestError
        If the data cannot be used, their number of features is another, or the loss or the
        penalty does not treat each sample by itself.

    Examples
    --------
    >>> import numpy as np, nmfstudy as ns
    >>> H = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    >>> ns.transform([[2.0, 3.0, 2.0]], H).W.round(9)
    array([[2., 1.]])
    """
    check_choice("loss", loss, LOSSES_OF_WEIGHTS)
    if penalty.name == "scale_free_H":
        raise RequestError(
            "the penalty is scale_free_H, which ties the weights of all samples together; "
            "possible: the others"
        )
    X = fully_known(X.X if isinstance(X, Dataset) else check_data(X))
    H = check_factor("H", H)
    if X.shape[1] != H.shape[1]:
        raise RequestError(
            f"X has {X.shape[1]} features and H has {H.shape[1]}; possible: the same"
        )
    load_kernels()
    per_row = 8 * (X.shape[1] + len(H) ** 2)
    step = max(1, _BLOCK_BYTES // per_row)
    parts = [
        _block(X[i : i + step], H, loss, _prices(penalty, H)) for i in range(0, X.shape[0], step)
    ]
    return Transformed(*(np.concatenate(side) for side in zip(*parts, strict=True)))


def fully_known(X):
    """The matrix, or a refusal if it has weights or unknown entries."""
    if isinstance(X, Weighted):
        raise RequestError(
            "new samples have weights or unknown entries (NaN), for which transform has no "
            "weights; possible: samples of which every entry is known"
        )
    return X


def _prices(penalty, H):
    """Price of an entry of W by component, shape (n_components, 1), and of its square."""
    if penalty.name == "scale_free_W":
        return penalty.strength * np.linalg.norm(H, axis=1)[:, None], 0.0
    l1, l2, *_ = penalty.weights(1, H.shape[1])
    return np.full((len(H), 1), l1), l2


def _block(X, H, loss, prices):
    """Weights, loss and relative error of some samples."""
    W = _weights(X, H, loss, *prices)
    error = np.sqrt(2 * loss_by_sample(X, W, H))
    norm = np.sqrt(2 * loss_by_sample(X, W, np.zeros_like(H)))
    error = np.divide(error, norm, out=np.zeros(len(norm)), where=norm > 0)
    return W, loss_by_sample(X, W, H, loss), error


def _weights(X, H, loss, l1, l2):
    """Newton sweeps over the rows of W, H fixed, until only rounding is left."""
    from nmfstudy.fitting.engine.entries import SIDE_W, DenseEntries, SparseEntries

    kullback = loss == "kullback-leibler"
    some = H.any(axis=0)  # what no component has makes no difference to the weights
    X, H = X[:, some], np.ascontiguousarray(H[:, some])
    total = X.sum()
    if not total > 0:
        return np.zeros((X.shape[0], len(H)))
    # A power of four, as everywhere: kernels take data of the size of one, and nothing rounds.
    scale = 4.0 ** np.round(0.5 * np.log2(total / X.shape[0] / X.shape[1]))
    l1, l2 = (l1, l2 * scale) if kullback else (l1 / scale, l2)
    X = X / scale
    entries = (SparseEntries if sparse.issparse(X) else DenseEntries)(X, kullback)
    # All equal, and as much in all as the sample has.
    W = np.tile(np.asarray(X.sum(axis=1)) / max(H.sum(), np.finfo(float).tiny), (len(H), 1))
    unit = _unit(X, H, kullback) + l1
    best, kept = np.inf, W
    for _ in range(_MOST):
        local = entries.local(entries.slopes(W, H), SIDE_W, W, H, l1, l2)
        left = np.where(W > 0, np.abs(local.gradient), np.maximum(-local.gradient, 0.0))
        worst = float((left / (unit + l2 * W)).max())
        if worst < best:
            best, kept = worst, W.copy()
        if worst <= _TOL:
            break
        entries.sweep(SIDE_W, W, H, l1, l2)
    return np.ascontiguousarray(scale * kept.T)


def _unit(X, H, kullback):
    """What a gradient of the loss is summed from, by component and perhaps by sample."""
    tiny = np.finfo(float).tiny
    if kullback:
        return np.maximum(H.sum(axis=1), tiny)[:, None]
    square = X.multiply(X) if sparse.issparse(X) else np.square(X)
    norm = np.sqrt(np.asarray(square.sum(axis=1)))
    return np.maximum(np.linalg.norm(H, axis=1)[:, None] * norm, tiny)
