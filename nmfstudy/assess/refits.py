"""Fits of data drawn again, matched to the best fit of the data as they are."""

from dataclasses import dataclass

import numpy as np

from nmfstudy.assess.recurrence import SIMILAR_FATE, recurrence
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.problem import Search, default_solver, default_tol
from nmfstudy.util.streams import stream


@dataclass(frozen=True, eq=False)
class Refits:
    """How the components of a reference fared in each resample: what `summarize` sums up.

    Attributes
    ----------
    names, left_out : tuples of str, one per resample
    congruence : array of shape (n_resamples, n_components)
    fate : int array of the same shape
        Index into `nmfstudy.assess.recurrence.FATES`.
    H : array of shape (n_resamples, n_components, n_features)
    share : array of shape (n_resamples, n_components)
        Of matched components that are at least similar, else NaN; see `Stability`.
    """

    names: tuple
    left_out: tuple
    congruence: np.ndarray
    fate: np.ndarray
    H: np.ndarray
    share: np.ndarray


def reference_of(solutions):
    """The best fit, its rows of H of unit sum."""
    return solutions.representatives[0].factorization.normalize("l1")


def refit(X, solutions, drawn, *, n_starts, seed=0, warm_start=True, progress=lambda n: None):
    """Fit every resample and match its best fit to the reference.

    Parameters
    ----------
    X : array or sparse matrix, as `nmfstudy.datasets.base.check_data` returns it
    solutions : Solutions
        Of the data themselves, at least one.
    drawn : list of Resample
    n_starts, seed, warm_start, progress
        See `stability`.

    Returns
    -------
    Refits
    """
    problem, reference = solutions.problem, reference_of(solutions)
    search = search_of(problem.loss)
    (k, d), n = reference.H.shape, len(drawn)
    congruence, fate = np.empty((n, k)), np.empty((n, k), dtype=np.int64)
    H, share = np.full((n, k, d), np.nan), np.full((n, k), np.nan)
    for i, one in enumerate(drawn):
        seeds = seeds_of(seed, one.name, n_starts)
        warm = reference.W[one.rows] if warm_start else None
        other = _best_fit(one.of(X), problem, search, seeds, warm, reference.H)
        order, congruence[i], fate[i] = recurrence(reference, other, same_samples=one.same_samples)
        back = fate[i] <= SIMILAR_FATE
        H[i, back], share[i, back] = other.H[order[back]], shares_of(other)[order[back]]
        progress(1)
    names, left_out = zip(*((one.name, one.left_out) for one in drawn), strict=True)
    return Refits(names, left_out, congruence, fate, H, share)


def search_of(loss):
    """Random starts by the quickest solver that reaches full convergence with a loss."""
    solver = "accelerated" if loss == "frobenius" else default_solver(loss)
    return Search(solver=solver, tol=default_tol(loss, solver))


def seeds_of(seed, name, n_starts):
    """Seeds of the random starts on one resample: other ones for each, by its name."""
    return stream(seed, f"starts {name}").integers(0, 2**32, n_starts).tolist()


def _best_fit(X, problem, search, seeds, warm, H):
    """The best of all starts, and of the one from the reference's factors."""
    parts = [fit_starts(X, problem, search, seeds)]
    if warm is not None:
        custom = Search("custom", search.solver, search.tol, options={"W": warm, "H": H})
        parts.append(fit_starts(X, problem, custom, [0]))
    best = min((p[int(np.argmin(p.objective))] for p in parts), key=lambda fit: fit.objective)
    # Nothing is known perhaps of a column where few samples were drawn: it has no part in it.
    return Factorization(*map(np.nan_to_num, (best.W, best.H))).normalize("l1")


def shares_of(f):
    """Share of each component of the total of W H."""
    mass = f.W.sum(axis=0) * f.H.sum(axis=1)
    return mass / mass.sum() if mass.sum() > 0 else mass
