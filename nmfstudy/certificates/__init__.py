"""Proofs of uniqueness of a nonnegative factorization, or a second one in hand."""

from nmfstudy.certificates.members import CERTIFICATES
from nmfstudy.certificates.outcome import ContradictionError, Outcome
from nmfstudy.certificates.verdict import STATUSES, Verdict, certify

__all__ = ["CERTIFICATES", "STATUSES", "ContradictionError", "Outcome", "Verdict", "certify"]
