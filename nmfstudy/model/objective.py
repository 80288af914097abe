"""What is minimised, its gradients and the optimality residual: the one definition of each.

Solvers, runs, reports and tests all call these functions. X may be dense or a scipy sparse
matrix; it is never made dense as a whole. The factors may be single matrices or stacks of them,
W of shape (..., n_samples, n_components) and H of shape (..., n_components, n_features); values
then have shape (...,), and each entry has the bits it has alone.
"""

import numpy as np
from scipy import sparse

from nmfstudy.model.factorization import balance, balance_factors
from nmfstudy.model.penalties import NO_PENALTY
from nmfstudy.util.errors import check_choice

LOSSES = ("frobenius", "kullback-leibler", "itakura-saito")
_EXACT = 1e-6  # below this relative error the expanded form of ‖X − WH‖² has lost half its digits
_BLOCK = 2**14  # entries of a residual that exist at a time


def check_loss(loss):
    """Return ``loss``, or refuse it with the list of what exists."""
    return check_choice("loss", loss, LOSSES)


def data_norm(X):
    """``‖X‖_F`` of a dense or sparse matrix."""
    return float(np.linalg.norm(X.data if sparse.issparse(X) else X))


def squared_error(X, W, H):
    """``‖X − WH‖_F²``.

    The residual is formed a few rows at a time. Sparse X: ``‖X‖² − 2⟨X, WH⟩ + ⟨WᵀW, HHᵀ⟩``,
    unless that cancels because the fit is nearly exact.
    """
    if not sparse.issparse(X):
        rows = _row_blocks(X)
        return sum(_square(X[i] - W[..., i, :] @ H) for i in rows)
    if W.ndim > 2:
        return np.array([squared_error(X, w, h) for w, h in zip(W, H, strict=True)])
    total = data_norm(X) ** 2
    error = total - 2 * np.vdot(X @ H.T, W) + np.vdot(W.T @ W, H @ H.T)
    if error > _EXACT**2 * total:
        return float(error)
    X = X.tocsr()
    return float(sum(_square(X[i].toarray() - W[i] @ H) for i in _row_blocks(X)))


def _row_blocks(X):
    """Slices of a few rows, whose residuals stay in cache."""
    n, d = X.shape
    step = max(1, _BLOCK // d)
    return [slice(i, i + step) for i in range(0, n, step)]


def _square(A):
    """Sum of squares of each matrix of a stack, which is overwritten: another would cost more."""
    flat = np.ascontiguousarray(A).reshape(*A.shape[:-2], -1)
    return np.square(flat, out=flat).sum(axis=-1)


def _sum(A):
    return np.ascontiguousarray(A).reshape(*A.shape[:-2], -1).sum(axis=-1)


def _T(A):
    return np.swapaxes(A, -1, -2)


def _divergence(X, Y, loss):
    """Kullback–Leibler or Itakura–Saito divergence of a dense X from Y; inf where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if loss == "kullback-leibler":
            parts = np.where(X > 0, X * np.log(X / Y), 0.0) - X + Y
        else:
            parts = X / Y - np.log(X / Y) - 1
    value = _sum(parts)
    return np.where(np.isnan(value), np.inf, value)[()]


def _sparse_divergence(X, W, H):
    """Kullback–Leibler divergence of a sparse X from WH: only nonzeros enter the logarithm."""
    x, y = X.data, product_at(X, W, H)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.sum(x * np.log(x / y) - x, where=x > 0) + W.sum(axis=0) @ H.sum(axis=1)
    return np.inf if np.isnan(value) else float(value)


def product_at(X, W, H):
    """``(WH)_ij`` at the stored entries of a CSR array, in their order."""
    rows, y = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), np.empty(X.nnz)
    for i in range(0, X.nnz, _BLOCK):
        part = slice(i, i + _BLOCK)
        y[part] = np.einsum("ek,ke->e", W[rows[part]], H[:, X.indices[part]])
    return y


def loss_value(X, W, H, loss="frobenius"):
    """The loss alone: ``½‖X − WH‖²``, or the sum of divergences ``d(X_ij, (WH)_ij)``."""
    if check_loss(loss) == "frobenius":
        return 0.5 * squared_error(X, W, H)
    if loss == "kullback-leibler" and sparse.issparse(X):
        return _each(lambda w, h: _sparse_divergence(sparse.csr_array(X), w, h), W, H)
    return _divergence(_dense(X), W @ H, loss)


def _each(function, W, H):
    """Values of a function of single factors, or of each pair of a stack."""
    if W.ndim == 2:
        return function(W, H)
    return np.array([function(w, h) for w, h in zip(W, H, strict=True)])


def reference_loss(X, loss="frobenius"):
    """What gates on objectives are relative to: ``½‖X‖²``, or the loss of X against its mean."""
    if check_loss(loss) == "frobenius":
        return 0.5 * data_norm(X) ** 2
    (n, d), mean = X.shape, X.mean()
    return float(loss_value(X, np.full((n, 1), mean), np.ones((1, d)), loss))


def is_counts(X):
    """Whether every entry is a whole number, as counts are."""
    entries = X.data if sparse.issparse(X) else X
    return bool((entries == np.floor(entries)).all())


def objective(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    """Loss plus penalty.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    W : array of shape (..., n_samples, n_components)
    H : array of shape (..., n_components, n_features)
    loss : one of `LOSSES`
    penalty : ElementwisePenalty or ScaleFreePenalty

    Returns
    -------
    float or array of shape (...,)
        Invariant under permutation of the components; under scaling only where the penalty is.
    """
    return loss_value(X, W, H, loss) + penalty.value(W, H)


def gradients(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    """Gradients of the objective with respect to W and to H, at the factors' own scale."""
    if sparse.issparse(X) and W.ndim > 2:
        pairs = [gradients(X, w, h, loss=loss, penalty=penalty) for w, h in zip(W, H, strict=True)]
        return tuple(np.stack(side) for side in zip(*pairs, strict=True))
    if check_loss(loss) == "frobenius":
        HT = np.ascontiguousarray(_T(H))  # products with a transposed stack are slow
        of_W = W @ (H @ HT) - X @ HT
        of_H = (_T(W) @ W) @ H - _T(X.T @ W)
    elif loss == "kullback-leibler" and sparse.issparse(X):
        X = sparse.csr_array(X)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(X.data > 0, X.data / product_at(X, W, H), 0.0)
        ratio = sparse.csr_array((ratio, X.indices, X.indptr), shape=X.shape)
        of_W = H.sum(axis=1) - ratio @ H.T
        of_H = W.sum(axis=0)[:, None] - (ratio.T @ W).T
    else:
        dense, Y = _dense(X), W @ H
        with np.errstate(divide="ignore", invalid="ignore"):
            if loss == "kullback-leibler":
                slope = 1 - np.where(dense > 0, dense / Y, 0.0)
            else:
                slope = 1 / Y - dense / Y**2
            of_W, of_H = slope @ _T(H), _T(W) @ slope
    if penalty.is_zero:
        return of_W, of_H
    price_W, price_H = penalty.gradients(W, H)
    return of_W + price_W, of_H + price_H


def kkt_residual(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    r"""How far (W, H) is from first-order optimality; dimensionless, 0 at a stationary point.

    .. math:: ‖(P∇_W, P∇_H)‖_F / (s ‖X‖_F^{1/2}), \qquad
        s = ‖X‖_F \text{ (Frobenius)}, \quad s = \sqrt{nd} \text{ (Kullback–Leibler)}

    where P∇ is the gradient at positive entries and its negative part at zeros, and s is the size
    of the slope of the loss in WH for a bad fit. Gradients are taken at the factors' own scale
    and then scaled as if every component were balanced (‖w_r‖ = ‖h_r‖), so that the value is
    continuous in the penalty and, without one, invariant under rescaling of the components and
    of the data.

    Itakura–Saito: ``‖(min(W, ∇_W), min(H, ∇_H))‖_F`` of the balanced factors of ``X / mean(X)``,
    since multiplicative updates never reach an exact zero.

    Returns
    -------
    float or array of shape (...,)
        ``inf`` if an entry of a factor or gradient is not finite.
    """
    if check_loss(loss) == "itakura-saito":
        mean = float(X.mean())
        W, H = balance(W, H / mean)
        of_W, of_H = gradients(X / mean, W, H, loss=loss, penalty=penalty)
        with np.errstate(invalid="ignore"):
            squared = _square(np.minimum(W, of_W)) + _square(np.minimum(H, of_H))
            residual = np.sqrt(squared)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            of_W, of_H = gradients(X, W, H, loss=loss, penalty=penalty)
            c = balance_factors(W, H)
            of_W = np.where(W > 0, of_W, np.minimum(of_W, 0)) / c[..., None, :]
            of_H = np.where(H > 0, of_H, np.minimum(of_H, 0)) * c[..., :, None]
            residual = np.sqrt(_square(of_W) + _square(of_H)) / kkt_unit(X, loss)
    return np.where(np.isfinite(residual), residual, np.inf)[()]


def kkt_unit(X, loss="frobenius"):
    """What the norm of the projected gradient is divided by in `kkt_residual`."""
    norm = data_norm(X)
    return norm**1.5 if loss == "frobenius" else np.sqrt(X.shape[0] * X.shape[1] * norm)


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X
