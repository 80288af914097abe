"""Matrices from files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmfstudy.errors import RequestError


@dataclass(frozen=True, eq=False)
class Table:
    """The values of a file and the names beside them."""

    name: str
    values: object
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def read_table(path, header="auto", index="auto", delimiter="auto"):
    """Read a matrix with its names."""
    path = Path(path)
    if not path.is_file():
        raise RequestError(f"{path} is not a file")
    if path.suffix == ".npy":
        values = np.load(path, allow_pickle=False)
    else:
        values = np.loadtxt(path, delimiter=",", ndmin=2)
    return Table(path.stem, values)


def read_matrix(path):
    """Read the values alone."""
    return read_table(path).values
