"""The starts of a problem stopped early and fully converged, counted alike."""

from typing import NamedTuple

import numpy as np

from nmfstudy.solutions import Solutions, distinct_solutions

FEWEST = 10  # starts of a search that is compared


class StoppingRules(NamedTuple):
    """Solutions of the same starts by scikit-learn's stopping rule and fully converged."""

    early: Solutions
    full: Solutions


def stopping_rules(result):
    """What stopping early makes of the count of a problem.

    Parameters
    ----------
    result : ProblemResult

    Returns
    -------
    StoppingRules or None
        Of the first search that stops early and the largest that does not, at the seeds that both
        have if there are any; None without two such searches from random starts.
    """
    drawn = [f for f in result.searches if not f.search.deterministic]
    full = [f for f in drawn if f.search.stop == "kkt"]
    early = [f for f in drawn if f.search.stop == "scikit_learn" and f.has_factors.sum() >= FEWEST]
    if not (early and full):
        return None
    early, full = early[0][early[0].has_factors], max(full, key=len)
    some = np.isin(full.seed, early.seed)
    return StoppingRules(
        distinct_solutions(early, kkt_tol=np.inf),
        distinct_solutions(full[some] if some.any() else full, kkt_tol=result.solutions.kkt_tol),
    )
