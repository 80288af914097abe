"""Search for a nonnegative factorization with fewer components, to full precision."""

import numpy as np

from nmfstudy.certificates.case import RANK_SURE
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream

TO_ROUNDING = 1e-12  # largest entry of the residual that counts as rounding
MAX_UNKNOWNS = 400  # (n + d)(k - 1); beyond, a dense Gauss–Newton step is too dear


def find_smaller(case, effort):
    """Find a factorization of the case's product with ``k − 1`` components at most, or None.

    Products of rank 1 or 2 always have one with as many components. Otherwise block coordinate
    descent starts from the given factors with one component left out, then from random ones, and
    Gauss–Newton steps on the positive entries bring the residual to rounding. Not finding one
    proves nothing.
    """
    X = case.product
    s = np.linalg.svd(X, compute_uv=False)
    rank = int((s > RANK_SURE * s[0]).sum())
    if rank <= 2 and rank < case.k:
        return _of_low_rank(X, rank)
    size = case.k - 1
    if size < rank or sum(X.shape) * size > MAX_UNKNOWNS:
        return None
    rng = stream(0, "smaller")
    for start in range(4 * case.k):
        if effort.exhausted():
            return None
        if start < case.k:
            W, H = np.delete(case.W, start, axis=1), np.delete(case.H, start, axis=0)
        else:
            W, H = rng.random((X.shape[0], size)), rng.random((size, X.shape[1]))
        found = fit_exactly(X, W, H, effort)
        if found is not None:
            return found
    return None


def _of_low_rank(X, rank):
    """Rank 1 or 2: extreme columns are the components."""
    norms = np.linalg.norm(X, axis=0)
    if rank == 1:
        j = int(norms.argmax())
        w = X[:, j]
        return Factorization(w[:, None], (w @ X / (w @ w))[None])
    U = np.linalg.svd(X / norms, full_matrices=False)[0][:, :2]
    angle = np.arctan2(*(U.T @ X)[::-1])
    # All columns lie in a cone narrower than a half turn around their mean direction.
    middle = np.arctan2(*(U.T @ (X / norms).sum(axis=1))[::-1])
    angle = (angle - middle + np.pi) % (2 * np.pi)
    W = X[:, [angle.argmin(), angle.argmax()]]
    H = np.linalg.lstsq(W, X, rcond=None)[0]
    return Factorization(W, np.where(H > -1e-12, np.maximum(H, 0), H).clip(min=0))


def fit_exactly(X, W, H, effort, sweeps=300):
    """Descend from ``(W, H)`` and polish; a `Factorization` with product X, or None."""
    W, H = W + 1e-3 * W.mean(), H + 1e-3 * H.mean()
    for _ in range(sweeps):
        _sweep(W, X @ H.T, H @ H.T)
        _sweep(H.T, X.T @ W, W.T @ W)
    effort.compute(sweeps * (8 * X.size + 1e5) * W.shape[1])
    if np.abs(X - W @ H).max() > 1e-2:
        return None
    effort.compute(20 * X.size * (W.size + H.size) ** 2)
    W, H = polish(X, W, H)
    if (W < 0).any() or (H < 0).any() or np.abs(X - W @ H).max() > TO_ROUNDING:
        return None
    return Factorization(W, H)


def _sweep(W, XH, HH):
    """One pass of coordinate descent over the columns of W, in place."""
    for r in range(W.shape[1]):
        if HH[r, r] > 0:
            W[:, r] = np.maximum(W[:, r] + (XH[:, r] - W @ HH[:, r]) / HH[r, r], 0)


def polish(X, W, H, steps=30):
    """Gauss–Newton on the positive entries of both factors, by steps of least norm.

    Entries that are small and shrinking are set to zero on the way. Quadratic convergence where
    an exact factorization with this support is near.
    """
    n, d, k = X.shape[0], X.shape[1], W.shape[1]
    for _ in range(steps):
        R = X - W @ H
        if np.abs(R).max() < 1e-15:
            break
        free_W, free_H = W > 1e-9 * W.max(), H > 1e-9 * H.max()
        W, H = np.where(free_W, W, 0), np.where(free_H, H, 0)
        # vec(dW H + W dH), rows of the residual first.
        J_W = np.einsum("ab,rj->ajbr", np.eye(n), H).reshape(n * d, n * k)[:, free_W.ravel()]
        J_H = np.einsum("lr,jm->ljrm", W, np.eye(d)).reshape(n * d, k * d)[:, free_H.ravel()]
        step = np.linalg.lstsq(np.hstack([J_W, J_H]), (X - W @ H).ravel(), rcond=1e-10)[0]
        dW, dH = np.zeros_like(W), np.zeros_like(H)
        dW[free_W], dH[free_H] = np.split(step, [free_W.sum()])
        W, H = np.maximum(W + dW, 0), np.maximum(H + dH, 0)
    return W, H
