"""MATLAB files up to version 7, by scipy: the one matrix, the one named X, or the one asked for."""

from math import prod

from nmfstudy.datasets.files import foreign, printable_path, refuse_larger
from nmfstudy.util.errors import RequestError, short

FORMAT = "mat"
ENDINGS = (".mat",)
OPTIONS = ("part",)
_INTEGERS = (f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_NUMBERS = ("double", "single", "logical", "sparse", *_INTEGERS)


def read(path, *, part=None):
    """Read a matrix of a file; ``part`` is its name."""
    from scipy.io import loadmat, whosmat

    show = printable_path(path)
    with path.open("rb") as stream:
        if stream.read(512).startswith(b"MATLAB 7.3"):
            raise RequestError(f"{show} is of version 7.3; possible: save(…, '-v7')")
    with foreign(path):
        there = {
            name: shape
            for name, shape, kind in whosmat(path)
            if kind in _NUMBERS and len(shape) == 2 and min(shape) > 1
        }
        name = part if part is not None else "X" if "X" in there else next(iter(there), None)
        if name not in there or (part is None and len(there) > 1 and name != "X"):
            names = ", ".join(map(short, list(there)[:8])) or "none"
            what = "no single matrix" if part is None else f"no matrix {short(part)}"
            raise RequestError(
                f"{show} has {what}; possible: dataset.part= one of its matrices ({names})"
            )
        refuse_larger(8 * prod(there[name]), path)
        return loadmat(path, variable_names=[name], spmatrix=False)[name]
