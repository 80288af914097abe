"""A limit of work that is counted, not timed: a verdict is the same on every machine.

Pieces of work are booked by their size in *nominal seconds*: about what they take on one core of
an ordinary machine of 2025. A slow or busy machine needs longer and ends with the same answer.
"""

from scipy.optimize import linprog

FLOPS = 1e9  # of dense linear algebra on small matrices, in a nominal second
_PROGRAM = 2e-3  # of setting a linear program up
_ENTRY = 1e-8  # of one coefficient or variable in one iteration of the simplex method
_MOST_ITERATIONS = 2**31 - 1


class Effort:
    """Nominal seconds that may be spent, and that have been.

    Parameters
    ----------
    seconds : float
        Nominal seconds.
    whole : Effort, optional
        The larger effort that this one is a part of: what is spent here is spent there too.
    """

    def __init__(self, seconds, whole=None):
        self.limit = seconds
        self.spent = 0.0
        self._whole = whole

    def left(self):
        """Nominal seconds that are left; never negative."""
        return max(self.limit - self.spent, 0.0)

    def exhausted(self):
        """Whether nothing is left."""
        return self.spent >= self.limit

    def part(self, share):
        """An effort with a share of what is left."""
        return Effort(share * self.left(), self)

    def spend(self, seconds):
        """Book a piece of work."""
        self.spent += seconds
        if self._whole is not None:
            self._whole.spend(seconds)

    def compute(self, flops):
        """Book dense linear algebra by its number of operations."""
        self.spend(1e-5 + flops / FLOPS)


def linear_program(effort, cost, **program):
    """`scipy.optimize.linprog` within an effort.

    Returns
    -------
    array or None
        The optimal point; None if there is none, or no effort is left.
    """
    if effort.exhausted():
        return None
    options = program.pop("options", {})
    size = len(cost) + sum(program[A].size for A in ("A_ub", "A_eq") if A in program)
    iteration = _ENTRY * size + 1e-6
    most = int(min(effort.left() / iteration + 1, _MOST_ITERATIONS))
    result = linprog(cost, method="highs", options={"maxiter": most, **options}, **program)
    effort.spend(_PROGRAM + iteration * int(result.nit or 0))
    return result.x if result.status == 0 else None
