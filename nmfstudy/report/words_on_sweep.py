"""What the terminal and the report say of the events of a sweep."""

from nmfstudy.store.whole import DAMAGED
from nmfstudy.sweep.execution import AUTO_COVERAGE
from nmfstudy.util.display import number


def stop_clause(stop):
    """Why an adaptive job ends, of a `nmfstudy.sweep.execution.Stop`."""
    if stop.code == "failed":
        return "stopped: a whole block failed"
    return f"stopped after {stop.n_starts} starts: {_REASONS[stop.code](stop)}"


_REASONS = {
    "continuum": lambda stop: "a continuum of solutions is evident",
    "coverage": lambda stop: (
        f"coverage is {stop.coverage:.3f}, at least {AUTO_COVERAGE} with 95 % confidence, and the "
        f"count does not depend on the tolerance between {number(stop.plateau[0], 1)} and "
        f"{number(stop.plateau[1], 1)}"
    ),
    "budget": lambda stop: "the budget is spent, the count is not settled",
}


def set_aside_clause(damage):
    """What was damaged and where it is now, of a `nmfstudy.store.whole.SetAside`."""
    place = f"set aside as {DAMAGED}/{damage.name}"
    if not damage.folder:
        return f"damaged files were {place}"
    return f"{damage.folder}: {damage.reason}; {place}"
