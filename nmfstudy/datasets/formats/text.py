"""Text files: delimiters, names of rows and columns, the first cell that is wrong.

The file is read once, a row at a time, into eight bytes a number.
"""

import csv
import io
import re
from array import array
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from math import isfinite, nan
from typing import NamedTuple

import numpy as np

from nmfstudy.datasets.files import UTF16, is_text, open_unpacked, printable_path
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
from nmfstudy.datasets.table import NamedTable
from nmfstudy.util.errors import RequestError, short

DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "space": " "}
_PLAIN = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".asc", "")
ENDINGS = tuple(ending + packed for ending in _PLAIN for packed in ("", ".gz"))
_ENCODINGS = {"utf-8-sig": "", "cp1252": "Latin-1 (Windows)", "latin-1": "Latin-1"}
_EXCEL = re.compile(r'"?sep=(.)"?[\r\n]*', re.DOTALL)  # a first line that names the delimiter
_SAMPLE = 50  # lines looked at to guess


class _CommasFound(Exception):
    """Far down in a file that was read with decimal points, a number has a comma."""


class _TextOptions(NamedTuple):
    """What the user said of a file; None where it is to be guessed."""

    header: bool | None
    index: bool | None
    delimiter: str | None
    decimal: str | None
    infinite: bool


def read(path, *, header="auto", index="auto", delimiter="auto", decimal="auto", infinite=False):
    """Read a table from a text file, packed by gzip or not.

    Parameters
    ----------
    path : Path
    header, index : {"auto", "yes", "no"} or bool
        Whether the first row and the first column are names. "auto" takes them for names where
        they are no numbers, or stand below a title such as id or beside an empty corner; it
        refuses a mixture and numbers in order that look like names, and notes what it took.
    delimiter : {"auto", "comma", "semicolon", "tab", "space"} or a character
    decimal : {"auto", "point", "comma"}
        The sign before the fraction; the other one may group thousands, as in 1.234,5. "auto"
        reads decimal commas where the delimiter is none and they cannot all group thousands, and
        notes that it did.
    infinite : bool
        Whether inf is a number.

    What is empty, or a word for nothing such as NA, is NaN.

    Returns
    -------
    Table

    Raises
    ------
    RequestError
        If the file is no table of numbers; the sentence names line and column.
    """
    switches = _switch("header", header), _switch("index", index)
    options = _TextOptions(*switches, _delimiter(delimiter), _decimal(decimal), infinite)
    for encoding, name in _ENCODINGS.items():
        with suppress(UnicodeDecodeError):
            table = _read(path, encoding, options)
            note = (f"The file is not UTF-8 and was read as {name}.",) if name else ()
            return replace(table, notes=table.notes + note)
    raise RequestError(
        f"{printable_path(path)} cannot be read: it begins as UTF-16 and is cut or damaged"
    )


def _read(path, encoding, options):
    """Parse a file; once more from its top if commas turn up late."""
    try:
        with _lines(path, encoding) as lines:
            return _parse(lines, printable_path(path), options)
    except _CommasFound:
        with _lines(path, encoding) as lines:
            return _parse(lines, printable_path(path), options, commas=True)


def _switch(name, value):
    """Return True, False or None (auto); YAML makes booleans of yes and no."""
    known = {"auto": None, "yes": True, "no": False, "true": True, "false": False}
    key = str(value).lower()
    if not isinstance(value, bool | str) or key not in known:
        raise RequestError(f"dataset.{name} is {short(value)}; possible: auto, yes, no")
    return known[key]


def _delimiter(value):
    """Return one character, or None (auto)."""
    if value == "auto":
        return None
    found = value
    if isinstance(value, str):
        found = {**DELIMITERS, "\\t": "\t"}.get(value, value)
    single = isinstance(found, str) and len(found) == 1
    if not single or found.isalnum() or found in '"\r\n.+-\0':
        raise RequestError(
            f"dataset.delimiter is {short(value)}; possible: auto, {', '.join(DELIMITERS)}, "
            "or a single character"
        )
    return found


def _decimal(value):
    """Return a point, a comma or None (auto)."""
    if not isinstance(value, str) or value not in DECIMALS:
        possible = ", ".join(DECIMALS)
        raise RequestError(f"dataset.decimal is {short(value)}; possible: {possible}")
    return DECIMALS[value]


@contextmanager
def _lines(path, encoding):
    """Open the lines of a file, or refuse what is no text."""
    if not is_text(path):
        raise RequestError(f"{printable_path(path)} is not a text file, whatever its name says")
    with open_unpacked(path) as stream:
        if stream.peek(2)[:2] in UTF16:
            encoding = "utf-16"
        with io.TextIOWrapper(stream, encoding=encoding, newline="") as lines:
            yield lines


def _parse(lines, show, options, commas=False):
    """Turn lines into values, row names, column names and notes."""
    lines, comments = _split_comments(lines)
    ahead = list(islice(lines, _SAMPLE))
    separator_line = _EXCEL.fullmatch(ahead[0]) if ahead else None
    ahead = ahead[1:] if separator_line else ahead
    delimiter = options.delimiter or (
        separator_line[1] if separator_line else _guess_delimiter(ahead)
    )
    rows = _rows(chain(ahead, lines), delimiter, len(comments) + bool(separator_line))
    sample = list(islice(rows, _SAMPLE))
    if not sample:
        raise RequestError(f"{show} has no rows; possible: a matrix of numbers")
    if spare := spare_columns([cells for _, cells in sample]):
        rows = _without(spare, chain(sample, rows), len(sample[-1][1]))
        sample = list(islice(rows, _SAMPLE))
    guessing = options.decimal is None and delimiter != ","
    commas = commas or any(
        "," in c and is_written(c, ",") for _, row in sample[options.header is True :] for c in row
    )
    decimal = "," if guessing and commas else options.decimal
    if options.header is None and comments:
        sample = [*_commented_header(comments, delimiter, len(sample[-1][1])), *sample]
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
    if any(line.strip() for line in comments):
        notes.append("Leading lines with # were not read as data.")
    for what, given in (("row", names), ("column", columns)):
        many = sum(count > 1 for count in Counter(given or ()).values())
        if many:
            notes.append(f"Of the {what} names, {many} occur{'s' * (many == 1)} more than once.")
    names, columns = (None if given is None else tuple(given) for given in (names, columns))
    return NamedTable(matrix, names, columns, tuple(notes))


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
                raise _CommasFound
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
        raise RequestError(
            f"{has} {short(cell.strip())} in line {line}, column {j + 1 + index}{name}; "
            f"possible: finite numbers{hint}"
        )
    return numbers


def _split_comments(lines):
    """Split off the lines before the data that are blank or start with #."""
    lines, comments = iter(lines), []
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            return chain([line], lines), comments
        comments.append(line)
    return lines, comments


def _commented_header(comments, delimiter, width):
    """Return the last comment as a row of names if it is one: as many cells, none a number.

    Below a title such as #OTU ID they may be numbers.
    """
    text = comments[-1].strip().lstrip("#").strip(" \r\n")
    for _, cells in _rows([text], delimiter, len(comments) - 1):
        kinds = {kind_of(cell) for cell in cells}
        titled = cells and is_index_title(cells[0].strip())
        if len(cells) == width and (titled or ("text" in kinds and "number" not in kinds)):
            return [(len(comments), cells)]
    return []


def _rows(lines, delimiter, before):
    """Yield (line number, cells) of every line that is not blank, nor one of the last ,,,."""
    if delimiter == " ":
        lines = (" ".join(line.split()) for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    blank = []  # rows without anything, which count only if another row follows
    for cells in reader:
        if len(cells) > 1 and not any(map(str.strip, cells)):
            blank.append((before + reader.line_num, cells))
        elif len(cells) > 1 or (cells and cells[0].strip()):
            yield from blank
            blank.clear()
            yield before + reader.line_num, cells


def _without(spare, rows, width):
    """Yield rows of this width without their last cells, where nothing stands in them."""
    for line, cells in rows:
        empty = len(cells) == width and not any(map(str.strip, cells[-spare:]))
        yield line, cells[:-spare] if empty else cells


def _guess_delimiter(lines):
    """Return the first delimiter that cuts all lines into equally many cells, best into numbers.

    The first line may have one cell less, where nothing stands above the row names. If no
    delimiter does, the commonest.
    """
    fallback = None
    *marks, space = DELIMITERS.values()
    for delimiter, missing in [*((m, 0) for m in marks), *((m, 1) for m in marks), (space, 0)]:
        try:
            rows = [cells for _, cells in _rows(lines, delimiter, 0)]
        except csv.Error:  # a quoted cell goes on beyond the lines looked at
            continue
        width = len(rows[-1]) if rows else 0
        if width < 2 + missing or {len(r) for r in rows[1:]} - {width}:
            continue
        if len(rows[0]) != width - missing:
            continue
        if all(kind_of(c) != "text" or is_written(c) for c in rows[-1][1:]):
            return delimiter
        fallback = fallback or delimiter
    if fallback:
        return fallback
    text = "".join(lines)
    counts = {d: text.count(d) for d in DELIMITERS.values() if d != " "}
    if any(counts.values()):
        return max(counts, key=counts.get)
    return " " if any(" " in line.strip() for line in lines) else ","
