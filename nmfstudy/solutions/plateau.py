"""Over which tolerances the count does not change, and how finely fits can be told apart."""

from typing import NamedTuple

import numpy as np

DISTANCE_ROUNDING = 1e-12  # distances below it are rounding
CEILING = 0.5  # beyond it everything is one: two solutions are at most about √2 apart
LEAST_SHARED = 0.5  # a stretch in which most starts stand alone is no plateau
MIN_DECADES = 1.0


class Plateau(NamedTuple):
    """A stretch of tolerances with a constant count."""

    low: float
    high: float
    count: int


def noise_floor(kkt_residual, n_iter, step, of):
    """How far two fits of one minimum can be apart because neither has quite arrived.

    The largest of what each fit ``of`` that mask has still to go, between 1e-12 (rounding) and
    .5: its ``step``, twice since the two may lie on either side of the minimum, or where that is
    not known ``kkt_residual · n_iter``. The residual is about the step
    that the next iteration would make, in units of ``‖X‖``. Whether steps shrink
    geometrically (over at most n_iter iterations by a factor e) or like a power of the
    iteration, what is still to go is about the last step times the iterations made so far.
    An estimate from the convergence alone: no distance enters.
    """
    sweeping = np.asarray(kkt_residual) * np.maximum(n_iter, 1)
    to_go = np.where(np.isnan(step), sweeping, 2.0 * np.asarray(step))[of]
    return float(np.clip(np.max(to_go, initial=0.0), DISTANCE_ROUNDING, CEILING))


def plateau(merges, floor, ceiling=CEILING):
    """The longest stretch of log tolerance with a constant count, or None.

    Between the noise floor and the ceiling, a decade at least. Stretches whose coverage is below
    .5 are ignored: in a continuum the longest stretch is the one where every start is its own
    cluster.

    Parameters
    ----------
    merges : nmfstudy.solutions.tree.Merges
    floor, ceiling : float

    Returns
    -------
    Plateau or None
    """
    if merges.n[0] == 0:
        return None
    last = np.flatnonzero(np.append(np.diff(merges.n) != 0, True))
    start = merges.tolerance[np.concatenate([[0], last[:-1] + 1])]
    end = np.append(start[1:], np.inf)
    low, high = (np.clip(ends, floor, ceiling) for ends in (start, end))
    rows = merges.at(low)
    length = np.log10(high / low)
    with np.errstate(invalid="ignore"):
        length = np.where(merges.coverage(rows) >= LEAST_SHARED, length, 0.0)
    pick = int(np.argmax(length))
    if length[pick] < MIN_DECADES:
        return None
    return Plateau(float(low[pick]), float(high[pick]), int(merges.n[rows[pick]]))
