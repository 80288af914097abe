"""What is trusted if another gate decided which minima are as good as the best."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nmfstudy.assess.component_trust import EQUAL_CONGRUENCE
from nmfstudy.model.matching import match
from nmfstudy.solutions.gate import NEAR_ATOL, relative_gate
from nmfstudy.util.errors import RequestError

GATES = 1e-6, 0.1  # objective_rtol looked at
FRAGILE = 10.0  # another gate by this factor, and something else is trusted


@dataclass(frozen=True, eq=False)
class Robustness:
    """How far the gate can be moved until another count or another trust comes out.

    Attributes
    ----------
    table : DataFrame
        One row per gate at which something changes, the first at 1e-6:

        - ``objective_rtol``: from this gate on, up to that of the next row; relative to what is
          missed or explained, see `nmfstudy.solutions.gate.relative_gate`;
        - ``likelihood_ratio``: the same as a likelihood ratio, NaN where there is none;
        - ``n_distinct``: minima that pass; ``n_trusted``: components that all of them have;
        - ``trusted``: their numbers from 0, a tuple.
    gate : float
        The one in use, in the units of ``objective_rtol``.
    low, high : float
        Gates between which the same components are trusted as at the one in use.
    """

    table: pd.DataFrame
    gate: float
    low: float
    high: float

    @property
    def fragile(self):
        """Whether a gate of a tenth or of ten times as much would change who is trusted."""
        return self.low > max(self.gate / FRAGILE, GATES[0]) or self.high < min(
            self.gate * FRAGILE, GATES[1]
        )

    @property
    def fragile_components(self):
        """Components that are trusted at some gate within a factor of ten, but not at all."""
        lowest, highest = self.gate / FRAGILE, self.gate * FRAGILE
        starts = self.table.objective_rtol.to_numpy()
        ends = np.append(starts[1:], np.inf)
        within = (starts <= highest) & (ends > lowest)
        sets = [set(row) for row in self.table.trusted[within]]
        return set.union(*sets) - set.intersection(*sets) if sets else set()


def robustness(solutions, trust):
    """Count and trust for every gate from 1e-6 to 10 %.

    A component that is not trusted for another reason than the minima that pass the gate, as the
    ends of a continuum, is trusted at none.

    Parameters
    ----------
    solutions : Solutions
        At least one.
    trust : Trust
        Of these.

    Returns
    -------
    Robustness

    Examples
    --------
    >>> import nmfstudy as ns
    >>> from nmfstudy.assess.component_trust import component_trust
    >>> solutions = ns.distinct_solutions(ns.fit(ns.load_dataset("menu"), 3, n_starts=20))
    >>> robust = robustness(solutions, component_trust(solutions))
    >>> robust.table.trusted[0], robust.fragile
    ((0, 1, 2), False)
    """
    if not trust.components:
        raise RequestError("trust has no components; possible: that of at least one solution")
    scale = relative_gate(1.0, solutions.best_objective, solutions.reference_loss)
    enters = np.maximum.accumulate(_rise(solutions) / scale)
    best = solutions.representatives[0].factorization
    near = enters <= GATES[1]
    close = [match(best, r.factorization)[1] for r in np.array(solutions.representatives)[near]]
    lowest = np.minimum.accumulate(np.array(close), axis=0)
    gate = solutions.objective_rtol / scale
    agreed = lowest >= EQUAL_CONGRUENCE
    here = agreed[max(int((enters[near] <= gate).sum()) - 1, 0)]
    agreed &= trust.trusted | ~here  # others are not trusted whatever the gate
    table = pd.DataFrame(
        {
            "objective_rtol": np.maximum(enters[near], GATES[0]),
            "n_distinct": np.arange(1, near.sum() + 1),
            "n_trusted": agreed.sum(axis=1),
            "trusted": [tuple(np.flatnonzero(row).tolist()) for row in agreed],
        }
    ).drop_duplicates("objective_rtol", keep="last", ignore_index=True)
    objective = solutions.best_objective * (1 + table.objective_rtol * scale)
    ratio = solutions.likelihood.ratio(objective, solutions.best_objective)
    table.insert(1, "likelihood_ratio", ratio)
    return Robustness(table, float(gate), *_same(table, gate))


def _rise(solutions):
    """How much worse than the best each minimum is, relatively, as `near_limit` counts it."""
    best, slack = solutions.best_objective, NEAR_ATOL * solutions.reference_loss
    above = np.maximum(solutions.objective - slack - best, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above > 0, above / best, 0.0)


def _same(table, gate):
    """The ends of the gates about ``gate`` with the same trust."""
    at = int((table.objective_rtol <= max(gate, GATES[0])).sum()) - 1
    other = np.flatnonzero([row != table.trusted[at] for row in table.trusted])
    before, after = other[other < at], other[other > at]
    low = table.objective_rtol[before[-1] + 1] if before.size else GATES[0]
    high = table.objective_rtol[after[0]] if after.size else GATES[1]
    return float(low), float(high)
