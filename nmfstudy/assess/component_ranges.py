"""How much the entries of each component differ between solutions that fit as well."""

import numpy as np
import pandas as pd

from nmfstudy.model.matching import match, pad
from nmfstudy.util.spacing import evenly_spaced

_MOST = 200  # solutions compared with


def component_ranges(solutions, witnesses=()):
    """Lowest and highest value of every entry of H over the near-optimal solutions.

    Each solution is matched to the best one by the Hungarian algorithm, and every row of H is
    divided by its largest entry, so that order and scale do not count.

    Parameters
    ----------
    solutions : Solutions
        At least one. Of more than 200 that are near-optimal, 200 evenly spread ones are taken.
    witnesses : sequence of Factorization
        Others with the product of a near-optimal fit, as certificates find them.

    Returns
    -------
    DataFrame
        component and feature (from 0), value (of the best solution, at most 1), low, high.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> table = component_ranges(ns.distinct_solutions(ns.fit(ns.load_dataset("menu"), 3)))
    >>> float((table.high - table.low).max()) < 1e-6  # one solution
    True
    """
    best = solutions.representatives[0].factorization
    near = np.flatnonzero(solutions.near_optimal)
    near = near[evenly_spaced(len(near), _MOST)]
    fits = [*(solutions.representatives[i] for i in near), *solutions.members]
    others = [fit.factorization for fit in fits if np.isfinite(fit.H).all()]
    value = best.normalize("max").H
    stack = [value]
    for other in [*others, *witnesses]:
        order, _ = match(best, other)
        stack.append(pad(other, len(order)).permute(order).normalize("max").H[: len(value)])
    k, d = value.shape
    return pd.DataFrame(
        {
            "component": np.repeat(np.arange(k), d),
            "feature": np.tile(np.arange(d), k),
            "value": value.ravel(),
            "low": np.min(stack, axis=0).ravel(),
            "high": np.max(stack, axis=0).ravel(),
        }
    )
