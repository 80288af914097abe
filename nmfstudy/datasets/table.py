"""What a file holds: values, and the names beside them."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class NamedTable:
    """The values of a file and the names beside them.

    Attributes
    ----------
    values : float64 array or csr_array of shape (rows, columns)
        Not checked for negative entries.
    row_names, column_names : tuple of str, or None
    notes : tuple of str
        What was guessed or skipped, a sentence each.
    name : str
        The file's name without folders and endings.
    reading : tuple of str
        What was understood, in a few words each: ``header yes``.
    rows_are_features : bool
        Whether the format itself says so.
    left_out : frozenset of str
        Columns that were left out already because the user asked for it.
    """

    values: np.ndarray | sparse.csr_array
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    name: str = ""
    reading: tuple[str, ...] = ()
    rows_are_features: bool = False
    left_out: frozenset[str] = frozenset()

    def noting(self, *sentences):
        """The same table with more to say of it."""
        return replace(self, notes=(*self.notes, *sentences))
