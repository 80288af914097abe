"""How components fare when the data are drawn again: `stability`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from nmfstudy.assess.component_trust import EQUAL_CONGRUENCE, component_trust
from nmfstudy.assess.recurrence import FATES, SIMILAR_FATE
from nmfstudy.assess.refits import reference_of, refit, search_of, seeds_of, shares_of
from nmfstudy.assess.resample import draw
from nmfstudy.certificates.verdict import Verdict
from nmfstudy.datasets.typing import Matrix
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.fits import Fits
from nmfstudy.model.matching import match
from nmfstudy.model.problem import Problem, check_integer
from nmfstudy.model.weighted import known_part
from nmfstudy.solutions import distinct_solutions
from nmfstudy.solutions.coverage import wilson_interval
from nmfstudy.util.display import Shown, count, percent
from nmfstudy.util.errors import RequestError

REPLICATED = 0.8  # share of resamples from which a component counts as found again
CONCENTRATED = 0.9  # share of a component's squares in two entries that is flagged
_BACK = FATES[: SIMILAR_FATE + 1]
_CURVES = {"halves": (0.48, 15.0)}  # angle of even odds, steepness; fitted to planted matrices
STABILITY_COLUMNS = (
    "component start_share found_again found_low found_high similar congruence probability "
    "replaced_by lost_without energy_in_two_samples energy_in_two_features other_start "
    "other_data other_factors verdict"
).split()


@dataclass(frozen=True, eq=False, repr=False)
class Stability(Shown):
    """What becomes of the components of a fit when the data are drawn again.

    Attributes
    ----------
    reference : Factorization
        The best fit of the data as they are, rows of H of unit sum.
    resample : str
    n_resamples, n_starts : int
        Resamples drawn; random starts for each.
    components : DataFrame
        One row per component, in the reference's order:

        - ``component``: its number, from 0.
        - ``start_share``: share of the random starts on the data themselves whose matched term
          has a congruence of at least .95.
        - ``found_again``, ``found_low``, ``found_high``: share of the resamples in which it
          comes back with at least .95, with its 95 % Wilson interval; ``similar``: with .85.
        - ``congruence``: mean over the resamples.
        - ``probability``: that it is one of the components the data were made from, by its mean
          congruence; see `probability_real`.
        - ``replaced_by``: what mostly stands there where it is not even similar: split, merged or
          swapped, see `nmfstudy.assess.recurrence.FATES`; empty if that never happens.
        - ``lost_without``: groups without which it is not found, ``;`` between them.
        - ``energy_in_two_samples``, ``energy_in_two_features``: share of the squares of w and of
          h in their two largest entries.
        - ``other_start``, ``other_data``, ``other_factors``: same, similar or differs; open where
          nothing is known. Of the third, *same* is a proof.
        - ``verdict``: trust, or the causes that speak against it, ``+`` between them: start,
          data, factors.
    matches : DataFrame
        One row per resample and component: resample, left_out, component, congruence, fate.
    H_resampled : array of shape (n_resamples, n_components, n_features)
        Matched rows of H, of unit sum; NaN where a component is not even similar.
    share_resampled : array of shape (n_resamples, n_components)
        Share of the total of W H that is the matched component's; NaN likewise.
    """

    reference: Factorization
    resample: str
    n_resamples: int
    n_starts: int
    components: pd.DataFrame
    matches: pd.DataFrame
    H_resampled: np.ndarray
    share_resampled: np.ndarray

    @cached_property
    def entries(self):
        """Percentile ranges of every entry of H, its rows of unit sum.

        Returns
        -------
        DataFrame
            component, feature, value (of the reference), median, low and high (2.5 and 97.5 %
            over the resamples in which the component is at least similar), n (how many).
        """
        k, d = self.reference.H.shape
        low, median, high = _percentiles(self.H_resampled)
        return pd.DataFrame(
            {
                "component": np.repeat(np.arange(k), d),
                "feature": np.tile(np.arange(d), k),
                "value": self.reference.H.reshape(-1),
                "median": median.reshape(-1),
                "low": low.reshape(-1),
                "high": high.reshape(-1),
                "n": np.repeat(self._n_similar, d),
            }
        )

    @cached_property
    def shares(self):
        """The same for the share that each component has of the total of W H."""
        low, median, high = _percentiles(self.share_resampled)
        return pd.DataFrame(
            {
                "component": np.arange(self.reference.n_components),
                "value": shares_of(self.reference),
                "median": median,
                "low": low,
                "high": high,
                "n": self._n_similar,
            }
        )

    @property
    def _n_similar(self):
        return np.isfinite(self.share_resampled).sum(axis=0)

    def _shown(self):
        """The three causes and the verdict, component by component."""
        title = (
            f"Stability: {count(self.n_resamples, 'resample')} ({self.resample}), "
            f"{count(self.n_starts, 'start')} each"
        )
        headers = (
            "component", "starts", "other start", "resamples", "95 % interval", "other data",
            "other factors", "instead", "verdict",
        )  # fmt: skip
        rows = [
            (
                c.component + 1, percent(c.start_share), c.other_start, percent(c.found_again),
                f"{percent(c.found_low)} to {percent(c.found_high)}", c.other_data,
                c.other_factors, c.replaced_by or "–", c.verdict,
            )
            for c in self.components.itertuples()
        ]  # fmt: skip
        return title, headers, rows


def stability(
    X: Matrix,
    n_components: int,
    *,
    resample: str = "halves",
    n_resamples: int = 100,
    n_starts: int = 20,
    seed: int = 0,
    groups: Sequence | None = None,
    loss: str = "frobenius",
    fits: Fits | Sequence[Fits] | None = None,
    verdict: Verdict | None = None,
    warm_start: bool = True,
    progress: Callable[[int], object] = lambda n: None,
) -> Stability:
    """Fit the data drawn again and again, and look for the components of the best fit in each.

    Every resample is fitted to full convergence from ``n_starts`` random starts and from the
    reference; the fit of the lowest objective counts. Components are matched by their rows of H
    where the samples differ, by whole terms where they are the same.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features), or Dataset
    n_components : int, >= 1
    resample : {"halves", "bootstrap", "poisson", "leave_group_out"}
        See `nmfstudy.assess.resample`.
    n_resamples : int, >= 1
    n_starts : int, >= 1
    seed : int, >= 0
    groups : sequence of n_samples labels, optional
        Samples with one label, as those of one donor, are drawn and left out together.
    loss : one of `nmfstudy.model.objective.LOSSES`
    fits : Fits or list of Fits, optional
        Fits of the data themselves; None makes them from ``n_starts`` starts.
    verdict : Verdict, optional
        Of the best fit, as `nmfstudy.certify` gives it, for the column *other factors*.
    warm_start : bool
        Whether the reference is one more start of every resample.
    progress : callable
        ``progress(n)`` is called as n more resamples are done.

    Returns
    -------
    Stability

    Raises
    ------
    RequestError

    References
    ----------
    Efron (1979) for the bootstrap; Paatero et al. (2014) for factors under it; Lorenzo-Seva & ten
    Berge (2006) for the limits .95 and .85.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> s = ns.stability(ns.load_dataset("planted"), 4, n_resamples=4, n_starts=3)
    >>> s.components.found_again.tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    from nmfstudy.datasets.base import check_data

    X = known_part(check_data(getattr(X, "X", X)))[0]
    problem = Problem(n_components, loss)
    search = search_of(loss)
    n_starts = check_integer("n_starts", n_starts, 1)
    drawn = draw(X, resample, n_resamples, n_components=n_components, groups=groups, seed=seed)
    if fits is None:
        fits = fit_starts(X, problem, search, seeds_of(seed, "data", n_starts))
    solutions = distinct_solutions(fits, kkt_tol=search.tol)
    if not len(solutions):
        raise RequestError(
            f"no start with n_components={n_components} can serve as reference "
            f"({solutions.reason}); possible: more starts, or fewer components"
        )
    refits = refit(
        X, solutions, drawn, n_starts=n_starts, seed=seed, warm_start=warm_start, progress=progress
    )
    return summarize(solutions, fits, refits, resample, n_starts, verdict=verdict)


def summarize(solutions, fits, refits, resample, n_starts, *, verdict=None):
    """Put the three causes together.

    Parameters
    ----------
    solutions : Solutions
    fits : Fits or list of Fits
        Those the solutions were counted from.
    refits : Refits
    resample : str
    n_starts : int
    verdict : Verdict, optional
        Of the best fit.

    Returns
    -------
    Stability
    """
    n, k = refits.congruence.shape
    matches = pd.DataFrame(
        {
            "resample": np.repeat(refits.names, k),
            "left_out": np.repeat(refits.left_out, k),
            "component": np.tile(np.arange(k), n),
            "congruence": refits.congruence.reshape(-1),
            "fate": np.array(FATES)[refits.fate.reshape(-1)],
        }
    )
    reference = reference_of(solutions)
    components = _components(reference, solutions, fits, verdict, matches, resample)
    return Stability(reference, resample, n, n_starts, components, matches, refits.H, refits.share)


def _components(reference, solutions, fits, verdict, matches, resample):
    starts = start_shares(reference, fits)
    trust = component_trust(solutions).components
    rows = []
    for r, part in matches.groupby("component"):
        n, n_found = len(part), int((part.fate == "found").sum())
        n_similar = int(part.fate.isin(_BACK).sum())
        close = float(part.congruence.mean())
        lost = part.fate[~part.fate.isin(_BACK)]
        without = part.left_out[(part.left_out != "") & (part.fate != "found")]
        needed = n if (part.left_out != "").any() else REPLICATED * n  # every group counts
        other_data = (
            "same" if n_found >= needed else "similar" if n_similar >= needed else "differs"
        )
        causes = {
            "start": _word(trust[r]) if len(trust) else "open",
            "data": other_data,
            "factors": _factors(verdict, reference, r),
        }
        against = [cause for cause, word in causes.items() if word in ("differs", "similar")]
        rows.append(
            (
                r,
                starts[r],
                *wilson_interval(n_found, n),
                n_similar / n,
                close,
                probability_real(close, resample),
                lost.mode().iloc[0] if len(lost) else "",
                "; ".join(without),
                _in_two(reference.W[:, r]),
                _in_two(reference.H[r]),
                *causes.values(),
                "+".join(against) or "trust",
            )
        )
    return pd.DataFrame(rows, columns=STABILITY_COLUMNS)


def start_shares(reference, fits):
    """Share of the random starts in which each component has a congruence of at least .95."""
    parts = fits if isinstance(fits, list | tuple) else [fits]
    random = [p for p in parts if not p.search.deterministic] or parts
    known = [fit.factorization for p in random for fit in p if np.isfinite(fit.W).all()]
    close = [match(reference, other)[1] >= EQUAL_CONGRUENCE for other in known]
    return np.mean(close, axis=0) if close else np.full(reference.n_components, np.nan)


def probability_real(congruence, resample):
    """The chance that a component is one of those the data were made from.

    A logistic curve in the angle between the component and its counterparts in other data, fitted
    to matrices of known components (``benchmarks/planted_k.py``). NaN for schemes that it was not
    fitted for.
    """
    if resample not in _CURVES:
        return float("nan")
    middle, steepness = _CURVES[resample]
    angle = np.arccos(np.clip(congruence, 0.0, 1.0))
    return float(1 / (1 + np.exp(steepness * (angle - middle))))


def _word(c):
    """Of a `ComponentTrust`: whether all solutions as good have the component."""
    return "same" if c.trusted else "similar" if c.similar else "differs"


def _factors(verdict, reference, r):
    """What a certificate says of one component: other factors of the same product."""
    if verdict is None or verdict.factorization.n_components != reference.n_components:
        return "open"
    if r in verdict.identifiable_W and r in verdict.identifiable_H:
        return "same"
    if verdict.witness is None:
        return "open"
    order, congruence = match(verdict.factorization, verdict.witness)
    return "open" if congruence[r] >= EQUAL_CONGRUENCE else "differs"


def _in_two(vector):
    """Share of the sum of squares in the two largest entries."""
    squares = np.sort(np.square(vector))[::-1]
    return float(squares[:2].sum() / squares.sum()) if squares.sum() > 0 else float("nan")


def _percentiles(values):
    """2.5, 50 and 97.5 % over the first axis, NaN left out and where there is nothing else."""
    known = np.isfinite(values).any(axis=0)
    out = np.full((3, *values.shape[1:]), np.nan)
    out[:, known] = np.nanpercentile(values[:, known], [2.5, 50, 97.5], axis=0)
    return out
