"""Starts per minimum, and the search whose random starts are the sample of them."""

import numpy as np

from nmfstudy.solutions.coverage import good_turing_coverage


def starts_per_minimum(labels, mask, n_minima):
    """Fits per minimum among those in the mask, shape (n_minima,)."""
    return np.bincount(labels[mask & (labels >= 0)], minlength=n_minima)


def sampled_search(labels, search, random, n_minima):
    """The search that coverage, Chao1 and the share of the best speak of, or None.

    Draws of different searches are not alike, so they are not mixed: it is the search with the
    most converged random starts, and of equals the one with the lowest coverage.
    """
    candidates = []
    for i in np.unique(search[random & (labels >= 0)]).tolist():
        starts = starts_per_minimum(labels, random & (search == i), n_minima)
        candidates.append((-int(starts.sum()), good_turing_coverage(starts), i))
    return min(candidates)[2] if candidates else None


def sample_of(labels, search, random, n_minima):
    """Which fits are the sample of the minima that they are labelled with; bool array."""
    chosen = sampled_search(labels, search, random, n_minima)
    return random & (labels >= 0) & (search == chosen)
