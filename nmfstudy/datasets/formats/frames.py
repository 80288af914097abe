"""Data frames as tables: what names the rows, and that all else is numbers."""

import numpy as np

from nmfstudy.datasets.files import printable_name
from nmfstudy.datasets.formats.grid import GridOptions
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

FRAME_OPTIONS = ("index", "pick")


def as_table(frame, show, **options):
    """The table of a data frame.

    Its index names the rows; if that only counts, the first column does where it holds text.
    """
    import pandas as pd

    given = GridOptions.of(**options)
    columns = [str(name) for name in frame.columns]
    kept = np.flatnonzero(given.pick.wanted(columns))
    left_out = frozenset(columns) - {columns[i] for i in kept}
    named = not isinstance(frame.index, pd.RangeIndex)
    rows, reading = (
        (tuple(map(str, frame.index)), ["names from the index"]) if named else (None, [])
    )
    first = frame.iloc[:, 0] if len(columns) else None
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    if first is not None and columns[0] not in given.pick.drop:
        if given.index or (given.index is None and not named and not numeric[0]):
            rows, reading = tuple(map(str, first)), ["names from the first column"]
            kept = kept[kept > 0]
    for i in kept:
        if not numeric[i] or pd.api.types.is_complex_dtype(frame.dtypes.iloc[i]):
            raise RequestError(
                f"{show} has {short(columns[i])} of type {frame.dtypes.iloc[i]}; possible: "
                f"numbers, or dataset.drop={printable_name(columns[i][:40])} without this column"
            )
    values = frame.iloc[:, kept].to_numpy(dtype=np.float64, na_value=np.nan)
    return NamedTable(
        values,
        rows,
        tuple(columns[i] for i in kept),
        reading=(*reading, "names of the columns"),
        left_out=left_out | given.pick.select.intersection(columns),
    )
