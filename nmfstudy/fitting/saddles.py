r"""Stationary points that are no minima: dead components that could be revived, split terms.

A component with ``w_r = 0`` and ``h_r = 0`` is stationary whatever the data. With minus the slope
of the loss ``R = X − WH``, or ``X/WH − 1`` under Kullback–Leibler, growing it as ``t·u vᵀ``
(u, v ≥ 0 of unit norm) changes the objective by

.. math:: -t\,(u^T R v - \text{price}) + \tfrac12 c t^2

with c = 1, or ``Σ_ij X_ij/(WH)_ij² u_i² v_j²`` up to higher powers of t, each entry by its weight,
at the cheapest scaling, where the price per unit of t is

* 0 without penalty, so that a fit with a dead component is a saddle unless it is exact,
* ``√(λ_W λ_H)`` under ridge on both factors,
* ``strength·‖u‖₁`` (side W) or ``strength·‖v‖₁`` (side H) under a scale-free penalty.

Under any two-sided L1 share the price grows like ``√t`` and the point is a local minimum: no
test. Otherwise it is a saddle if some (u, v) makes the bracket positive. Under a scale-free
penalty the best direction has a single row (column) of R and is found exactly. For ridge it is
sought by power iteration on positive parts, which proves a saddle when it finds one and nothing
when it does not.

Parallel terms are one term split in two. An L1 share makes the split dearer than the whole, so
the pair is a saddle and is merged for good. Otherwise the split is free; it is undone only when
the spare component then has something to grow along.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nmfstudy.model.factorization import PARALLEL, Factorization, component_norms
from nmfstudy.model.objective import descent, product_at, slope_size
from nmfstudy.model.penalties import ScaleFreePenalty
from nmfstudy.model.weighted import is_sparse, stored, with_entries
from nmfstudy.util.streams import stream

ROUNDS = 5  # revivals of one start before what remains is called a saddle
EXACT = 1e-6  # share of ‖X‖ below which a direction is noise of an exact fit
VANISHED = 1e-10  # share of ‖X‖ below which a penalised term counts as zero
_MARGIN = 1e-6  # of the price, by which a direction must beat it: equality is a split live term
_RANDOM_STARTS = 4
_STEPS = 200
_ROWS = 512  # rows of the residual that exist at a time


def zero_vanished_components(W, H, penalty, norm):
    """Zero both sides of every component that is dead in all but name, in stacks.

    That is: one side is zero, so that the product stays; or a penalty that fixes the scale has
    driven the term below `VANISHED`·norm, since ridge only tends to zero. Returns new arrays
    only if there is such a component.
    """
    w, h = component_norms(W, H)
    vanished = 0.0 if penalty.is_zero or penalty.one_sided else VANISHED * norm
    alive = w * h > vanished
    if alive.all():
        return W, H
    return W * alive[..., None, :], H * alive[..., :, None]


def suspects(W, H):
    """Which fits of a stack have a dead component or parallel terms, shape (n_fits,)."""
    w, h = component_norms(W, H)
    alive = (w > 0) & (h > 0)
    w, h = np.where(alive, w, 1), np.where(alive, h, 1)
    H_unit = H / h[..., :, None]
    cosines = np.matmul(np.swapaxes(W, -1, -2), W) / (w[..., :, None] * w[..., None, :])
    cosines *= np.matmul(H_unit, np.swapaxes(H_unit, -1, -2))
    k = W.shape[-1]
    parallel = (cosines * (1 - np.eye(k)) > 1 - PARALLEL).any(axis=(-2, -1))
    return ~alive.all(axis=-1) | parallel


def escape_saddle(X, W, H, penalty, loss="frobenius"):
    """Where to go on from a stationary point that is no minimum.

    Parameters
    ----------
    X : array or CSR array of shape (n_samples, n_features)
    W, H : arrays of shape (n_samples, n_components), (n_components, n_features)
        A stationary point.
    penalty : Penalty
    loss : {"frobenius", "kullback-leibler"}

    Returns
    -------
    (W, H) or None
        Of lower objective (equal to rounding for a merged pair that costs nothing); None if no
        way down was found.
    """
    given = Factorization(W, H)
    merged = given.merge_parallel()
    free_split = penalty.l1_ratio == 0 or penalty.is_zero or isinstance(penalty, ScaleFreePenalty)
    if not free_split:
        return None if merged is given else (merged.W.copy(), merged.H.copy())
    if not merged.dead.any():
        return None
    W, H = merged.W.copy(), merged.H.copy()
    found = False
    for r in np.flatnonzero(merged.dead):
        direction = growth(X, W, H, penalty, loss)
        if direction is None:
            break
        W[:, r], H[r] = direction
        found = True
    return (W, H) if found else None


def growth(X, W, H, penalty, loss="frobenius"):
    """The new component ``(w, h)`` of best size along the best direction found, or None."""
    residual = Residual.of(X, W, H, loss)
    if isinstance(penalty, ScaleFreePenalty) and not penalty.is_zero:
        u, v = residual.best_row() if penalty.side == "W" else residual.best_column()
        price_u = price_v = 1.0
        price = penalty.strength
    else:
        prices = penalty.weights(*X.shape)
        price_u, price_v = prices.l2_W or 1.0, prices.l2_H or 1.0
        price = np.sqrt(prices.l2_W * prices.l2_H)
        u, v = residual.best_pair(price * (1 + _MARGIN))
    gain = u @ residual.times(v)
    if not gain > price * (1 + _MARGIN) + EXACT * residual.norm:
        return None
    # price_u‖w‖² = price_v‖h‖² is the cheapest scaling.
    size = (gain - price) / residual.curvature(u, v)
    ratio = (price_v / price_u) ** 0.25
    return np.sqrt(size) * ratio * u, np.sqrt(size) / ratio * v


@dataclass(frozen=True, eq=False)
class Residual:
    """``R = D − L M`` as an operator, never formed as a whole: minus the slope of the loss in WH.

    See `nmfstudy.model.objective.descent`: ``L M`` is WH, ones or nothing. ``second`` holds the
    second derivatives of stored entries, less those of one that all entries have if ``uniform``;
    ``norm`` is the size of R without any component.
    """

    D: np.ndarray | sparse.csr_array
    L: np.ndarray
    M: np.ndarray
    second: np.ndarray | sparse.csr_array | None
    uniform: float
    norm: float

    @classmethod
    def of(cls, X, W, H, loss):
        """The residual of a fit."""
        (n, d), (x, v, background) = X.shape, stored(X)
        D, b = descent(X, W, H, loss)
        L, M = (b * W, H) if loss == "frobenius" else (np.full((n, 1), b), np.ones((1, d)))
        second, uniform = None, 1.0
        if loss == "frobenius" and v is not None:
            uniform = background
            second = with_entries(X, v - uniform)
        elif loss != "frobenius":
            y, uniform = product_at(X, W, H) if is_sparse(X) else W @ H, 0.0
            q = np.divide(x, y, out=np.zeros_like(y), where=x > 0)
            q = np.divide(q, y, out=np.zeros_like(y), where=x > 0)
            second = with_entries(X, q if v is None else v * q)
        return cls(D, L, M, second, uniform, slope_size(X, loss))

    def curvature(self, u, v):
        """Second derivative of the loss along ``u vᵀ``, both of unit norm."""
        return self.uniform + (0.0 if self.second is None else u**2 @ (self.second @ v**2))

    def times(self, v):
        """``R v``."""
        return self.D @ v - self.L @ (self.M @ v)

    def transposed_times(self, u):
        """``Rᵀ u``."""
        return self.D.T @ u - (u @ self.L) @ self.M

    def blocks(self):
        """Dense blocks of rows, each with its first row's number."""
        for i in range(0, self.D.shape[0], _ROWS):
            D = self.D[i : i + _ROWS]
            D = D.toarray() if sparse.issparse(D) else D
            yield i, D - self.L[i : i + _ROWS] @ self.M

    def best_row(self):
        """The row whose positive part is largest, as unit vectors (e_i, v)."""
        sizes = np.concatenate([np.linalg.norm(np.maximum(R, 0), axis=1) for _, R in self.blocks()])
        u = np.zeros(self.D.shape[0])
        u[np.argmax(sizes)] = 1.0
        return u, _unit(self.transposed_times(u))

    def best_column(self):
        """The column whose positive part is largest, as unit vectors (u, e_j)."""
        sizes = sum(np.square(np.maximum(R, 0)).sum(axis=0) for _, R in self.blocks())
        v = np.zeros(self.D.shape[1])
        v[np.argmax(sizes)] = 1.0
        return _unit(self.times(v)), v

    def best_pair(self, enough):
        """Unit u, v ≥ 0 of large ``uᵀRv``: power iteration on positive parts.

        Starts from the best row, the best column, the mean and some random vectors; the first
        that leads beyond ``enough`` is carried to its end and taken.
        """
        d = self.D.shape[1]
        generator = stream(0, "saddle")
        column = self.transposed_times(self.best_column()[0])
        starts = [self.best_row()[1], column, np.ones(d)]
        starts += [generator.random(d) for _ in range(_RANDOM_STARTS)]
        best, best_gain = (np.zeros(self.D.shape[0]), np.zeros(d)), 0.0
        for v in starts:
            u, v, gain = self._power(_unit(v))
            if gain > best_gain:
                best, best_gain = (u, v), gain
            if best_gain > enough + EXACT * self.norm:
                break
        return best

    def _power(self, v):
        gain = 0.0
        for _ in range(_STEPS):
            u = _unit(self.times(v))
            g = np.maximum(self.transposed_times(u), 0)
            before, gain = gain, np.linalg.norm(g)
            v = _unit(g)
            if gain <= before * (1 + 1e-9):
                break
        return u, v, gain


def _unit(a):
    """The positive part at unit norm; zero if there is none."""
    a = np.maximum(a, 0)
    size = np.linalg.norm(a)
    return a / size if size > 0 else a
