"""Numbers and tables as people read them."""

import math
from numbers import Integral, Real

import pandas as pd

from nmfstudy.report.page import Cell, Table

ABSENT = "–"
SHOWN_ROWS = 30  # of a table; the file has all

_SHARES = ("share", "coverage", "zeros_", "nearly_", "best_share", "trusted_share")
_LABELS = {
    "n_components": "k",
    "n_starts": "starts",
    "n_converged": "converged",
    "n_saddle": "saddles",
    "n_near_optimal": "starts near the best",
    "n_best": "best solutions",
    "n_distinct": "distinct solutions",
    "n_minima": "all minima",
    "alpha_W": "α_W",
    "alpha_H": "α_H",
    "l1_ratio": "L1 ratio",
    "zeros_W": "zeros in W",
    "zeros_H": "zeros in H",
    "relative_error": "relative error",
    "starts_for_99": "starts for 99 %",
    "best_share": "starts in the best",
    "trusted_share": "components to trust",
    "share_low": "from",
    "share_high": "to",
    "nearest": "nearest other",
    "near_optimal": "near the best",
    "local_dimension": "dimensions free",
    "verdict": "certificate",
    "title": "problem",
    "n_iter": "sweeps",
    "n_exact": "exact ones found",
    "n_certified": "certified number",
    "components_alive": "components alive",
    "kkt_residual": "KKT residual",
}


def label(name):
    """A column's name in words."""
    return _LABELS.get(name, str(name).replace("_", " "))


def number(value):
    """Four digits that matter: ``1,797``, ``0.3184``, ``5.63e-03``, ``–`` for nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ABSENT
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if not isinstance(value, Real):
        return str(value)
    value = float(value)
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if 1e-3 <= abs(value) < 1e7:
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}"


def percent(value):
    """``69.5 %``; never 100 % or 0 % when it is not quite."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ABSENT
    value = float(value)
    if 0 < value < 5e-4:
        return "< 0.1 %"
    if 1 - 5e-4 < value < 1:
        return "> 99.9 %"
    text = f"{100 * value:.1f}".removesuffix(".0")
    return f"{text} %"


def count(n, one, many=None):
    """``1 start``, ``2,000 starts``."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def cell_text(name, value):
    """A value of the column ``name`` as people read it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, bool) and str(name).startswith(_SHARES):
        if type(value).__name__ != "bool" and 0 <= value <= 1:
            return percent(value)
    return number(value)


def cell(name, value, text=None):
    """A `Cell` of the column ``name``: what people read, and the number that it sorts by."""
    sorted_by = None
    if isinstance(value, Real) and not math.isnan(value):
        sorted_by = float(value)
    return Cell(cell_text(name, value) if text is None else text, value=sorted_by)


def table_of(frame, title, *, file="", id=""):
    """A data frame as a `Table` of the report.

    Parameters
    ----------
    frame : DataFrame
    title : str
    file : str
        Where all of it stands, relative to the report.
    id : str
        If something leads to it.
    """
    if "title" in frame and "problem" in frame:  # the key is for machines
        frame = frame.drop(columns="problem")
    columns = list(frame.columns)
    numeric = tuple(_numeric(frame[c]) for c in columns)
    rows = tuple(
        tuple(map(cell, columns, row))
        for row in frame.head(SHOWN_ROWS).itertuples(index=False, name=None)
    )
    headers = tuple(map(label, columns))
    left_out = max(0, len(frame) - SHOWN_ROWS)
    return Table(title, headers, rows, numeric, file, left_out, id=id)


def _numeric(column):
    """Whether a column holds numbers only, absent ones aside."""
    if pd.api.types.is_bool_dtype(column):
        return False
    return all(isinstance(v, Real) and not isinstance(v, bool) for v in column.dropna())


def csv_text(frame):
    """A data frame as CSV with full precision: equal numbers give equal bytes."""
    return frame.to_csv(index=False, lineterminator="\n")
