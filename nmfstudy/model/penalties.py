"""What is added to the loss. A penalty is a value and its gradients; nothing else.

Solvers ask a penalty for its `weights`; the objective asks for `value` and `gradients`.
A new penalty is a frozen dataclass with the members of `ElementwisePenalty` and a line in
`PENALTIES`.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from nmfstudy.util.errors import RequestError, check_choice, check_number, short


class Weights(NamedTuple):
    """Prices of the entries: ``l1_W|W|₁ + ½ l2_W‖W‖² + l1_H|H|₁ + ½ l2_H‖H‖²``."""

    l1_W: float
    l2_W: float
    l1_H: float
    l2_H: float


@dataclass(frozen=True)
class ElementwisePenalty:
    r"""L1, ridge or a mixture on the entries of W, of H or of both, in scikit-learn's scaling.

    .. math::
        d·α_W(ρ|W|_1 + \tfrac{1-ρ}{2}‖W‖_F^2) + n·α_H(ρ|H|_1 + \tfrac{1-ρ}{2}‖H‖_F^2)

    with n = n_samples, d = n_features and ρ = l1_ratio. Invariant under permutation of the
    components; not under scaling: a two-sided penalty fixes the scale of every component, a
    one-sided one has no minimiser, since ``(cW, H/c)`` gets ever cheaper.

    Parameters
    ----------
    alpha_W : float, >= 0
    alpha_H : float, >= 0, or "same"
        "same" takes alpha_W.
    l1_ratio : float in [0, 1]
        0 is ridge, 1 is L1.
    """

    alpha_W: float = 0.0
    alpha_H: float | str = "same"
    l1_ratio: float = 0.0

    def __post_init__(self):
        """Replace "same" and refuse what is no penalty."""
        if self.alpha_H == "same":
            object.__setattr__(self, "alpha_H", self.alpha_W)
        elif isinstance(self.alpha_H, str):
            raise RequestError(f"alpha_H is {short(self.alpha_H)}; possible: same, a number >= 0")
        for name in ("alpha_W", "alpha_H", "l1_ratio"):
            object.__setattr__(self, name, check_number(name, getattr(self, name)))
        if self.l1_ratio > 1:
            raise RequestError(f"l1_ratio is {self.l1_ratio!r}; possible: 0 (ridge) to 1 (L1)")

    @property
    def name(self):
        """One of none, l1, ridge, elastic."""
        if not (self.alpha_W or self.alpha_H):
            return "none"
        return {0.0: "ridge", 1.0: "l1"}.get(self.l1_ratio, "elastic")

    @property
    def words(self):
        """The name for people: ``L1``, ``ridge``."""
        return {"l1": "L1"}.get(self.name, self.name)

    @property
    def is_zero(self):
        """Whether nothing is penalised."""
        return self.alpha_W == self.alpha_H == 0

    @property
    def one_sided(self):
        """Whether one factor is free, so that scale escapes into it."""
        return (self.alpha_W == 0) != (self.alpha_H == 0)

    def weights(self, n_samples, n_features):
        """Prices of single entries for data of this shape."""
        lam_W, lam_H = n_features * self.alpha_W, n_samples * self.alpha_H
        rho = self.l1_ratio
        return Weights(lam_W * rho, lam_W * (1 - rho), lam_H * rho, lam_H * (1 - rho))

    def value(self, W, H):
        """The penalty of one factorization."""
        value = np.zeros(W.shape[:-2])
        if self.is_zero:
            return value[()]
        p = self.weights(W.shape[-2], H.shape[-1])
        for factor, l1, l2 in ((W, p.l1_W, p.l2_W), (H, p.l1_H, p.l2_H)):
            flat = factor.reshape(*factor.shape[:-2], -1)
            value = value + l1 * flat.sum(axis=-1) + 0.5 * l2 * np.square(flat).sum(axis=-1)
        return value[()]

    def gradients(self, W, H):
        """Gradients with respect to W and H, entries taken as positive."""
        p = self.weights(W.shape[-2], H.shape[-1])
        return p.l1_W + p.l2_W * W, p.l1_H + p.l2_H * H


@dataclass(frozen=True)
class ScaleFreePenalty:
    r"""L1 on one factor at unit norm of the other: a one-sided price that scaling cannot dodge.

    .. math::
        λ \sum_r ‖w_r‖_1 ‖h_r‖_2 \quad(\text{side W}), \qquad
        λ \sum_r ‖w_r‖_2 ‖h_r‖_1 \quad(\text{side H})

    Invariant under permutation and scaling of the components.

    Parameters
    ----------
    side : {"W", "H"}
        The factor made sparse.
    strength : float, >= 0
        λ, in the units of the data squared over the root of their number.
    """

    side: str
    strength: float

    one_sided = False

    def __post_init__(self):
        """Refuse what is no penalty."""
        check_choice("side", self.side, ("W", "H"))
        object.__setattr__(self, "strength", check_number("strength", self.strength))

    @property
    def name(self):
        """``scale_free_W`` or ``scale_free_H``."""
        return f"scale_free_{self.side}"

    @property
    def words(self):
        """The name for people: ``scale-free on H``."""
        return f"scale-free on {self.side}"

    @property
    def is_zero(self):
        """Whether nothing is penalised."""
        return self.strength == 0

    @property
    def alpha_W(self):
        """The strength if W is the side made sparse, for the tables."""
        return self.strength if self.side == "W" else 0.0

    @property
    def alpha_H(self):
        """The strength if H is the side made sparse, for the tables."""
        return self.strength if self.side == "H" else 0.0

    l1_ratio = 1.0

    def value(self, W, H):
        """The penalty of one factorization."""
        sparse, free = self._sides(W, H)
        return self.strength * (sparse.sum(axis=-2) * np.linalg.norm(free, axis=-2)).sum(axis=-1)

    def gradients(self, W, H):
        """Gradients with respect to W and H; of a zero vector's 2-norm, the subgradient 0."""
        sparse, free = self._sides(W, H)
        norm = np.linalg.norm(free, axis=-2, keepdims=True)
        direction = free / np.where(norm > 0, norm, 1.0)
        of_sparse = np.broadcast_to(self.strength * norm, sparse.shape)
        of_free = self.strength * sparse.sum(axis=-2, keepdims=True) * direction
        back = (of_sparse, of_free) if self.side == "W" else (of_free, of_sparse)
        return back[0], np.swapaxes(back[1], -1, -2)

    def _sides(self, W, H):
        """The sparse and the free factor, components along the last axis of both."""
        H = np.swapaxes(H, -1, -2)
        return (W, H) if self.side == "W" else (H, W)


Penalty = ElementwisePenalty | ScaleFreePenalty
NO_PENALTY = ElementwisePenalty()

PENALTIES = ("none", "l1", "ridge", "elastic", "scale_free_W", "scale_free_H")


def make_penalty(name, alpha_W=0.0, alpha_H="same", l1_ratio=None, strength=None):
    """The penalty of a configuration.

    Parameters
    ----------
    name : one of `PENALTIES`
    alpha_W, alpha_H, l1_ratio
        Of the elementwise penalties. ``none`` refuses a nonzero alpha; ``l1`` and ``ridge``
        fix l1_ratio.
    strength : float
        Of the scale-free ones.

    Raises
    ------
    RequestError
        If the name is unknown or does not fit the numbers beside it.
    """
    check_choice("penalty.name", name, PENALTIES)
    if name.startswith("scale_free_"):
        return ScaleFreePenalty(name[-1], 0.0 if strength is None else strength)
    fixed = {"none": 0.0, "l1": 1.0, "ridge": 0.0}.get(name)
    penalty = ElementwisePenalty(alpha_W, alpha_H, (fixed or 0.0) if l1_ratio is None else l1_ratio)
    if name == "none" and not penalty.is_zero:
        raise RequestError(
            f"penalty.name is none but alpha_W is {penalty.alpha_W:g} and alpha_H is "
            f"{penalty.alpha_H:g}; possible: penalty=l1, ridge or elastic"
        )
    if fixed is not None and penalty.l1_ratio != fixed:
        raise RequestError(
            f"penalty.l1_ratio is {penalty.l1_ratio:g} but penalty.name is {name}; "
            f"possible: {fixed:g}, or penalty=elastic"
        )
    return replace(penalty, l1_ratio=fixed) if fixed is not None else penalty
