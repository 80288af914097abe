"""One word for the near-optimal solutions of a problem, and the sentence that goes with it."""

from dataclasses import dataclass
from math import inf

from nmfstudy.model.distance import distance
from nmfstudy.solutions.plateau import Plateau, end_text
from nmfstudy.util.display import number, percent

MIN_STARTS = 10  # fewer converged random starts settle nothing
MIN_COVERAGE = 0.9
MIN_CONVERGED = 0.5  # share of random starts: those that do converge may be the easy ones
CONTINUUM_FITS = 30
CONTINUUM_COVERAGE = 0.9
WIDE = 30  # times the noise floor: no longer noise
THE_DATA = 1e-12  # relative residual up to which a certificate's product is the data


@dataclass(frozen=True)
class ProvedKind:
    """What a certificate says of the factorizations of the best product.

    Attributes
    ----------
    n_solutions : int, inf or None
        How many there are; None if unknown.
    local_dimension : int or None
        Of their set around the best fit, if it is exact.
    of_data : bool
        Whether that product is the data, so that they are all the best solutions there are.
    """

    n_solutions: float | int | None = None
    local_dimension: int | None = None
    of_data: bool = False

    @property
    def infinite(self):
        """Whether they are a continuum."""
        return self.n_solutions == inf or bool(self.local_dimension)

    @property
    def finite(self):
        """Their number where it is known and finite, else 0."""
        return 0 if self.n_solutions is None or self.infinite else int(self.n_solutions)


def proved_by(verdict, data_norm, noise_floor):
    """The part of a certificate's verdict that decides the kind.

    Nothing where there is none, or where it has a second factorization so near, as measured by
    the noise floor, that it may be there for want of convergence.

    Parameters
    ----------
    verdict : Verdict or None
        On the best fit.
    data_norm : float
        Frobenius norm of the data.
    noise_floor : float

    Returns
    -------
    Proved
    """
    if verdict is None:
        return ProvedKind()
    proved = ProvedKind(
        verdict.n_solutions,
        verdict.local_dimension if verdict.dimension_exact else None,
        verdict.residual is not None and verdict.residual <= THE_DATA,
    )
    if not proved.infinite:
        return proved
    if verdict.witness is None:
        return ProvedKind()
    apart = distance(verdict.factorization, verdict.witness, scale=data_norm)
    return proved if apart > WIDE * noise_floor else ProvedKind()


@dataclass(frozen=True)
class Evidence:
    """What the kind is decided on.

    Attributes
    ----------
    n_starts, n_random : int
        Fits in all; converged ones from random starts of the search the coverage speaks of.
    n_counted, n_missing : int
        Converged fits with factors; converged fits whose factors were not recorded.
    why_not : dict
        How many of the fits that do not count ended how.
    share_converged : float
        Of the random starts of that search.
    best_unconverged : bool
        Whether the lowest objective of all belongs to a fit that does not count.
    n_distinct, n_minima, n_best : int
    coverage : float
    n_equal : int
        Fits whose objective equals the best, from random starts of the search with the most.
    equal_coverage : float
        Coverage among them.
    extent : float
        Largest distance within one minimum, of all fits that equal the best to its first one.
    fine_coverage, fine_extent : float
        The same two where fits are one only up to the noise floor.
    width : float
        Largest distance of all fits that equal the best to the first of them.
    noise_floor, distance_tol : float
    plateau : Plateau or None
    exact_to : float
        Beyond this tolerance counts are upper bounds.
    proved : Proved
        By a certificate.
    """

    n_starts: int
    n_random: int
    n_counted: int
    n_missing: int
    why_not: dict
    share_converged: float
    best_unconverged: bool
    n_distinct: int
    n_minima: int
    n_best: int
    coverage: float
    n_equal: int
    equal_coverage: float
    extent: float
    fine_coverage: float
    fine_extent: float
    width: float
    noise_floor: float
    distance_tol: float
    plateau: Plateau | None
    exact_to: float = inf
    proved: ProvedKind = ProvedKind()


def decide_kind(e):
    """``(kind, reason)``: one, several, continuum or unsettled, and why, for people."""
    kind, reason = _judge(e)
    if e.exact_to < inf:
        reason += (
            f"; so many fits differ that not all pairs were compared: counts at tolerances above "
            f"{number(e.exact_to, 1)} are upper bounds"
        )
    return kind, reason


def _judge(e):
    doubt = _nothing_to_count(e)
    if doubt:
        return "unsettled", doubt
    more = _ever_more(e)
    counted = _counted_by_proof(e, more or _chain(e))
    if counted:
        return counted
    if more and recurs(e) and e.proved.local_dimension == 0 and not e.proved.infinite:
        return "unsettled", (
            f"several solutions, at least {e.n_distinct}; more starts are needed, since the chance "
            f"that one more ends in a known one is only {percent(e.equal_coverage)}; they are not "
            f"taken for a continuum, since {_stable(e)} and a certificate shows that the best one "
            "is isolated"
        )
    spread = more or _chain(e)
    if e.proved.infinite:
        d = e.proved.local_dimension
        how_many = f"a {d}-dimensional family of" if d else "infinitely many"
        proof = f"a certificate shows that the best product has {how_many} factorizations"
        return "continuum", f"{proof}; {spread}" if spread else proof
    if spread:
        return "continuum", spread
    doubt = _too_little(e)
    if doubt:
        return "unsettled", doubt
    count = "one solution" if e.n_distinct == 1 else f"{e.n_distinct} equally good solutions"
    worse = e.n_minima - e.n_distinct
    beside = f" and {worse} worse local {_minima(worse)}" if worse else ""
    isolated = "a certificate shows that the best one is isolated"
    stable = isolated if e.plateau is None else _stable(e)
    return "one" if e.n_distinct == 1 else "several", (
        f"{count}{beside} in {e.n_counted} converged fits; {stable}"
    )


def _counted_by_proof(e, spread):
    """``(kind, reason)`` where a certificate's count and that of the fits differ, else None."""
    n = e.proved.finite
    if not n:
        return None
    what = "the data have" if e.proved.of_data else "the best product has"
    proof = f"a certificate shows that {what} exactly {_factorizations(n)}"
    if e.proved.of_data and (spread or e.n_best > n):
        return "unsettled", (
            f"{proof}, so the {e.n_best} that the fits seem to show are there for want of "
            "convergence"
        )
    if n > e.n_best and not spread:
        return "several", f"{proof}; the starts reached {e.n_best} of them"
    return None


def _factorizations(n):
    return "one factorization" if n == 1 else f"{n} factorizations"


def recurs(e):
    """Whether fits come back to the same places: a plateau of the count from the noise on."""
    p = e.plateau
    return p is not None and p.count == e.n_distinct and p.low <= WIDE * e.noise_floor


def limit_of_noise(e):
    """How far apart fits of one minimum may be for want of convergence, or by the tolerance."""
    return max(e.distance_tol, WIDE * e.noise_floor)


def _stable(e):
    return (
        f"the count is the same for every tolerance from {number(e.plateau.low, 1)} to "
        f"{end_text(e.plateau.high, number(e.plateau.high, 2))}"
    )


def _minima(n):
    return "minimum" if n == 1 else "minima"


_WORDS = {
    "max_iter": "stopped at max_iter",
    "scale_escape": "let the scale escape into the unpenalised factor",
    "collapsed": "collapsed to all zeros",
    "saddle": "stopped at a saddle",
    "failed": "failed",
    "converged": "met their own stopping rule, but not the KKT tolerance of the count",
    "dead": "lost a component before they met the KKT tolerance of the count",
}


def _nothing_to_count(e):
    if e.n_starts == 0:
        return "there are no fits"
    ended = [f"{n} {_WORDS.get(why, why)}" for why, n in e.why_not.items() if n]
    if e.n_counted == 0:
        if e.n_missing:
            return f"the factors of the {e.n_missing} converged fits were not recorded"
        if e.why_not.get("collapsed") == e.n_starts:
            return f"all {e.n_starts} fits collapsed to all zeros, which is no solution to count"
        return f"none of the {e.n_starts} fits converged: {', '.join(ended)}"
    if e.n_missing:
        return (
            f"the factors of {e.n_missing} of {e.n_missing + e.n_counted} converged fits were "
            "not recorded"
        )
    if e.best_unconverged:
        return (
            "the lowest objective belongs to a fit that does not count, so the best solution is "
            f"not among the converged ones ({', '.join(ended)})"
        )
    return None


def _ever_more(e):
    if e.n_equal < CONTINUUM_FITS or e.equal_coverage >= CONTINUUM_COVERAGE:
        return None
    doubt = ""
    if recurs(e) and not e.proved.infinite:
        doubt = "; but others come back to the same places, so more starts or a certificate may "
        doubt += "show that the solutions are isolated"
    return (
        f"{e.n_equal} starts fit equally well and keep finding new solutions: the chance "
        f"that one more ends in a known one is only {percent(max(e.equal_coverage, 0))}{doubt}"
    )


def _chain(e):
    # One by the tolerance, but only because many steps make a long way. Isolated solutions that
    # the tolerance is too coarse for look alike, until one looks as finely as the fits allow.
    if e.n_equal < CONTINUUM_FITS or e.extent <= limit_of_noise(e):
        return None
    if e.fine_coverage >= CONTINUUM_COVERAGE and e.fine_extent <= WIDE * e.noise_floor:
        return None
    form, larger = "a chain", ""
    if e.n_distinct > 1:
        form, larger = "chains", "; a larger tolerance would count them as one"
    return (
        f"solutions that fit equally well form {form}: neighbours are within "
        f"{number(e.distance_tol, 1)}, the whole is at least {number(e.width, 2)} wide, and the "
        f"fits are converged to {number(e.noise_floor, 1)}{larger}"
    )


def _too_little(e):
    if e.n_random < MIN_STARTS:
        return (
            f"only {e.n_random} converged random {'start' if e.n_random == 1 else 'starts'}; "
            f"at least {MIN_STARTS} are needed"
        )
    if e.share_converged < MIN_CONVERGED:
        return f"only {percent(e.share_converged)} of the random starts converged"
    if e.coverage < MIN_COVERAGE:
        return (
            f"too few starts: the chance that one more ends in a minimum already seen is only "
            f"{percent(max(e.coverage, 0))}"
        )
    if e.proved.local_dimension is None and e.plateau is None:
        return "the count depends on the tolerance and there is no certificate"
    if e.plateau is not None and e.plateau.count != e.n_distinct:
        return (
            f"the count is {e.n_distinct} at the tolerance {number(e.distance_tol, 1)} but "
            f"{e.plateau.count} over the longest stretch, {number(e.plateau.low, 1)} to "
            f"{number(e.plateau.high, 2)}"
        )
    return None
