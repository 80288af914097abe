"""Which numbers of the data outweigh all others, in words."""

from nmfstudy.report.page.numbers import number
from nmfstudy.util.display import listed

_NAMED = 3
REMEDY = (
    "leave out or correct what is a fill value for a missing one or a slip of the decimal point; "
    "where it is meant, bring rows or columns to a comparable size"
)


def dominance_clause(dominance, dataset):
    """What carries ``‖X‖``, and what that does to every number of the report.

    Parameters
    ----------
    dominance : Dominance
    dataset : Dataset

    Returns
    -------
    str
        A clause without a full stop.
    """
    n, what = len(dominance.where), dominance.what
    names = [_name(what, at, dataset) for at in dominance.where[:_NAMED]]
    names += [f"{n - _NAMED} more"] if n > _NAMED else []
    return (
        f"the {what}{'s' * (n > 1)} {listed(names)} of the data {'carries' if n == 1 else 'carry'} "
        f"nearly all of ‖X‖ (the rest has {number(dominance.rest, 2)} of it), and since errors "
        "and distances are relative to ‖X‖, neither the fit nor the count says anything of the rest"
    )


def dominance_sentence(result):
    """The clause and what can be done, of a problem whose data are dominated; else empty."""
    if result.dominance is None:
        return ""
    clause = dominance_clause(result.dominance, result.dataset)
    return f"{clause[:1].upper()}{clause[1:]}: {REMEDY}."


def _name(what, at, dataset):
    """``(s3, f)``, or numbers from 1 where there are no names."""
    rows, columns = dataset.row_names, dataset.column_names

    def of(names, i):
        return str(i + 1) if names is None else names[i]

    if what == "cell":
        return f"({of(rows, at[0])}, {of(columns, at[1])})"
    return f"“{of(rows if what == 'row' else columns, at)}”"
