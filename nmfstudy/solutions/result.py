"""`Solutions`: the distinct solutions of one problem and how far to believe the count."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from nmfstudy.model.problem import Problem
from nmfstudy.solutions.coverage import (
    chao1,
    good_turing_coverage,
    lowest_coverage,
    rarefaction,
    starts_needed,
    wilson_interval,
)
from nmfstudy.solutions.dimension import Dimension
from nmfstudy.solutions.gate import Gate, Likelihood, best_limit, near_limit
from nmfstudy.solutions.kind import KindEvidence, decide_kind, proved_by, recurs
from nmfstudy.solutions.plateau import Plateau
from nmfstudy.solutions.sample import sampled_search, starts_per_minimum
from nmfstudy.solutions.tree import Merges, Tree
from nmfstudy.util.display import Shown, count, number

_LISTED = 8  # minima in the table that is printed
_TOLERANCES = np.logspace(-9, 0, 181)


@dataclass(frozen=True, eq=False, repr=False)
class Solutions(Shown):
    """Distinct minima of one problem, over all its searches.

    A *minimum* is a class of converged fits that a chain of steps of at most ``distance_tol``
    joins. It is *near-optimal*, a solution, if its lowest objective passes the `gate`, and
    *best* if it equals that of the best fit. So ``n_best <= n_distinct <= n_minima``.

    Attributes
    ----------
    problem : Problem
    searches : tuple of Search
    search : int array of shape (n_fits,)
        Which search each fit comes from.
    labels : int array of shape (n_fits,)
        Minimum of each fit in the order given; 0 has the lowest objective, −1 is none.
    random : bool array of shape (n_fits,)
        Whether the fit comes from a random start; deterministic inits are no sample.
    n_merged : int array of shape (n_fits,)
        Terms that were parallel to another one of the same fit and merged with it.
    counts : int array of shape (n_minima,)
        Fits per minimum.
    objective : array of shape (n_minima,)
        Lowest of each minimum, ascending.
    near_optimal, best : bool arrays of shape (n_minima,)
    nearest : array of shape (n_minima,)
        Distance to the nearest fit of another minimum; inf if there is none.
    representatives : tuple of Fit
        The fit with the lowest objective of each minimum; of equal ones the best converged,
        then the lowest seed.
    members : tuple of Fit
        Where minima that equal the best are wider than the tolerance, as a continuum's may be:
        some of their other fits, spread over that width.
    best_objective : float
        Lowest of all fits, converged or not; NaN if none is finite.
    n_converged, n_saddle : int
        Fits that count; fits that stopped at a saddle.
    noise_floor : float
        How far fits of one minimum can be apart for want of convergence: the largest
        ``kkt_residual · n_iter`` of the fits that count.
    dimension : Dimension or None
        Estimate and standard error for a continuum.
    tree : Tree
        Minimum spanning tree of the fits that count; `positions` maps its points to fits.
    gate : Gate
    likelihood : Likelihood
        What differences of the objective say about the data.
    evidence : KindEvidence
        The numbers that `kind` and `reason` are decided on.
    distance_tol, kkt_tol, reference_loss, data_norm : float
        What the counts are relative to.
    """

    problem: Problem
    searches: tuple
    search: np.ndarray
    labels: np.ndarray
    random: np.ndarray
    n_merged: np.ndarray
    counts: np.ndarray
    objective: np.ndarray
    near_optimal: np.ndarray
    best: np.ndarray
    nearest: np.ndarray
    representatives: tuple
    members: tuple
    best_objective: float
    n_converged: int
    n_saddle: int
    noise_floor: float
    distance_tol: float
    gate: Gate
    likelihood: Likelihood
    kkt_tol: float
    reference_loss: float
    data_norm: float
    tree: Tree = field(repr=False)
    positions: np.ndarray = field(repr=False)
    merges: Merges = field(repr=False)
    all_merges: Merges = field(repr=False)
    evidence: KindEvidence = field(repr=False)
    found_dimension: Dimension | None = field(repr=False)

    def __len__(self):
        """Number of minima."""
        return len(self.counts)

    def _shown(self):
        """The kind with the code of why and its numbers, and the first few minima."""
        title = f"Solutions: {self.kind} ({self.reason})\n"
        title += f"n_distinct {self.n_distinct}, n_best {self.n_best}, n_minima {self.n_minima}; "
        title += f"converged {self.n_converged} of {count(len(self.labels), 'fit')}"
        if self.plateau is not None:
            title += f"; plateau {number(self.plateau[0], 1)} to {number(self.plateau[1], 1)}"
        if self.coverage == self.coverage:
            title += f"\ncoverage {number(self.coverage)}"
            title += f"; best_share {number(self.best_share.value)}"
        if self.n_minima > _LISTED:
            title += f"; the first {_LISTED} of {count(self.n_minima, 'minimum', 'minima')}:"
        ranks = np.where(self.best, "best", np.where(self.near_optimal, "as good", "worse"))
        headers = ("minimum", "starts", "objective", "likelihood ratio", "nearest other", "rank")
        rows = zip(
            self.counts, self.objective, self.likelihood_ratio, self.nearest, ranks, strict=True
        )
        return (
            title,
            headers,
            [
                (m, f"{n:,}", *(number(float(v)) if np.isfinite(v) else "–" for v in values), rank)
                for m, (n, *values, rank) in enumerate(rows)
            ][:_LISTED],
        )

    @property
    def n_minima(self) -> int:
        """Number of distinct converged fits."""
        return len(self.counts)

    @property
    def n_distinct(self) -> int:
        """Number of solutions: near-optimal minima, which the objective cannot tell apart."""
        return int(self.near_optimal.sum())

    @property
    def n_best(self) -> int:
        """Number of best solutions: those whose objective equals the best up to rounding."""
        return int(self.best.sum())

    @property
    def objective_rtol(self):
        """How much worse than the best, relatively, the objective of a solution may be."""
        return self.gate.objective_rtol

    @property
    def likelihood_ratio(self):
        """Twice the log-likelihood ratio of the best fit to each minimum; shape (n_minima,).

        NaN where the objective is no likelihood, see `Likelihood`.
        """
        return self.likelihood.ratio(self.objective, self.best_objective)

    @cached_property
    def _verdict(self):
        return decide_kind(self.evidence)

    @property
    def kind(self) -> str:
        """One of one, several, continuum, unsettled; of the near-optimal minima."""
        return self._verdict[0]

    @property
    def reason(self):
        """The code of why, see `nmfstudy.solutions.kind.decide_kind`.

        Its numbers are in `evidence`; `nmfstudy.report.words_on_kind.kind_sentence` says it.
        """
        return self._verdict[1]

    @property
    def dimension(self):
        """``(estimate, standard error)`` of the dimension of a continuum, else None."""
        return self.found_dimension if self.kind == "continuum" else None

    @property
    def bends(self):
        """Whether a certificate, or the distances, show that solutions pass into one another."""
        return self.dimension is not None or self.proved.infinite

    @property
    def recurs(self):
        """Whether starts come back to the same places: a plateau from the noise floor on."""
        return recurs(self.evidence)

    @property
    def plateau(self):
        """``(low, high)``: tolerances over which the near-optimal count is constant, or None."""
        p: Plateau | None = self.evidence.plateau
        return None if p is None else (p.low, p.high)

    @property
    def exact_to(self):
        """Beyond this tolerance `curve` and `minima_curve` are upper bounds; inf: nowhere."""
        return self.evidence.exact_to

    @property
    def proved(self):
        """What a certificate says of the best product, see `with_verdict`."""
        return self.evidence.proved

    @property
    def n_known(self):
        """Number of solutions found or, where a certificate counts more, proved."""
        return max(self.n_distinct, self.proved.finite)

    def with_verdict(self, verdict):
        """The same solutions, their kind decided by a certificate where it speaks.

        Parameters
        ----------
        verdict : Verdict or None
            On the representative of minimum 0.
        """
        return self.with_proof(proved_by(verdict, self.data_norm, self.noise_floor))

    def with_proof(self, proved):
        """The same solutions, judged with what is `Proved` of the best product."""
        return replace(self, evidence=replace(self.evidence, proved=proved))

    def curve(self, tolerances=None):
        """Number of near-optimal minima against the distance tolerance.

        Parameters
        ----------
        tolerances : array, optional
            None takes 181 from 1e-9 to 1, evenly on the log scale.

        Returns
        -------
        tolerances, counts : arrays
        """
        return _curve(self.merges, tolerances)

    def minima_curve(self, tolerances=None):
        """Number of all minima against the distance tolerance, like `curve`."""
        return _curve(self.all_merges, tolerances)

    def objective_curve(self, rtols=None):
        """Number of minima that pass the gate against ``objective_rtol``.

        Returns
        -------
        rtols, counts : arrays
        """
        rtols = _TOLERANCES if rtols is None else np.asarray(rtols, dtype=float)
        limits = near_limit(self.best_objective, rtols, self.reference_loss)
        return rtols, np.searchsorted(self.objective, limits, side="right")

    def starts_per_minimum(self, search=None):
        """Fits per minimum, of one search (its index) or of all; shape (n_minima,)."""
        mask = np.full(len(self.labels), True) if search is None else self.search == search
        return starts_per_minimum(self.labels, mask, self.n_minima)

    @cached_property
    def sampled_search(self):
        """Index of the search that coverage, Chao1 and shares of the best speak of, or None.

        The one with the most converged random starts; of equals the one with the lowest
        coverage.
        """
        return sampled_search(self.labels, self.search, self.random, self.n_minima)

    @cached_property
    def _sample(self):
        if self.sampled_search is None:
            return np.zeros(0, dtype=np.int64)
        return self.starts_per_minimum(self.sampled_search)

    @property
    def coverage(self) -> float:
        """The chance that one more converged start ends in a minimum seen; NaN without starts."""
        return good_turing_coverage(self._sample)

    @property
    def lowest_coverage(self):
        """Lower 95 % confidence limit of the coverage; ``n_starts=auto`` goes by it."""
        return lowest_coverage(self._sample)

    @property
    def chao1(self):
        """Lower bound for the number of minima the search can reach."""
        return chao1(self._sample)

    def rarefaction(self, sizes=None):
        """Expected number of minima among fewer starts, see `coverage.rarefaction`."""
        return rarefaction(self._sample, sizes)

    @property
    def best_share(self):
        """Share of the search's starts, unconverged included, in a best minimum, with low, high."""
        if self.sampled_search is None:
            return wilson_interval(0, 0)
        hits = int(self._sample[self.best].sum())
        return wilson_interval(hits, int((self.search == self.sampled_search).sum()))

    @property
    def starts_for_99(self):
        """Starts that reach a best minimum with 99 % chance, at the lower end of its share."""
        share = self.best_share
        return float("nan") if np.isnan(share.value) else starts_needed(share.low)

    def shares(self):
        """Which search reaches which minimum.

        Returns
        -------
        list of dict
            minimum, init, solver, n_starts (of this search in this minimum), share (of all
            starts of this search, unconverged included), share_low, share_high (Wilson 95 %).
            A deterministic init is certain of its minimum: its interval is the share itself.
        """
        rows = []
        for i, search in enumerate(self.searches):
            total = int((self.search == i).sum())
            for minimum, hits in enumerate(self.starts_per_minimum(i).tolist()):
                share = wilson_interval(hits, total)
                if search.deterministic:
                    share = share._replace(low=share.value, high=share.value)
                row = {"minimum": minimum, "init": search.init, "solver": search.solver_label}
                row |= {"n_starts": hits, "share": share.value}
                rows.append(row | {"share_low": share.low, "share_high": share.high})
        return sorted(rows, key=lambda row: row["minimum"])

    @property
    def best_limit(self):
        """The objective up to which a fit equals the best."""
        return float(best_limit(self.best_objective, self.reference_loss))


def _curve(merges, tolerances):
    tolerances = _TOLERANCES if tolerances is None else np.asarray(tolerances, dtype=float)
    return tolerances, merges.counts(tolerances)
