"""How far a fit can be from the best one, and whether it is the only best one.

The bounds are of least squares without a penalty or with ridge on both factors, see
``docs/global_optimality.md``. Other problems have none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import numpy as np

from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.polar import cheap_bound, polar, singular_pair_turn
from nmfstudy.certificates.polishing import polished
from nmfstudy.certificates.rounding import unit
from nmfstudy.certificates.spectral import rank_one_radius, spectral_bound
from nmfstudy.model.distance import distance
from nmfstudy.model.factorization import Factorization, balance
from nmfstudy.model.objective import objective, squared_error
from nmfstudy.model.penalties import NO_PENALTY, ElementwisePenalty
from nmfstudy.solutions.kind import THE_DATA
from nmfstudy.util.threads import one_blas_thread

OPTIMALITY_BUDGET = 0.2  # nominal seconds for the polar; beyond it the bounds are cheap ones
BEST = 1e-9  # gap up to which a fit is called globally best
FIT_RADIUS = 1e-2  # of the data's norm: the one best fit is no farther, or none is claimed
LARGEST_SPECTRUM = 2000  # up to so many rows or columns a spectrum is computed
LARGEST_POLAR = 8  # up to so many rows or columns the polar is searched
_WIDEST = 1e-3  # radius, in units of λ, beyond which atoms are not told apart
_MOST = 60.0  # that a record may make a check spend
_ROUNDS = 3  # of narrowing the radius that the proof allows for


@dataclass(frozen=True)
class Optimality:
    """What is proved of a fit as a minimum of its problem.

    Attributes
    ----------
    objective : float
        Of the fit.
    bound : float
        No fit has a lower objective: with as many components, or with any number by ``dual``.
    method : {"data", "dual", "spectral"}
        Where the bound is from: the fit is the data, to rounding; the dual of the penalised
        problem; the singular values of X.
    unique : bool
        Whether there is only one best fit, up to order and scale, and it lies within ``radius``.
    radius : float
        Bound on the distance to it, as between solutions; NaN unless ``unique``.
    n_terms : int
        Terms of the fit that are not zero, parallel ones as one.
    alpha_W, alpha_H : float
        The ridge.
    budget : float
        Nominal seconds that could be spent on it.
    """

    objective: float
    bound: float
    method: str
    unique: bool
    radius: float
    n_terms: int
    alpha_W: float = 0.0
    alpha_H: float = 0.0
    budget: float = OPTIMALITY_BUDGET

    @property
    def gap(self):
        """By which share of its objective the fit could be improved, at most."""
        if self.method == "data" or self.objective == 0:
            return 0.0
        return max(self.objective - self.bound, 0.0) / self.objective

    @property
    def best(self):
        """Whether it is globally best, to a relative 1e-9 of the objective."""
        return self.gap <= BEST

    @property
    def any_n_components(self):
        """Whether no number of components fits better than the bound."""
        return self.method == "dual"

    def to_dict(self):
        """Numbers and strings only, for JSON; NaN as None."""
        plain = asdict(self)
        return plain | {"radius": self.radius if self.unique else None}

    @classmethod
    def from_dict(cls, plain):
        """The inverse of `to_dict`."""
        radius = np.nan if plain["radius"] is None else plain["radius"]
        return cls(**plain | {"radius": radius})

    def problems(self, X, W, H):
        """What of this does not follow from data and factors: it is all computed again."""
        penalty = ElementwisePenalty(self.alpha_W, self.alpha_H)
        again = optimality(X, W, H, penalty=penalty, budget=min(self.budget, _MOST))
        if again is None:
            return ["nothing can be proved of this problem"]
        found = []
        if not abs(self.objective - again.objective) <= 1e-9 * again.objective:
            found.append("the factors have another objective")
        if self.method != again.method or not self.bound <= again.bound * (1 + 1e-9):
            found.append("the bound does not follow")
        if self.unique and not again.radius <= self.radius * (1 + 1e-3) <= FIT_RADIUS * (1 + 1e-2):
            found.append("that there is only one does not follow")
        if self.n_terms != again.n_terms:
            found.append("the factors have another number of terms")
        return found


def proved_level(status, optimality):
    """What is proved, in one word.

    Parameters
    ----------
    status : str
        Of the factorization of the product, see `nmfstudy.certificates.STATUSES`.
    optimality : Optimality or None

    Returns
    -------
    {"problem", "product", "none"}
        The only best fit of the problem; the only factorization of its product; neither.
    """
    if optimality is not None:
        if optimality.unique or (optimality.method == "data" and status == "unique"):
            return "problem"
    return "product" if status == "unique" else "none"


@one_blas_thread()
def optimality(X, W, H, *, penalty=NO_PENALTY, budget=OPTIMALITY_BUDGET):
    """Bound what any other factorization could gain, and prove that there is no other.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
    W, H : arrays of shapes (n_samples, n_components), (n_components, n_features)
        A fit of X.
    penalty : ElementwisePenalty or ScaleFreePenalty
    budget : float
        Nominal seconds for the polar under ridge.

    Returns
    -------
    Optimality or None
        None for a penalty that has no bound, and for more than 2,000 rows and columns.
    """
    ridge = penalty.name == "ridge" and not penalty.one_sided
    if not (ridge or penalty.is_zero) or min(X.shape) > LARGEST_SPECTRUM or not X.any():
        return None
    value = float(objective(X, W, H, penalty=penalty))
    # Powers of two cost no digit; the largest entry of X is about 1 then.
    size = float(4.0 ** (np.frexp(X.max())[1] // 2))
    prices = penalty.weights(*X.shape)
    lam = np.sqrt(prices.l2_W * prices.l2_H)
    terms = (factor / np.sqrt(size) for factor in _different_terms(W, H))
    problem = _Scaled(X / size, *terms, lam / size)
    found = problem.spectral(W.shape[1])
    if not ridge and problem.error <= THE_DATA * problem.norm:
        found = Optimality(0.0, 0.0, "data", False, np.nan, 0)
    if ridge:
        dual = problem.dual(Effort(budget))
        # What holds for any number of components is worth more than a closer bound for one.
        closer = found.bound > dual.bound + BEST * abs(dual.bound)
        found = found if found.unique or (closer and not dual.unique) else dual
    near = bool(found.unique and found.radius <= FIT_RADIUS)
    return replace(
        found,
        objective=value,
        bound=float(max(found.bound, 0.0) * size**2),
        unique=near,
        radius=float(found.radius) if near else np.nan,
        n_terms=problem.W.shape[1],
        alpha_W=penalty.alpha_W,
        alpha_H=penalty.alpha_H,
        budget=budget,
    )


@dataclass(frozen=True, eq=False)
class _Scaled:
    """Terms of a fit of data whose largest entry is about 1, and the price λ of their sizes."""

    X: np.ndarray
    W: np.ndarray
    H: np.ndarray
    lam: float

    @property
    def norm(self):
        return float(np.linalg.norm(self.X))

    @property
    def error(self):
        return float(np.sqrt(squared_error(self.X, self.W, self.H)))

    def spectral(self, k):
        bound, values = spectral_bound(self.X, k, self.lam)
        radius = rank_one_radius(self.X, self.W, self.H, self.lam, values) if k == 1 else np.inf
        return Optimality(0.0, bound, "spectral", bool(radius < np.inf), radius / self.norm, 0)

    def dual(self, effort):
        W, H = polished(self.X, self.W, self.H, self.lam)
        moved = distance(Factorization(self.W, self.H), Factorization(W, H), scale=self.norm)
        R, error = _residual(self.X, W, H)
        prices = self.lam * np.linalg.norm(W, axis=0) * np.linalg.norm(H, axis=1)
        kept = cheap_bound(R), None
        if min(R.shape) <= LARGEST_POLAR:
            # The radius has to cover √(2·gap), which is known afterwards: guess, then narrow.
            radius = 1e-6 * self.lam
            for _ in range(_ROUNDS):
                found = polar(R, radius + error, effort, H)
                kept = min(kept[0], found.upper), found.atoms
                needed = np.sqrt(2 * self._excess(R, error, prices, W, H, kept[0]))
                if found.atoms is None or not radius < needed < _WIDEST * self.lam:
                    break
                radius = 2 * needed
            if kept[1] is not None and needed > radius:
                kept = kept[0], None
        excess = self._excess(R, error, prices, W, H, kept[0])
        value = 0.5 * np.sum(np.square(R)) + prices.sum()
        slack = unit(R.size) * value + error * np.linalg.norm(R)
        reach = np.inf
        if kept[1] is not None:
            change = np.sqrt(2 * excess) + error
            active = [a for a in kept[1] if a.value + change >= self.lam]
            reach = _reach(active, W, H, change) / self.norm + float(moved)
        return Optimality(0.0, value - excess - slack, "dual", bool(reach < np.inf), reach, 0)

    def _excess(self, R, error, prices, W, H, upper):
        r"""Upper bound on ``P − D``, without the cancellation.

        .. math:: ½(1-c)²‖R‖² + \sum_r (λ‖w_r‖‖h_r‖ - c\,w_r^T R h_r), \quad c = \min(1, λ/Ω°(R))
        """
        c = min(1.0, self.lam / (upper + error)) * (1 - 2.0**-50)
        inner = np.einsum("ir,ir->r", W, R @ H.T)
        sizes = prices.sum() / self.lam
        slack = sizes * (c * error + unit(sum(R.shape)) * (self.lam + np.linalg.norm(R)))
        short = float((prices - c * inner).sum()) + slack
        rest = 0.5 * (1 - c) ** 2 * (np.linalg.norm(R) + error) ** 2 * (1 + unit(R.size))
        return max(short, 0.0) + rest


def _different_terms(W, H):
    """Terms that are not zero, parallel ones as one, with both vectors of one size.

    That is the size which ridge prefers where both factors have one price.
    """
    merged = Factorization(W, H).merge_parallel()
    return balance(merged.W[:, ~merged.dead], merged.H[~merged.dead])


def _residual(X, W, H):
    """``X − WH`` and a bound on the Frobenius norm of its rounding."""
    product = W @ H
    error = unit(W.shape[1]) * (np.linalg.norm(X) + np.linalg.norm(product))
    return X - product, error


def _reach(atoms, W, H, change):
    """Distance within which the only best fit lies; inf if the proof fails.

    Every term of a best fit is a multiple of an atom of the residual of the best product, which
    is within ``change`` of the present one. Independent atoms make one fit of a product.
    """
    terms = [
        _Term(w / np.linalg.norm(w), h / np.linalg.norm(h)) for w, h in zip(W.T, H, strict=True)
    ]
    if not atoms:
        return np.inf if terms else change
    turns = np.array([singular_pair_turn(a.value, a.second, change) for a in atoms])
    least = np.linalg.eigvalsh(_inner(atoms, atoms))[0] - unit(len(atoms)) * len(atoms)
    least = np.sqrt(max(least, 0.0)) - np.linalg.norm(turns)
    if not least > 0:
        return np.inf
    if not terms:
        return change / least
    nearest = _inner(terms, atoms).argmax(axis=1)
    off = [
        np.linalg.norm(np.outer(t.w, t.h) - np.outer(atoms[s].w, atoms[s].h)) + turns[s]
        for t, s in zip(terms, nearest, strict=True)
    ]
    shift = float(np.linalg.norm(W, axis=0) * np.linalg.norm(H, axis=1) @ np.array(off))
    return (change + shift) / least + shift


class _Term(NamedTuple):
    """The direction of a term, as of an atom."""

    w: np.ndarray
    h: np.ndarray


def _inner(these, those):
    """Inner products ``⟨w hᵀ, w' h'ᵀ⟩`` of atoms."""
    stacks = [(np.stack([a.w for a in x]), np.stack([a.h for a in x])) for x in (these, those)]
    (w, h), (v, g) = stacks
    return (w @ v.T) * (h @ g.T)
