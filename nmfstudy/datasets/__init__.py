"""Data: worked examples, families with known factorizations, and the user's own files.

A new dataset is a function with keyword parameters that returns a `Dataset`, and its place in
`DATASETS`.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.examples import basket, circ3, digits, menu, swimmer
from nmfstudy.datasets.families import hexagon, laurberg, planted
from nmfstudy.datasets.file import file
from nmfstudy.datasets.packaged import all_aml, breast_genomes, reuters
from nmfstudy.datasets.reading import read_matrix, read_table
from nmfstudy.util.errors import RequestError, short

DATASETS = {
    member.__name__: member
    for member in [
        *(menu, basket, digits, file, laurberg, hexagon, circ3, swimmer, planted),
        *(all_aml, breast_genomes, reuters),
    ]
}

__all__ = ["DATASETS", "Dataset", "check_data", "load_dataset", "read_matrix", "read_table"]


def load_dataset(name: str, **params: Any) -> Dataset:
    """Make or read a dataset.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    **params
        Of that dataset.

    Returns
    -------
    Dataset

    Raises
    ------
    RequestError
        If the name or a parameter does not exist, or its value is not possible.
    UnavailableError
        If the data are to be fetched and cannot be.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> ns.load_dataset("laurberg", alpha=0.3).X.shape
    (6, 6)
    """
    if not isinstance(name, str) or name not in DATASETS:
        raise RequestError(
            f"dataset is {short(name)}; possible: {', '.join(DATASETS)}, "
            "and for your own matrix dataset=file dataset.path=FILE"
        )
    possible = signature(DATASETS[name]).parameters
    for param in params:
        if param not in possible:
            raise RequestError(
                f"dataset {name} has no parameter {param}; possible: "
                f"{', '.join(possible) or 'none'}"
            )
    return DATASETS[name](**params)
