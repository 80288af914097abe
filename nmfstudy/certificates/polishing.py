"""The last digits of a fit under ridge, by Newton's method on its positive entries."""

import numpy as np

_LARGEST = 400  # entries of both factors; beyond that they stay as they are
_STEPS = 4


def polished(X, W, H, price):
    """Factors nearer to the stationary point with the same zeros.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    W, H : arrays of shapes (n_samples, n_components), (n_components, n_features)
    price : float
        Of ``½‖W‖² + ½‖H‖²``.

    Returns
    -------
    W, H : arrays
        As given, unless all their gradients get smaller and no entry changes its sign.
    """
    if W.size + H.size > _LARGEST:
        return W, H
    free = np.concatenate([W.ravel() > 0, H.ravel() > 0])
    slope = _gradient(X, W, H, price)[free]
    for _ in range(_STEPS):
        step = np.linalg.lstsq(_hessian(X, W, H, price)[np.ix_(free, free)], slope)[0]
        both = np.concatenate([W.ravel(), H.ravel()])
        both[free] -= step
        W_new, H_new = both[: W.size].reshape(W.shape), both[W.size :].reshape(H.shape)
        new = _gradient(X, W_new, H_new, price)[free]
        if (both[free] <= 0).any() or not np.linalg.norm(new) < np.linalg.norm(slope):
            break
        W, H, slope = W_new, H_new, new
    return W, H


def _gradient(X, W, H, price):
    E = W @ H - X
    return np.concatenate([(E @ H.T + price * W).ravel(), (W.T @ E + price * H).ravel()])


def _hessian(X, W, H, price):
    (n, k), d = W.shape, H.shape[1]
    cross = np.einsum("is,rj->irsj", W, H)
    cross += (W @ H - X)[:, None, None, :] * np.eye(k)[None, :, :, None]
    cross = cross.reshape(n * k, k * d)
    of_W = np.kron(np.eye(n), H @ H.T + price * np.eye(k))
    of_H = np.kron(W.T @ W + price * np.eye(k), np.eye(d))
    return np.block([[of_W, cross], [cross.T, of_H]])
