"""NPY, NPZ, sparse NPZ and Matrix Market files, read without trust in their headers."""

import io
import re
import zipfile
from math import prod

import numpy as np
from scipy import sparse

from nmfstudy.datasets.files import open_unpacked, refuse_larger, short, shown
from nmfstudy.util.errors import RequestError

_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*['"]([<>=|]?[biufcSUOVMm]\d{0,4})['"]""")
_ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(([\d\sL,]{0,200})\)""")
_CLASSES = {
    "csr": (sparse.csr_array, ("data", "indices", "indptr")),
    "csc": (sparse.csc_array, ("data", "indices", "indptr")),
    "bsr": (sparse.bsr_array, ("data", "indices", "indptr")),
    "coo": (sparse.coo_array, ("data", "row", "col")),
    "dia": (sparse.dia_array, ("data", "offsets")),
}
_TRIANGLES = {  # sign of the mirrored entries, first diagonal above the main one that is stored
    "general": None,
    "symmetric": (1, 0),
    "skew-symmetric": (-1, 1),
}


def read_npy(stream, size, show, kinds="biuf"):
    """Read one array in NPY format from a stream of ``size`` bytes.

    The header is matched by patterns, not evaluated, and believed only as far as ``size`` goes.

    Raises
    ------
    RequestError
        If it is no such array, is longer or shorter than it says, or its dtype is of no kind
        in ``kinds`` (objects, which would have to be unpickled, never are).
    """
    start = stream.read(10)
    if start[:6] != b"\x93NUMPY" or len(start) < 10 or start[6] not in (1, 2, 3):
        raise RequestError(f"{show} is not an NPY file, whatever its name says")
    long = start[6] > 1
    length = int.from_bytes(start[8:10] + (stream.read(2) if long else b""), "little")
    header = stream.read(min(length, 2**16))
    descr, order, shape = (p.search(header) for p in (_DESCR, _ORDER, _SHAPE))
    extents = re.findall(rb"\d+", shape[1]) if shape else []
    if not (order and shape and b"descr" in header) or any(len(e) > 18 for e in extents):
        raise RequestError(f"{show} has a damaged NPY header")
    try:
        dtype = np.dtype(descr[1].decode()) if descr else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in kinds:
        what = "records" if dtype is None else f"entries of type {dtype}"
        if dtype is not None and dtype.hasobject:
            what = "Python objects, which are never unpickled"
        raise RequestError(f"{show} holds {what}; possible: real numbers")
    shape = tuple(int(extent) for extent in extents)
    count = prod(shape)
    there = size - 10 - 2 * long - length
    if count * dtype.itemsize != there:
        raise RequestError(
            f"{show} announces an array of shape {shape} in {count * dtype.itemsize} bytes and "
            f"has {max(there, 0)}; it is damaged or not complete"
        )
    flat = np.frombuffer(stream.read(there), dtype=dtype)
    return flat.reshape(shape, order="F" if order[1] == b"True" else "C")


def read_npz(path):
    """Read the only array of an NPZ file, or the one named X, or scipy's sparse matrix."""
    show = shown(path)
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise RequestError(f"{show} is not an NPZ file, whatever its name says")
    with zipfile.ZipFile(path) as archive:
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist()}

        def read(name, kinds="biuf"):
            where = f"{shown(name[:30])} in {show}"
            with archive.open(members[name]) as stream:
                return read_npy(stream, members[name].file_size, where, kinds)

        if "format" in members and "shape" in members:
            parts = ["format", "shape", *members.keys() & _PARTS]
            refuse_larger(sum(members[p].file_size for p in parts), path)
            return _sparse(path, members, read)
        name = "X" if "X" in members else next(iter(members), None)
        if len(members) != 1 and name != "X":
            names = ", ".join(shown(n[:30]) for n in list(members)[:8])
            raise RequestError(
                f"{show} holds {len(members)} arrays ({names or 'none'}); possible: one, or one "
                "named X"
            )
        refuse_larger(members[name].file_size, path)
        return read(name)


_PARTS = {part for _, parts in _CLASSES.values() for part in parts}


def _sparse(path, members, read):
    """Read a matrix in the layout of `scipy.sparse.save_npz`."""
    show = shown(path)
    form = str(read("format", "SU").astype(str))
    if form not in _CLASSES:
        raise RequestError(
            f"{show} has sparse format {short(form)}; possible: {', '.join(_CLASSES)}"
        )
    kind, needed = _CLASSES[form]
    missing = [part for part in needed if part not in members]
    if missing:
        raise RequestError(f"{show} is a sparse matrix without {', '.join(missing)}")
    shape = read("shape", "iu")
    if shape.shape != (2,) or (shape < 1).any():
        raise RequestError(f"{show} announces the shape {shape.tolist()!s:.40}; possible: 2 sizes")
    shape = tuple(int(s) for s in shape)
    refuse_larger(8 * sum(shape), path)
    data, *places = (read(p, "biuf" if p == "data" else "iu") for p in needed)
    places = [place.astype(np.int64) for place in places]
    if form == "coo":
        places = [tuple(places)]
    matrix = kind((data, *places), shape=shape)
    if hasattr(matrix, "check_format"):
        matrix.check_format(full_check=True)  # an index out of range would read foreign memory
    return matrix.tocsr()


def read_matrix_market(path):
    """Read a Matrix Market file, coordinate (sparse) or array (dense), packed by gzip or not.

    scipy's own reader is not used: an error in a file that is handed to it open ends the process
    when the file is closed before the reader is.
    """
    show = shown(path)
    with open_unpacked(path) as stream:
        source = io.BytesIO(stream.read()) if path.suffix.lower() == ".gz" else stream
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
    if field == "integer" and (numbers != np.floor(numbers)).any():
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
    fields = ("real", "integer", "pattern") if layout == "coordinate" else ("real", "integer")
    known = layout in ("coordinate", "array") and field in fields and symmetry in _TRIANGLES
    if not known:
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
