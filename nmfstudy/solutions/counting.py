"""From fits to distinct solutions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nmfstudy.model.distance import product_distance
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.fits import Fits
from nmfstudy.solutions.coverage import good_turing_coverage
from nmfstudy.solutions.dimension import intrinsic_dimension
from nmfstudy.solutions.gate import (
    Likelihood,
    best_limit,
    counted,
    gate_of,
    ill_conditioned,
    near_limit,
)
from nmfstudy.solutions.kind import KindEvidence, decide_kind, limit_of_noise, recurs
from nmfstudy.solutions.linkage import link
from nmfstudy.solutions.plateau import CEILING, noise_floor, plateau
from nmfstudy.solutions.pool import pool as make_pool
from nmfstudy.solutions.result import Solutions
from nmfstudy.solutions.sample import sample_of
from nmfstudy.util.errors import check_number, check_positive
from nmfstudy.util.spacing import evenly_spaced

_COMPARED = 1000  # of equally good fits, at most
_PRODUCTS = 30  # of equally good fits, at most, that are compared
_MEMBERS = 30  # that are kept of wide minima


def distinct_solutions(
    fits: Fits | Sequence[Fits],
    *,
    distance_tol: float = 1e-3,
    objective_rtol: float | None = None,
    kkt_tol: float = 1e-9,
) -> Solutions:
    r"""Count the different solutions among fits of one problem.

    Two fits are apart by

    .. math:: d = \sqrt{\min_π \sum_r ‖w_r h_r - w'_{π(r)} h'_{π(r)}‖_F^2} \,/\, ‖X‖_F

    (parallel terms merged), which neither permutation nor scaling of the components changes.
    Converged fits are grouped by single linkage at ``distance_tol``; the groups are the minima.
    The result does not depend on the order of the fits.

    Parameters
    ----------
    fits : Fits or list of Fits
        Several searches of one problem are pooled.
    distance_tol : float, > 0
        Fits closer than this are one solution.
    objective_rtol : float, >= 0, optional
        A minimum is near-optimal up to ``best·(1 + objective_rtol) + 1e-9·reference_loss``; of a
        fit that explains less than half of X, relative to what it explains. By default up to a
        likelihood ratio of 3.84, ``n·d·log(L/L₀)`` for least squares and ``2(L − L₀)`` for the
        Kullback–Leibler loss of counts; without a likelihood (exact fits, penalties, other
        losses) 1e-3.
    kkt_tol : float, > 0
        Fits with a larger KKT residual are not counted. ``inf`` counts unconverged ones too,
        which serves to show what under-convergence does to the count.

    Returns
    -------
    Solutions

    Raises
    ------
    RequestError
        If a tolerance is out of range, or the fits are not of one problem.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> X = ns.load_dataset("laurberg", alpha=0.5).X
    >>> solutions = ns.distinct_solutions(ns.fit(X, n_components=3, n_starts=100))
    >>> solutions.kind, solutions.n_distinct
    ('several', 2)
    """
    distance_tol = check_positive("distance_tol", distance_tol)
    if objective_rtol is not None:
        objective_rtol = check_number("objective_rtol", objective_rtol)
    if kkt_tol != np.inf:
        kkt_tol = check_positive("kkt_tol", kkt_tol)
    pool = make_pool(fits)

    flat = ill_conditioned(pool, kkt_tol, distance_tol)
    converged = counted(pool, kkt_tol) & ~flat
    floor = noise_floor(pool.kkt_residual, pool.n_iter, pool.step, converged)
    linked = link(pool, pool.sorted(np.flatnonzero(converged)), distance_tol, floor)
    order, tree = linked.led.positions, linked.tree
    cluster = tree.labels(distance_tol)
    n_minima = int(cluster.max(initial=-1)) + 1
    labels, n_merged = np.full(len(pool), -1), np.zeros(len(pool), dtype=np.int64)
    labels[order], n_merged[order] = cluster, linked.led.n_merged

    lowest = float(np.min(pool.objective, initial=np.inf))
    likelihood = Likelihood.of(pool, lowest)
    gate = gate_of(likelihood, lowest, pool.reference_loss, objective_rtol)
    limit_near = near_limit(lowest, gate.objective_rtol, pool.reference_loss)
    limit_best = best_limit(lowest, pool.reference_loss)
    objective = pool.objective[order]
    # Fits are in order of objective, so the first of a minimum is its lowest and represents it.
    first = np.unique(cluster, return_index=True)[1]
    near_optimal = objective[first] <= limit_near

    # A chance is that of one search: draws of different ones are not alike, and one seed under
    # two of them is one draw.
    def sample(points):
        chosen = np.where(points, cluster, -1)
        return sample_of(chosen, pool.search[order], pool.random[order], n_minima)

    drawn, drawn_near = sample(True), sample(near_optimal[cluster])
    drawn_equal = sample(objective <= limit_best)
    tried = pool.random & np.isin(pool.search, pool.search[order[drawn]])
    equal, fine = np.flatnonzero(objective <= limit_best), tree.labels(floor)
    apart = _from_first(linked, cluster, equal)
    merges = tree.merges(objective <= limit_near, drawn_near.astype(np.int64))
    evidence = KindEvidence(
        n_starts=len(pool),
        n_random=int(drawn.sum()),
        n_counted=len(order),
        n_missing=int(converged.sum()) - len(order),
        why_not=_tally(np.where(flat, "ill-conditioned", pool.stop_reason)[~converged]),
        share_converged=float(converged[tried].mean()) if tried.any() else 0.0,
        best_unconverged=len(order) > 0 and bool(objective[0] > limit_best),
        n_distinct=int(near_optimal.sum()),
        n_best=int((objective[first] <= limit_best).sum()),
        n_minima=n_minima,
        coverage=good_turing_coverage(np.bincount(cluster[drawn])),
        n_equal=int(drawn_equal.sum()),
        equal_coverage=good_turing_coverage(np.bincount(cluster[drawn_equal])),
        extent=float(apart.max(initial=0.0)),
        fine_coverage=good_turing_coverage(np.bincount(fine[drawn_equal])),
        fine_extent=float(_from_first(linked, fine, equal).max(initial=0.0)),
        width=float(_from_first(linked, np.zeros_like(cluster), equal).max(initial=0.0)),
        noise_floor=floor,
        distance_tol=distance_tol,
        plateau=plateau(merges, floor, max(floor, min(CEILING, linked.exact_to))),
        exact_to=linked.exact_to,
        n_unknown=pool.n_unknown,
        product_gap=_product_gap(pool, order[equal]) if pool.n_unknown else 0.0,
    )
    return Solutions(
        problem=pool.problem,
        searches=pool.searches,
        search=pool.search,
        labels=labels,
        random=pool.random,
        n_merged=n_merged,
        counts=np.bincount(cluster, minlength=n_minima),
        objective=objective[first],
        near_optimal=near_optimal,
        best=objective[first] <= limit_best,
        nearest=tree.leaving(cluster, n_minima),
        representatives=pool.copies(order[first]),
        members=pool.copies(order[_members(linked, cluster, equal, apart, evidence)]),
        best_objective=lowest if np.isfinite(lowest) else float("nan"),
        n_converged=len(order),
        n_saddle=int((pool.stop_reason == "saddle").sum()),
        noise_floor=floor,
        distance_tol=distance_tol,
        gate=gate,
        likelihood=likelihood,
        kkt_tol=float(kkt_tol),
        reference_loss=pool.reference_loss,
        data_norm=pool.data_norm,
        tree=tree,
        positions=order,
        merges=merges,
        all_merges=tree.merges(np.full(len(order), True), drawn.astype(np.int64)),
        evidence=evidence,
        found_dimension=_dimension(linked, equal, evidence),
    )


def _from_first(linked, cluster, equal):
    """Distance of each equally good fit to the first one of its cluster."""
    apart = np.zeros(len(equal))
    by_cluster = np.argsort(cluster[equal], kind="stable")
    for at in np.split(by_cluster, np.flatnonzero(np.diff(cluster[equal][by_cluster])) + 1):
        if len(at) > 1:
            apart[at[1:]] = linked.distances(equal[at[:1]], equal[at[1:]])[0]
    return apart


def _members(linked, cluster, equal, apart, evidence):
    """Equally good fits far from what stands for their minimum, the farthest of all first.

    Each that is taken stands for its minimum, too, so they spread over its whole width.
    """
    some = evenly_spaced(len(equal), linked.affordable(_COMPARED))
    some = np.argsort(-apart, kind="stable")[some]  # the farthest is always one of them
    equal, near, chosen = equal[some], apart[some], []
    cluster = cluster[equal]
    while len(chosen) < _MEMBERS and near.max(initial=0.0) > limit_of_noise(evidence):
        pick = int(np.argmax(near))
        chosen.append(pick)
        own = cluster == cluster[pick]
        near[own] = np.minimum(near[own], linked.distances(equal[[pick]], equal[own])[0])
    return equal[chosen]


def _dimension(linked, equal, evidence):
    """Dimension of the equally good fits where they are a continuum.

    None where they come back to the same places, which have no dimension, and where the estimate
    rounds to none.
    """
    if decide_kind(evidence)[0] != "continuum" or recurs(evidence):
        return None
    some = equal[evenly_spaced(len(equal), linked.affordable(_COMPARED))]
    found = intrinsic_dimension(linked.distances(some, some), evidence.noise_floor)
    return found if found is not None and round(found.value) >= 1 else None


def _tally(reasons):
    """How many fits ended how, in a fixed order."""
    names, counts = np.unique(reasons, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _product_gap(pool, indices):
    """Largest distance of the products of some fits to that of the first, in units of ``‖X‖``."""
    fits = pool.copies(indices[:_PRODUCTS])
    known = [Factorization(*map(np.nan_to_num, (fit.W, fit.H))) for fit in fits]
    return max((product_distance(known[0], f) for f in known[1:]), default=0.0) / pool.data_norm
