"""Text files: delimiters, names of rows and columns, the first cell that is wrong.

The file is read once, a row at a time, into eight bytes a number.
"""

import csv
import io
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice

from nmfstudy.datasets.files import PACKINGS, UTF16, is_text, open_unpacked, printable_path
from nmfstudy.datasets.formats.cells import is_written, kind_of
from nmfstudy.datasets.formats.grid import GRID_OPTIONS, SAMPLE, CommasFound, GridOptions, read_grid
from nmfstudy.util.errors import RequestError, short

FORMAT = "text"
OPTIONS = (*GRID_OPTIONS, "delimiter")
DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "space": " "}
_PLAIN = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".asc", "")
ENDINGS = tuple(ending + packed for ending in _PLAIN for packed in ("", *PACKINGS))
_ENCODINGS = {"utf-8-sig": "", "cp1252": "Latin-1 (Windows)", "latin-1": "Latin-1"}
_EXCEL = re.compile(r'"?sep=(.)"?[\r\n]*', re.DOTALL)  # a first line that names the delimiter
_GCT = re.compile(r"#1\.[23]\s*")  # above a line of sizes, and the table


def read(path, *, delimiter="auto", **options):
    """Read a table from a text file, packed or not.

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
    pick : Pick
        Columns that are wanted.
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
    options, delimiter = GridOptions.of(**options), _delimiter(delimiter)
    for encoding, name in _ENCODINGS.items():
        with suppress(UnicodeDecodeError):
            table = _read(path, encoding, options, delimiter)
            note = [f"The file is not UTF-8 and was read as {name}."] if name else []
            return table.noting(*note)
    raise RequestError(
        f"{printable_path(path)} cannot be read: it begins as UTF-16 and is cut or damaged"
    )


def _read(path, encoding, *options):
    """Parse a file; once more from its top if commas turn up late."""
    try:
        with _lines(path, encoding) as lines:
            return _parse(lines, printable_path(path), *options)
    except CommasFound:
        with _lines(path, encoding) as lines:
            return _parse(lines, printable_path(path), *options, commas=True)


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


def _parse(lines, show, options, delimiter, commas=False):
    """Turn lines into a table."""
    lines, comments = _split_comments(lines)
    is_gct = any(map(_GCT.fullmatch, comments))
    if is_gct:
        comments.append(next(lines, ""))
        drop = options.pick.drop | {"Description"}
        options = replace(options, pick=options.pick._replace(drop=drop))
    ahead = list(islice(lines, SAMPLE))
    separator_line = _EXCEL.fullmatch(ahead[0]) if ahead else None
    ahead = ahead[1:] if separator_line else ahead
    delimiter = delimiter or (separator_line[1] if separator_line else _guess_delimiter(ahead))
    rows = _rows(chain(ahead, lines), delimiter, len(comments) + bool(separator_line))
    above = _last_comment(comments, delimiter) if comments and not is_gct else None
    table = read_grid(rows, show, options, guessing=delimiter != ",", commas=commas, above=above)
    notes = ["Leading lines with # were not read as data."] if any(map(str.strip, comments)) else []
    if table.row_names and (is_gct or (above and above[1][0].strip().upper() == "OTU ID")):
        notes.append("In files of this kind rows are features: orientation=features_by_samples.")
    return table.noting(*notes)


def _split_comments(lines):
    """Split off the lines before the data that are blank or start with #."""
    lines, comments = iter(lines), []
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            return chain([line], lines), comments
        comments.append(line)
    return lines, comments


def _last_comment(comments, delimiter):
    """The last comment cut into cells; None if there is nothing in it."""
    text = comments[-1].strip().lstrip("#").strip(" \r\n")
    return next(iter(_rows([text], delimiter, len(comments) - 1)), None)


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
