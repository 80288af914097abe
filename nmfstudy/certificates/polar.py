r"""The polar of the gauge of nonnegative terms, with a bound that rounding cannot break.

For a residual R the polar is ``max wᵀRh`` over unit w, h ≥ 0, that is, the maximum over unit h of
``f(h) = ‖[Rh]₊‖``. The cone h ≥ 0 is divided into simplicial cones. One that holds no maximiser is
left out, and one on which all signs are settled holds at most a single one: the leading singular
pair of a block of R. All statements hold for every matrix within a given distance of R, which
covers both rounding and the residual of the unknown optimum, see ``docs/global_optimality.md``.
"""

from dataclasses import dataclass

import numpy as np

from nmfstudy.certificates.effort import FLOPS
from nmfstudy.certificates.rounding import positive_definite, unit

_ASCENTS = 200  # steps of the alternating maximisation that bounds the polar from below
_CONE = 1e-5  # nominal seconds of a cone, beside its linear algebra
_DEPTH = 48  # bisections up to which vertices are exact in double precision


@dataclass(frozen=True, eq=False)
class Atom:
    """The one maximiser that a block of R can have: its leading singular pair.

    Attributes
    ----------
    w, h : unit vectors
        Of full length, zero outside the block.
    value : float
        ``wᵀRh``, the block's largest singular value.
    second : float
        Its next singular value.
    """

    w: np.ndarray
    h: np.ndarray
    value: float
    second: float


@dataclass(frozen=True, eq=False)
class Polar:
    """What is known of the polar of all matrices within ``radius`` of R.

    Attributes
    ----------
    upper : float
        Bound on the polar of R itself.
    atoms : tuple of Atom or None
        Each maximiser is the leading singular pair of one of these blocks, and each block has at
        most one; None if that is not known.
    n_cones : int
        Cones that were looked at.
    """

    upper: float
    atoms: tuple | None
    n_cones: int


def cheap_bound(R):
    """``min(σ₁(R), σ₁(R₊))``: no less than the polar."""
    both = [_leading(A) for A in (R, np.maximum(R, 0.0))]
    return min(both) * (1 + unit(sum(R.shape))) + unit(sum(R.shape)) * np.linalg.norm(R)


def _leading(A):
    gram = A.T @ A if A.shape[0] >= A.shape[1] else A @ A.T
    return float(np.sqrt(max(np.linalg.eigvalsh(gram)[-1], 0.0)))


def polar(R, radius, effort, starts=()):
    """Bound the polar of R and find the maximisers of all matrices near R.

    Parameters
    ----------
    R : array of shape (n_samples, n_features)
    radius : float
        Frobenius norm of the changes of R that the atoms hold for.
    effort : Effort
    starts : array of shape (n_starts, n_features), optional
        Directions h to begin the ascent from, beside the axes.

    Returns
    -------
    Polar
    """
    if R.shape[0] < R.shape[1]:
        w = np.maximum(R @ np.asarray(starts).T, 0.0).T if len(starts) else ()
        found = polar(R.T, radius, effort, w)
        if found.atoms is None:
            return found
        swapped = tuple(Atom(a.h, a.w, a.value, a.second) for a in found.atoms)
        return Polar(found.upper, swapped, found.n_cones)
    root = cheap_bound(R)
    search = _Subdivision(R, radius, _lower(R, starts), root)
    whole, turn = _leading_pair(R, *map(range, R.shape), radius)
    if whole is not None and min(whole.w.min(), whole.h.min()) > turn:
        return Polar(min(root, whole.value + search.sign), (whole,), 0)
    n_cones = search.run(effort)
    atoms = [_leading_pair(R, *block, radius)[0] for block in sorted(search.blocks)]
    atoms = tuple(a for a in atoms if a is not None and a.value > search.level - radius)
    top = max((a.value for a in atoms), default=0.0)
    upper = max(top, search.level, search.open) + unit(sum(R.shape)) * np.linalg.norm(R)
    return Polar(min(root, upper), None if search.open else atoms, n_cones)


def _lower(R, starts):
    """The polar from below, by alternating maximisation from all axes and given directions."""
    H = np.vstack([np.eye(R.shape[1]), *([starts] if len(starts) else [])]).T
    for _ in range(_ASCENTS):
        W = _units(np.maximum(R @ H, 0.0))
        H = _units(np.maximum(R.T @ W, 0.0))
    return float(np.linalg.norm(np.maximum(R @ H, 0.0), axis=0).max(initial=0.0))


def _units(columns):
    norms = np.linalg.norm(columns, axis=0)
    return columns / np.where(norms > 0, norms, 1.0)


def _leading_pair(R, rows, columns, radius):
    """A block's atom, None if the leading pair has both signs; how far the pair may turn."""
    U, s, Vt = np.linalg.svd(R[np.ix_(rows, columns)], full_matrices=False)
    second = float(s[1]) if s.size > 1 else 0.0
    turn = singular_pair_turn(s[0], second, radius + unit(sum(R.shape)) * s[0])
    pair = np.concatenate([U[:, 0], Vt[0]])
    if pair.max() > turn and pair.min() < -turn:
        return None, turn
    w, h = np.zeros(R.shape[0]), np.zeros(R.shape[1])
    w[list(rows)], h[list(columns)] = np.abs(U[:, 0]), np.abs(Vt[0])
    return Atom(w, h, float(s[0]), second), turn


def singular_pair_turn(first, second, change):
    """How far a change of the matrix moves a leading pair ``u vᵀ`` (Wedin 1972); inf if unknown."""
    gap = first - second - change
    return 2 * change / gap if gap > 4 * change else np.inf


class _Subdivision:
    """Simplicial cones in which a maximiser may lie, divided until none is left.

    The polar of every matrix in question lies between ``level`` and ``ceiling``.
    """

    def __init__(self, R, radius, lower, root):
        n, m = R.shape
        self.R, self.radius = R, radius
        self.plus, self.minus = np.maximum(R, 0.0), np.maximum(-R, 0.0)
        self.norm = np.linalg.norm(R)
        tiny = unit(n + m) * self.norm
        self.sign = radius + tiny  # by which an entry of Rh may be wrong, h a unit vector
        self.level = max(lower - self.sign, 0.0)
        self.ceiling = root + radius
        self.slope = 2 * radius * self.norm + radius**2 + unit(n + m) * self.norm**2
        self.slack = m * unit(n + m) * (self.level**2 + self.norm**2)
        self.blocks, self.open = set(), 0.0

    def run(self, effort):
        """Divide until nothing or no effort is left; ``open`` bounds what is left then."""
        (n, m), n_cones = self.R.shape, 0
        level = {m: np.eye(m)[None]}
        for _ in range(_DEPTH):
            new = {}
            for size, cones in sorted(level.items()):
                n_cones += len(cones)
                flops = len(cones) * size * (4 * n * m + 2 * n * size + 4 * size**2)
                effort.spend(len(cones) * _CONE + flops / FLOPS)
                for rest in self.examine(cones):
                    halves = self.halved(rest)
                    new.setdefault(rest.shape[2], []).append(halves)
            level = {size: np.concatenate(parts) for size, parts in new.items()}
            if not level or effort.exhausted():
                break
        for cones in level.values():
            self.open = max(self.open, self._crude_bound(cones))
        return n_cones

    def examine(self, cones):
        """What has to be divided, by number of edges, after all that can be settled is."""
        V = cones / np.linalg.norm(cones, axis=1, keepdims=True)
        P = self.R @ V
        up = np.maximum(P, 0.0)
        f = np.linalg.norm(up, axis=1).max(initial=0.0)
        self.level = max(self.level, float(f) - self.sign)
        low = np.where(P.sum(axis=2, keepdims=True) > 0, P, 0.0)
        slope_up = self.plus.T @ up - self.minus.T @ low
        slope_low = self.plus.T @ low - self.minus.T @ up
        # A maximiser of value μ has μ²h_j = (Rᵀ[Rh]₊)_j where h_j > 0, and ≥ where h_j = 0.
        none = (slope_low - self.ceiling**2 * V > self.slope).all(axis=2).any(axis=1)
        zero = (slope_up - self.level**2 * V < -self.slope).all(axis=2)
        gone = ((cones > 0) & zero[:, :, None]).any(axis=1)
        shrunk = gone.any(axis=1)
        local = self._signs_settled(cones, P, slope_low) & ~none & ~shrunk
        for i in np.flatnonzero(local):
            rows, columns = (P[i] > 0).all(axis=1), cones[i].any(axis=1)
            if rows.any():
                self.blocks.add((_indices(rows), _indices(columns)))
        left = np.flatnonzero(~none & ~shrunk & ~local)
        left = left[~self._below(V[left], P[left], up[left])]
        yield from ([cones[left]] if left.size else [])
        smaller = {}
        for i in np.flatnonzero(shrunk & ~none):
            kept = cones[i][:, ~gone[i]]
            if kept.size:
                smaller.setdefault(kept.shape[1], []).append(kept)
        for parts in smaller.values():
            yield from self.examine(np.stack(parts))

    def _signs_settled(self, cones, P, slope_low):
        """Whether w and h of a maximiser are positive on one block and zero elsewhere."""
        rows = (P > self.sign).all(axis=2) | (P < -self.sign).all(axis=2)
        columns = (slope_low > self.slope).all(axis=2) | ~cones.any(axis=2)
        return rows.all(axis=1) & columns.all(axis=1)

    def _below(self, V, P, up):
        """Whether f stays below the level on the cone, by copositivity of a quadratic form."""
        level = max(self.level - self.sign, 0.0)  # another matrix has another f, too
        G = level**2 * np.swapaxes(V, 1, 2) @ V
        live = np.where((P > -self.sign).any(axis=2, keepdims=True), P, 0.0)
        below = np.zeros(len(V), dtype=bool)
        for part in (up, live):
            K = G - np.swapaxes(part, 1, 2) @ part
            diagonal = K * np.eye(K.shape[1])
            for form in (K, np.minimum(K, 0.0) + np.maximum(diagonal, 0.0)):
                below |= positive_definite(form, self.slack)
        return below

    def _crude_bound(self, cones):
        """``max f`` over cones: convex, so at most that of the edges over the shortest mean."""
        V = cones / np.linalg.norm(cones, axis=1, keepdims=True)
        G = (np.swapaxes(V, 1, 2) @ V).min(axis=(1, 2))
        f = np.linalg.norm(np.maximum(self.R @ V, 0.0), axis=1).max(axis=1)
        with np.errstate(divide="ignore"):
            return float((f / np.sqrt(G)).max() + self.sign)

    @staticmethod
    def halved(cones):
        """Each cone cut in two at the middle of its widest pair of edges; exact in doubles."""
        V = cones / np.linalg.norm(cones, axis=1, keepdims=True)
        G = np.swapaxes(V, 1, 2) @ V
        size = G.shape[1]
        if size == 1:
            return np.zeros((0, *cones.shape[1:]))
        flat = np.where(np.triu(np.ones((size, size)), 1) > 0, G, np.inf).reshape(len(G), -1)
        a, b = np.unravel_index(flat.argmin(axis=1), (size, size))
        each = np.arange(len(cones))
        middle = (cones[each, :, a] + cones[each, :, b]) / 2
        one, two = cones.copy(), cones.copy()
        one[each, :, a] = middle
        two[each, :, b] = middle
        return np.concatenate([one, two])


def _indices(mask):
    return tuple(np.flatnonzero(mask).tolist())
