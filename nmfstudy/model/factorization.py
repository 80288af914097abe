"""A nonnegative factorization ``W @ H`` and what can be said of it without any data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nmfstudy.util.errors import RequestError

PARALLEL = 1e-8  # terms whose congruence exceeds 1 - PARALLEL are one term split in two


def component_norms(W, H):
    """``‖w_r‖`` and ``‖h_r‖``; stacks of factors give stacks of shape (..., n_components)."""
    # Several times as fast as numpy.linalg.norm over an axis that is not the last.
    squares = np.einsum("...ir,...ir->...r", W, W), np.einsum("...rj,...rj->...r", H, H)
    return tuple(np.sqrt(square) for square in squares)


def live_components(W, H):
    """Which components have two sides; bool array of shape (..., n_components)."""
    w, h = component_norms(W, H)
    return (w != 0) & (h != 0)


def balance_factors(W, H):
    """``c_r = sqrt(‖h_r‖/‖w_r‖)``: multiplying w_r and dividing h_r by it makes norms equal.

    One for a component with a zero side, which has no balance. Stacks of factors give stacks;
    shape (..., n_components).
    """
    w, h = component_norms(W, H)
    alive = (w > 0) & (h > 0)
    return np.where(alive, np.sqrt(np.where(alive, h, 1) / np.where(alive, w, 1)), 1.0)


def balance(W, H):
    """The same terms with ``‖w_r‖ = ‖h_r‖`` for every live component."""
    c = balance_factors(W, H)
    return W * c[..., None, :], H / c[..., :, None]


@dataclass(frozen=True, eq=False)
class Factorization:
    """Two nonnegative factors; their product is ``sum_r w_r h_r``.

    Parameters
    ----------
    W : array of shape (n_samples, n_components)
        Column r is ``w_r``.
    H : array of shape (n_components, n_features)
        Row r is ``h_r``.

    Raises
    ------
    RequestError
        If a factor is not a finite nonnegative matrix, or the shapes do not agree.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> f = ns.Factorization([[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 4.0]])
    >>> f.n_components
    2
    >>> f.product()
    array([[3., 0.],
           [0., 8.]])
    """

    W: np.ndarray
    H: np.ndarray

    def __post_init__(self):
        """Check both factors and keep them as read-only float64 arrays."""
        for name in ("W", "H"):
            object.__setattr__(self, name, check_factor(name, getattr(self, name)))
        if self.W.shape[1] != self.H.shape[0]:
            raise RequestError(
                f"W has {self.W.shape[1]} columns and H has {self.H.shape[0]} rows; "
                "both must equal n_components"
            )

    @property
    def n_components(self) -> int:
        """Number of terms, dead ones included."""
        return self.W.shape[1]

    @cached_property
    def sizes(self) -> np.ndarray:
        """``‖w_r h_r‖_F = ‖w_r‖‖h_r‖`` of every term, shape (n_components,)."""
        return np.linalg.norm(self.W, axis=0) * np.linalg.norm(self.H, axis=1)

    @property
    def dead(self) -> np.ndarray:
        """Which terms are zero, shape (n_components,)."""
        return self.sizes == 0

    def product(self) -> np.ndarray:
        """``W @ H``, shape (n_samples, n_features)."""
        return self.W @ self.H

    def terms(self) -> np.ndarray:
        """All rank-one terms, shape (n_components, n_samples, n_features)."""
        return np.einsum("nk,kd->knd", self.W, self.H)

    def permute(self, order: ArrayLike) -> Factorization:
        """The same factorization with its components in another order."""
        order = np.asarray(order)
        return Factorization(self.W[:, order], self.H[order])

    def normalize(self, norm: str = "l2") -> Factorization:
        """Give every live ``h_r`` unit norm and let ``w_r`` carry the scale.

        Parameters
        ----------
        norm : {"l2", "l1", "max"}
            The norm of ``h_r`` that becomes one. Terms, and so the product, do not change.
        """
        norms = {
            "l2": lambda H: np.linalg.norm(H, axis=1),
            "l1": lambda H: H.sum(axis=1),
            "max": lambda H: H.max(axis=1),
        }
        if norm not in norms:
            raise RequestError(f"norm is {norm!r}; possible: {', '.join(norms)}")
        scale = norms[norm](self.H)
        scale = np.where(scale > 0, scale, 1.0)
        return Factorization(self.W * scale, self.H / scale[:, None])

    def transform(self, Q):
        """``(W Q, Q⁻¹ H)``: another factorization of the same product.

        Raises
        ------
        RequestError
            If a factor becomes negative by more than rounding (1e-12 of its largest entry);
            rounding below zero is set to zero.
        """
        W, H = self.W @ Q, np.linalg.solve(Q, self.H)
        W = np.where((W < 0) & (W >= -1e-12 * np.abs(W).max()), 0.0, W)
        H = np.where((H < 0) & (H >= -1e-12 * np.abs(H).max()), 0.0, H)
        return Factorization(W, H)

    def supports(self, threshold=0.0):
        """Where the factors are nonzero: two boolean arrays of the shapes of W and H.

        Parameters
        ----------
        threshold : float
            Entries up to this share of their component's largest entry count as zero.
        """
        return (
            self.W > threshold * self.W.max(axis=0, initial=0.0),
            self.H > threshold * self.H.max(axis=1, initial=0.0)[:, None],
        )

    def merge_parallel(self, tolerance=PARALLEL):
        """One term for every group of parallel terms, zero terms in place of the others.

        Two terms are parallel when ``cos(w, w')·cos(h, h') > 1 - tolerance``: a component split
        in two, which leaves the product alone. A group becomes one term along the mean
        directions, weighted by size; the error is of second order in the angle.

        Returns
        -------
        Factorization
            With as many components; ``n_dead`` grows by the number of merged terms.
        """
        alive = np.flatnonzero(~self.dead)
        if alive.size < 2:
            return self
        w = self.W[:, alive] / np.linalg.norm(self.W[:, alive], axis=0)
        h = self.H[alive] / np.linalg.norm(self.H[alive], axis=1)[:, None]
        parallel = (w.T @ w) * (h @ h.T) > 1 - tolerance
        if parallel.sum() == alive.size:
            return self
        size = self.sizes[alive]
        W, H = np.zeros_like(self.W), np.zeros_like(self.H)
        unseen = np.ones(alive.size, dtype=bool)
        for i in range(alive.size):
            if unseen[i]:
                group = np.flatnonzero(parallel[i] & unseen)
                unseen[group] = False
                mean_w, mean_h = w[:, group] @ size[group], size[group] @ h[group]
                root = np.sqrt(size[group].sum())
                W[:, alive[i]] = mean_w / np.linalg.norm(mean_w) * root
                H[alive[i]] = mean_h / np.linalg.norm(mean_h) * root
        return Factorization(W, H)


def check_factor(name, given):
    """Return a factor as a read-only float64 array, or refuse what is no nonnegative matrix."""
    try:
        factor = np.array(given, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise RequestError(f"{name} must be a matrix of numbers, got {given!r:.60}") from None
    if factor.ndim != 2:
        raise RequestError(f"{name} must have 2 dimensions, got {factor.ndim}")
    if not np.isfinite(factor).all():
        raise RequestError(f"{name} must be finite, got NaN or infinity")
    if (factor < 0).any():
        raise RequestError(f"{name} must be nonnegative, got {factor.min():g}")
    factor.setflags(write=False)
    return factor


Factors: TypeAlias = "Factorization | tuple[ArrayLike, ArrayLike]"


def as_factorization(given: Factors) -> Factorization:
    """Accept a `Factorization` or a pair ``(W, H)``."""
    return given if isinstance(given, Factorization) else Factorization(*given)
