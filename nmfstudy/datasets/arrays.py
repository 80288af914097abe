"""NPY, NPZ, sparse NPZ and Matrix Market files, read without trust in their headers."""

import io
import re
import zipfile

import numpy as np
from scipy import sparse
from scipy.io import mmread

from nmfstudy.datasets.files import open_unpacked, refuse_larger, shown
from nmfstudy.errors import RequestError

_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*['"]([<>=|]?[a-zA-Z?]\d{0,4})['"]""")
_ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(((?:\s*\d{1,18}L?\s*,?)*)\s*\)""")
_CLASSES = {
    "csr": (sparse.csr_array, ("data", "indices", "indptr")),
    "csc": (sparse.csc_array, ("data", "indices", "indptr")),
    "bsr": (sparse.bsr_array, ("data", "indices", "indptr")),
    "coo": (sparse.coo_array, ("data", "row", "col")),
    "dia": (sparse.dia_array, ("data", "offsets")),
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
    if not (order and shape and b"descr" in header):
        raise RequestError(f"{show} has a damaged NPY header")
    try:
        dtype = np.dtype(descr[1].decode()) if descr else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in kinds:
        what = f"entries of type {dtype}" if dtype is not None else "records"
        what = (
            "Python objects, which are never unpickled"
            if dtype is not None and dtype.hasobject
            else what
        )
        raise RequestError(f"{show} holds {what}; possible: real numbers")
    shape = tuple(int(s.rstrip(b"L")) for s in re.findall(rb"\d+L?", shape[1]))
    count = 1
    for extent in shape:
        count *= extent
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
    if not zipfile.is_zipfile(path):
        raise RequestError(f"{show} is not an NPZ file, whatever its name says")
    with zipfile.ZipFile(path) as archive:
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist()}

        def read(name, kinds="biuf"):
            with archive.open(members[name]) as stream:
                return read_npy(stream, members[name].file_size, f"{name} in {show}", kinds)

        if "format" in members and "shape" in members:
            parts = ["format", "shape", *members.keys() & _PARTS]
            refuse_larger(sum(members[p].file_size for p in parts), path)
            return _sparse(path, members, read)
        name = "X" if "X" in members else next(iter(members), None)
        if len(members) != 1 and name != "X":
            names = ", ".join(f"{n:.30}" for n in list(members)[:8])
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
            f"{show} has sparse format {form!r:.20}; possible: {', '.join(_CLASSES)}"
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
    """Read a Matrix Market file, coordinate (sparse) or array (dense), packed by gzip or not."""
    show = shown(path)
    with open_unpacked(path) as stream:
        source = io.BytesIO(stream.read()) if path.suffix.lower() == ".gz" else stream
        _check_announced(source, path, show)
        source.seek(0)
        return mmread(source)


def _check_announced(source, path, show):
    """Refuse a Matrix Market header that is none, or that promises more than the file holds."""
    banner = source.readline(200).decode("latin-1").lower().split()
    if banner[:2] != ["%%matrixmarket", "matrix"] or len(banner) != 5:
        raise RequestError(f"{show} is not a Matrix Market file, whatever its name says")
    layout, field, symmetry = banner[2:]
    if layout not in ("coordinate", "array") or field not in ("real", "integer", "pattern"):
        raise RequestError(
            f"{show} holds a matrix of kind {layout} {field}; possible: coordinate or array, "
            "real, integer or pattern"
        )
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
        expected = entries[0] * (2 if field == "pattern" else 3)
    else:
        triangle = {"symmetric": rows * (rows + 1) // 2, "skew-symmetric": rows * (rows - 1) // 2}
        expected = triangle.get(symmetry, rows * columns)
    there = 0
    while block := source.read(2**22):
        there += len((block + source.readline()).split())
    if there != expected:
        raise RequestError(
            f"{show} announces {expected} numbers and has {there}; it is damaged or not complete"
        )
    refuse_larger(8 * (rows + columns), path)
