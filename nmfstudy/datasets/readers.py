"""Matrices from files: which format, which errors, and what is handed back.

A file is data and never a program: nothing is unpickled, and no more memory is taken than the
file can fill.
"""

import csv
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import numpy as np
from scipy import sparse

from nmfstudy.datasets.arrays import read_matrix_market, read_npy, read_npz
from nmfstudy.datasets.files import bare_name, short, shown
from nmfstudy.datasets.text import read_text
from nmfstudy.util.errors import RequestError

TEXT = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".asc", "")
FORMATS = ".csv, .tsv, .txt, .npy, .npz, .mtx, and .csv.gz, .tsv.gz, .txt.gz, .mtx.gz"
_BROKEN = (
    csv.Error,
    EOFError,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)  # what reading a damaged file raises, in any of the libraries used


@dataclass(frozen=True, eq=False)
class Table:
    """The values of a file and the names beside them.

    Attributes
    ----------
    name : str
        The file's name without folders and endings.
    values : float64 array or csr_array of shape (rows, columns)
        Not checked for negative entries.
    row_names, column_names : tuple of str, or None
    notes : tuple of str
        What was guessed or skipped, a sentence each.
    """

    name: str
    values: np.ndarray | sparse.csr_array
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def read_matrix(path):
    """Read the values of a file alone; see `read_table`."""
    return read_table(path).values


def read_table(path, *, header="auto", index="auto", delimiter="auto", decimal="auto"):
    """Read a matrix and its names from a file.

    Text (CSV, TSV, semicolons, blanks; gzip too; Excel's ``sep=;`` and empty columns and rows at
    the end are passed over), NPY, NPZ (one array, or the one named X, or what
    `scipy.sparse.save_npz` writes), Matrix Market (gzip too). The format is told by the ending and
    must agree with the content.

    Parameters
    ----------
    path : str or path-like
    header, index : {"auto", "yes", "no"} or bool
        Of text: whether the first row and the first column are names. "auto" takes them for
        names where they are no numbers, refuses a mixture, and says in the notes what it took.
    delimiter : {"auto", "comma", "semicolon", "tab", "space"} or a character
        Of text.
    decimal : {"auto", "point", "comma"}
        Of text: the sign before the fraction; the other one may group thousands, as in 1.234,5.
        "auto" reads decimal commas where the delimiter is none and they cannot all group
        thousands, and says so in the notes.

    Returns
    -------
    Table

    Raises
    ------
    RequestError
        If there is no such file, or it is no matrix of numbers in one of these formats.
    """
    path = _checked(path)
    show = shown(path)
    endings = [s.lower() for s in path.suffixes[-2:]]
    packed = endings[-1:] == [".gz"]
    ending = (endings[:-1] if packed else endings)[-1:]
    ending = ending[0] if ending else ""
    if ending not in (*TEXT, ".mtx", ".npy", ".npz") or (packed and ending in (".npy", ".npz")):
        raise RequestError(f"{show} ends in {path.suffix}; possible: {FORMATS}")
    told = {"header": header, "index": index, "delimiter": delimiter, "decimal": decimal}
    if ending not in TEXT and any(value != "auto" for value in told.values()):
        option = next(option for option, value in told.items() if value != "auto")
        raise RequestError(
            f"dataset.{option} is {short(told[option])} and {show} is no text file; possible: auto"
        )
    rows = columns = None
    notes = ()
    try:
        if ending in TEXT:
            values, rows, columns, notes = read_text(path, **told)
        elif ending == ".mtx":
            values = read_matrix_market(path)
        elif ending == ".npy":
            with path.open("rb") as stream:
                values = read_npy(stream, path.stat().st_size, show)
        else:
            values = read_npz(path)
        values = _matrix(values, show)
    except RequestError:
        raise
    except MemoryError:
        raise RequestError(f"{show} does not fit into memory") from None
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = shown(" ".join(reason.split()))[:150]
        raise RequestError(f"{show} cannot be read: {reason}") from None
    rows, columns = (None if names is None else tuple(names) for names in (rows, columns))
    return Table(bare_name(path), values, rows, columns, tuple(notes))


def _checked(path):
    """Return the path of an existing, nonempty file, or refuse it."""
    if not isinstance(path, str | PathLike) or not str(path):
        raise RequestError(f"the path is {short(path)}; possible: the name of a file")
    try:
        path = Path(path).expanduser()
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise RequestError(f"{shown(path)} does not exist; possible: a file in {FORMATS}") from None
    except (OSError, RuntimeError, TypeError, ValueError) as error:  # too long, no such ~user, NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(f"{shown(path)} cannot be opened: {reason}") from None
    if S_ISDIR(status.st_mode):
        raise RequestError(f"{shown(path)} is a folder; possible: a file in {FORMATS}")
    if not S_ISREG(status.st_mode):
        raise RequestError(f"{shown(path)} is a device or pipe; possible: an ordinary file")
    if status.st_size == 0:
        raise RequestError(f"{shown(path)} is empty; possible: a matrix of numbers")
    return path


def _matrix(values, show):
    """Return values as float64 of two dimensions, or refuse them."""
    if values.ndim != 2:
        raise RequestError(
            f"{show} holds an array of {values.ndim} dimensions; possible: 2 (rows × columns)"
        )
    if values.dtype.kind not in "biuf":
        raise RequestError(f"{show} holds entries of type {values.dtype}; possible: real numbers")
    if 0 in values.shape:
        rows, columns = values.shape
        raise RequestError(f"{show} has {rows} rows and {columns} columns; possible: at least 1")
    with np.errstate(over="ignore"):
        if sparse.issparse(values):
            return sparse.csr_array(values, dtype=np.float64)
        return np.ascontiguousarray(values, dtype=np.float64)
