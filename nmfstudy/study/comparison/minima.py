"""The minima of one problem in several studies: which are the same, and how often each is hit."""

from dataclasses import dataclass, fields, replace

import numpy as np

from nmfstudy.model.fits import Fit
from nmfstudy.solutions import distinct_solutions
from nmfstudy.solutions.coverage import wilson_interval


@dataclass(frozen=True, eq=False)
class Minima:
    """Each minimum of a problem once, whichever of the studies found it; lowest objective first.

    Attributes
    ----------
    counts : int array of shape (n_studies, n_minima)
        Starts of each study's sample that end in each minimum. The sample is the search with most
        random starts, of which coverage and shares speak; without any, all starts.
    n_starts : tuple of int
        Starts in each study's sample.
    near_optimal, best : bool arrays of shape (n_minima,)
        As good as the best of all studies: by the wider of their gates, and to rounding.
    own : bool array of shape (n_studies, n_minima)
        What each study by itself counts as its solutions.
    """

    counts: np.ndarray
    n_starts: tuple[int, ...]
    near_optimal: np.ndarray
    best: np.ndarray
    own: np.ndarray

    def share(self, study, chosen):
        """Share of a study's sample that ends in the chosen minima, an `Interval`."""
        return wilson_interval(int(self.counts[study][chosen].sum()), self.n_starts[study])


def shared_minima(results):
    """Find the minima that studies share.

    Two are the same if their representatives are within the larger ``distance_tol``.

    Parameters
    ----------
    results : sequence of ProblemResult
        Of the same problem.

    Returns
    -------
    Minima
    """
    found = [list(result.solutions.representatives) for result in results]
    together = distinct_solutions(
        _stacked([fit for fits in found for fit in fits], results[0].searches[0]),
        distance_tol=max(result.analysis.distance_tol for result in results),
        objective_rtol=_wider([result.analysis.objective_rtol for result in results]),
        kkt_tol=np.inf,  # each study has seen to convergence already
    )
    n_minima, ends = together.n_minima, np.cumsum([len(fits) for fits in found])
    counts, own, n_starts = [], [], []
    for result, labels in zip(results, np.split(together.labels, ends[:-1]), strict=True):
        solutions, search = result.solutions, result.solutions.sampled_search
        hits = solutions.starts_per_minimum(search)
        counts.append(np.bincount(labels, hits, minlength=n_minima).astype(np.int64))
        own.append(np.isin(np.arange(n_minima), labels[solutions.near_optimal]))
        sample = result.n_starts if search is None else int((solutions.search == search).sum())
        n_starts.append(sample)
    return Minima(
        np.array(counts), tuple(n_starts), together.near_optimal, together.best, np.array(own)
    )


def _wider(asked):
    """The larger relative gate; None, by evidence, if no study asked for one."""
    given = [rtol for rtol in asked if rtol is not None]
    return max(given) if given else None


def _stacked(fits, like):
    """Single fits as `Fits`, numbered instead of seeded: studies may have the same seeds."""
    columns = {
        field.name: np.array([getattr(fit, field.name) for fit in fits])
        for field in fields(Fit)
        if fits
    }
    columns = columns or {name.name: getattr(like, name.name)[:0] for name in fields(Fit)}
    counted = {"zeros_W": None, "zeros_H": None, "n_dead": None, "row": None, "errors": {}}
    return replace(like, **columns | counted | {"seed": np.arange(len(fits))})
