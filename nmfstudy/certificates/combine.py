"""Put the answers of all certificates together; where they disagree, raise."""

from nmfstudy.certificates.case import FULL
from nmfstudy.certificates.outcome import ContradictionError

CLAIMS = (
    "status",
    "n_solutions",
    "identifiable_W",
    "identifiable_H",
    "refuted_W",
    "refuted_H",
    "local_dimension",
    "dimension_exact",
)


def proved(outcomes):
    """Components that some outcome proves identifiable, of W and of H: two sorted tuples."""
    return tuple(
        tuple(sorted({i for o in outcomes for i in getattr(o, f"identifiable_{side}")}))
        for side in "WH"
    )


def combine_outcomes(case, outcomes):
    """The fields of a verdict that follow from certificates alone.

    Raises
    ------
    ContradictionError
        If one proves what another refutes.
    """
    unique = [o for o in outcomes if o.unique]
    witnesses = [o for o in outcomes if o.witness is not None]
    if unique and witnesses:
        raise ContradictionError(
            f"{unique[0].name} proves uniqueness, {witnesses[0].name} has a second solution"
        )
    merged = {}
    for side in ("W", "H"):
        fixed, refuted = (
            {i: o.name for o in outcomes for i in getattr(o, f"{kind}_{side}")}
            for kind in ("identifiable", "refuted")
        )
        both = sorted(set(fixed) & set(refuted))
        if both:
            i = both[0]
            raise ContradictionError(
                f"{fixed[i]} proves {side.lower()}_{i + 1} identifiable, {refuted[i]} refutes it"
            )
        merged[f"identifiable_{side}"] = tuple(sorted(fixed))
        merged[f"refuted_{side}"] = tuple(sorted(refuted))
    n_solutions = _agreed(outcomes, "n_solutions", lambda o: o.n_solutions)
    if n_solutions == 1 and not unique:
        raise ContradictionError("one solution is counted but uniqueness not claimed")
    exact = _agreed(
        outcomes, "local dimension", lambda o: o.local_dimension if o.dimension_exact else None
    )
    bounds = [o.local_dimension for o in outcomes if o.local_dimension is not None]
    if exact is not None and bounds and exact > min(bounds):
        raise ContradictionError(f"local dimension {exact} exceeds its bound {min(bounds)}")
    if unique and exact not in (None, 0):
        raise ContradictionError(f"unique, yet the local dimension is {exact}")
    dimension = exact if exact is not None else min(bounds, default=None)
    merged |= {
        "n_solutions": n_solutions,
        "local_dimension": dimension,
        "dimension_exact": exact is not None,
        "witness": witnesses[0].witness if witnesses else None,
    }
    merged["status"] = _status(case, merged, bool(unique))
    return merged


def _agreed(outcomes, what, get):
    """The one value that all outcomes with a value share."""
    values = {get(o): o.name for o in outcomes if get(o) is not None}
    if len(values) > 1:
        sentence = ", ".join(f"{name} says {value}" for value, name in values.items())
        raise ContradictionError(f"{what}: {sentence}")
    return next(iter(values), None)


def _status(case, merged, unique):
    if unique:
        return "unique"
    if merged["identifiable_W"] or merged["identifiable_H"]:
        return "partially_identifiable"
    if merged["witness"] is not None:
        return "not_unique"
    if not case.k or case.spare:
        return "degenerate"
    if merged["dimension_exact"] and merged["local_dimension"] == 0:
        return "locally_unique"
    return "inconclusive" if case.rank_state == FULL or case.conditioning == 0 else "degenerate"
