"""Matrices from files: which format, which errors, and what is handed back.

A file is data and never a program: nothing is unpickled, and no more memory is taken than the
file can fill.
"""

import csv
import lzma
import zipfile
import zlib
from dataclasses import replace
from os import PathLike
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import numpy as np
from scipy import sparse

from nmfstudy.datasets.files import bare_name, is_text, printable_path
from nmfstudy.datasets.formats import FORMATS, text
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

POSSIBLE = ".csv, .tsv, .txt, .npy, .npz, .mtx, and .csv.gz, .tsv.gz, .txt.gz, .mtx.gz"
_BROKEN = (
    csv.Error,
    ArithmeticError,
    EOFError,
    KeyError,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)  # what reading a damaged file raises, in any of the libraries used


def read_matrix(path):
    """Read the values of a file alone; see `read_table`."""
    return read_table(path).values


def read_table(path, infinite=False, **options):
    """Read a matrix and its names from a file.

    Text (CSV, TSV, semicolons, blanks; gzip too; Excel's ``sep=;`` and empty columns and rows at
    the end are passed over), NPY, NPZ (one array, or the one named X, or what
    `scipy.sparse.save_npz` writes), Matrix Market (gzip too). The ending decides the format and
    must agree with the content; a file with another ending is read if it is text.

    Parameters
    ----------
    path : str or path-like
    infinite : bool
        Whether inf is a number in a text file.
    **options
        Of text files, see `nmfstudy.datasets.formats.text.read`; ``"auto"`` is possible for all.

    Returns
    -------
    Table

    Raises
    ------
    RequestError
        If there is no such file, or it is no matrix of numbers in one of these formats.
    """
    path = _checked(path)
    show = printable_path(path)
    try:
        table = _read(path, options, infinite)
        if not isinstance(table, NamedTable):
            table = NamedTable(table)
        return replace(table, values=_matrix(table.values, show), name=bare_name(path))
    except RequestError:
        raise
    except MemoryError:
        raise RequestError(f"{show} does not fit into memory") from None
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = printable_path(" ".join(reason.split()))[:150]
        raise RequestError(f"{show} cannot be read: {reason}") from None


def _read(path, options, infinite):
    """What the format's own module makes of a file."""
    name, show = path.name.lower(), printable_path(path)
    ending = "".join(Path(name.removesuffix(".gz")).suffixes[-1:])
    ending += ".gz" if name.endswith(".gz") else ""
    chosen = next((module for module in FORMATS if ending in module.ENDINGS), None)
    if chosen is None and (ending in (".npy.gz", ".npz.gz") or not is_text(path)):
        raise RequestError(f"{show} ends in {path.suffix}; possible: {POSSIBLE}")
    if chosen in (None, text):
        return text.read(path, infinite=infinite, **options)
    for option, value in options.items():
        if value != "auto":
            raise RequestError(
                f"dataset.{option} is {short(value)} and {show} is no text file; possible: auto"
            )
    return chosen.read(path)


def _checked(path):
    """Return the path of an existing, nonempty file, or refuse it."""
    if not isinstance(path, str | PathLike) or not str(path):
        raise RequestError(f"the path is {short(path)}; possible: the name of a file")
    try:
        path = Path(path).expanduser()
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise RequestError(
            f"{printable_path(path)} does not exist; possible: a file in {POSSIBLE}"
        ) from None
    except (OSError, RuntimeError, TypeError, ValueError) as error:  # too long, no such ~user, NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(f"{printable_path(path)} cannot be opened: {reason}") from None
    if S_ISDIR(status.st_mode):
        raise RequestError(f"{printable_path(path)} is a folder; possible: a file in {POSSIBLE}")
    if not S_ISREG(status.st_mode):
        raise RequestError(
            f"{printable_path(path)} is a device or pipe; possible: an ordinary file"
        )
    if status.st_size == 0:
        raise RequestError(f"{printable_path(path)} is empty; possible: a matrix of numbers")
    return path


def _matrix(values, show):
    """Return values as float64 of two dimensions, or refuse them."""
    if values.ndim != 2:
        raise RequestError(
            f"{show} holds an array of {values.ndim} dimensions; possible: 2 (rows × columns)"
        )
    if 0 in values.shape:
        rows, columns = values.shape
        raise RequestError(f"{show} has {rows} rows and {columns} columns; possible: at least 1")
    with np.errstate(over="ignore"):
        if sparse.issparse(values):
            return sparse.csr_array(values, dtype=np.float64)
        return np.ascontiguousarray(values, dtype=np.float64)
