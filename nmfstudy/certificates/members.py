"""The certificates, in the order in which they are asked: cheap refutations first.

A certificate is a module with ``NAME``; ``run(case, effort) -> Outcome``, which never claims
anything because a search found nothing; ``problems_of(case, outcome) -> list``, which repeats the
proof from the evidence and says what fails; ``NEEDS_RANK``, whether it is void unless
rank(WH) = k; ``ONLY_IF_OPEN``, whether it is only worth its time while no answer is known;
``USES``, what else ``run`` takes by name (``others``: other solutions found by fitting;
``proved``: the components that certificates before it proved); and ``SHARE``, the part of the
remaining time that it may take. A new one is such a module and its name here.
"""

from nmfstudy.certificates import (
    partial,
    rank2,
    rank3,
    remaining,
    rigidity,
    scattered,
    separable,
    supports,
    witness,
)

CERTIFICATES = (
    supports,
    rank2,
    rank3,
    rigidity,
    partial,
    remaining,
    separable,
    scattered,
    witness,
)
