"""The verdict on a factorization: all certificates, put together and checkable."""

import time
from dataclasses import dataclass, fields

import numpy as np

from nmfstudy.certificates.case import FULL, UNCLEAR, Clock, make_case, witness_problems
from nmfstudy.certificates.combine import combine
from nmfstudy.certificates.members import CERTIFICATES
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, plain_value, skipped
from nmfstudy.certificates.wording import explain, in_words, report
from nmfstudy.certificates.zeros import LADDER, judged, pattern_interval, relative_entries
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import Shown, number
from nmfstudy.util.errors import RequestError

STATUSES = (
    "unique",  # the only factorization of its product with as many components
    "not_unique",  # a second one is at hand
    "partially_identifiable",  # some components are the same in all of them
    "locally_unique",  # no other one is close; the global question is open
    "inconclusive",  # nothing is proved
    "degenerate",  # zero, dead or numerically dependent components leave nothing to prove
)


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Shown):
    """What is proved about the factorizations of ``X̂ = WH`` with as many components.

    Modulo permutation and scaling of the components, and parallel terms merged. Attributes count
    components from 0, as arrays do; sentences and `report` from 1, as people do.

    Attributes
    ----------
    status : str
        One of `STATUSES`. ``partially_identifiable`` takes precedence over ``not_unique``.
    n_solutions : int, inf or None
        Number of factorizations; None if unknown.
    identifiable_W, identifiable_H : tuples of int
        Components whose w_r, h_r is, up to scale, in every factorization: proved.
    refuted_W, refuted_H : tuples of int
        Components that a checked second factorization lacks. All others are open.
    local_dimension : int or None
        Dimension of the set of factorizations around this one, scales aside.
    dimension_exact : bool
        False: the first-order value, an upper bound.
    witness : Factorization or None
        A second factorization of the same product.
    certificates : tuple of Outcome
        Every certificate's answer, evidence and margin.
    factorization : Factorization
        The factors judged, with the zeros that the threshold made.
    scope : str
        What the verdict speaks of.
    residual : float or None
        ``‖X − X̂‖/‖X‖``, if X was given.
    zero_threshold : float
        Entries up to this share of their component's largest, and of their row's (column's)
        largest in the product, count as zeros.
    threshold_interval : (float, float)
        Thresholds for which the status (the witness search aside) is the same, as far as they
        were tried.
    arithmetic : str
    explanation : str
        One sentence for people.
    """

    status: str
    n_solutions: float | int | None
    identifiable_W: tuple
    identifiable_H: tuple
    refuted_W: tuple
    refuted_H: tuple
    local_dimension: int | None
    dimension_exact: bool
    witness: Factorization | None
    certificates: tuple
    factorization: Factorization
    scope: str
    residual: float | None
    zero_threshold: float
    threshold_interval: tuple
    arithmetic: str
    explanation: str
    seconds: float

    def verify(self):
        """Check every claim again from the stored factors and evidence.

        No search and no linear program: products, ranks and signs only.

        Returns
        -------
        list of str
            The problems found; empty if all claims hold.
        """
        case = make_case(self.factorization)
        checks = {member.NAME: member.check for member in CERTIFICATES}
        problems = []
        for outcome in self.certificates:
            if outcome.name not in checks:
                problems.append(f"{outcome.name}: no such certificate")
                continue
            found = []
            if outcome.outcome in (PROVES, REFUTES):
                found += _guarded_check(checks[outcome.name], case, outcome)
            elif _claims(outcome):
                found.append("claims something without proof")
            if outcome.witness is not None:
                found += witness_problems(case, outcome.witness)
            elif outcome.outcome == REFUTES:
                found.append("refutes without a witness")
            problems += [f"{outcome.name}: {problem}" for problem in found]
        claimed = combine(case, self.certificates)
        for name in _COMBINED:
            if getattr(self, name) != claimed[name]:
                problems.append(f"verdict: {name} does not follow from the certificates")
        if (self.witness is None) != (claimed["witness"] is None):
            problems.append("verdict: the witness does not follow from the certificates")
        elif self.witness is not None:
            found = witness_problems(case, case.scaled(self.witness), tolerance=1e-9)
            problems += [f"verdict: {problem}" for problem in found]
        return problems

    def _shown(self):
        k = self.factorization.n_components
        most = "" if self.dimension_exact else "at most "
        free = "–" if self.local_dimension is None else f"{most}{self.local_dimension}"
        rows = (
            ("factorizations", number(self.n_solutions)),
            ("columns of W proved", f"{len(self.identifiable_W)} of {k}"),
            ("rows of H proved", f"{len(self.identifiable_H)} of {k}"),
            ("dimensions free", free),
            ("second factorization", "at hand" if self.witness is not None else "–"),
        )
        said = in_words(self.status, self.witness)
        return f"Verdict: {said}. {self.explanation}", ("what is proved", ""), rows

    def report(self, width=80):
        """The verdict as text for a terminal; components count from 1.

        Parameters
        ----------
        width : int
            Columns that lines are wrapped to.

        Returns
        -------
        str
        """
        return report(self, width)

    def to_dict(self):
        """Numbers, strings and lists only (infinity as "inf"), for JSON; see `from_dict`."""
        plain = {f.name: plain_value(getattr(self, f.name)) for f in fields(self)}
        plain["certificates"] = [outcome.to_dict() for outcome in self.certificates]
        return plain

    @classmethod
    def from_dict(cls, plain):
        """The verdict of a `to_dict`, which may have been to a file and back."""
        plain = dict(plain)
        plain["certificates"] = tuple(Outcome.from_dict(o) for o in plain["certificates"])
        for name in ("factorization", "witness"):
            if plain[name] is not None:
                plain[name] = Factorization(plain[name]["W"], plain[name]["H"])
        for name in _TUPLES:
            plain[name] = tuple(plain[name])
        if plain["n_solutions"] == "inf":
            plain["n_solutions"] = np.inf
        return cls(**plain)


_TUPLES = ("identifiable_W", "identifiable_H", "refuted_W", "refuted_H", "threshold_interval")
_COMBINED = (
    "status",
    "n_solutions",
    "identifiable_W",
    "identifiable_H",
    "refuted_W",
    "refuted_H",
    "local_dimension",
    "dimension_exact",
)


def _claims(outcome):
    """Whether an outcome that decides nothing nevertheless carries a claim."""
    return bool(
        outcome.unique
        or outcome.identifiable_W
        or outcome.identifiable_H
        or outcome.refuted_W
        or outcome.refuted_H
        or outcome.n_solutions is not None
        or (outcome.local_dimension is not None and outcome.dimension_exact)
    )


def _guarded_check(check, case, outcome):
    """Run a check on evidence that may be mutilated: what it cannot even read is a problem."""
    try:
        return check(case, outcome)
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        return [f"the evidence cannot be read ({type(error).__name__}: {error})"]


def certify(
    W,
    H,
    *,
    X=None,
    others=(),
    zero_threshold=None,
    budget=60.0,
    ladder=True,
):
    """Say what can be proved about the uniqueness of the factorization ``X̂ = WH``.

    Parameters
    ----------
    W : array of shape (n_samples, n_components)
    H : array of shape (n_components, n_features)
        Nonnegative. The verdict speaks of their product, not of other fits to the data.
    X : array of shape (n_samples, n_features), optional
        The data, to report ``‖X − X̂‖/‖X‖`` and to refit when zeros are made. If WH is X within
        1e-4, the factors are first brought to X to the last digit on their pattern of zeros.
    others : sequence of Factorization or (W, H)
        Other solutions found by fitting: tried as witnesses.
    zero_threshold : float, optional
        Entries up to this share of their component's largest, and of their row's (column's)
        largest in the product, count as zeros. None: 1e-9, or the middle of a wider gap above
        the dust that a fit leaves; at most 1e-6, or 1e-3 if that ends in an exact factorization
        of X.
    budget : float
        Seconds. What does not fit is reported as skipped.
    ladder : bool
        Whether to repeat the verdict at other zero thresholds, as far as time allows.

    Returns
    -------
    Verdict

    Raises
    ------
    RequestError
        If the factors, the data or an option are not usable.
    ContradictionError
        If two certificates disagree, which only an error in one of them can cause.
    """
    given = Factorization(W, H)
    X = _check_data(given, X)
    if zero_threshold is not None and not 0 <= zero_threshold < 1:
        raise RequestError(f"zero_threshold is {zero_threshold!r}; possible: 0 up to below 1")
    if not budget > 0:
        raise RequestError(f"budget is {budget!r}; possible: a positive number of seconds")
    clock, began = Clock(budget), time.perf_counter()
    examined, zero_threshold = judged(given, zero_threshold, X)
    case = make_case(examined)
    outcomes = _run_all(case, clock, others)
    combined = combine(case, outcomes)
    used = time.perf_counter() - began
    entries = relative_entries(given)
    interval = pattern_interval(entries, zero_threshold)
    if ladder:
        spare = Clock(min(clock.left(), 1.0 + 2 * used))
        interval = _widen(
            given, X, entries, interval, _status_without_search(case, outcomes), spare
        )
    residual = None if X is None else _residual(X, examined)
    witness = combined["witness"]
    combined["witness"] = None if witness is None else case.unscale(witness)
    return Verdict(
        **combined,
        certificates=outcomes,
        factorization=examined,
        scope=_scope(examined, residual),
        residual=residual,
        zero_threshold=float(zero_threshold),
        threshold_interval=interval,
        arithmetic=_arithmetic(outcomes),
        explanation=explain(case, combined, outcomes),
        seconds=time.perf_counter() - began,
    )


def _check_data(given, X):
    if X is None:
        return None
    X = np.asarray(X, dtype=np.float64)
    shape = given.W.shape[0], given.H.shape[1]
    if X.shape != shape:
        raise RequestError(f"X has shape {X.shape}; the product WH has shape {shape}")
    if not np.isfinite(X).all():
        raise RequestError("X must be finite, got NaN or infinity")
    return X


def _run_all(case, clock, others, members=CERTIFICATES):
    """Every certificate in order; refuting ones first, dear ones only while the answer is open."""
    outcomes = []
    if not case.k:
        return tuple(skipped(m.NAME, "every component is zero") for m in members)
    for member in members:
        began = time.perf_counter()
        done = any(o.unique or o.witness is not None for o in outcomes)
        if case.rank_state != FULL and member.NEEDS_RANK:
            why = "unclear" if case.rank_state == UNCLEAR else "below the number of components"
            outcome = skipped(member.NAME, f"the rank of the product is {why}")
        elif member.ONLY_IF_OPEN and done:
            outcome = skipped(member.NAME, "the answer is known")
        elif clock.expired():
            outcome = skipped(member.NAME, "the time budget is used up")
        else:
            part = clock.part(member.SHARE)
            extra = {"others": others} if member.NAME == "witness" else {}
            outcome = member.run(case, part, **extra)
        outcomes.append(outcome.timed(time.perf_counter() - began))
    return tuple(outcomes)


def _status_without_search(case, outcomes):
    """The status that proofs alone give: comparable between thresholds at little cost."""
    return combine(case, [o for o in outcomes if o.name != "witness"])["status"]


def _widen(given, X, entries, interval, status, clock):
    """Extend the interval of thresholds up and down the ladder while the status stays."""
    low, high = interval
    members = [member for member in CERTIFICATES if member.NAME != "witness"]
    for rungs, upward in ((LADDER, True), (LADDER[::-1], False)):
        for threshold in rungs:
            if (threshold < high) if upward else (threshold >= low):
                continue
            if clock.expired():
                break
            case = make_case(judged(given, threshold, X)[0])
            if _status_without_search(case, _run_all(case, clock, (), members)) != status:
                break
            pattern = pattern_interval(entries, threshold)
            low, high = (low, pattern[1]) if upward else (pattern[0], high)
    return low, high


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
