"""How far a problem's numbers would move with other starts of the same searches."""

from dataclasses import dataclass, replace

import numpy as np

from nmfstudy.util.streams import stream

DRAWS = 1000
_ENTRIES = 4_000_000  # starts in all draws together
_FEWEST = 200
FEWEST_RUNS = 6  # the range of n runs holds the median one with 1 − 2^(1 − n), 95 % from six on


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a comparison looks at, once or for many draws of the starts.

    Attributes
    ----------
    n_distinct : array
        Solutions as good as the best of all starts.
    objective : array
        Lowest of the starts that count.
    coverage, best_share : array
        Of the search with most random starts: the chance that one more start finds nothing new,
        and the share of starts that reach a best solution; NaN without random starts.
    shares : array of shape (…, n_minima)
        Of that search, else of all starts.
    sweeps, seconds : array
        Mean over the starts. The clock is read once a run, so the starts of a run share its time
        evenly; draws of the seconds are draws of whole runs, NaN if a search has fewer than
        `FEWEST_RUNS`.
    """

    n_distinct: np.ndarray
    objective: np.ndarray
    coverage: np.ndarray
    best_share: np.ndarray
    shares: np.ndarray
    sweeps: np.ndarray
    seconds: np.ndarray


QUANTITIES = ("objective", "n_distinct", "coverage", "best_share", "sweeps", "seconds")


def numbers(result):
    """`Numbers` of the starts as they are, arrays without draws."""
    order = [np.arange(len(fits))[None, :] for fits in result.searches]
    found = _numbers(result, order)
    return Numbers(**{name: getattr(found, name)[0] for name in Numbers.__dataclass_fields__})


def draws(result, name, seed=0):
    """`Numbers` of many draws with replacement, search by search (Efron 1979).

    Minima stay those that all starts together have found; only which of them are seen, how often
    and how fast changes from draw to draw, so a draw never counts more minima than there are. A
    start drawn twice is no minimum seen twice: draws of the coverage are normal with the standard
    error of Esty (1983) instead. Seconds are drawn by runs, see `Numbers`. The number of solutions
    in a continuum is none, and has none.

    Parameters
    ----------
    result : ProblemResult
    name : str
        Of the stream: other names draw independently.
    seed : int
    """
    rng = stream(seed, f"bootstrap {name} {result.key}")
    n_draws = int(np.clip(_ENTRIES // max(result.n_starts, 1), _FEWEST, DRAWS))
    sizes = [len(fits) for fits in result.searches]
    drawn = _numbers(result, [rng.integers(n, size=(n_draws, n)) for n in sizes])
    coverage = np.full(n_draws, np.nan)
    if (main := result.solutions.sampled_search) is not None:
        value, error = coverage_error(result.solutions.starts_per_minimum(main))
        coverage = np.clip(value + error * rng.standard_normal(n_draws), 0, 1)
    drawn = replace(drawn, coverage=coverage, seconds=_seconds_of_runs(result, n_draws, rng))
    if result.judged.kind == "continuum":
        drawn = replace(drawn, n_distinct=np.full(n_draws, np.nan))
    return drawn


def n_runs(result):
    """Runs of the search that has fewest."""
    return min(len(np.unique(of)) for of in result.run_of)


def _seconds_of_runs(result, n_draws, rng):
    """Mean seconds of a start when the runs of each search are drawn with replacement."""
    if n_runs(result) < FEWEST_RUNS:
        return np.full(n_draws, np.nan)
    total = np.zeros(n_draws)
    for fits, of in zip(result.searches, result.run_of, strict=True):
        _, run = np.unique(of, return_inverse=True)
        seconds, starts = np.bincount(run, fits.seconds), np.bincount(run)
        rows = rng.integers(len(starts), size=(n_draws, len(starts)))
        total += len(fits) * seconds[rows].sum(1) / starts[rows].sum(1)
    return total / result.n_starts


def coverage_error(counts):
    """Good–Turing coverage with its standard error, ``√(f₁(1 − f₁/S) + 2f₂) / S``.

    f₁ and f₂ minima were seen once and twice in S starts (Esty 1983).
    """
    once, twice, total = (counts == 1).sum(), (counts == 2).sum(), counts.sum()
    if not total:
        return np.nan, np.nan
    return 1 - once / total, np.sqrt(once * (1 - once / total) + 2 * twice) / total


def _numbers(result, order):
    solutions, n_draws = result.solutions, len(order[0])
    n = solutions.n_minima
    ends = np.cumsum([len(fits) for fits in result.searches])
    labels = np.split(solutions.labels, ends[:-1])
    per_search = [_count(of[rows], n) for of, rows in zip(labels, order, strict=True)]
    drawn = list(zip(result.searches, order, strict=True))
    sweeps = sum(fits.n_iter[rows].sum(1) for fits, rows in drawn)
    seconds = sum(fits.seconds[rows].sum(1) for fits, rows in drawn)
    counts, main = sum(per_search), solutions.sampled_search
    sample = counts if main is None else per_search[main]
    total = ends[-1] if main is None else len(result.searches[main])
    shares = sample / max(total, 1)
    nothing = np.full(n_draws, np.nan)
    seen = counts > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = 1 - (sample == 1).sum(1) / sample.sum(1)
    objective = np.append(solutions.objective, np.nan)
    return Numbers(
        n_distinct=seen[:, solutions.near_optimal].sum(1).astype(float),
        objective=objective[np.where(seen.any(1), seen.argmax(1), n)] if n else nothing,
        coverage=nothing if main is None else coverage,
        best_share=nothing if main is None else shares[:, solutions.best].sum(1),
        shares=shares,
        sweeps=sweeps / ends[-1],
        seconds=seconds / ends[-1],
    )


def _count(labels, n_minima):
    """Starts per minimum in each row of labels; −1 counts for none."""
    n_draws = len(labels)
    shifted = labels + 1 + (n_minima + 1) * np.arange(n_draws)[:, None]
    counted = np.bincount(shifted.ravel(), minlength=n_draws * (n_minima + 1))
    return counted.reshape(n_draws, n_minima + 1)[:, 1:]


def interval(values):
    """The middle 95 % of the draws; NaN without numbers."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
