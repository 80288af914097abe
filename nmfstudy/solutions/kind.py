"""One word for the near-optimal solutions of a problem, and the code of why."""

from dataclasses import dataclass
from math import inf

from nmfstudy.model.distance import distance
from nmfstudy.solutions.plateau import Plateau

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
    ProvedKind
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
class KindEvidence:
    """The numbers the kind is decided on.

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
    n_unknown : int
        Entries of the data that are unknown.
    product_gap : float
        Where some are, the largest ``‖WH − W'H'‖/‖X‖`` between the first and others of some fits
        that equal the best.
    proved : ProvedKind
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
    n_unknown: int = 0
    product_gap: float = 0.0
    proved: ProvedKind = ProvedKind()


def decide_kind(e):
    """The kind of the solutions, and why, as codes; the report's ``words_on_kind`` has the words.

    Parameters
    ----------
    e : KindEvidence

    Returns
    -------
    kind : {"one", "several", "continuum", "unsettled"}
    reason : str
        Of one and several: ``counted``, or ``proved_more``: a certificate counts more than the
        starts reached.

        Of a continuum: ``certificate``, ``new_solutions``: equally good starts keep finding
        others, ``chain``: they form one, or the first with one of the others, joined by ``+``;
        and ``unknown``: their products differ where entries of the data are unknown.

        Of unsettled, nothing to count: ``no_fits``, ``not_recorded``: factors are missing,
        ``all_collapsed``, ``none_converged``, ``best_unconverged``: the lowest objective belongs
        to a fit that does not count. Too little: ``few_starts``, ``few_converged``,
        ``low_coverage``, ``no_plateau`` and no certificate, ``other_plateau``: of another count;
        ``isolated``: new solutions are found, but each is a point. At odds: ``proved_fewer``: a
        certificate counts fewer than the fits.
    """
    doubt = _nothing_to_count(e)
    if doubt:
        return "unsettled", doubt
    spread = _spread(e)
    counted = _counted_by_proof(e, spread)
    if counted:
        return counted
    unknown = "unknown" if spread and _open(e) else None
    if e.proved.infinite:
        return "continuum", "+".join(filter(None, ("certificate", spread, unknown)))
    if spread == "new_solutions" and recurs(e) and e.proved.local_dimension == 0:
        return "unsettled", "isolated"
    if spread:
        return "continuum", "+".join(filter(None, (spread, unknown)))
    doubt = _too_little(e)
    if doubt:
        return "unsettled", doubt
    return "one" if e.n_distinct == 1 else "several", "counted"


def _counted_by_proof(e, spread):
    """Kind and reason where a certificate's count and that of the fits differ, else None."""
    n = e.proved.finite
    if n and e.proved.of_data and (spread or e.n_best > n):
        return "unsettled", "proved_fewer"
    return ("several", "proved_more") if n > e.n_best and not spread else None


def recurs(e):
    """Whether fits come back to the same places: a plateau of the count from the noise on."""
    p = e.plateau
    return p is not None and p.count == e.n_distinct and p.low <= WIDE * e.noise_floor


def limit_of_noise(e):
    """How far apart fits of one minimum may be for want of convergence, or by the tolerance."""
    return max(e.distance_tol, WIDE * e.noise_floor)


def _nothing_to_count(e):
    if e.n_starts == 0:
        return "no_fits"
    if e.n_missing:
        return "not_recorded"
    if e.n_counted == 0:
        return "all_collapsed" if e.why_not.get("collapsed") == e.n_starts else "none_converged"
    return "best_unconverged" if e.best_unconverged else None


def _spread(e):
    """In which way equally good fits look like a continuum; None if they do not."""
    if e.n_equal < CONTINUUM_FITS:
        return None
    if e.equal_coverage < CONTINUUM_COVERAGE:
        return "new_solutions"
    # One by the tolerance, but only because many steps make a long way. Isolated solutions that
    # the tolerance is too coarse for look alike, until one looks as finely as the fits allow.
    isolated = e.fine_coverage >= CONTINUUM_COVERAGE and e.fine_extent <= WIDE * e.noise_floor
    return None if e.extent <= limit_of_noise(e) or isolated else "chain"


def _open(e):
    """Whether what is known leaves the product open."""
    return e.n_unknown > 0 and e.product_gap > limit_of_noise(e)


def _too_little(e):
    if e.n_random < MIN_STARTS:
        return "few_starts"
    if e.share_converged < MIN_CONVERGED:
        return "few_converged"
    if e.coverage < MIN_COVERAGE:
        return "low_coverage"
    if e.plateau is None:
        return "no_plateau" if e.proved.local_dimension is None else None
    return "other_plateau" if e.plateau.count != e.n_distinct else None
