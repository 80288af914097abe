"""NPY files: one array, as `numpy.save` writes it."""

import warnings
from math import prod

import numpy as np

from nmfstudy.datasets.files import printable_path
from nmfstudy.util.errors import RequestError

FORMAT = "npy"
ENDINGS = (".npy",)
OPTIONS = ()
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read(path):
    """Read the array of a file; see `read_array`."""
    with path.open("rb") as stream:
        return read_array(stream, path.stat().st_size, printable_path(path))


def read_array(stream, size, show, kinds="biuf"):
    """Read one array in NPY format from a stream of ``size`` bytes.

    Raises
    ------
    RequestError
        If it is no such array, is longer or shorter than its header says, or its dtype is of no
        kind in ``kinds`` (objects, which would have to be unpickled, never are).
    """
    shape, fortran, dtype = read_header(stream, size, show, kinds)
    flat = np.frombuffer(stream.read(prod(shape) * dtype.itemsize), dtype=dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def read_header(stream, size, show, kinds="biuf"):
    """Return shape, whether the order is Fortran's, and dtype; refuses as `read_array` does."""
    try:
        read = _HEADERS[np.lib.format.read_magic(stream)]
    except (KeyError, ValueError):
        raise RequestError(f"{show} is not an NPY file, whatever its name says") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a header by Python 2
            shape, fortran, dtype = read(stream)
    except Exception:  # whatever evaluating a damaged Python literal raises
        shape = (-1,)
    if min(shape, default=0) < 0:
        raise RequestError(f"{show} has a damaged NPY header")
    if dtype.kind not in kinds:
        what = "records" if dtype.kind == "V" else f"entries of type {dtype}"
        if dtype.hasobject:
            what = "Python objects, which are never unpickled"
        raise RequestError(f"{show} holds {what}; possible: real numbers")
    announced, there = prod(shape) * dtype.itemsize, size - stream.tell()
    if announced != there:
        raise RequestError(
            f"{show} announces an array of shape {shape} in {announced} bytes and has "
            f"{max(there, 0)}; it is damaged or not complete"
        )
    return shape, fortran, dtype
