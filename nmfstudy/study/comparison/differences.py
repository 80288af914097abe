"""How far two studies of one problem are apart, quantity by quantity."""

from dataclasses import dataclass

import numpy as np

from nmfstudy.solutions.coverage import Z95, Interval, difference_of_counts, difference_of_shares
from nmfstudy.study.comparison.rows import SAME

RATIOS = ("sweeps", "seconds")
_NAN = float("nan")
NO_INTERVAL = Interval(_NAN, _NAN, _NAN)


@dataclass(frozen=True)
class Difference:
    """A quantity in the first study and in another.

    Attributes
    ----------
    first, other : float
    gap : Interval
        Other minus first, or over it for `RATIOS`, with its 95 % interval. The ends are NaN where
        there is no interval, all three where the quantity cannot be compared.
    """

    first: float
    other: float
    gap: Interval


def of_all_starts(result, name):
    """A column of the starts of all searches of a `ProblemResult`."""
    return np.concatenate([getattr(fits, name) for fits in result.searches])


def _pair(c, study):
    return c.row.results[0], c.row.results[study]


def _objective(c, study):
    """Lowest that counts; the difference is relative to the first's, or to ``½‖X‖²`` if exact."""
    a, b = _pair(c, study)
    first, other = (float(r.solutions.objective[0]) if len(r.solutions) else _NAN for r in (a, b))
    if c.row.relations[study] != SAME:  # the objectives are not the same function
        return Difference(first, other, NO_INTERVAL)
    reference = a.solutions.reference_loss
    unit = first if first > 1e-9 * reference else reference
    return Difference(first, other, Interval((other - first) / unit, _NAN, _NAN))


def _n_distinct(c, study):
    """Expected solutions among as many starts of each; a continuum has no number of them."""
    a, b = _pair(c, study)
    if c.at[study] is None or "continuum" in (a.assessed.kind, b.assessed.kind):
        own = (float(r.solutions.n_distinct) for r in (a, b))
        return Difference(*own, NO_INTERVAL)
    places = [c.at[0], c.at[study]]
    expected, gap = difference_of_counts(
        *c.minima.counts[places][:, c.minima.near_optimal],
        [c.minima.n_starts[place] for place in places],
    )
    return Difference(*expected, gap)


def _best_share(c, study):
    """Starts that reach a best solution: of both where the problem is the same, else of its own."""
    shares = [r.solutions.best_share for r in _pair(c, study)]
    if c.at[study] is not None and not any(np.isnan(share.value) for share in shares):
        shares = [c.minima.share(c.at[i], c.minima.best) for i in (0, study)]
    return Difference(*(share.value for share in shares), difference_of_shares(*shares))


def _sweeps(c, study):
    """Means over the starts; the interval of the ratio's logarithm is by the delta method."""
    samples = [of_all_starts(r, "n_iter") for r in _pair(c, study)]
    first, other = (float(x.mean()) for x in samples)
    if not (first > 0 and other > 0):
        return Difference(first, other, NO_INTERVAL)
    variances = [x.var(ddof=1) / len(x) / x.mean() ** 2 if len(x) > 1 else _NAN for x in samples]
    spread, ratio = float(np.exp(Z95 * np.sqrt(sum(variances)))), other / first
    return Difference(first, other, Interval(ratio, ratio / spread, ratio * spread))


def _seconds(c, study):
    """Means over the starts. Those of a run share its time, so there is no interval."""
    first, other = (float(of_all_starts(r, "seconds").mean()) for r in _pair(c, study))
    return Difference(first, other, Interval(other / first if first > 0 else _NAN, _NAN, _NAN))


QUANTITIES = {
    "objective": _objective,
    "n_distinct": _n_distinct,
    "best_share": _best_share,
    "sweeps": _sweeps,
    "seconds": _seconds,
}
