"""AnnData's files, by h5py: cells in rows, genes in columns, both with their names.

Only the matrix that is asked for and the names are read, and nothing outside the file.
"""

from math import prod

import numpy as np
from scipy import sparse

from nmfstudy.datasets.files import foreign, needs, printable_path, refuse_larger
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

FORMAT = "h5ad"
ENDINGS = (".h5ad",)
OPTIONS = ("part", "pick")


def read(path, *, part=None, pick=None):
    """Read X, the layer that ``part`` names, or with ``part="raw"`` what raw holds.

    A selection may name a column of truth values, as ``select=highly_variable``.
    """
    h5py = needs("h5py", "files", path)
    with foreign(path), h5py.File(path, "r", locking=False) as file:
        return _read(file, path, part, pick)


def _read(file, path, part, pick):
    show = printable_path(path)
    layers = list(file["layers"]) if "layers" in file else []
    possible = ["X", *(["raw"] if "raw" in file else []), *layers]
    if part is not None and part not in possible:
        names = ", ".join(map(short, possible[:9]))
        raise RequestError(f"{show} has no layer {short(part)}; possible: {names}")
    above = "raw/" if part == "raw" else ""
    place = f"layers/{part}" if part in layers else f"{above}X"
    values = _matrix(_own(file, place, show), path)
    frames = _own(file, "obs", show), _own(file, f"{above}var", show)
    names = [_names(frame, show) for frame in frames]
    if [len(n) for n in names] != list(values.shape):
        raise RequestError(f"{show} has names for {len(names[0])}×{len(names[1])} and values for "
                           f"{values.shape[0]}×{values.shape[1]}; it is damaged")  # fmt: skip
    left_out = set()
    for axis, frame in enumerate(frames):
        for flag in sorted(pick.select if pick is not None else ()):
            if flag in frame and flag not in names[axis]:
                kept = _truth(_own(frame, flag, show), flag, show, len(names[axis]))
                values = values[kept] if axis == 0 else values[:, kept]
                names[axis] = names[axis][kept]
                left_out.add(flag)
    return NamedTable(
        values,
        *map(tuple, names),
        reading=(f"of {place}", "names from obs and var"),
        left_out=frozenset(left_out),
    )


def _own(group, name, show):
    """A member that lies in the file itself; links to others are not followed."""
    h5py = needs("h5py", "files", show)
    for step in name.split("/"):
        if step not in group or not isinstance(group.get(step, getlink=True), h5py.HardLink):
            raise RequestError(f"{show} has no {name} of its own; possible: a file by anndata")
        group = group[step]
        if isinstance(group, h5py.Dataset) and (group.external or group.is_virtual):
            raise RequestError(f"{show} keeps {name} in another file; possible: one file")
    return group


def _matrix(there, path):
    """A matrix, dense or by its three parts."""
    show = printable_path(path)
    if hasattr(there, "shape"):
        return _numbers(there, path, 2)
    kind = there.attrs.get("encoding-type", there.attrs.get("h5sparse_format", ""))
    shape = there.attrs.get("shape", there.attrs.get("h5sparse_shape", ()))
    kind = str(kind).removesuffix("_matrix")
    if kind not in ("csr", "csc") or len(shape) != 2 or min(shape) < 1:
        raise RequestError(
            f"{show} holds a matrix of kind {short(kind)}; possible: dense, csr, csc"
        )
    parts = [_numbers(_own(there, p, show), path, 1) for p in ("data", "indices", "indptr")]
    refuse_larger(8 * sum(map(int, shape)), path)
    make = sparse.csr_array if kind == "csr" else sparse.csc_array
    matrix = make(tuple(parts), shape=tuple(map(int, shape)))
    matrix.check_format(full_check=True)  # an index out of range would read foreign memory
    return matrix.tocsr()


def _numbers(there, path, n_dimensions):
    if there.dtype.kind not in "biuf" or there.ndim != n_dimensions:
        raise RequestError(
            f"{printable_path(path)} holds entries of type {there.dtype} in {there.ndim} "
            f"dimensions; possible: numbers in {n_dimensions}"
        )
    refuse_larger(prod(there.shape) * 8, path)
    return there[()]


def _names(frame, show):
    """The index of obs or var, an array of text."""
    if hasattr(frame, "shape"):  # as earlier versions wrote it
        index = frame[()]["index"]
    else:
        index = _own(frame, str(frame.attrs.get("_index", "_index")), show)
        index = index if hasattr(index, "shape") else _own(index, "values", show)
        index = index.asstr()[()] if index.dtype.kind == "O" else index[()]
    if index.ndim != 1:
        raise RequestError(f"{show} has names of {index.ndim} dimensions; it is damaged")
    return np.array([n.decode() if isinstance(n, bytes) else str(n) for n in index], dtype=object)


def _truth(there, name, show, size):
    there = there if hasattr(there, "shape") else _own(there, "values", show)
    if there.dtype.kind != "b" or there.shape != (size,):
        raise RequestError(f"{show} has {short(name)} of other values; possible: true and false")
    return np.flatnonzero(there[()])
