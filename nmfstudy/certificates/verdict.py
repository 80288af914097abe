"""The verdict on a factorization: all certificates, put together and checkable."""

from dataclasses import dataclass, fields

import numpy as np

from nmfstudy.certificates.best_fit import Optimality, proved_level
from nmfstudy.certificates.case import make_case, witness_problems
from nmfstudy.certificates.combine import CLAIMS, combine_outcomes, proved
from nmfstudy.certificates.members import CERTIFICATES
from nmfstudy.certificates.outcome import PROVES, REFUTES, Outcome, plain_value
from nmfstudy.certificates.wording import in_words, report
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.display import Shown, number
from nmfstudy.util.threads import one_blas_thread

STATUSES = (
    "unique",  # the only factorization of its product with as many components
    "not_unique",  # a second one is at hand
    "partially_identifiable",  # some components are the same in all of them
    "locally_unique",  # no other one is close; the global question is open
    "inconclusive",  # nothing is proved
    "degenerate",  # zero, dead or numerically dependent components leave nothing to prove
)


@dataclass(frozen=True)
class Check:
    """What came of checking a verdict again: true if every claim holds.

    Attributes
    ----------
    problems : tuple of str
        What does not hold.
    """

    problems: tuple

    def __bool__(self):
        """Whether every claim holds."""
        return not self.problems


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
        largest in the product, count as zeros. Rows and columns are brought to one size first.
    threshold_interval : (float, float)
        Thresholds for which all that the verdict claims (the witness search aside) is the same.
        Every pattern of zeros in between was tried.
    n_open : int
        Entries so small that they may be zeros or not. What is claimed then holds for the
        factors with them and without them.
    arithmetic : str
    explanation : str
        One sentence for people.
    optimality : Optimality or None
        What is proved of the factors as a fit of X; None without X and where nothing is known.
    X : array or None
        The data it speaks of. They are not part of a `to_dict`.
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
    n_open: int
    arithmetic: str
    explanation: str
    seconds: float
    optimality: Optimality | None = None
    X: np.ndarray | None = None

    @property
    def proved(self):
        """``problem``: the only best fit; ``product``: the only one of its product; ``none``."""
        return proved_level(self.status, self.optimality)

    @property
    def gap(self):
        """Bound on what any other factorization could gain, as a share; NaN without a bound."""
        return np.nan if self.optimality is None else self.optimality.gap

    @one_blas_thread()
    def verify(self):
        """Check every claim again from the stored factors and evidence.

        No search and no linear program: products, ranks and signs only. What is proved of the
        factors as a fit needs the data, see `from_dict`; without them it does not hold.

        Returns
        -------
        Check
            True if all claims hold; else its ``problems`` say which do not.
        """
        return Check(tuple(self._problems()))

    def _problems(self):
        case = make_case(self.factorization)
        members = {member.NAME: member for member in CERTIFICATES}
        problems = []
        for i, outcome in enumerate(self.certificates):
            if outcome.name not in members:
                problems.append(f"{outcome.name}: no such certificate")
                continue
            found = []
            for given, known in zip(
                (outcome.given_W, outcome.given_H), proved(self.certificates[:i]), strict=True
            ):
                if not set(given) <= set(known):
                    found.append("it takes as given what no certificate before it proves")
            if outcome.outcome in (PROVES, REFUTES):
                found += _problems_of(members[outcome.name], case, outcome)
            elif _claims(outcome):
                found.append("claims something without proof")
            if outcome.witness is not None:
                found += witness_problems(case, outcome.witness)
            elif outcome.outcome == REFUTES:
                found.append("refutes without a witness")
            problems += [f"{outcome.name}: {problem}" for problem in found]
        claimed = combine_outcomes(case, self.certificates)
        for name in CLAIMS:
            if getattr(self, name) != claimed[name]:
                problems.append(f"verdict: {name} does not follow from the certificates")
        if (self.witness is None) != (claimed["witness"] is None):
            problems.append("verdict: the witness does not follow from the certificates")
        elif self.witness is not None:
            found = witness_problems(case, case.scaled(self.witness), tolerance=1e-9)
            problems += [f"verdict: {problem}" for problem in found]
        return problems + [f"optimality: {problem}" for problem in self._problems_as_a_fit()]

    def _problems_as_a_fit(self):
        if self.optimality is None:
            return []
        if self.X is None:
            return ["the data are needed to check it; possible: Verdict.from_dict(record, X)"]
        W, H = self.factorization.W, self.factorization.H
        if np.shape(self.X) != (W.shape[0], H.shape[1]):
            return ["the data have another shape"]
        return self.optimality.problems(self.X, W, H)

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
            ("other fits gain at most", _percent(self.gap)),
        )
        sentence = in_words(self.status, self.witness)
        return f"Verdict: {sentence}. {self.explanation}", ("what is proved", ""), rows

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
        plain = {f.name: plain_value(getattr(self, f.name)) for f in fields(self) if f.name != "X"}
        plain["certificates"] = [outcome.to_dict() for outcome in self.certificates]
        plain["optimality"] = None if self.optimality is None else self.optimality.to_dict()
        return plain

    @classmethod
    def from_dict(cls, plain, X=None):
        """The verdict of a `to_dict`, which may have been to a file and back.

        Parameters
        ----------
        plain : dict
        X : array of shape (n_samples, n_features), optional
            The data, without which `optimality` cannot be checked.
        """
        plain = dict(plain)
        if plain.get("optimality") is not None:
            plain |= {"optimality": Optimality.from_dict(plain["optimality"]), "X": X}
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


def _percent(share):
    return "–" if np.isnan(share) else f"{number(100 * share, 2)} %"


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


def _problems_of(member, case, outcome):
    """Problems of evidence that may be mutilated: what cannot even be read is one."""
    try:
        return member.problems_of(case, outcome)
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        return [f"the evidence cannot be read ({type(error).__name__}: {error})"]
