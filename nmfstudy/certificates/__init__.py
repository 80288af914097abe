"""Proofs of uniqueness of a nonnegative factorization, or a second one in hand."""

from nmfstudy.certificates.best_fit import Optimality, optimality
from nmfstudy.certificates.certifying import certify
from nmfstudy.certificates.members import CERTIFICATES
from nmfstudy.certificates.outcome import ContradictionError, Outcome
from nmfstudy.certificates.verdict import STATUSES, Check, Verdict

__all__ = [
    "CERTIFICATES",
    "STATUSES",
    "Check",
    "ContradictionError",
    "Optimality",
    "Outcome",
    "Verdict",
    "certify",
    "optimality",
]
