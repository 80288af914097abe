"""Formats of files, one module each: its ``ENDINGS``, and ``read(path)``.

``read`` returns a matrix, or a `Table` if the format has names. A new format is such a module and
its place in `FORMATS`.
"""

from nmfstudy.datasets.formats import matrix_market, npy, npz, text

FORMATS = (text, npy, npz, matrix_market)
