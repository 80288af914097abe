"""What a cell says: a number, nothing, or text; numbers as people write them, 1.5 or 1,5.

A decimal comma is only taken for one where it can be nothing else.
"""

import re

from nmfstudy.util.errors import RequestError, short

DECIMALS = {"auto": None, "point": ".", "comma": ","}
_WRITTEN = {
    decimal: re.compile(
        rf"\s*[-+]?(?={decimal}?\d)(\d+|[1-9]\d{{0,2}}({group}\d{{3}})+)?({decimal}\d*)?([eE][-+]?\d+)?\s*"
    )
    for decimal, group in ((r"\.", ","), (",", r"\."))
}
_WRITTEN["."] = _WRITTEN.pop(r"\.")
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", "."}
WRITINGS = ", all like 1.234,5 (decimal=comma) or all like 1,234.5 (decimal=point)"
_GROUPED = re.compile(r"\s*[-+]?[1-9]\d{0,2}(,\d{3})+\s*")


def to_float(cell, decimal=None):
    """The number in a cell; ValueError if it is none in this writing.

    Parameters
    ----------
    cell : str
    decimal : {".", ","} or None
        The sign before the fraction; the other one may group thousands. None: as Python writes
        numbers.
    """
    if decimal is not None and not _WRITTEN[decimal].fullmatch(cell):
        raise ValueError(cell)
    return float(as_python(cell, decimal))


def as_python(cell, decimal):
    """The cell as Python writes numbers; unchanged if it is no number in this writing."""
    if decimal is None or not _WRITTEN[decimal].fullmatch(cell):
        return cell
    return cell.replace(",", "") if decimal == "." else _pointed(cell.replace(".", ""))


def to_floats(cells, decimal=None):
    """The numbers in a row of cells, see `to_float`; quick where no thousands are grouped."""
    if decimal is None:
        return [float(cell) for cell in cells]
    if decimal == "," and "." not in "".join(cells):
        return [float(_pointed(cell)) for cell in cells]
    return [to_float(cell, decimal) for cell in cells]


def is_written(cell, decimals=".,"):
    """Whether a cell is a number in one of these writings."""
    return any(_WRITTEN[decimal].fullmatch(cell) for decimal in decimals)


def kind_of(cell, decimal=None):
    """Return "number", "missing" or "text"."""
    text = cell.strip().lower()
    if text in _MISSING:
        return "missing"
    try:
        to_float(text, decimal)
    except ValueError:
        return "text"
    return "text" if "_" in text else "number"


def without_doubt(rows, has, index):
    """Pass rows of (line number, cells) on; at their end, refuse commas that may group thousands.

    They may where three digits follow every comma of the file: 1,234 is 1.234 or 1234.

    Parameters
    ----------
    rows : iterator
    has : str
        How the refusal begins.
    index : bool
        Whether the first cells are names.
    """
    doubt = None
    for line, cells in rows:
        yield line, cells
        for column, cell in enumerate(cells[index:], start=1 + index):
            if "," in cell and not _GROUPED.fullmatch(cell):
                yield from rows
                return
            if "," in cell and doubt is None:
                doubt = f"{has} {short(cell.strip())} in line {line}, column {column}"
    if doubt is not None:
        raise RequestError(
            f"{doubt}, whose comma may be a decimal one or group thousands, like all others; "
            "possible: decimal=comma or decimal=point"
        )


def _pointed(cell):
    return cell.replace(",", ".")
