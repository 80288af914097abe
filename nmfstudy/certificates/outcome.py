"""What a certificate says: the one form in which all of them answer."""

from dataclasses import dataclass, field, replace

import numpy as np

from nmfstudy.model.factorization import Factorization

PROVES, REFUTES, INCONCLUSIVE, SKIPPED = "proves", "refutes", "inconclusive", "skipped"


class ContradictionError(RuntimeError):
    """Two certificates disagree: at least one of them, or the arithmetic, is wrong."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One certificate's answer and what is needed to check it again.

    Attributes
    ----------
    name : str
        The certificate.
    outcome : {"proves", "refutes", "inconclusive", "skipped"}
        Whether it proves something in favour of uniqueness (of all, of some components, or
        locally), refutes uniqueness with a witness, found no answer, or does not apply.
    reason : str
        One sentence.
    margin : float or None
        How far the proof is from failing; 0 is a knife edge. Each certificate says in which
        quantity.
    seconds : float
    evidence : dict
        Numbers and lists from which `problems_of` in the certificate's module repeats the proof.
    given_W, given_H : tuples of int
        Components that the proof takes as identifiable; certificates before it must prove them.
    unique : bool
    n_solutions : int, inf or None
    identifiable_W, identifiable_H, refuted_W, refuted_H : tuples of int
        Components proved the same, or proved different, among all solutions.
    local_dimension : int or None
    dimension_exact : bool
        Whether that dimension is the set's own or only its first-order bound.
    witness : Factorization or None
        A second factorization, in the gauge of the `Case`.
    knife_edge : bool
        Whether products that differ in the last digits have another answer, so that no search in
        doubles may give one.
    """

    name: str
    outcome: str
    reason: str
    margin: float | None = None
    seconds: float = 0.0
    evidence: dict = field(default_factory=dict)
    given_W: tuple = ()
    given_H: tuple = ()
    unique: bool = False
    n_solutions: float | int | None = None
    identifiable_W: tuple = ()
    identifiable_H: tuple = ()
    refuted_W: tuple = ()
    refuted_H: tuple = ()
    local_dimension: int | None = None
    dimension_exact: bool = False
    witness: Factorization | None = None
    knife_edge: bool = False

    def timed(self, seconds):
        """The same with the seconds it took."""
        return replace(self, seconds=seconds)

    def to_dict(self):
        """Lists, numbers and strings only; infinity as the string "inf"."""
        plain = {k: plain_value(getattr(self, k)) for k in self.__dataclass_fields__}
        return plain

    @classmethod
    def from_dict(cls, plain):
        """The inverse of `to_dict`."""
        plain = dict(plain)
        for name in _TUPLES:
            plain[name] = tuple(plain[name])
        if plain["n_solutions"] == "inf":
            plain["n_solutions"] = np.inf
        if plain["witness"] is not None:
            plain["witness"] = Factorization(plain["witness"]["W"], plain["witness"]["H"])
        return cls(**plain)


_TUPLES = (
    "given_W",
    "given_H",
    "identifiable_W",
    "identifiable_H",
    "refuted_W",
    "refuted_H",
)


def skipped(name, reason):
    """An outcome that says why a certificate does not apply."""
    return Outcome(name, SKIPPED, reason)


def inconclusive(name, reason, **more):
    """An outcome that decides nothing."""
    return Outcome(name, INCONCLUSIVE, reason, **more)


def plain_value(value):
    """A value as lists, numbers and strings."""
    if isinstance(value, Factorization):
        return {"W": value.W.tolist(), "H": value.H.tolist()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return plain_value(value.item())
    if isinstance(value, float) and np.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {k: plain_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(v) for v in value]
    return value
