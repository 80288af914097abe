"""A grid of cells, as in text or a spreadsheet, as a table: names, numbers, what is wrong where.

Rows come as pairs of a line number and cells of text; numbers go into eight bytes each.
"""

import re
from array import array
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import isfinite, nan

import numpy as np

from nmfstudy.datasets.files import printable_name
from nmfstudy.datasets.formats.cells import (
    DECIMALS,
    WRITINGS,
    as_python,
    is_written,
    kind_of,
    to_float,
    to_floats,
    without_doubt,
)
from nmfstudy.datasets.formats.layout import (
    guess_layout,
    is_index_title,
    refuse_doubtful_names,
    refuse_numbers_like_names,
    spare_columns,
    suspicions,
)
from nmfstudy.datasets.picking import Pick
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

GRID_OPTIONS = ("header", "index", "decimal", "pick", "infinite")
SAMPLE = 50  # rows looked at to guess
# The 96 mutations of a catalogue, A[C>A]A to T[T>G]T, which are features in rows.
_MUTATION = re.compile(r"[ACGT]\[[CT]>[ACGT]\][ACGT]")


class CommasFound(Exception):
    """Far down in a file that was read with decimal points, a number has a comma."""


@dataclass(frozen=True)
class GridOptions:
    """What the user said of a grid; None where it is to be guessed."""

    header: bool | None
    index: bool | None
    decimal: str | None
    pick: Pick
    infinite: bool = False

    @staticmethod
    def of(header="auto", index="auto", decimal="auto", pick=None, infinite=False):
        """Of values as the user writes them."""
        switches = _switch("header", header), _switch("index", index)
        return GridOptions(*switches, _decimal(decimal), pick or Pick(), infinite)


def _switch(name, value):
    """Return True, False or None (auto); YAML makes booleans of yes and no."""
    known = {"auto": None, "yes": True, "no": False, "true": True, "false": False}
    key = str(value).lower()
    if not isinstance(value, bool | str) or key not in known:
        raise RequestError(f"dataset.{name} is {short(value)}; possible: auto, yes, no")
    return known[key]


def _decimal(value):
    """Return a point, a comma or None (auto)."""
    if not isinstance(value, str) or value not in DECIMALS:
        possible = ", ".join(DECIMALS)
        raise RequestError(f"dataset.decimal is {short(value)}; possible: {possible}")
    return DECIMALS[value]


def read_grid(rows, show, options, *, guessing, commas=False, above=None):
    """Turn rows of cells into values, names and notes.

    Parameters
    ----------
    rows : iterator of (int, list of str)
    show : str
        The file's name in sentences.
    options : GridOptions
    guessing : bool
        Whether commas in numbers may be decimal ones.
    commas : bool
        Whether there surely are some.
    above : (int, list of str), optional
        A comment above the first row, which may be its header.

    Returns
    -------
    NamedTable
    """
    sample = list(islice(rows, SAMPLE))
    if not sample:
        raise RequestError(f"{show} has no rows; possible: a matrix of numbers")
    if spare := spare_columns([cells for _, cells in sample]):
        rows = _without(spare, chain(sample, rows), len(sample[-1][1]))
        sample = list(islice(rows, SAMPLE))
    if options.header is None and above and _is_header(above[1], len(sample[-1][1])):
        sample = [above, *sample]
    rows, left_out = _picked(sample, rows, options.pick, show)
    sample = list(islice(rows, SAMPLE))
    options = replace(options, header=True) if left_out else options
    guessing = guessing and options.decimal is None
    commas = commas or any(
        "," in c and is_written(c, ",") for _, row in sample[options.header is True :] for c in row
    )
    decimal = "," if guessing and commas else options.decimal
    cells = [[as_python(cell, decimal) for cell in row] for _, row in sample]
    refuse_doubtful_names(sample, cells, options, f"{show} has")
    layout = guess_layout(cells, options.header, options.index, f"{show} has", sample[0][0])
    if not cells[0][0].strip() and False in (options.header, options.index):
        raise RequestError(
            f"{show} has an empty cell in line {sample[0][0]}, column 1; possible: header=yes "
            "index=yes if it stands between names, or NA if it is unknown"
        )
    columns = None
    if layout.header:
        columns = sample.pop(0)[1]
        short = layout.index and sample and len(columns) == len(sample[0][1]) - 1
        columns = [c.strip() for c in (columns if short or not layout.index else columns[1:])]
    rows = chain(sample, rows)
    if guessing and decimal == ",":
        rows = without_doubt(rows, f"{show} has", layout.index)
    values, names = _fill(rows, show, layout.index, columns, decimal, guessing, options.infinite)
    width = len(columns) if layout.header else len(cells[0]) - layout.index
    if not values:
        raise RequestError(f"{show} has names but no numbers; possible: a matrix of numbers")
    matrix = np.frombuffer(values).reshape(-1, width)
    refuse_numbers_like_names(matrix, layout, options, show)
    notes = [*layout.notes, *suspicions(matrix, layout, options)]
    if guessing and decimal == ",":
        notes.append("Numbers were read with decimal commas: 1.234,5 is 1234.5.")
    for what, given in (("row", names), ("column", columns)):
        many = sum(count > 1 for count in Counter(given or ()).values())
        if many:
            notes.append(f"Of the {what} names, {many} occur{'s' * (many == 1)} more than once.")
    names, columns = (None if given is None else tuple(given) for given in (names, columns))
    return NamedTable(
        matrix,
        names,
        columns,
        tuple(notes),
        reading=(
            *(["names from the first column"] if layout.index else []),
            f"header {'yes' if layout.header else 'no'}",
        ),
        rows_are_features=bool(names) and all(map(_MUTATION.fullmatch, names)),
        left_out=left_out,
    )


def _is_header(cells, width):
    """Whether cells of a comment are names: as many, none a number unless below #OTU ID or so."""
    kinds = {kind_of(cell) for cell in cells}
    titled = cells and is_index_title(cells[0].strip())
    return len(cells) == width and (titled or ("text" in kinds and "number" not in kinds))


def _picked(sample, rows, pick, show):
    """The rows without columns that are not wanted, if the first row names some; and those names.

    The first column stays in a selection if it holds no numbers, as names of rows do not.
    """
    first, others = [cell.strip() for cell in sample[0][1]], sample[1:]
    rows = chain(sample, rows)
    if not pick.concerns(first) or not others:
        return rows, frozenset()
    shift = len(others[0][1]) - len(first)  # 1 where nothing stands above the row names
    kept = pick.wanted(first)
    numeric = all(kind_of(cells[0]) == "number" for _, cells in others if cells)
    named = is_index_title(first[0]) or not first[0] or not numeric
    if shift == 0 and first[0] not in pick.drop and named:
        kept[0] = True
    if kept.sum() <= (shift == 0 and named and kept[0]):
        raise RequestError(f"{show} has no column left; possible: fewer names in dataset.drop=")
    width, places = len(others[0][1]), [0] * (shift == 1) + (np.flatnonzero(kept) + shift).tolist()
    left_out = frozenset(np.array(first)[~kept].tolist()) | pick.select.intersection(first)

    def only():
        line, _ = next(rows)
        yield line, [first[i] for i in np.flatnonzero(kept)]
        for line, cells in rows:
            yield line, [cells[p] for p in places] if len(cells) == width else cells

    return only(), left_out


def _fill(rows, show, index, columns, decimal, guessing, infinite):
    """Read rows of (line number, cells) into one array of numbers and a list of names."""
    values, names = array("d"), [] if index else None
    width = None if columns is None else len(columns) + index
    before = None
    for line, cells in rows:
        width = len(cells) if width is None else width
        if len(cells) != width:
            raise RequestError(
                f"{show} has another number of cells in line {line} ({len(cells)}) than in the "
                f"lines before ({width}); possible: the same in every line"
            )
        if width == 1 and before is not None and line > before + 1:
            raise RequestError(f"{show} has nothing in line {line - 1}; possible: numbers")
        before = line
        if index:
            names.append(cells[0].strip())
            cells = cells[1:]
        try:
            numbers = to_floats(cells, decimal)
            suspect = not isfinite(sum(numbers)) or "_" in "".join(cells)
        except ValueError:
            suspect = True
        if suspect:
            if guessing and decimal is None and any(is_written(c, ",") for c in cells if "," in c):
                raise CommasFound
            numbers = _with_unknown(cells, f"{show} has", line, index, columns, decimal, infinite)
        values.extend(numbers)
    return values, names


def _with_unknown(cells, has, line, index, columns, decimal, infinite):
    """The numbers in a row, NaN for what is missing; the first cell that is none is refused."""
    numbers = []
    for j, cell in enumerate(cells):
        kind = kind_of(cell, decimal)
        if kind != "text":
            numbers.append(nan if kind == "missing" else to_float(cell, decimal))
            if infinite or kind == "missing" or isfinite(numbers[-1]):
                continue
        name = f" ({short(columns[j].strip())})" if columns and j < len(columns) else ""
        hint = ""
        if is_written(cell):
            hint = WRITINGS
        elif j == 0 and not index and kind == "text":
            hint = ", or index=yes if the first column holds names"
        elif name and kind == "text":
            hint = (
                f", or dataset.drop={printable_name(columns[j].strip()[:40])} without this column"
            )
        raise RequestError(
            f"{has} {short(cell.strip())} in line {line}, column {j + 1 + index}{name}; "
            f"possible: finite numbers{hint}"
        )
    return numbers


def _without(spare, rows, width):
    """Yield rows of this width without their last cells, where nothing stands in them."""
    for line, cells in rows:
        empty = len(cells) == width and not any(map(str.strip, cells[-spare:]))
        yield line, cells[:-spare] if empty else cells
