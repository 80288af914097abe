"""Which components of a solution can be trusted, and which persist when one more is allowed."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from nmfstudy.model.distance import distance
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.matching import congruence, match, pad
from nmfstudy.util.errors import RequestError
from nmfstudy.util.spacing import evenly_spaced

EQUAL_CONGRUENCE = 0.95  # from which two components are read as equal,
SIMILAR_CONGRUENCE = 0.85  # and as similar (Lorenzo-Seva & ten Berge 2006)
_MOST = 500  # solutions of each sort that the best one is compared with


@dataclass(frozen=True)
class ComponentTrust:
    """How often and how closely one component of the best solution recurs elsewhere.

    Attributes
    ----------
    component : int
        Its index in the best solution, from 0.
    trusted : bool
        Alive, and congruence of at least .95 in every other near-optimal solution; in a
        continuum of which no other is known, not.
    similar : bool
        The same with .85.
    n_near, n_minima : int
        Near-optimal solutions, and worse minima, compared with. Of a minimum that is wider than
        the tolerance several fits are compared with, and so are a certificate's witnesses.
    near_equal, near_similar, minima_equal, minima_similar : float
        Shares of them in which the matched component is equal or similar; NaN of none.
    near_lowest, near_median, minima_lowest, minima_median : float
        Congruence with the matched components; NaN of none.
    """

    component: int
    trusted: bool
    similar: bool
    n_near: int
    n_minima: int
    near_equal: float
    near_similar: float
    near_lowest: float
    near_median: float
    minima_equal: float
    minima_similar: float
    minima_lowest: float
    minima_median: float


@dataclass(frozen=True, eq=False)
class Trust:
    """What can be trusted of the best solution.

    Attributes
    ----------
    components : tuple of ComponentTrust
        In the order of the best solution; empty if there is no solution.
    groups : tuple of tuples of int
        Components that trade places: each alone changes between near-optimal solutions, their
        sum does not (cosine of at least .95).
    code : {"compared", "no_solution", "one_known", "dominated"}
        ``one_known``: of a continuum no second solution is; ``dominated``: a few numbers outweigh
        all the rest of the data, so that nothing can be judged.
    """

    components: tuple = ()
    groups: tuple = ()
    code: str = "compared"

    @property
    def trusted(self):
        """Whether each component is trusted; bool array of shape (n_components,)."""
        return np.array([c.trusted for c in self.components], dtype=bool)

    @property
    def share(self):
        """Share of the components that is trusted; NaN if there is no solution."""
        return float(self.trusted.mean()) if self.components else float("nan")


def component_trust(solutions, witnesses=(), dominance=None):
    """Compare the best solution, component by component, with all others.

    Components are matched by the Hungarian algorithm on their terms; closeness is Tucker's
    congruence of the matched terms. Of very many solutions 500 are taken, evenly spread over
    their objectives. Where one minimum is wider than the tolerance, its `members` are compared
    with as well.

    Parameters
    ----------
    solutions : nmfstudy.solutions.Solutions
    witnesses : sequence of Factorization
        Others with the product of a near-optimal fit, as certificates find them.
    dominance : Dominance, optional
        Of the data. With it all distances are those of a few numbers, and nothing is judged.

    Returns
    -------
    Trust
    """
    if dominance is not None:
        return Trust(code="dominated")
    # The lowest objective of all may belong to a fit that does not count.
    if not len(solutions) or not solutions.near_optimal[0]:
        return Trust(code="no_solution")
    more = [fit.factorization for fit in solutions.members]
    more += _unseen(witnesses, solutions, more)
    return _compared(solutions, solutions.near_optimal, more)


def _unseen(witnesses, solutions, members):
    """Witnesses that are none of the solutions found."""
    near = np.flatnonzero(solutions.near_optimal)[:_MOST]
    found = [solutions.representatives[m].factorization for m in near] + members
    tol = solutions.distance_tol
    return [w for w in witnesses if all(distance(w, f) > tol for f in found)]


def _compared(solutions, near_optimal, more):
    """Trust in each component of the best solution if these count as solutions."""
    minima = [fit.factorization for fit in solutions.representatives]
    best = minima[0]
    near = _others(minima, near_optimal) + more
    orders, near_congruence = _match_all(best, near)
    _, worse_congruence = _match_all(best, _others(minima, ~near_optimal))
    judged = bool(near) or solutions.kind != "continuum"
    components = tuple(
        _component(r, judged and not best.dead[r], near_congruence[:, r], worse_congruence[:, r])
        for r in range(best.n_components)
    )
    if not judged:
        return Trust(components, code="one_known")
    doubtful = [c.component for c in components if not c.trusted]
    return Trust(components, _trades(best, near, orders, doubtful))


def _others(minima, mask):
    """At most so many of the chosen minima without the first, evenly spread."""
    chosen = [m for m in np.flatnonzero(mask) if m != 0]
    return [minima[chosen[i]] for i in evenly_spaced(len(chosen), _MOST)]


def _match_all(best, others):
    """Matched order and congruence with each, shapes (n_others, n_components)."""
    matched = [match(best, other) for other in others]
    shape = (len(others), best.n_components)
    orders = np.array([order for order, _ in matched], dtype=int).reshape(shape)
    return orders, np.array([close for _, close in matched]).reshape(shape)


def _component(r, eligible, near, worse):
    def figures(values):
        if not len(values):
            return (float("nan"),) * 4
        return (
            float((values >= EQUAL_CONGRUENCE).mean()),
            float((values >= SIMILAR_CONGRUENCE).mean()),
            float(values.min()),
            float(np.median(values)),
        )

    return ComponentTrust(
        r,
        bool(eligible and (near >= EQUAL_CONGRUENCE).all()),
        bool(eligible and (near >= SIMILAR_CONGRUENCE).all()),
        len(near),
        len(worse),
        *figures(near),
        *figures(worse),
    )


def _trades(best, near, orders, doubtful):
    """Groups of doubtful components whose sum is the same in all near-optimal solutions."""
    groups = []
    if not near:
        return ()
    for size in (2, len(doubtful)):
        if not 2 <= size < best.n_components or size > len(doubtful):
            continue
        found = []
        for group in combinations(doubtful, size):
            others = [_joint_cosine(best, b, group, o) for b, o in zip(near, orders, strict=True)]
            if min(others) >= EQUAL_CONGRUENCE:
                found.append((-min(others), group))
        for _, group in sorted(found):
            if set(group) <= set(doubtful):
                groups.append(group)
                doubtful = [r for r in doubtful if r not in group]
    return tuple(groups)


def _joint_cosine(a, b, group, order):
    """Cosine between the sum of some terms of ``a`` and of their matched terms in ``b``."""
    group, b = list(group), pad(b, a.n_components)

    def inner(f, of, g, og):
        return np.vdot(f.W[:, of].T @ g.W[:, og], f.H[of] @ g.H[og].T)

    theirs = order[group]
    norm = np.sqrt(inner(a, group, a, group) * inner(b, theirs, b, theirs))
    return float(inner(a, group, b, theirs) / norm) if norm > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Persistence:
    """What becomes of the components of k when there are more.

    Attributes
    ----------
    n_components, n_components_more : int
    partner : int array of shape (n_components,)
        Matched component in the larger solution.
    congruence : array of shape (n_components,)
    new : int array
        Components of the larger solution that are no one's equal partner.
    """

    n_components: int
    n_components_more: int
    partner: np.ndarray
    congruence: np.ndarray
    new: np.ndarray

    @property
    def persists(self):
        """Which components recur, with congruence of at least .95."""
        return self.congruence >= EQUAL_CONGRUENCE

    @property
    def similar(self):
        """Which components recur or nearly do, with congruence of at least .85."""
        return self.congruence >= SIMILAR_CONGRUENCE


def persistence(fewer, more):
    """Which components of the best solution persist when more are allowed.

    The matching maximises the sum of congruences, not of terms, because sizes change when a
    component is split off.

    Parameters
    ----------
    fewer, more : Solutions
        Of the same data with k and more than k components; each with at least one minimum.

    Returns
    -------
    Persistence
    """
    from scipy.optimize import linear_sum_assignment

    a, b = (_best(solutions) for solutions in (fewer, more))
    if a.n_components >= b.n_components:
        raise RequestError(
            f"n_components are {a.n_components} and {b.n_components}; "
            "possible: the smaller number first"
        )
    close = congruence(a, b)
    _, partner = linear_sum_assignment(-close)
    found = close[np.arange(a.n_components), partner]
    new = np.setdiff1d(np.arange(b.n_components), partner[found >= EQUAL_CONGRUENCE])
    return Persistence(a.n_components, b.n_components, partner, found, new)


def _best(solutions) -> Factorization:
    if not len(solutions):
        raise RequestError(
            f"there is no solution with n_components={solutions.problem.n_components} "
            f"({solutions.reason}); possible: problems with at least one minimum"
        )
    return solutions.representatives[0].factorization
