"""From which strength on a penalty makes all-zero factors the best ones there are.

Let every component have its cheapest scale. A two-sided penalty then charges a term
``t = w hᵀ`` a price that grows with its size, and ``½‖X‖²`` is what zero costs. Since terms
are nonnegative, ``½‖Σ t_r‖² ≥ Σ ½‖t_r‖²``: if no single term lowers the objective, no sum of terms
does. So the threshold is a maximum over one term only.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from nmfstudy.model.weighted import Weighted, stored, with_entries

_SMALL = 2000  # up to this many rows or columns the Gram matrix is decomposed
_STARTS = 32  # rows and columns that the alternating maximisation begins from
_SWEEPS = 500


def collapse_strength(X, penalty_name):
    r"""The strength α* (λ* for the scale-free ones) from which zero is a global minimum.

    With equal alpha on W and H, n = n_samples, d = n_features, over all w, h ≥ 0:

    .. math::
        \text{ridge:}\quad α^* &= σ_1(X) / \sqrt{nd} \\
        \text{l1:}\quad α^* &= \frac{1}{2\sqrt{nd}} \left(\tfrac23\right)^{3/2} \max
            \frac{(w^T X h)^{3/2}}{\sqrt{|w|_1 |h|_1} ‖w‖ ‖h‖} \\
        \text{scale-free on W, on H:}\quad λ^* &= \max_i ‖X_{i,:}‖, \; \max_j ‖X_{:,j}‖

    Below α* with ridge, and below λ*, zero is no minimum at all. With L1 zero is a strict *local*
    minimum for every α > 0: single fits may end there already far below α*.

    Parameters
    ----------
    X : array, sparse matrix or Weighted of shape (n_samples, n_features)
    penalty_name : str
        A name of `nmfstudy.model.penalties.PENALTIES`.

    Returns
    -------
    float or None
        None for a penalty without a formula (none, elastic). Invariant under permutation of
        rows and columns and under transposition (the scale-free ones change places). For c·X
        ridge and scale-free grow by c, L1 by c^{3/2}.
    """
    root = np.sqrt(X.shape[0] * X.shape[1])
    if isinstance(X, Weighted):  # minus the slope of the loss at zero is what decides
        x, v, _ = stored(X)
        X = with_entries(X, v * x)
    if penalty_name == "ridge":
        return largest_singular_value(X) / root
    if penalty_name == "l1":
        return 0.5 * (2 / 3) ** 1.5 * l1_gain(X) / root
    if penalty_name in ("scale_free_W", "scale_free_H"):
        squares = X.multiply(X) if sparse.issparse(X) else np.square(X)
        return float(np.sqrt(squares.sum(axis=1 if penalty_name[-1] == "W" else 0).max()))
    return None


def zero_is_best(X, problem):
    """Whether zero is a global minimum of a problem by the formula for α*.

    Parameters
    ----------
    X : array or sparse matrix
    problem : Problem

    Returns
    -------
    bool
        False too where no formula is known: another loss, or unequal alpha on W and H.
    """
    penalty = problem.penalty
    if problem.loss != "frobenius" or penalty.is_zero or penalty.one_sided:
        return False
    if penalty.name.startswith("scale_free"):
        strength = penalty.strength
    elif penalty.alpha_W == penalty.alpha_H:
        strength = penalty.alpha_W
    else:
        return False
    predicted = collapse_strength(X, penalty.name)
    return predicted is not None and strength >= predicted


def largest_singular_value(X):
    """``σ₁(X)``."""
    if min(X.shape) <= _SMALL:
        gram = X @ X.T if X.shape[0] <= X.shape[1] else X.T @ X
        gram = gram.toarray() if sparse.issparse(gram) else gram
        return float(np.sqrt(max(np.linalg.eigvalsh(gram)[-1], 0.0)))
    start = np.ones(min(X.shape))
    return float(svds(X, k=1, v0=start, return_singular_vectors=False)[0])


def l1_gain(X):
    r"""``max (wᵀXh)^{3/2} / (√(|w|₁|h|₁)‖w‖‖h‖)`` over w, h ≥ 0, by alternating maximisation.

    Each half step is an exact maximum, and the best of several starts (the mean direction and
    the largest rows) is taken. It is a maximum among those found: a lower bound in principle.
    """
    Xt = X.T.tocsr() if sparse.issparse(X) else X.T
    norms = np.asarray(abs(X).sum(axis=1)).ravel()
    rows = np.argsort(-norms, kind="stable")[:_STARTS]
    starts = [np.asarray(X.sum(axis=0), dtype=float).ravel()]
    starts += [np.asarray(X[[r]].todense() if sparse.issparse(X) else X[r]).ravel() for r in rows]
    return max(_ascend(X, Xt, h) for h in starts if h.any())


def _ascend(X, Xt, h):
    value = 0.0
    for _ in range(_SWEEPS):
        w = best_partner(X @ h)
        c = Xt @ w
        h = best_partner(c)
        before, value = value, _gain(w, h, float(c @ h))
        if value <= before * (1 + 1e-14):
            break
    return max(value, before)


def _gain(w, h, inner):
    return inner**1.5 / (np.sqrt(w.sum() * h.sum()) * np.linalg.norm(w) * np.linalg.norm(h))


def best_partner(c):
    """The unit w ≥ 0 that maximises ``(wᵀc)^{3/2} / (√|w|₁ ‖w‖)`` for a c ≥ 0 that is not zero.

    On its support w is ``c − θ`` with ``3 m θ² − 4 s θ + q = 0`` (m entries, sum s and sum of
    squares q of c there), and the support is made of the largest entries, so all of them can be
    tried.
    """
    order = np.argsort(-c, kind="stable")
    top = c[order] / c.max()
    m = np.arange(1, c.size + 1)
    s, q = np.cumsum(top), np.cumsum(top**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.sqrt(np.maximum(4 * s**2 - 3 * m * q, 0.0))
        theta = np.stack([(2 * s - half) / (3 * m), (2 * s + half) / (3 * m)])
        length = s - m * theta
        square = q - 2 * theta * s + m * theta**2
        inner = q - theta * s
        valid = (4 * s**2 >= 3 * m * q) & (theta < top) & (length > 0) & (square > 0)
        value = np.where(valid, inner**1.5 / (np.sqrt(length) * np.sqrt(square)), -np.inf)
    which, last = np.unravel_index(np.argmax(value), value.shape)
    w = np.zeros_like(c)
    w[order[: last + 1]] = top[: last + 1] - theta[which, last]
    return w / np.linalg.norm(w)
