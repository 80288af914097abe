"""What a file holds: values, and the names beside them."""

from dataclasses import dataclass

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
    """

    values: np.ndarray | sparse.csr_array
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    name: str = ""
