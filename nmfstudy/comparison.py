"""Two studies side by side."""

import pandas as pd

from nmfstudy.distances import distance

_COLUMNS = (
    "problem n_distinct_a n_distinct_b n_minima_a n_minima_b objective_a objective_b "
    "best_distance same"
).split()


def compare(a, b):
    """One row per problem of either study.

    Parameters
    ----------
    a, b : Study

    Returns
    -------
    DataFrame
        ``best_distance`` is the distance of the best solutions, in units of ‖X‖. ``same`` is
        "yes" if the studies count equally many near-optimal solutions and every one of a has its
        equal in b within the larger distance tolerance; "no" otherwise; empty if only one study
        has the problem.
    """
    left, right = ({result.key: result for result in study} for study in (a, b))
    rows = []
    for key in dict.fromkeys([*left, *right]):
        found = [side.get(key) for side in (left, right)]
        row = {"problem": key, "same": ""}
        for suffix, result in zip("ab", found, strict=True):
            if result is not None:
                solutions = result.solutions
                row[f"n_distinct_{suffix}"] = solutions.n_distinct
                row[f"n_minima_{suffix}"] = solutions.n_minima
                row[f"objective_{suffix}"] = (
                    solutions.objective[0] if len(solutions.objective) else None
                )
        if None not in found:
            row["best_distance"], same = _agreement(*found)
            row["same"] = "yes" if same else "no"
        rows.append(row)
    table = pd.DataFrame(rows, columns=_COLUMNS)
    counts = [name for name in _COLUMNS if name.startswith("n_")]
    return table.astype(dict.fromkeys(counts, "Int64"))


def _agreement(a, b):
    """Distance of the best solutions, and whether the near-optimal sets are equal."""
    near = [
        [f.factorization for f, ok in zip(s.representatives, s.near_optimal, strict=True) if ok]
        for s in (a.solutions, b.solutions)
    ]
    if not near[0] or not near[1]:
        return None, not near[0] and not near[1]
    scale = a.searches[0].data_norm
    tol = max(a.analysis.distance_tol, b.analysis.distance_tol)
    best = distance(near[0][0], near[1][0], scale)
    if a.solutions.kind == b.solutions.kind == "continuum":
        return best, True
    if len(near[0]) != len(near[1]):
        return best, False
    return best, all(min(distance(f, g, scale) for g in near[1]) <= tol for f in near[0])
