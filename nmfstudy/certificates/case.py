"""What every certificate looks at: the factors in a gauge that none of their scales can reach."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nmfstudy.certificates.gauge import unit_free_gauge
from nmfstudy.model.distance import distance
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import number

FULL, UNCLEAR, DEFICIENT = "full", "unclear", "deficient"
RANK_SURE = 1e-8  # relative singular values above it count as nonzero
RANK_ZERO = 1e-12  # and below it as zero; in between no certificate that needs the rank speaks
SAME_DIRECTION = 1e-12
PRODUCT_TOL = 1e-10  # a witness has the product of the factors within this, entry by entry
SMALL_ENTRIES = 1e-3  # and within this share of every entry that is not zero
DISTINCT = 1e-6  # and its terms are at least this far from theirs


def relative_singular_values(matrix):
    """Singular values over the largest one, columns and rows first made comparable."""
    norms = np.linalg.norm(matrix, axis=1)
    matrix = matrix[norms > 0] / norms[norms > 0, None]
    if not matrix.size:
        return np.zeros(0)
    s = np.linalg.svd(matrix, compute_uv=False)
    return s / s[0]


def sure_rank(matrix):
    """The rank of a small matrix, and the relative singular value that it rests on.

    Rows are normalised first. A value between `RANK_ZERO` and `RANK_SURE` leaves the rank open;
    what is sure is then the number of larger ones: a lower bound.
    """
    s = relative_singular_values(matrix)
    rank = int((s > RANK_SURE).sum())
    return rank, float(s[rank - 1]) if rank else 0.0


def independent_rows(matrix, count):
    """Indices of ``count`` well-conditioned rows, by pivoting; fewer if there are not as many."""
    norms = np.linalg.norm(matrix, axis=1)
    rest = matrix / np.where(norms > 0, norms, 1.0)[:, None]
    chosen = []
    for _ in range(count):
        size = np.linalg.norm(rest, axis=1)
        best = int(np.argmax(size)) if size.size else 0
        if not size.size or size[best] < RANK_SURE:
            break
        chosen.append(best)
        direction = rest[best] / size[best]
        rest = rest - np.outer(rest @ direction, direction)
    return chosen


@dataclass(frozen=True, eq=False)
class Case:
    """The exact factorization that certificates speak of.

    Rows and columns of the product that are zero are left out, dead components too, and parallel
    terms are one. What is left is scaled: every row and column of the product to a common size,
    see `nmfstudy.certificates.gauge`, and every component to ``‖w_r‖ = ‖h_r‖``.

    Attributes
    ----------
    given : Factorization
        With the zeros that the threshold made.
    W, H : arrays of shapes (n_rows, k), (k, n_columns)
        In the gauge above. Exact zeros are the zeros.
    spare : int
        Components of ``given`` beyond k: dead ones and duplicates of others.
    rows, columns : int arrays
        Those of the product that are not zero.
    row_exponent, column_exponent : int arrays
        The powers of two that were taken out of them.
    """

    given: Factorization
    W: np.ndarray
    H: np.ndarray
    spare: int
    rows: np.ndarray
    columns: np.ndarray
    row_exponent: np.ndarray
    column_exponent: np.ndarray

    @property
    def k(self):
        """Number of different live terms."""
        return self.W.shape[1]

    @cached_property
    def product(self):
        """``W @ H`` in the gauge."""
        return self.W @ self.H

    @cached_property
    def factorization(self):
        """The factors in the gauge."""
        return Factorization(self.W, self.H)

    @cached_property
    def transposed(self):
        """The same case with the factors' roles exchanged."""
        return Case(
            Factorization(self.given.H.T, self.given.W.T),
            np.ascontiguousarray(self.H.T),
            np.ascontiguousarray(self.W.T),
            self.spare,
            self.columns,
            self.rows,
            self.column_exponent,
            self.row_exponent,
        )

    @cached_property
    def conditioning(self):
        """Smallest relative singular value of either factor, components at unit norm."""
        if not self.k:
            return 0.0
        values = []
        for factor in (self.W, self.H.T):
            s = relative_singular_values(factor.T)
            values.append(s[self.k - 1] if s.size >= self.k else 0.0)
        return float(min(values))

    @property
    def rank_state(self):
        """Whether ``rank(WH) = k``: full, deficient, or unclear by the singular values."""
        if self.conditioning > RANK_SURE:
            return FULL
        return DEFICIENT if self.conditioning < RANK_ZERO else UNCLEAR

    def unscale(self, witness):
        """Bring a factorization in the gauge back to the given rows, columns and size."""
        n, d, k = self.given.W.shape[0], self.given.H.shape[1], self.given.n_components
        W, H = np.zeros((n, k)), np.zeros((k, d))
        # Half of the size of the whole on either side.
        shift = int(self.row_exponent.max(initial=0)) // 2
        W[self.rows, : witness.n_components] = np.ldexp(
            witness.W, self.row_exponent[:, None] - shift
        )
        H[: witness.n_components, self.columns] = np.ldexp(witness.H, self.column_exponent + shift)
        return Factorization(W, H)

    def scaled(self, other):
        """Bring a factorization of the given rows and columns into the gauge."""
        shift = int(self.row_exponent.max(initial=0)) // 2
        return Factorization(
            np.ldexp(other.W[self.rows], shift - self.row_exponent[:, None]),
            np.ldexp(other.H[:, self.columns], -shift - self.column_exponent),
        )


def make_case(given):
    """The `Case` of a `Factorization`.

    It has ``k = 0`` if the product is zero, or if components that share a row differ in size by
    more than doubles can hold.
    """
    alive = np.flatnonzero(
        (given.W.max(axis=0, initial=0) > 0) & (given.H.max(axis=1, initial=0) > 0)
    )
    W, H = given.W[:, alive], given.H[alive]
    rows, columns = np.flatnonzero(W.any(axis=1)), np.flatnonzero(H.any(axis=0))
    W, H = W[rows], H[:, columns]
    live = Factorization(W, H)
    gauge = unit_free_gauge(live)
    inside = gauge.enter(live)
    if ((inside.W == 0) != (W == 0)).any() or ((inside.H == 0) != (H == 0)).any():
        none = np.zeros(0, dtype=np.int64)
        return Case(
            given, np.zeros((0, 0)), np.zeros((0, 0)), given.n_components, none, none, none, none
        )
    W, H = _merge_duplicates(inside.W, inside.H)
    size = np.sqrt(_norms(H.T)) / np.sqrt(_norms(W))
    return Case(
        given,
        W * size,
        H / size[:, None],
        given.n_components - W.shape[1],
        rows,
        columns,
        gauge.rows,
        gauge.columns,
    )


def _norms(factor):
    """Norms of the columns, without squares of tiny numbers."""
    top = factor.max(axis=0, initial=0.0)
    return top * np.linalg.norm(factor / top, axis=0)


def _merge_duplicates(W, H):
    """One term for components that are the same up to scale, to the last digits."""
    w = W / W.max(axis=0, initial=0)
    h = H / H.max(axis=1, initial=0)[:, None]
    kept, into = [], []
    for r in range(W.shape[1]):
        same = [
            s
            for s in kept
            if np.abs(w[:, r] - w[:, s]).max() < SAME_DIRECTION
            and np.abs(h[r] - h[s]).max() < SAME_DIRECTION
        ]
        into.append(same[0] if same else r)
        if not same:
            kept.append(r)
    merged = W.copy()
    for r, s in enumerate(into):
        if r != s:
            merged[:, s] += W[:, r] * (H[r].max() / H[s].max())
    return merged[:, kept], H[kept]


def witness_problems(case, witness, distinct=DISTINCT, tolerance=PRODUCT_TOL):
    """Why a factorization in the gauge is no second one of the case's product; empty if it is.

    It must be nonnegative, of at most as many components as given, have the same product entry by
    entry, and terms that are not the same multiset.
    """
    if witness.n_components > case.k + case.spare:
        return [f"the witness has {witness.n_components} components, more than given"]
    if witness.W.shape[0] != case.W.shape[0] or witness.H.shape[1] != case.H.shape[1]:
        return ["the witness has another shape"]
    if (witness.W < 0).any() or (witness.H < 0).any():
        return ["the witness has negative entries"]
    problems = []
    error = np.abs(witness.product() - case.product)
    largest = float(error.max(initial=0.0))
    if not largest <= tolerance:
        problems.append(
            f"the witness has another product (largest difference {number(largest, 2)})"
        )
    elif (error > SMALL_ENTRIES * case.product)[case.product > 0].any():
        problems.append("the witness has another product in its smallest entries")
    apart = distance(case.factorization, witness)
    if not apart >= distinct:
        problems.append(f"the witness is the same solution (distance {number(apart, 2)})")
    return problems


def changed_components(case, witness, tolerance=DISTINCT):
    """Components whose w (or h) direction is missing from a witness: two sorted tuples.

    A component is missing when no column of the witness comes within ``tolerance`` of its
    direction, so one such witness proves that it is not identifiable.
    """

    def missing(columns, others):
        unit = columns / np.linalg.norm(columns, axis=0)
        norms = np.linalg.norm(others, axis=0)
        others = others[:, norms > 0] / norms[norms > 0]
        gap = np.linalg.norm(unit[:, :, None] - others[:, None, :], axis=0)
        return tuple(np.flatnonzero(gap.min(axis=1, initial=np.inf) > tolerance).tolist())

    return missing(case.W, witness.W), missing(case.H.T, witness.H.T)
