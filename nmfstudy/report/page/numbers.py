"""Numbers and tables as people read them."""

import math
from numbers import Real

import pandas as pd

from nmfstudy.report.page.page import Cell, Table
from nmfstudy.util.display import ABSENT, count, number, percent, small_percent, spelt
from nmfstudy.util.plain_text import formula_free

__all__ = [
    "ABSENT",
    "cell",
    "cell_text",
    "count",
    "csv_text",
    "label",
    "number",
    "percent",
    "small_percent",
    "spelt",
    "table_of",
]

SHOWN_ROWS = 30  # of a table; the file has all
FEW_COLUMNS = 6  # beside so many a long text has room
LONG_TEXT = 60  # characters

_SHARES = tuple("share coverage zeros_ nonzero_ nearly_ best_share trusted_share holdout".split())
_LABELS = {
    "n_components": "k",
    "n_starts": "starts",
    "n_converged": "converged",
    "n_saddle": "saddles",
    "n_near_optimal": "starts as good as the best",
    "n_best": "best solutions",
    "n_distinct": "distinct solutions",
    "n_minima": "all minima",
    "alpha_W": "α_W",
    "alpha_H": "α_H",
    "l1_ratio": "L1 ratio",
    "zeros_W": "zeros in W",
    "zeros_H": "zeros in H",
    "relative_error": "relative error",
    "structure": "order left over",
    "holdout": "hidden entries not predicted",
    "holdout_se": "its standard error",
    "replicated": "least agreement of halves",
    "starts_for_99": "starts for 99 %",
    "best_share": "starts that reach the best",
    "trusted_share": "share to trust",
    "share_low": "from",
    "share_high": "to",
    "nearest": "distance to the nearest",
    "near_optimal": "near the best",
    "local_dimension": "free dimensions",
    "verdict": "certificate",
    "title": "problem",
    "n_iter": "sweeps",
    "n_exact": "exact solutions found",
    "n_certified": "number proved",
    "count_agrees": "count right?",
    "certificate_agrees": "certificate right?",
    "components_alive": "components left",
    "share_collapsed": "starts that are all zero",
    "nearly_W": "zero or nearly in W",
    "nearly_H": "zero or nearly in H",
    "scale_escape": "starts with scale escape",
    "unbounded": "starts with a term without limit",
    "alpha": "α",
    "nonzero_W": "not zero in W",
    "nonzero_H": "not zero in H",
    "alive": "components left",
    "share_alive": "components left",
    "stuck": "starts that stop elsewhere?",
    "predicted": "all zero from α*",
    "truth": "match with the truth",
    "distinct": "distinct solutions",
    "label": "how",
    "max_iter": "most sweeps",
    "norm_W": "norm of W",
    "norm_H": "norm of H",
    "spread": "spread of lengths",
    "cophenetic": "cophenetic correlation",
    "plateau_low": "plateau from",
    "plateau_high": "plateau to",
    "kkt_residual": "KKT residual",
}


def label(name):
    """A column's name in words."""
    return _LABELS.get(name) or spelt(str(name).replace("_", " "))


def cell_text(name, value):
    """A value of the column ``name`` as people read it."""
    if value is pd.NA or value is pd.NaT:
        return ABSENT
    if isinstance(value, str):
        if name in ("certificate", "verdict"):  # not_unique
            return value.replace("_", " ")
        return spelt(value) if name == "solver" else value
    if isinstance(value, Real) and not isinstance(value, bool) and str(name).startswith(_SHARES):
        if type(value).__name__ not in ("bool", "bool_") and 0 <= value <= 1:
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
    below = len(columns) > FEW_COLUMNS and any(len(row[-1].text) > LONG_TEXT for row in rows)
    return Table(title, headers, rows, numeric, file, left_out, below=below, id=id)


def _numeric(column):
    """Whether a column holds numbers only, absent ones aside."""
    if pd.api.types.is_bool_dtype(column):
        return False
    return all(isinstance(v, Real) and not isinstance(v, bool) for v in column.dropna())


def csv_text(frame):
    """A data frame as CSV with full precision: equal numbers give equal bytes.

    Texts are `formula_free`.
    """
    columns = [_without_formulas(column) for _, column in frame.items()]
    header = list(map(formula_free, frame.columns))
    frame = pd.concat(columns, axis=1) if columns else frame
    return frame.to_csv(index=False, header=header, lineterminator="\n")


def _without_formulas(column):
    texts = column.dtype.kind not in "biuf" and any(formula_free(v) is not v for v in column)
    return column.map(formula_free) if texts else column
