"""Were enough starts run? Estimates from how often each minimum was seen.

Starts of one search are independent draws of a minimum, so the theory of unseen species holds.
`counts` are the numbers of starts per minimum; zeros are allowed and mean nothing.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaincinv, gammaln

from nmfstudy.util.errors import RequestError
from nmfstudy.util.spacing import evenly_spaced

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


class Interval(NamedTuple):
    """An estimate with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def _seen(counts):
    counts = np.asarray(counts, dtype=np.int64)
    if counts.ndim != 1 or (counts < 0).any():
        raise RequestError("counts must be a list of integers >= 0, one per minimum")
    return counts[counts > 0]


def good_turing_coverage(counts):
    """``1 − f₁/S``: the chance that the next start ends in a minimum already seen.

    f₁ is the number of minima seen once, S the number of starts (Good 1953). NaN without starts.
    """
    seen = _seen(counts)
    return float(1 - (seen == 1).sum() / seen.sum()) if seen.size else float("nan")


def lowest_coverage(counts, confidence=0.95):
    r"""Lower confidence limit of the coverage, by the Poisson limit of the minima seen once.

    .. math:: 1 - χ²_{confidence}(2 f_1 + 2) \,/\, 2S

    f₁ is the number of minima seen once, S the number of starts; without any seen once it is the
    rule of three, 1 − 3/S. Good and Turing's estimate is unbiased after a fixed number of starts,
    but too high for a rule that stops as soon as it is high enough (see ``docs/coverage.md``).

    Parameters
    ----------
    counts : int array
        Starts per minimum, S in all.
    confidence : float
        One-sided, between 0 and 1.

    Returns
    -------
    float
        At least 0; NaN without starts.

    References
    ----------
    Garwood (1936), for the limit of a Poisson mean.

    Examples
    --------
    >>> round(lowest_coverage([250, 50]), 4)
    0.99
    >>> round(lowest_coverage([250, 49, 1]), 4)
    0.9842
    """
    seen = _seen(counts)
    if not seen.size:
        return float("nan")
    once = int((seen == 1).sum())
    return max(0.0, float(1 - gammaincinv(once + 1, confidence) / seen.sum()))


def chao1(counts):
    """``D + f₁(f₁ − 1) / (2(f₂ + 1))``: a lower bound for the number of minima there are.

    D minima were seen, f₁ of them once and f₂ twice (Chao 1984, bias-corrected form).
    """
    seen = _seen(counts)
    once, twice = int((seen == 1).sum()), int((seen == 2).sum())
    return float(seen.size + once * (once - 1) / (2 * (twice + 1)))


def rarefaction(counts, sizes=None):
    r"""Expected number of distinct minima among m of the starts.

    .. math:: E[D_m] = \sum_i 1 - \binom{S - c_i}{m} / \binom{S}{m}

    exact for a draw of m starts without replacement (Hurlbert 1971).

    Parameters
    ----------
    counts : int array
        Starts per minimum, S in all.
    sizes : int array, optional
        The values of m, from 0 to S. None takes up to 50 of them, S included.

    Returns
    -------
    sizes : int array
    expected : float array of the same shape
    """
    seen = _seen(counts)
    total = int(seen.sum())
    if sizes is None:
        sizes = 1 + evenly_spaced(total, 50)
    sizes = np.asarray(sizes, dtype=np.int64)
    if ((sizes < 0) | (sizes > total)).any():
        raise RequestError(f"sizes must lie between 0 and the {total} starts there are")
    values, multiplicity = np.unique(seen, return_counts=True)
    missed = _chance_of_none(values[None, :], total, sizes[:, None])
    return sizes, ((1 - missed) * multiplicity).sum(axis=1)


def _chance_of_none(count, total, size):
    """That none of ``count`` starts is among ``size`` of the ``total``; arrays broadcast."""
    return np.exp(_log_choose(total - count, size) - _log_choose(total, size))


def _chance_of_one(count, total, size):
    """That exactly one is."""
    return count * np.exp(_log_choose(total - count, size - 1) - _log_choose(total, size))


def _log_choose(n, k):
    """Logarithm of the binomial coefficient, −inf where there is no choice."""
    possible = (0 <= k) & (k <= n)
    n, k = np.where(possible, n, 0), np.where(possible, k, 0)
    log = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.where(possible, log, -np.inf)


def rarefaction_interval(counts, sizes, rng, n_draws=400):
    """Range of the number of distinct minima among m of the starts, by drawing them.

    Parameters
    ----------
    counts : int array
        Starts per minimum, S in all.
    sizes : int array
        The values of m, from 0 to S.
    rng : numpy.random.Generator
    n_draws : int
        Orders of the starts that are drawn.

    Returns
    -------
    low, high : float arrays
        Between which 95 % of the draws lie. They meet at S, where nothing is left to draw: the
        interval speaks of the starts that were run, not of others.
    """
    seen = _seen(counts)
    minimum = np.repeat(np.arange(seen.size), seen)
    found = np.zeros((n_draws, minimum.size + 1))
    for row in found:
        order = rng.permutation(minimum)
        row[1 + np.unique(order, return_index=True)[1]] = 1
    found = np.quantile(found.cumsum(axis=1), [0.025, 0.975], axis=0)[:, np.asarray(sizes)]
    return found[0], found[1]


def wilson_interval(successes, trials, z=Z95):
    """A share with its score interval, which stays inside [0, 1] (Wilson 1927).

    NaN without trials.
    """
    if not 0 <= successes <= trials:
        raise RequestError(
            f"successes is {successes}; possible: 0 to the number of trials {trials}"
        )
    if trials == 0:
        return Interval(float("nan"), 0.0, 1.0)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At the ends of [0, 1] the interval ends there exactly; rounding would miss it.
    low = 0.0 if successes == 0 else float((centre - half) / scale)
    high = 1.0 if successes == trials else float((centre + half) / scale)
    return Interval(float(share), low, high)


def difference_of_shares(first, other):
    """The other share minus the first, with its 95 % interval (Newcombe 1998).

    Parameters
    ----------
    first, other : Interval
        Of `wilson_interval`, from independent starts.

    Returns
    -------
    Interval
        NaN where one of the shares is.
    """
    value = other.value - first.value
    down = np.hypot(other.value - other.low, first.high - first.value)
    up = np.hypot(other.high - other.value, first.value - first.low)
    return Interval(float(value), float(value - down), float(value + up))


def difference_of_counts(first, other, n_starts):
    r"""How many more minima the other sample has among as many starts, with a 95 % interval.

    Counts grow with starts, so both are rarefied to the smaller number m (Hurlbert 1971). The
    variance of a count rarefied from S to m starts is at most :math:`m/S` times the expected
    number of minima seen once in m; that number is taken from both samples together, as if they
    were of one search. So the interval holds 0 in at least about 95 % of the pairs of samples of
    one search, whatever their sizes.

    Parameters
    ----------
    first, other : int arrays of shape (n_minima,)
        Starts of each sample in the same minima.
    n_starts : pair of int
        Starts of each sample, those in none of these minima included.

    Returns
    -------
    expected : pair of float
        Minima among m starts of each.
    difference : Interval
        NaN if a sample has no start.
    """
    counts, size = (np.asarray(first), np.asarray(other)), min(n_starts)
    if size == 0:
        return (float("nan"),) * 2, Interval(*(float("nan"),) * 3)
    expected = tuple(
        float((1 - _chance_of_none(c, total, size)).sum())
        for c, total in zip(counts, n_starts, strict=True)
    )
    once = _chance_of_one(sum(counts), sum(n_starts), size).sum()
    half = float(Z95 * np.sqrt(once * sum(size / total for total in n_starts)))
    value = expected[1] - expected[0]
    return expected, Interval(value, value - half, value + half)


def starts_needed(share, confidence=0.99):
    """Starts that reach a basin of this share at least once with this confidence.

    ``⌈ln(1 − confidence) / ln(1 − share)⌉``; 1 for a share of 1, ``inf`` for a share of 0.
    """
    if not 0 <= share <= 1:
        raise RequestError(f"share is {share!r}; possible: 0 to 1")
    if not 0 < confidence < 1:
        raise RequestError(f"confidence is {confidence!r}; possible: between 0 and 1")
    if share == 0:
        return float("inf")
    return 1 if share == 1 else max(1, int(np.ceil(np.log1p(-confidence) / np.log1p(-share))))
