"""Of what dimension a continuum of solutions looks."""

from typing import NamedTuple

import numpy as np


class Dimension(NamedTuple):
    """An estimate and its standard error."""

    value: float
    error: float


def intrinsic_dimension(distances, floor):
    """Dimension from each point's two nearest neighbours (Facco et al. 2017).

    Where points have locally constant density in m dimensions, the ratio of the distances to
    the second and the first neighbour follows a Pareto law with exponent m, whatever the
    density. ``(N − 1)/Σ ln ratio`` is its unbiased estimate, with standard error ``m/√N``. Edges
    of the set and mixed dimensions bias it; it is a hint, not a proof.

    Parameters
    ----------
    distances : array of shape (n_points, n_points)
    floor : float
        Points closer than this count as one.

    Returns
    -------
    Dimension or None
        None for fewer than 10 points that can be told apart.
    """
    keep = []
    for i in range(len(distances)):
        if not keep or distances[i, keep].min() > floor:
            keep.append(i)
    if len(keep) < 10:
        return None
    near = np.sort(distances[np.ix_(keep, keep)], axis=1)[:, 1:3]
    logs = np.log(near[:, 1] / near[:, 0])
    value = (len(keep) - 1) / logs.sum()
    return Dimension(float(value), float(value / np.sqrt(len(keep))))
