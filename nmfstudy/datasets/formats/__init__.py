"""Formats of files, one module each: its name ``FORMAT``, ``ENDINGS``, ``OPTIONS`` and ``read``.

``read(path, **options)`` returns a matrix, or a `NamedTable` if the format has names; ``OPTIONS``
are those of `nmfstudy.datasets.file` that it takes. A library that is not always installed is
imported by `nmfstudy.datasets.files.needs`, which names its extra. A new format is such a module
and its place in `FORMATS`.
"""

from nmfstudy.datasets.formats import (
    excel,
    feather,
    h5ad,
    mat,
    matrix_market,
    npy,
    npz,
    parquet,
    text,
)

FORMATS = (text, npy, npz, matrix_market, excel, parquet, feather, h5ad, mat)
