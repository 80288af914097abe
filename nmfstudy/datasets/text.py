"""Matrices in text files: delimiters, names of rows and columns, the first cell that is wrong.

The file is read once, a row at a time, into eight bytes a number.
"""

import csv
import io
import re
from array import array
from collections import Counter
from contextlib import contextmanager
from itertools import chain, islice
from math import isfinite
from typing import NamedTuple

import numpy as np

from nmfstudy.datasets.decimals import (
    DECIMALS,
    as_python,
    is_written,
    to_float,
    to_floats,
    without_doubt,
)
from nmfstudy.datasets.files import open_unpacked, short, shown
from nmfstudy.errors import RequestError

DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "space": " "}
_SAMPLE = 50  # lines looked at to guess
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", "."}
_INDEX_TITLES = {"", "id", "index", "name", "names", "sample", "samples", "unnamed: 0"}
_WRITINGS = ", all like 1.234,5 (decimal=comma) or all like 1,234.5 (decimal=point)"


class _CommasFound(Exception):
    """Far down in a file that was read with decimal points, a number has a comma."""


class _Layout(NamedTuple):
    """Whether the first row and the first column are names, and what to say of it."""

    header: bool
    index: bool
    notes: tuple[str, ...]


class _Told(NamedTuple):
    """What the user said of a file; None where it is to be guessed."""

    header: bool | None
    index: bool | None
    delimiter: str | None
    decimal: str | None


def read_text(path, *, header="auto", index="auto", delimiter="auto", decimal="auto"):
    """Read values, row names, column names and notes from a text file.

    Raises
    ------
    RequestError
        If the file is no table of numbers; the sentence names line and column.
    """
    switches = _switch("header", header), _switch("index", index)
    told = _Told(*switches, _delimiter(delimiter), _decimal(decimal))
    try:
        return _read(path, "utf-8-sig", told)
    except UnicodeDecodeError:
        *table, notes = _read(path, "latin-1", told)
        return *table, [*notes, "The file is not UTF-8 and was read as Latin-1."]


def _read(path, encoding, told):
    """Parse a file; once more from its top if commas turn up late."""
    try:
        with _lines(path, encoding) as lines:
            return _parse(lines, shown(path), told)
    except _CommasFound:
        with _lines(path, encoding) as lines:
            return _parse(lines, shown(path), told, commas=True)


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
    with open_unpacked(path) as stream:
        start = stream.peek(4096)[:4096]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
        elif re.search(rb"[\0-\x08\x0e-\x1f]", start):
            raise RequestError(f"{shown(path)} is not a text file, whatever its name says")
        with io.TextIOWrapper(stream, encoding=encoding, newline="") as lines:
            yield lines


def _parse(lines, show, told, commas=False):
    """Turn lines into values, row names, column names and notes."""
    lines, comments = _split_comments(lines)
    ahead = list(islice(lines, _SAMPLE))
    delimiter = told.delimiter or _guess_delimiter(ahead)
    rows = _rows(chain(ahead, lines), delimiter, len(comments))
    sample = list(islice(rows, _SAMPLE))
    if not sample:
        raise RequestError(f"{show} has no rows; possible: a matrix of numbers")
    guessing = told.decimal is None and delimiter != ","
    commas = commas or any(
        "," in c and is_written(c, ",") for _, row in sample[told.header is True :] for c in row
    )
    decimal = "," if guessing and commas else told.decimal
    if told.header is None and comments:
        sample = [*_commented_header(comments, delimiter, len(sample[-1][1])), *sample]
    cells = [[as_python(cell, decimal) for cell in row] for _, row in sample]
    _refuse_doubtful_names(sample, cells, told, f"{show} has")
    layout = _guess_layout(cells, told.header, told.index, f"{show} has", sample[0][0])
    columns = None
    if layout.header:
        columns = sample.pop(0)[1]
        short = layout.index and sample and len(columns) == len(sample[0][1]) - 1
        columns = columns if short or not layout.index else columns[1:]
    rows = chain(sample, rows)
    if guessing and decimal == ",":
        rows = without_doubt(rows, f"{show} has", layout.index)
    values, names = _fill(rows, show, layout.index, columns, decimal, guessing)
    width = len(columns) if layout.header else len(cells[0]) - layout.index
    if not values:
        raise RequestError(f"{show} has names but no numbers; possible: a matrix of numbers")
    matrix = np.frombuffer(values).reshape(-1, width)
    notes = [*layout.notes, *(_suspicions(matrix, layout) if None in told[:2] else ())]
    if guessing and decimal == ",":
        notes.append("Numbers were read with decimal commas: 1.234,5 is 1234.5.")
    if any(line.strip() for line in comments):
        notes.append("Leading lines with # were not read as data.")
    for what, given in (("row", names), ("column", columns)):
        many = sum(count > 1 for count in Counter(given or ()).values())
        if many:
            notes.append(f"Of the {what} names, {many} occur{'s' * (many == 1)} more than once.")
    return matrix, names, columns, notes


def _fill(rows, show, index, columns, decimal, guessing):
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
            _refuse_bad_cell(cells, f"{show} has", line, index, columns, decimal)
        values.extend(numbers)
    return values, names


def _refuse_bad_cell(cells, has, line, index, columns, decimal):
    """Refuse the first cell that is no finite number, naming its place; return if there is none."""
    for j, cell in enumerate(cells):
        kind = _kind(cell, decimal)
        if kind == "number" and isfinite(to_float(cell, decimal)):
            continue
        name = f" ({short(columns[j].strip())})" if columns and j < len(columns) else ""
        hint = ""
        if kind == "missing":
            hint = ", so fill in or drop missing values first"
        elif kind == "text" and is_written(cell):
            hint = _WRITINGS
        elif j == 0 and not index and kind == "text":
            hint = ", or index=yes if the first column holds names"
        what = short(cell.strip()) if cell.strip() else "an empty cell"
        raise RequestError(
            f"{has} {what} in line {line}, column {j + 1 + index}{name}; "
            f"possible: finite numbers{hint}"
        )


def _split_comments(lines):
    """Split off the lines before the data that are blank or start with #."""
    lines, comments = iter(lines), []
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            return chain([line], lines), comments
        comments.append(line)
    return lines, comments


def _commented_header(comments, delimiter, width):
    """Return the last comment as a row of names if it is one: as many cells, none a number."""
    text = comments[-1].strip().lstrip("#").strip(" \r\n")
    for _, cells in _rows([text], delimiter, len(comments) - 1):
        kinds = {_kind(cell) for cell in cells}
        if len(cells) == width and "text" in kinds and "number" not in kinds:
            return [(len(comments), cells)]
    return []


def _rows(lines, delimiter, before):
    """Yield (line number, cells) of every line that is not blank."""
    if delimiter == " ":
        lines = (" ".join(line.split()) for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    for cells in reader:
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield before + reader.line_num, cells


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
        if all(_kind(c) != "text" or is_written(c) for c in rows[-1][1:]):
            return delimiter
        fallback = fallback or delimiter
    if fallback:
        return fallback
    text = "".join(lines)
    counts = {d: text.count(d) for d in DELIMITERS.values() if d != " "}
    if any(counts.values()):
        return max(counts, key=counts.get)
    return " " if any(" " in line.strip() for line in lines) else ","


def _kind(cell, decimal=None):
    """Return "number", "missing" or "text"."""
    text = cell.strip().lower()
    if text in _MISSING:
        return "missing"
    try:
        to_float(text, decimal)
    except ValueError:
        return "text"
    return "text" if "_" in text else "number"


def _are_names(cells):
    """Whether these are names: no number, nothing empty, and not only words for missing values."""
    kinds = {_kind(cell) for cell in cells}
    return "text" in kinds and "number" not in kinds and all(cell.strip() for cell in cells)


def _refuse_doubtful_names(sample, cells, told, has):
    """Refuse to guess whether 1,234.5 is a name, in a first row or first column."""
    first_row = [(0, j) for j in range(len(cells[0])) if told.header is None]
    first_column = [(i, 0) for i in range(len(cells)) if told.index is None]
    for i, j in first_row + first_column:
        if is_written(cells[i][j]) and _kind(cells[i][j]) == "text":
            option = "index" if i else "header"
            raise RequestError(
                f"{has} {short(cells[i][j].strip())} in line {sample[i][0]}, column {j + 1}; "
                f"possible: finite numbers{_WRITINGS}, or {option}=yes if it is a name"
            )


def _guess_layout(cells, header, index, has, line):
    """Decide what the first row and the first column are, from the first rows of cells."""
    first, rest = cells[0], cells[1:]
    title = first[0].strip().lower()
    guessed = header, index
    if header is not False and index is not False and rest and len(first) == len(rest[0]) - 1:
        header = index = True  # as R writes names: no title above the row names
    if index is None:
        titled = header or title in _INDEX_TITLES or any(_kind(c) == "text" for c in first[1:])
        names = [row[0] for row in (rest if rest and titled and header is not False else cells)]
        if len(first) < 2:
            index = False
        elif _are_names(names):
            index = bool(rest) or all(_kind(cell) != "text" for cell in first[1:])
        elif header is False or title not in _INDEX_TITLES:
            index = False
        else:
            numbered = title == "" and names == [str(i) for i in range(len(names))]
            index = numbered or all(_kind(cell) == "text" for cell in first[1:])
    if header is None:
        kinds = [_kind(cell) for cell in (first[1:] if index else first)]
        if "text" in kinds and "number" in kinds:
            column = kinds.index("text") + index
            raise RequestError(
                f"{has} {short(first[column].strip())} in line {line}, column {column + 1} beside "
                "numbers; possible: finite numbers, or header=yes if that line holds names"
            )
        header = "text" in kinds or bool(index and rest and title in _INDEX_TITLES)
    notes = []
    if header and guessed[0] is None:
        notes.append("The first row was read as column names.")
    if index and guessed[1] is None:
        notes.append("The first column was read as row names.")
    return _Layout(header, index, tuple(notes))


def _suspicions(matrix, layout):
    """Say where numbers that were taken for data look like names: 1, 2, 3 or 2024, 2025, 2026."""
    for what, option, taken, line in (
        ("row", "header", layout.header, matrix[0]),
        ("column", "index", layout.index, matrix[:, 0]),
    ):
        if not taken and len(line) > 2 and (np.diff(line) == 1).all():
            yield f"The first {what} counts upwards; if it holds names, say {option}=yes."
