"""Which basin the same start falls into under different solvers."""

from itertools import combinations

import numpy as np
import pandas as pd

AGREEMENT_COLUMNS = (
    "problem init solver other n_starts n_both same n_minima n_minima_other n_minima_both "
    "best_share best_share_other"
).split()


def same_starts(result):
    """Pairs of searches that begin with the same factors: same init, same seeds.

    A solver decides what becomes of a start, not what solutions a problem has. Of two solvers
    the one that finds no smaller set of minima from as many starts serves as well.

    Parameters
    ----------
    result : ProblemResult

    Returns
    -------
    DataFrame
        problem, init, solver, other; n_starts (seeds in common), n_both (that count under both
        solvers), same (share of those that end in the same minimum, NaN of none), n_minima and
        n_minima_other (found from the common seeds), n_minima_both (of these, found by both),
        best_share and best_share_other (of the common seeds, in a best minimum).
    """
    solutions = result.solutions
    ends = np.cumsum([len(fits) for fits in result.searches])[:-1]
    labels = np.split(solutions.labels, ends)
    best = np.append(solutions.best, False)
    rows = []
    for (a, of_a), (b, of_b) in combinations(zip(result.searches, labels, strict=True), 2):
        if a.search.init != b.search.init or a.search.deterministic:
            continue
        seeds, at_a, at_b = np.intersect1d(a.seed, b.seed, return_indices=True)
        found_a, found_b = of_a[at_a], of_b[at_b]
        both = (found_a >= 0) & (found_b >= 0)
        sets = [set(found[found >= 0].tolist()) for found in (found_a, found_b)]
        rows.append(
            {
                "problem": result.key,
                "init": a.search.init,
                "solver": a.search.solver_label,
                "other": b.search.solver_label,
                "n_starts": len(seeds),
                "n_both": int(both.sum()),
                "same": float((found_a == found_b)[both].mean()) if both.any() else np.nan,
                "n_minima": len(sets[0]),
                "n_minima_other": len(sets[1]),
                "n_minima_both": len(sets[0] & sets[1]),
                "best_share": float(best[found_a].mean()) if len(seeds) else np.nan,
                "best_share_other": float(best[found_b].mean()) if len(seeds) else np.nan,
            }
        )
    table = pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
    return table[table.n_starts > 0].reset_index(drop=True)
