"""Matrix Market files, coordinate (sparse) or array (dense), packed by gzip or not.

scipy's own reader is not used: a damaged file can make it write beyond its memory, which ends the
process.
"""

import io
import re

import numpy as np
from scipy import sparse

from nmfstudy.datasets.files import (
    PACKINGS,
    endings,
    open_unpacked,
    printable_name,
    printable_path,
    refuse_larger,
)
from nmfstudy.datasets.names import read_names
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

FORMAT = "matrix_market"
ENDINGS = tuple(".mtx" + packed for packed in ("", *PACKINGS))
OPTIONS = ()
_COMPANIONS = (("features", "genes"), ("barcodes",))  # of the rows, and of the columns
_INTEGERS = ("integer", "unsigned-integer")
_FIELDS = {"coordinate": ("real", *_INTEGERS, "pattern"), "array": ("real", *_INTEGERS)}
_TRIANGLES = {  # sign of the mirrored entries, first diagonal above the main one that is stored
    "general": None,
    "symmetric": (1, 0),
    "skew-symmetric": (-1, 1),
}


def read(path):
    """Read the matrix of a file, with names from files beside it as single-cell tools write them.

    Those are ``features.tsv`` (or ``genes.tsv``) and ``barcodes.tsv`` beside ``matrix.mtx``, or all
    with one word before, packed or not; features are in rows.
    """
    matrix, show = _read(path), printable_path(path)
    named = re.fullmatch(r"(.*?)matrix\.mtx(\.\w+)?", path.name, re.IGNORECASE)
    files = [_beside(path, named[1], stems) if named else None for stems in _COMPANIONS]
    if None in files:
        return matrix
    names = [read_names(file) for file in files]
    for file, given, size, what in zip(
        files, names, matrix.shape, ("rows", "columns"), strict=True
    ):
        if len(given) != size:
            raise RequestError(
                f"{show} has {size} {what} and {printable_name(file.name)} beside it {len(given)} "
                "names; possible: files of one matrix"
            )
    reading = zip(("features", "samples"), files, strict=True)
    reading = tuple(f"{what} from {printable_name(file.name)}" for what, file in reading)
    return NamedTable(matrix, *names, reading=reading, rows_are_features=True)


def _beside(path, prefix, stems):
    """The first of some files that lies beside this one; None if there is none."""
    places = (f"{prefix}{stem}.tsv{packed}" for stem in stems for packed in ("", *PACKINGS))
    return next((f for f in map(path.with_name, places) if f.is_file()), None)


def _read(path):
    show = printable_path(path)
    with open_unpacked(path) as stream:
        source = io.BytesIO(stream.read()) if endings(path)[1] else stream
        layout, field, symmetry = _banner(source, show)
        shape, count, width = _sizes(source, layout, field, symmetry, show)
        refuse_larger(8 * sum(shape), path)
        start, there = source.tell(), 0
        while block := source.read(2**22):
            there += len((block + source.readline()).split())
        if there != count * width:
            raise RequestError(
                f"{show} announces {count * width} numbers and has {there}; "
                "it is damaged or not complete"
            )
        source.seek(start)
        numbers = np.empty((0, width))
        if count:
            numbers = np.loadtxt(source, comments=None, ndmin=2, encoding="latin-1")
    if field in _INTEGERS and (numbers != np.floor(numbers)).any():
        raise RequestError(f"{show} announces integers and has others; it is damaged")
    if layout == "array":
        return _fill_array(numbers.ravel(), shape, symmetry)
    if numbers.shape != (count, width):
        raise RequestError(f"{show} has {numbers.shape[1]} numbers in a line; possible: {width}")
    return _fill_coordinates(numbers, shape, symmetry, show)


def _banner(source, show):
    """Return layout, field and symmetry of a Matrix Market file."""
    banner = source.readline(200).decode("latin-1").lower().split()
    if banner[:2] != ["%%matrixmarket", "matrix"] or len(banner) != 5:
        raise RequestError(f"{show} is not a Matrix Market file, whatever its name says")
    layout, field, symmetry = banner[2:]
    if field not in _FIELDS.get(layout, ()) or symmetry not in _TRIANGLES:
        raise RequestError(
            f"{show} holds a matrix of kind {short(' '.join(banner[2:]))}; possible: coordinate "
            f"or array, real, integer or pattern, {', '.join(_TRIANGLES)}"
        )
    return layout, field, symmetry


def _sizes(source, layout, field, symmetry, show):
    """Return the shape, the number of entries and of numbers an entry that a file announces."""
    line = b"%"
    while line.startswith(b"%") or (line and not line.strip()):
        line = source.readline()
    numbers = line.split()
    expected = 3 if layout == "coordinate" else 2
    if len(numbers) != expected or not all(re.fullmatch(rb"\d{1,18}", n) for n in numbers):
        raise RequestError(f"{show} has no line with the {expected} sizes of the matrix")
    rows, columns, *entries = (int(n) for n in numbers)
    if not rows or not columns:
        raise RequestError(f"{show} has {rows} rows and {columns} columns; possible: at least 1")
    if symmetry != "general" and rows != columns:
        raise RequestError(f"{show} is {symmetry} and {rows}×{columns}; possible: square")
    if layout == "coordinate":
        return (rows, columns), entries[0], 2 if field == "pattern" else 3
    triangle = rows * (rows + 1) // 2 - (rows if symmetry == "skew-symmetric" else 0)
    return (rows, columns), rows * columns if symmetry == "general" else triangle, 1


def _fill_array(numbers, shape, symmetry):
    """Make a dense matrix of its columns, or of those of its lower triangle."""
    if symmetry == "general":
        return numbers.reshape(shape, order="F")
    sign, diagonal = _TRIANGLES[symmetry]
    matrix = np.zeros(shape)
    column, row = np.triu_indices(shape[0], diagonal)
    matrix[column, row] = sign * numbers
    matrix[row, column] = numbers
    return matrix


def _fill_coordinates(numbers, shape, symmetry, show):
    """Make a sparse matrix of (row, column, value), counted from 1; without values, of ones."""
    places = numbers[:, :2]
    wrong = ((places != np.floor(places)) | (places < 1) | (places > shape)).any(axis=1)
    if wrong.any():
        row, column = places[np.argmax(wrong)]
        raise RequestError(
            f"{show} has an entry at row {row:g}, column {column:g}, and announces "
            f"{shape[0]}×{shape[1]}; it is damaged"
        )
    row, column = places.T.astype(np.int64) - 1
    values = numbers[:, 2] if numbers.shape[1] == 3 else np.ones(len(numbers))
    matrix = sparse.coo_array((values, (row, column)), shape=shape).tocsr()
    if symmetry == "general":
        return matrix
    off = row != column
    mirrored = (_TRIANGLES[symmetry][0] * values[off], (column[off], row[off]))
    return matrix + sparse.coo_array(mirrored, shape=shape).tocsr()
