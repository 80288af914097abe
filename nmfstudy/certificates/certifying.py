"""`certify`: every certificate asked of every reading of the zeros, and the weakest answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from nmfstudy.certificates.best_fit import optimality
from nmfstudy.certificates.case import FULL, UNCLEAR, Case, make_case
from nmfstudy.certificates.combine import CLAIMS, combine_outcomes, proved
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.members import CERTIFICATES
from nmfstudy.certificates.outcome import inconclusive, skipped
from nmfstudy.certificates.verdict import Verdict
from nmfstudy.certificates.wording import explain
from nmfstudy.certificates.zeros import pattern_interval, sized
from nmfstudy.datasets.typing import Matrix
from nmfstudy.model.factorization import Factorization, Factors
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.display import number
from nmfstudy.util.errors import RequestError
from nmfstudy.util.threads import one_blas_thread

OPTIMALITY_SHARE = 1 / 15  # of the budget that may go into bounds on other fits, beside it
LARGEST_THRESHOLD = 1e-2  # thresholds above it are not tried
MOST_PATTERNS = 30  # of zeros that are tried below the threshold, and above


@one_blas_thread()  # on small matrices more of them cost more than they give
def certify(
    W: ArrayLike,
    H: ArrayLike,
    *,
    X: Matrix | None = None,
    alpha_W: float = 0.0,
    alpha_H: float | str = "same",
    l1_ratio: float = 0.0,
    others: Sequence[Factors] = (),
    zero_threshold: float | None = None,
    budget: float = 60.0,
    ladder: bool = True,
) -> Verdict:
    """Say what can be proved about the uniqueness of the factorization ``X̂ = WH``.

    Parameters
    ----------
    W : array of shape (n_samples, n_components)
    H : array of shape (n_components, n_features)
        Nonnegative. The certificates speak of their product, not of other fits to the data.
    X : array of shape (n_samples, n_features), optional
        The data: for a bound on other fits (`Verdict.optimality`), to report ``‖X − X̂‖/‖X‖``, and
        to refit when zeros are made. If WH is X within 1e-4, the factors are first brought to X to
        the last digit on their pattern of zeros.
    alpha_W, alpha_H, l1_ratio : float
        The penalty that the factors are a fit under; `Verdict.optimality` speaks of it, the
        certificates do not, and the factors are not brought to X.
    others : sequence of Factorization or (W, H)
        Other solutions found by fitting: tried as witnesses.
    zero_threshold : float, optional
        Entries up to this share of their component's largest, and of their row's (column's)
        largest in the product, count as zeros; rows and columns are brought to one size first.
        None: 1e-9, or the middle of a wider gap above the dust that a fit leaves; at most 1e-6, or
        1e-3 if that ends in an exact factorization of X. Without such a factorization, entries
        between 1e-9 and 1e-6 may be zeros or not, and the verdict is the weaker one.
    budget : float
        Nominal seconds: work is counted by its size, so that the verdict does not depend on the
        machine. What does not fit is reported as skipped.
    ladder : bool
        Whether to repeat the verdict at other zero thresholds, as far as the budget allows.

    Returns
    -------
    Verdict

    Raises
    ------
    RequestError
        If the factors, the data or an option are not usable.
    ContradictionError
        If two certificates disagree, which only an error in one of them can cause.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> verdict = ns.certify([[1, 0], [0, 1], [1, 1]], [[1, 0, 2], [0, 1, 1]])
    >>> verdict.status
    'unique'
    >>> bool(verdict.verify())
    True
    """
    given, penalty = Factorization(W, H), ElementwisePenalty(alpha_W, alpha_H, l1_ratio)
    X = _check_data(given, X)
    if zero_threshold is not None and not 0 <= zero_threshold < 1:
        raise RequestError(f"zero_threshold is {zero_threshold!r}; possible: 0 up to below 1")
    if not budget > 0:
        raise RequestError(f"budget is {budget!r}; possible: a positive number of nominal seconds")
    effort, began = Effort(budget), time.perf_counter()
    factors = sized(given, X if penalty.is_zero else None)
    asked = factors.thresholds() if zero_threshold is None else (float(zero_threshold),)
    readings = [
        _read(factors, t, effort.part(1 / (len(asked) - i)), others) for i, t in enumerate(asked)
    ]
    answer = weakest(readings)
    interval = pattern_interval(factors.entries, answer.threshold)
    if ladder:
        spare = Effort(min(effort.left(), 1.0 + 2 * effort.spent))
        interval = _widen(factors, answer, interval, spare)
    case, claims = answer.case, answer.claims
    examined = case.given
    residual = best = None
    if X is not None:
        residual, share = _residual(X, examined), budget * OPTIMALITY_SHARE
        best = optimality(X, examined.W, examined.H, penalty=penalty, budget=share)
    n_open = factors.n_open if len(readings) > 1 else 0
    explanation = explain(case, claims, answer.outcomes, n_open)
    if claims["witness"] is not None:
        claims = claims | {"witness": case.unscale(claims["witness"])}
    return Verdict(
        **claims,
        certificates=answer.outcomes,
        factorization=examined,
        scope=_scope(examined, residual),
        residual=residual,
        zero_threshold=answer.threshold,
        threshold_interval=interval,
        n_open=n_open,
        arithmetic=_arithmetic(answer.outcomes),
        explanation=explanation,
        seconds=time.perf_counter() - began,
        optimality=best,
        X=None if best is None else X,
    )


@dataclass(frozen=True, eq=False)
class ZeroReading:
    """What certificates say of the factors with one choice of zeros."""

    threshold: float
    case: Case
    outcomes: tuple

    @property
    def claims(self):
        """What follows from the outcomes together."""
        return combine_outcomes(self.case, self.outcomes)

    def proofs(self):
        """All that is claimed in favour of uniqueness, as a set."""
        claims = self.claims
        found = {("W", i) for i in claims["identifiable_W"]}
        found |= {("H", i) for i in claims["identifiable_H"]}
        if claims["status"] == "unique":
            found.add("unique")
        if claims["dimension_exact"] and claims["local_dimension"] == 0:
            found.add("locally unique")
        return found


def _read(factors, threshold, effort, others=(), members=CERTIFICATES):
    case = make_case(factors.reading(threshold))
    return ZeroReading(threshold, case, _run_all(case, effort, others, members))


def weakest(readings):
    """The reading that claims least, less what not all readings claim.

    A second factorization stays: it is one of the factors in this reading.
    """
    proofs = [reading.proofs() for reading in readings]
    least = min(
        range(len(readings)),
        key=lambda i: (len(proofs[i]), readings[i].claims["witness"] is not None),
    )
    answer, common = readings[least], set.intersection(*proofs)
    if proofs[least] == common:
        return answer
    outcomes = tuple(
        o
        if ZeroReading(answer.threshold, answer.case, (o,)).proofs() <= common
        else inconclusive(o.name, "what it says turns on entries that may be zeros or not")
        for o in answer.outcomes
    )
    return replace(answer, outcomes=outcomes)


def _check_data(given, X):
    if X is None:
        return None
    X = X.toarray() if isinstance(X, Weighted) else X
    X = np.asarray(X, dtype=np.float64)
    shape = given.W.shape[0], given.H.shape[1]
    if X.shape != shape:
        raise RequestError(f"X has shape {X.shape}; the product WH has shape {shape}")
    if not np.isfinite(X).all():
        raise RequestError("X must be finite, got NaN or infinity")
    return X


def ask(member, case, effort, before=(), others=()):
    """One certificate's outcome, given those of the certificates before it."""
    known = {"others": others, "proved": proved(before)}
    return member.run(case, effort, **{name: known[name] for name in member.USES})


def _run_all(case, effort, others, members=CERTIFICATES):
    """Every certificate in order; refuting ones first, dear ones only while the answer is open."""
    outcomes = []
    if not case.k:
        return tuple(skipped(m.NAME, "every component is zero") for m in members)
    for member in members:
        began = time.perf_counter()
        done = any(o.unique or o.witness is not None for o in outcomes)
        turning = any(o.knife_edge for o in outcomes)
        if case.rank_state != FULL and member.NEEDS_RANK:
            why = "unclear" if case.rank_state == UNCLEAR else "below the number of components"
            outcome = skipped(member.NAME, f"the rank of the product is {why}")
        elif member.ONLY_IF_OPEN and done:
            outcome = skipped(member.NAME, "the answer is known")
        elif member.ONLY_IF_OPEN and turning:
            outcome = skipped(member.NAME, "the last digits decide, and it does not see them")
        elif effort.exhausted():
            outcome = skipped(member.NAME, "the effort is used up")
        else:
            part = effort.part(member.SHARE)
            outcome = ask(member, case, part, outcomes, others)
        outcomes.append(outcome.timed(time.perf_counter() - began))
    return tuple(outcomes)


def _widen(factors, answer, interval, effort):
    """Extend the interval of thresholds, some patterns of zeros each way, while the claims stay."""
    members = [member for member in CERTIFICATES if "others" not in member.USES]
    names = [member.NAME for member in members]
    searched = tuple(o for o in answer.outcomes if o.name in names)
    claimed = _comparable(replace(answer, outcomes=searched))
    entries, (low, high) = factors.entries, interval

    def same(threshold):
        reading = _read(factors, threshold, effort, (), members)
        return not effort.exhausted() and _comparable(reading) == claimed

    for _ in range(MOST_PATTERNS):
        if not low > 0:
            break
        pattern = pattern_interval(entries, np.nextafter(low, 0))
        if not same(pattern[0]):
            break
        low = pattern[0]
    for _ in range(MOST_PATTERNS):
        if not (high < LARGEST_THRESHOLD and same(high)):
            break
        high = pattern_interval(entries, high)[1]
    return low, high


def _comparable(reading):
    return [reading.claims[name] for name in CLAIMS]


def _residual(X, factorization):
    size = np.abs(X).max(initial=0.0)
    if size == 0:
        return 0.0 if not factorization.product().any() else np.inf
    difference = X / size - (factorization.W / size) @ factorization.H
    return float(np.linalg.norm(difference) / np.linalg.norm(X / size))


def _scope(examined, residual):
    k = examined.n_components
    text = f"all exact nonnegative factorizations of the product WH with {k} components"
    if residual is None:
        return text
    return f"{text}; that product is {number(residual, 2)} (relative) from the data"


def _arithmetic(outcomes):
    exact = [o.evidence["arithmetic"] for o in outcomes if "arithmetic" in o.evidence]
    return exact[0] if exact else "double precision; a zero is exactly zero"
