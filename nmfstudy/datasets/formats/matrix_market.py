"""Matrix Market files, coordinate (sparse) or array (dense), packed by gzip or not."""

import io

from scipy.io import mminfo, mmread

from nmfstudy.datasets.files import open_unpacked, refuse_larger, shown
from nmfstudy.util.errors import RequestError, short

ENDINGS = (".mtx", ".mtx.gz")
_INTEGERS = ("integer", "unsigned-integer")
_FIELDS = {"coordinate": ("real", *_INTEGERS, "pattern"), "array": ("real", *_INTEGERS)}
_SYMMETRIES = ("general", "symmetric", "skew-symmetric")


def read(path):
    """Read the matrix of a file.

    scipy passes over a second number in a line and what follows the point of an integer, so
    numbers are counted first and all of them read as real ones.
    """
    show = shown(path)
    with open_unpacked(path) as stream:
        content = stream.read()
    line = content[:200].split(b"\n")[0]
    field, as_real = _check_banner(line, show)
    if field in _INTEGERS:
        content = as_real + content[len(line) :]
    source = io.BytesIO(content)
    rows, columns, n_entries, layout, _, symmetry = mminfo(source)
    if symmetry != "general" and rows != columns:
        raise RequestError(f"{show} is {symmetry} and {rows}×{columns}; possible: square")
    refuse_larger(8 * (rows + columns), path)
    announced = n_entries * (2 if field == "pattern" else 3)
    if layout == "array":
        triangle = rows * (rows + 1) // 2 - (rows if symmetry == "skew-symmetric" else 0)
        announced = rows * columns if symmetry == "general" else triangle
    source.seek(0)
    there = _count_numbers(source)
    if there != announced:
        raise RequestError(
            f"{show} announces {announced} numbers and has {there}; it is damaged or not complete"
        )
    source.seek(0)
    matrix = mmread(source)
    values = matrix.data if layout == "coordinate" else matrix
    if field in _INTEGERS and (values % 1 != 0).any():
        raise RequestError(f"{show} announces integers and has others; it is damaged")
    return matrix


def _check_banner(line, show):
    """Return the field in a first line, and that line for reals; refuse what is not real."""
    banner = line.decode("latin-1").lower().split()
    if banner[:2] != ["%%matrixmarket", "matrix"] or len(banner) != 5:
        raise RequestError(f"{show} is not a Matrix Market file, whatever its name says")
    layout, field, symmetry = banner[2:]
    if field not in _FIELDS.get(layout, ()) or symmetry not in _SYMMETRIES:
        raise RequestError(
            f"{show} holds a matrix of kind {short(' '.join(banner[2:]))}; possible: coordinate "
            f"or array, real, integer or pattern, {', '.join(_SYMMETRIES)}"
        )
    return field, f"%%MatrixMarket matrix {layout} real {symmetry}".encode()


def _count_numbers(source):
    """How many words stand below the line with the sizes."""
    line = b"%"
    while line.startswith(b"%") or (line and not line.strip()):
        line = source.readline()
    there = 0
    while block := source.read(2**22):
        there += len((block + source.readline()).split())
    return there
