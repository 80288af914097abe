"""What is minimised, its gradients and the optimality residual: the one definition of each.

Solvers, runs, reports and tests all call these functions. X may be dense, a scipy sparse matrix,
or either with weights (`Weighted`); it is never made dense as a whole. The factors may be single
matrices or stacks of them, W of shape (..., n_samples, n_components) and H of shape
(..., n_components, n_features); values then have shape (...,), and each entry has the bits it has
alone.
"""

import numpy as np
from scipy import sparse

from nmfstudy.model.factorization import balance, balance_factors
from nmfstudy.model.penalties import NO_PENALTY
from nmfstudy.model.weighted import Weighted, is_sparse, stored, values_of, with_entries
from nmfstudy.util.errors import check_choice

LOSSES = ("frobenius", "kullback-leibler", "itakura-saito")
_EXACT = 1e-6  # below this relative error the expanded form of ‖X − WH‖² has lost half its digits
_BLOCK = 2**14  # entries of a residual that exist at a time


def check_loss(loss):
    """Return ``loss``, or refuse it with the list of what exists."""
    return check_choice("loss", loss, LOSSES)


def data_norm(X):
    """``‖X‖_F``, each known entry in the share of its weight: in the units of X."""
    x, v, _ = stored(X)
    if v is None:
        return float(np.linalg.norm(x))
    return float(np.sqrt((v * x * x).sum() / X.mean_weight))


def squared_norm(X):
    """``Σ_ij v_ij x_ij²``, which is ``‖X‖²`` where all weights are one."""
    x, v, _ = stored(X)
    return float(np.linalg.norm(x)) ** 2 if v is None else float((v * x * x).sum())


def squared_error(X, W, H):
    """``Σ_ij v_ij (x_ij − (WH)_ij)²``, which is ``‖X − WH‖²`` where all weights are one.

    The residual is formed a few rows at a time. Sparse X whose zeros are known:
    ``‖X‖² − 2⟨X, WH⟩ + ⟨WᵀW, HHᵀ⟩``, unless that cancels because the fit is nearly exact.
    """
    x, v, background = stored(X)
    if not is_sparse(X):
        rows = _row_blocks(X)
        if v is None:
            return sum(_square(x[i] - W[..., i, :] @ H) for i in rows)
        return sum(_sum(v[i] * np.square(x[i] - W[..., i, :] @ H)) for i in rows)
    if W.ndim > 2:
        return np.array([squared_error(X, w, h) for w, h in zip(W, H, strict=True)])
    if not background:
        return float((v * np.square(x - product_at(X, W, H))).sum())
    total = squared_norm(X)
    error = total - 2 * np.vdot(values_of(X) @ H.T, W) + np.vdot(W.T @ W, H @ H.T)
    if v is not None:
        error -= ((1 - v) * np.square(product_at(X, W, H))).sum()
    if error > _EXACT**2 * total:
        return float(error)
    blocks = ((X[i].toarray(), W[i] @ H) for i in _row_blocks(X))
    return float(sum(np.nansum(np.square(rows - y)) for rows, y in blocks))


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


def _divergences(x, y, loss):
    """Kullback–Leibler or Itakura–Saito divergence of x from y by entry; NaN where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if loss == "kullback-leibler":
            return np.where(x > 0, x * np.log(x / y), 0.0) - x + y
        return x / y - np.log(x / y) - 1


def _dense_divergence(X, W, H, loss):
    x, v, _ = stored(_dense(X))
    parts = _divergences(x, W @ H, loss)
    value = _sum(parts if v is None else v * parts)
    return np.where(np.isnan(value), np.inf, value)[()]


def _sparse_divergence(X, W, H):
    """Kullback–Leibler divergence of a sparse X from WH: only nonzeros enter the logarithm."""
    (x, v, background), y = stored(X), product_at(X, W, H)
    if background and v is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.sum(x * np.log(x / y) - x, where=x > 0) + W.sum(axis=0) @ H.sum(axis=1)
    else:
        value = (v * _divergences(x, y, "kullback-leibler")).sum()
        if background:
            value += W.sum(axis=0) @ H.sum(axis=1) - y.sum()
    return np.inf if np.isnan(value) else float(value)


def product_at(X, W, H):
    """``(WH)_ij`` at the stored entries of sparse data, in their order."""
    X = values_of(X)
    rows, y = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), np.empty(X.nnz)
    for i in range(0, X.nnz, _BLOCK):
        part = slice(i, i + _BLOCK)
        y[part] = np.einsum("ek,ke->e", W[rows[part]], H[:, X.indices[part]])
    return y


def loss_value(X, W, H, loss="frobenius"):
    """The loss alone: ``½‖X − WH‖²``, or the sum of divergences ``d(X_ij, (WH)_ij)``, weighted."""
    if check_loss(loss) == "frobenius":
        return 0.5 * squared_error(X, W, H)
    if loss == "kullback-leibler" and is_sparse(X):
        X = _rows_stored(X)
        return _each(lambda w, h: _sparse_divergence(X, w, h), W, H)
    return _dense_divergence(X, W, H, loss)


def _rows_stored(X):
    return sparse.csr_array(X) if sparse.issparse(X) else X


def loss_by_sample(X, W, H, loss="frobenius"):
    """The loss of every row of X, shape (n_samples,); X is made dense."""
    x, v, _ = stored(_dense(X))
    frobenius = check_loss(loss) == "frobenius"
    parts = 0.5 * np.square(x - W @ H) if frobenius else _divergences(x, W @ H, loss)
    value = (parts if v is None else v * parts).sum(axis=1)
    return np.where(np.isnan(value), np.inf, value)


def _each(function, W, H):
    """Values of a function of single factors, or of each pair of a stack."""
    if W.ndim == 2:
        return function(W, H)
    return np.array([function(w, h) for w, h in zip(W, H, strict=True)])


def reference_loss(X, loss="frobenius"):
    """What gates on objectives are relative to: ``½‖X‖²``, or the loss of X against its mean."""
    if check_loss(loss) == "frobenius":
        return 0.5 * squared_norm(X)
    (n, d), mean = X.shape, X.mean()
    if isinstance(X, Weighted):  # the constant that fits best
        x, v, _ = stored(X)
        mean = float((v * x).sum() / (X.mean_weight * X.n_known))
    return float(loss_value(X, np.full((n, 1), mean), np.ones((1, d)), loss))


def is_counts(X):
    """Whether every known entry is a whole number, as counts are, and all count the same."""
    entries = stored(X).x
    same = not isinstance(X, Weighted) or X.is_mask
    return same and bool((entries == np.floor(entries)).all())


def n_entries(X):
    """Number of known entries."""
    return X.n_known if isinstance(X, Weighted) else X.shape[0] * X.shape[1]


def objective(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    """Loss plus penalty.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
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


def descent(X, W, H, loss="frobenius"):
    """Minus the slope of the loss in every entry of WH, ``D − b·Y``.

    Returns
    -------
    D : array of shape (..., n_samples, n_features), or csr_array
    b : float
        Y is WH under Frobenius and ones under Kullback–Leibler; 0 where D is all there is.
    """
    x, v, background = stored(X)
    if loss == "frobenius" and v is None:
        return X, 1.0
    if loss == "itakura-saito":
        x, Y = _dense(X), W @ H
        with np.errstate(divide="ignore", invalid="ignore"):
            return x / Y**2 - 1 / Y, 0.0
    y = product_at(X, W, H) if is_sparse(X) else W @ H
    if loss == "frobenius":
        D = v * (x - y) + background * y
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(x > 0, x / y, 0.0)
        D = ratio - (1 - background) if v is None else v * (ratio - 1) + background
    return with_entries(X, D), background


def gradients(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    """Gradients of the objective with respect to W and to H, at the factors' own scale."""
    if is_sparse(X) and W.ndim > 2:
        pairs = [gradients(X, w, h, loss=loss, penalty=penalty) for w, h in zip(W, H, strict=True)]
        return tuple(np.stack(side) for side in zip(*pairs, strict=True))
    D, b = descent(_rows_stored(X), W, H, check_loss(loss))
    HT = np.ascontiguousarray(_T(H))  # products with a transposed stack are slow
    of_W, of_H = -(D @ HT), -_T((D.T if D.ndim == 2 else _T(D)) @ W)
    if b and loss == "frobenius":
        of_W = W @ (H @ HT) + of_W
        of_H = (_T(W) @ W) @ H + of_H
    elif b:
        of_W = H.sum(axis=1) + of_W
        of_H = W.sum(axis=0)[:, None] + of_H
    if penalty.is_zero:
        return of_W, of_H
    price_W, price_H = penalty.gradients(W, H)
    return of_W + price_W, of_H + price_H


def kkt_residual(X, W, H, *, loss="frobenius", penalty=NO_PENALTY):
    r"""How far (W, H) is from first-order optimality; dimensionless, 0 at a stationary point.

    .. math:: ‖(P∇_W, P∇_H)‖_F / (s ‖X‖_F^{1/2}), \qquad
        s = ‖V∘X‖_F \text{ (Frobenius)}, \quad s = ‖V‖_F \text{ (Kullback–Leibler)}

    where P∇ is the gradient at positive entries and its negative part at zeros, and s is the size
    of the slope of the loss in WH for a bad fit; weights V are one unless given, so that s is
    ``‖X‖`` or ``√(nd)``. Gradients are taken at the factors' own scale
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
    return slope_size(X, loss) * np.sqrt(data_norm(X))


def slope_size(X, loss="frobenius"):
    """Frobenius norm of the slope of the loss in WH for a bad fit."""
    x, v, background = stored(X)
    if v is None:
        return data_norm(X) if loss == "frobenius" else np.sqrt(X.shape[0] * X.shape[1])
    if loss == "frobenius":
        return float(np.linalg.norm(v * x))
    unstored = background * (X.shape[0] * X.shape[1] - v.size)
    return float(np.sqrt((v * v).sum() + unstored))


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X
