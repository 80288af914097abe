"""Which rows and columns of a table are wanted, by name."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from nmfstudy.util.errors import RequestError, short


class Pick(NamedTuple):
    """Names that alone are wanted, and names that are not; of columns, rows or both."""

    select: frozenset = frozenset()
    drop: frozenset = frozenset()

    @staticmethod
    def of(select, drop):
        """From what the user gave: a name, a list of names, or None."""
        return Pick(_names("select", select), _names("drop", drop))

    def wanted(self, names):
        """Which of these are wanted; bool array. A selection that names none is of the others."""
        some = self.select.intersection(names)
        return np.array([n not in self.drop and (not some or n in some) for n in names], dtype=bool)

    def concerns(self, names):
        """Whether it names any of these."""
        return not (self.select | self.drop).isdisjoint(names)


def _names(option, value):
    value = [] if value is None else [value] if isinstance(value, str | int) else value
    if not isinstance(value, list | tuple) or not all(isinstance(n, str | int) for n in value):
        raise RequestError(
            f"dataset.{option} is {short(value)}; possible: a name, or several as in [a,b]"
        )
    return frozenset(str(name).strip() for name in value)


def pick(table, chosen, show):
    """The rows and columns of a table that are wanted.

    Raises
    ------
    RequestError
        If a name is none of the table's, or nothing is left.
    """
    unknown = (chosen.select | chosen.drop) - table.left_out
    changed = {}
    values = table.values
    for axis, kind in enumerate(("row_names", "column_names")):
        names = getattr(table, kind)
        if names is None or not chosen.concerns(names):
            continue
        unknown = unknown - frozenset(names)
        kept = np.flatnonzero(chosen.wanted(names))
        values = values[kept] if axis == 0 else values[:, kept]
        changed[kind] = tuple(names[i] for i in kept)
    if unknown:
        first = sorted(unknown)[0]
        known = [*(table.column_names or ()), *(table.row_names or ())]
        raise RequestError(
            f"{show} has no {short(first)}; possible in dataset.select= and drop=: "
            f"{', '.join(map(short, known[:8])) or 'nothing, for it has no names'}"
            f"{', …' if len(known) > 8 else ''}"
        )
    return replace(table, values=values, **changed)
