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

from nmfstudy.datasets.files import bare_name, endings, is_text, printable_path, reason
from nmfstudy.datasets.formats import FORMATS, text
from nmfstudy.datasets.picking import Pick, pick
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

POSSIBLE = (
    ", ".join(m.ENDINGS[0] for m in FORMATS) + ", any text, packed or not, or dataset.format="
)
_LAYOUT = ("header", "index", "delimiter", "decimal")  # of text and, in part, of other tables
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


def read_table(path, *, format="auto", select=None, drop=None, infinite=False, **options):
    """Read a matrix and its names from a file.

    The ending decides the format, one of `nmfstudy.datasets.formats.FORMATS`, unless ``format``
    does, and must agree with the content; a file with another ending is read if it is text.

    Parameters
    ----------
    path : str or path-like
    format : str
        ``"auto"``, or the name of a format.
    select, drop : str or list of str, optional
        Names of rows or columns that alone are wanted, or are not.
    infinite : bool
        Whether inf is a number in a text file.
    **options
        Of the format: see its ``read``.

    Returns
    -------
    Table

    Raises
    ------
    RequestError
        If there is no such file, or it is no matrix of numbers in one of these formats.
    """
    path = _checked(path)
    show, wanted = printable_path(path), Pick.of(select, drop)
    try:
        table = _read(path, format, wanted, infinite, options)
        if not isinstance(table, NamedTable):
            table = NamedTable(table)
        table = replace(table, values=_matrix(table.values, show), name=bare_name(path))
        table = pick(table, wanted, show)
        return replace(table, values=_matrix(table.values, show))
    except RequestError:
        raise
    except MemoryError:
        raise RequestError(f"{show} does not fit into memory") from None
    except _BROKEN as error:
        raise RequestError(f"{show} cannot be read: {reason(error)}") from None


def _read(path, format, wanted, infinite, options):
    """What the format's own module makes of a file."""
    show, ending = printable_path(path), "".join(endings(path))
    chosen = next((module for module in FORMATS if ending in module.ENDINGS), None)
    if format != "auto":
        known = {module.FORMAT: module for module in FORMATS}
        if not isinstance(format, str) or format not in known:
            possible = ", ".join(["auto", *known])
            raise RequestError(f"dataset.format is {short(format)}; possible: {possible}")
        chosen = known[format]
    if chosen is None:
        inside = endings(path)[0]
        foreign = any(inside in module.ENDINGS for module in FORMATS if module is not text)
        if foreign or zipfile.is_zipfile(path) and not endings(path)[1] or not is_text(path):
            raise RequestError(f"{show} ends in {path.suffix}; possible: {POSSIBLE}")
        chosen = text
    given = {}
    for option, value in options.items():
        if option in chosen.OPTIONS:
            given[option] = value
        elif option in _LAYOUT and value != "auto":
            raise RequestError(
                f"dataset.{option} is {short(value)} and {show} is no text file; possible: auto"
            )
        elif option not in _LAYOUT and value is not None:
            raise RequestError(f"dataset.{option} is {short(value)} and {show} has but one; "
                               "possible: null")  # fmt: skip
    given |= {"pick": wanted, "infinite": infinite}
    given = {option: value for option, value in given.items() if option in chosen.OPTIONS}
    return chosen.read(path, **given)


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
        raise RequestError(f"{printable_path(path)} cannot be opened: {reason(error)}") from None
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
