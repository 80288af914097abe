"""Numbers for choosing the number of components, and what they add up to.

How many components the data have, and whether those of a fit are determined, are two questions:
the first is answered by three opinions from the data (`nmfstudy.assess.evidence`), the second by
the fits. A continuum of solutions does not veto a number.
"""

from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.consensus import consensus, cophenetic_correlation, dispersion
from nmfstudy.assess.dominance import Dominance
from nmfstudy.assess.residual_test import (
    EXACT_FIT,
    ORDERED,
    least_share_left,
    share_left,
)
from nmfstudy.util.errors import RequestError

FIRST_NUMBERS = (2, 3, 4, 5, 6)  # looked at where none are given
SURELY_ORDERED = 1.1  # order that counts at a k beyond one that left none
AGREED = 0.9  # mean congruence in halves from which a component agrees


@dataclass(frozen=True)
class Candidate:
    """One number of components: the row of the table over k.

    Attributes
    ----------
    n_components, n_starts : int
    relative_error : float
        ``‖X − WH‖/‖X‖`` of the best solution.
    kind : str
    n_distinct, n_minima : int
    coverage, best_share, trusted_share : float
    dispersion, cophenetic : float
        Of the consensus matrix, as other tools report them.
    """

    n_components: int
    n_starts: int
    relative_error: float
    kind: str
    n_distinct: int
    n_minima: int
    coverage: float
    best_share: float
    trusted_share: float
    dispersion: float
    cophenetic: float


def candidate(solutions, fits, trust=None):
    """The `Candidate` of one k.

    Parameters
    ----------
    solutions : Solutions
    fits : Fits or list of Fits
        Those the solutions were counted from.
    trust : Trust, optional
        None works it out.
    """
    trust = component_trust(solutions) if trust is None else trust
    agreement = consensus(fits)
    best = solutions.representatives[0] if len(solutions) else None
    return Candidate(
        n_components=solutions.problem.n_components,
        n_starts=len(solutions.labels),
        relative_error=float("nan") if best is None else best.relative_error,
        kind=solutions.kind,
        n_distinct=solutions.n_distinct,
        n_minima=solutions.n_minima,
        coverage=solutions.coverage,
        best_share=solutions.best_share.value,
        trusted_share=trust.share,
        dispersion=dispersion(agreement),
        cophenetic=cophenetic_correlation(agreement),
    )


@dataclass(frozen=True)
class Opinions:
    """The number of components by each look at the data.

    Attributes
    ----------
    order : int
        One more than the last number that leaves more order than noise has, or after which one
        more component takes away most of what is left.
    holdout : int
        The smallest whose held-out error is within one standard error of the lowest.
    halves : int or None
        The largest of which every component comes back in random halves of the samples; None if
        those have too few.
    """

    order: int | None
    holdout: int | None
    halves: int | None


@dataclass(frozen=True)
class Advice:
    """Which number of components the data speak for.

    Attributes
    ----------
    n_components : int or None
        None if no number was tried that could be judged.
    code : str
        ``take``; ``at_least``: the largest number tried is the best, so more should be;
        ``exact``: it is the smallest that fits exactly; ``one``: nothing beyond one component;
        ``dominated``: a few numbers outweigh all others, so nothing can be said; ``none``.
    opinions : Opinions
    agreement : str
        ``all``, ``most`` or ``none`` of the opinions are the number advised; ``certain`` for an
        exact fit.
    kind : str
        Of the solutions at this number: one, several, continuum, unsettled; empty if it was not
        fitted. `trusted_share` likewise is of the fits, NaN.
    trusted_share : float
    n_outlying : int
        Single entries that were lowered before the data were looked at.
    doubts : tuple of (str, dict)
        Codes with their numbers, see `doubts_of`.
    dominance : Dominance or None
        The numbers of the data that outweigh all others.
    order_left : float
        What this number leaves over, see `nmfstudy.assess.residual_test`; NaN if not looked at.
    """

    n_components: int | None
    code: str
    opinions: Opinions
    agreement: str
    kind: str = ""
    trusted_share: float = float("nan")
    n_outlying: int = 0
    doubts: tuple = field(default=())
    dominance: Dominance | None = None
    order_left: float = float("nan")


def opinions(evidence):
    """What each look at the data takes for the number of components.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Opinions
    """
    table = evidence.table
    ks = table.n_components.to_numpy()
    holdout = ks[table.within_one.to_numpy(dtype=bool)]
    agreed = ks[table.replicated.to_numpy() >= AGREED]
    known = np.isfinite(table.replicated[ks > 1]).any()
    return Opinions(
        order=_by_order(table, evidence.shape),
        holdout=int(holdout[0]),
        halves=int(agreed.max(initial=1)) if known else None,
    )


def _by_order(table, shape):
    """The largest k that its predecessor's order, or its own drop of the error, speaks for."""
    ks, left = table.n_components.to_numpy(), table.structure.to_numpy()
    error, limit, chosen = table.relative_error.to_numpy(), ORDERED, 1
    for i in range(1, len(ks)):
        drop = share_left((ks[i - 1], error[i - 1]), (ks[i], error[i]), shape)
        if left[i - 1] > limit or drop < least_share_left(shape):
            chosen = int(ks[i])
        if not left[i - 1] > limit:
            limit = SURELY_ORDERED  # looked at once more for every k, order by chance is likely
    return chosen


def advise(candidates, evidence, carrier=None):
    """How many components the data have, how sure that is, and what the fits there are like.

    No number is passed over because a smaller one left no order, nor because its solutions are a
    continuum; see `combined`.

    Parameters
    ----------
    candidates : list of Candidate
        In any order, one per k.
    evidence : Evidence
        Of the same data and at least these k.

    Returns
    -------
    Advice
    """
    rows = sorted(candidates, key=lambda c: c.n_components)
    if not rows:
        raise RequestError("candidates is an empty list; possible: at least one Candidate")
    ks = [c.n_components for c in rows]
    if len(set(ks)) < len(ks):
        raise RequestError(f"candidates have n_components {ks}; possible: each k once")
    exact = _exact(rows, evidence)
    if not exact and max(ks) > 1 and len(evidence.table) == 1:
        return Advice(None, "none", Opinions(None, None, None), "none")
    said = opinions(evidence)
    if carrier is not None and exact != 1:
        return Advice(None, "dominated", said, "none", dominance=carrier)
    k = exact or combined(said)
    row = next((c for c in rows if c.n_components == k), None)
    left = dict(zip(evidence.table.n_components, evidence.table.structure, strict=True))
    code = "exact" if exact else "one" if k == 1 else "take"
    if code == "take" and k == max(ks) and k + 1 < min(evidence.shape):
        code = "at_least"
    agreement = "certain" if exact else agreement_of(said, k)
    return Advice(
        k,
        code,
        said,
        agreement,
        kind=row.kind if row else "",
        trusted_share=row.trusted_share if row else float("nan"),
        order_left=left.get(k, float("nan")),
        n_outlying=len(evidence.outlying),
        doubts=tuple(doubts_of(k, rows, row, evidence, agreement)),
    )


def next_numbers(tried, shape, limit):
    """The k to try after these: as far again as the largest, below min(n, d), up to the limit."""
    largest = max(tried)
    last = min(2 * largest, min(shape) - 1, limit)
    return list(range(largest + 1, last + 1))


def table_over_k(candidates, evidence=None):
    """What the fits and what the data say of every k, side by side.

    Parameters
    ----------
    candidates : list of Candidate
    evidence : Evidence, optional
        None leaves its columns out.

    Returns
    -------
    DataFrame
        The columns of `Candidate` and of `Evidence.table`, ascending in n_components. The
        relative error is that of the fits, and where there are none, as for one component, that
        of the evidence.
    """
    fitted = pd.DataFrame([asdict(c) for c in candidates])
    if evidence is None:
        return fitted.sort_values("n_components", ignore_index=True)
    table = fitted.merge(evidence.table, how="outer", on="n_components", suffixes=("", "_looked"))
    table["relative_error"] = table.relative_error.fillna(table.pop("relative_error_looked"))
    return table.sort_values("n_components", ignore_index=True)


def support(table):
    """What the data say of every number of components.

    Parameters
    ----------
    table : DataFrame
        within_one, replicated and n_components, as of `Evidence.table`.

    Returns
    -------
    list of {"accepted", "fragile", "rejected"}
        Both, one or none of: k predicts hidden entries within a standard error of the best; its
        components agree in random halves of the samples. One component always agrees.
    """
    predicts = table.within_one.to_numpy(dtype=bool)
    agrees = (table.replicated.to_numpy() >= AGREED) | (table.n_components.to_numpy() == 1)
    codes = np.array(["rejected", "fragile", "accepted"], dtype=object)
    return codes[predicts.astype(int) + agrees].tolist()


def combined(said):
    """The number by hidden entries, or more if both other looks see more.

    Of the rules that were tried on one set of planted matrices the one that was right most often;
    judged on another set, see ``docs/choosing_k.md``.
    """
    return max(said.holdout, min(said.order, said.halves or 1))


def agreement_of(said, k):
    """``all``, ``most`` or ``none`` of the opinions are k."""
    known = [o for o in (said.order, said.holdout, said.halves) if o is not None]
    same = known.count(k)
    return "all" if same == len(known) > 1 else "most" if same > 1 else "none"


def _exact(rows, evidence):
    """The smallest k that fits exactly, if that is a discovery; X = X·I is none."""
    left = dict(zip(evidence.table.n_components, evidence.table.structure, strict=True))
    if evidence.table.relative_error[0] < EXACT_FIT and not left[1] > 0:
        return 1
    fits = (c.n_components for c in rows if c.relative_error < EXACT_FIT)
    exact = next((k for k in fits if not left.get(k, 0.0) > 0), None)
    return exact if exact is not None and exact < min(evidence.shape) else None


def doubts_of(k, rows, row, evidence, agreement):
    """What is to be said against the advice, as codes with their numbers.

    Yields
    ------
    (str, dict)
        ``differ``: the opinions do; ``outlying``: entries were lowered (n); ``untried``: no k
        between these two was tried (below, k); ``not_fitted``: k itself was not; ``kind``: the
        solutions there are a continuum or unsettled (kind); ``untrusted``: some components do
        not come back in all solutions (share, n_distinct); ``coverage`` (missing) and
        ``rarely_reached`` (share): more starts may find a better one.
    """
    if agreement == "none":
        yield "differ", {}
    if len(evidence.outlying):
        yield "outlying", {"n": len(evidence.outlying)}
    below = max([c.n_components for c in rows if c.n_components < k], default=1)
    if k > below + 1:
        yield "untried", {"below": below, "k": k}
    if row is None:
        if k > 1:
            yield "not_fitted", {"k": k}
        return
    if row.kind in ("continuum", "unsettled"):
        yield "kind", {"kind": row.kind}
    elif row.trusted_share < 1:
        yield "untrusted", {"share": row.trusted_share, "n_distinct": row.n_distinct}
    if row.coverage < 0.99 and row.kind != "continuum":  # there nothing is to be covered
        yield "coverage", {"missing": 1 - row.coverage}
    if row.best_share < 0.5:
        yield "rarely_reached", {"share": row.best_share}
