"""NPZ files: one array, the one named X, or what `scipy.sparse.save_npz` writes."""

import zipfile

from scipy import sparse

from nmfstudy.datasets.files import printable_path, refuse_larger
from nmfstudy.datasets.formats.npy import read_array, read_header
from nmfstudy.util.errors import RequestError, short

FORMAT = "npz"
ENDINGS = (".npz",)
OPTIONS = ("part",)
_KINDS = {"format": "SU", "data": "biuf", "_is_array": "b"}  # of a sparse matrix's parts; else:
_INTEGERS = "iu"


def read(path, *, part=None):
    """Read the matrix of a file; ``part`` is the name of an array."""
    show = printable_path(path)
    if not zipfile.is_zipfile(path):
        raise RequestError(f"{show} is not an NPZ file, whatever its name says")
    with zipfile.ZipFile(path) as archive:
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist()}
        if {"format", "shape"} <= members.keys():
            return _read_sparse(path, archive, members)
        name = "X" if "X" in members else next(iter(members), None)
        name = part if part is not None else name
        names = ", ".join(printable_path(n[:30]) for n in list(members)[:8])
        if part is not None and part not in members:
            raise RequestError(f"{show} has no array {short(part)}; possible: {names}")
        if part is None and len(members) != 1 and name != "X":
            raise RequestError(
                f"{show} holds {len(members)} arrays ({names or 'none'}); possible: one, one "
                "named X, or dataset.part= its name"
            )
        refuse_larger(members[name].file_size, path)
        return _apply(read_array, path, archive, members[name])


def _apply(reader, path, archive, member, kinds="biuf"):
    """What ``reader`` makes of a member of the archive."""
    where = f"{printable_path(member.filename.removesuffix('.npy')[:30])} in {printable_path(path)}"
    with archive.open(member) as stream:
        return reader(stream, member.file_size, where, kinds)


def _read_sparse(path, archive, members):
    """Let scipy read a sparse matrix, all of whose parts fit into the file."""
    refuse_larger(sum(member.file_size for member in members.values()), path)
    for part, member in members.items():
        _apply(read_header, path, archive, member, _KINDS.get(part, _INTEGERS))
    shape = _apply(read_array, path, archive, members["shape"], _INTEGERS)
    if shape.shape != (2,) or (shape < 1).any():
        raise RequestError(
            f"{printable_path(path)} announces the shape {shape.tolist()!s:.40}; possible: 2 sizes"
        )
    refuse_larger(8 * sum(map(int, shape)), path)
    matrix = sparse.load_npz(path)
    if hasattr(matrix, "check_format"):
        matrix.check_format(full_check=True)  # an index out of range would read foreign memory
    return matrix.tocsr()
