"""The certificates, in the order in which they are asked: cheap refutations first.

A certificate is a module with ``NAME``; ``run(case, clock) -> Outcome``, which never claims
anything because a search found nothing; ``check(case, outcome) -> list of problems``, which repeats
the proof from the evidence; ``NEEDS_RANK``, whether it is void unless rank(WH) = k;
``ONLY_IF_OPEN``, whether it is only worth its time while no answer is known; and ``SHARE``, the
part of the remaining time that it may take. A new one is such a module and its name here.
"""

from nmfstudy.certificates import (
    partial,
    rank2,
    rank3,
    rigidity,
    scattered,
    separable,
    supports,
    witness,
)

CERTIFICATES = (supports, rank2, rank3, rigidity, partial, separable, scattered, witness)
