"""Which cells of a table are names: the first row, the first column, the row above the data."""

from typing import NamedTuple

import numpy as np

from nmfstudy.datasets.cells import WRITINGS, is_written, kind_of
from nmfstudy.datasets.files import short
from nmfstudy.util.errors import RequestError

_INDEX_TITLES = {
    "",
    "#",
    "id",
    "index",
    "name",
    "names",
    "no",
    "no.",
    "nr",
    "nr.",
    "sample",
    "samples",
    "unnamed: 0",
    "year",
}


class Layout(NamedTuple):
    """Whether the first row and the first column are names, and what to say of it."""

    header: bool
    index: bool
    notes: tuple[str, ...]


def guess_layout(cells, header, index, has, line):
    """Decide what the first row and the first column are, from the first rows of cells."""
    first, rest = cells[0], cells[1:]
    title = first[0].strip().lower()
    guessed = header, index
    if header is not False and index is not False and rest and len(first) == len(rest[0]) - 1:
        header = index = True  # as R writes names: no title above the row names
    if index is None:
        titled = header or title in _INDEX_TITLES or any(kind_of(c) == "text" for c in first[1:])
        names = [row[0] for row in (rest if rest and titled and header is not False else cells)]
        if len(first) < 2:
            index = False
        elif _are_names(names):
            index = bool(rest) or all(kind_of(cell) != "text" for cell in first[1:])
        elif header is False or title not in _INDEX_TITLES:
            index = False
        else:
            numbered = title == "" and names == [str(i) for i in range(len(names))]
            index = numbered or all(kind_of(cell) == "text" for cell in first[1:])
    if header is None:
        kinds = [kind_of(cell) for cell in (first[1:] if index else first)]
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
    return Layout(header, index, tuple(notes))


def _are_names(cells):
    """Whether these are names: no number, nothing empty, and not only words for missing values."""
    kinds = {kind_of(cell) for cell in cells}
    return "text" in kinds and "number" not in kinds and all(cell.strip() for cell in cells)


def refuse_doubtful_names(sample, cells, told, has):
    """Refuse to guess whether 1,234.5 is a name, in a first row or first column."""
    first_row = [(0, j) for j in range(len(cells[0])) if told.header is None]
    first_column = [(i, 0) for i in range(len(cells)) if told.index is None]
    for i, j in first_row + first_column:
        if is_written(cells[i][j]) and kind_of(cells[i][j]) == "text":
            option = "index" if i else "header"
            raise RequestError(
                f"{has} {short(cells[i][j].strip())} in line {sample[i][0]}, column {j + 1}; "
                f"possible: finite numbers{WRITINGS}, or {option}=yes if it is a name"
            )


def refuse_counting_names(matrix, layout, told, show):
    """Refuse to guess what 1990, 1991, 1992 are above or beside numbers that are all smaller."""
    for what, option, line, rest in (
        ("row", "header", matrix[0], matrix[1:]),
        ("column", "index", matrix[:, 0], matrix[:, 1:]),
    ):
        if getattr(told, option) is not None or getattr(layout, option) or not _counts(line):
            continue
        if rest.size and line.min() > rest.max():
            raise RequestError(
                f"{show} has a first {what} that counts upwards, {line[0]:g}, {line[1]:g}, …, "
                f"above all other numbers; possible: {option}=yes if it holds names, or {option}=no"
            )


def suspicions(matrix, layout, told):
    """Say where numbers look like names (1, 2, 3 or 2024, 2025, 2026), and where like totals."""
    for what, option, taken, line in (
        ("row", "header", layout.header, matrix[0]),
        ("column", "index", layout.index, matrix[:, 0]),
    ):
        if getattr(told, option) is None and not taken and _counts(line):
            yield f"The first {what} counts upwards; if it holds names, say {option}=yes."
    for what, of in (("row", matrix), ("column", matrix.T)):
        if len(of) > 3 and of.shape[1] > 2 and _ends_in_sum(of):
            yield f"The last {what} is the sum of the others; if it holds totals, leave it out."


def _ends_in_sum(rows):
    """Whether the last row is the sum of the others, and not zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = rows[:-1].sum(axis=0)
    return bool(rows[-1].any()) and np.allclose(rows[-1], total, rtol=1e-6, atol=0)


def _counts(line):
    """Whether there are three or more numbers, each the one before and one."""
    with np.errstate(over="ignore"):
        return len(line) > 2 and bool((np.diff(line) == 1).all())


def spare_columns(cells):
    """How many columns at the right hold nothing in any of these rows, names neither."""
    width = len(cells[-1])
    if {len(row) for row in cells} != {width}:
        return 0
    ends = [next((j for j in range(width, 0, -1) if row[j - 1].strip()), 0) for row in cells]
    return width - max(ends)
