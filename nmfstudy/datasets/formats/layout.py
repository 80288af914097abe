"""Which cells of a table are names: the first row, the first column, the row above the data."""

import re
from typing import NamedTuple

import numpy as np

from nmfstudy.datasets.formats.cells import WRITINGS, is_written, kind_of
from nmfstudy.util.errors import RequestError, short

# A title that ends in one of these stands above names: patient_id, #OTU ID, Gene.Name.
_INDEX_WORDS = set(
    "id ids identifier ref index idx name names no nr key code label barcode accession sample "
    "samples year unnamed rownames rowname row".split()
)
_FEW, _SEVERAL = 3, 5  # numbers in order: by chance, and hardly by chance


class Layout(NamedTuple):
    """Whether the first row and the first column are names, and what to say of it."""

    header: bool
    index: bool
    title: str
    notes: tuple[str, ...]


def guess_layout(cells, header, index, has, line):
    """Decide what the first row and the first column are, from the first rows of cells."""
    first, rest = cells[0], cells[1:]
    title, kinds = first[0].strip(), [kind_of(cell) for cell in first[1:]]
    asked = header, index
    if header is not False and index is not False and rest:
        # As R writes names, no title above the row names; or an empty one, as pandas does.
        edge = [*kinds, *(kind_of(row[0]) for row in rest)]
        if len(first) == len(rest[0]) - 1 or (kinds and not title and "missing" not in edge):
            header = index = True
    if index is None:
        titled = header or is_index_title(title) or "text" in kinds
        names = [row[0] for row in (rest if rest and titled and header is not False else cells)]
        if len(first) < 2:
            index = False
        elif _are_names(names):
            index = bool(rest) or "text" not in kinds
        else:
            index = header is not False and is_index_title(title)
    if header is None:
        kinds = kinds if index else [kind_of(first[0]), *kinds]
        if "text" in kinds and "number" in kinds:
            column = kinds.index("text") + index
            raise RequestError(
                f"{has} {short(first[column].strip())} in line {line}, column {column + 1} beside "
                "numbers; possible: finite numbers, or header=yes if that line holds names"
            )
        header = "text" in kinds or bool(index and rest and is_index_title(title))
    notes = []  # on guesses: a text is a name and nothing else
    corner = bool(index) and not (rest and len(first) < len(rest[0]))
    if header and asked[0] is None and not _are_names(first[corner:]):
        notes.append("If the first row holds no names, say header=no.")
    if index and asked[1] is None and not _are_names([row[0] for row in (cells, rest)[header]]):
        notes.append("If the first column holds no names, say index=no.")
    return Layout(header, index, title, tuple(notes))


def is_index_title(title):
    """Whether a column of this title holds names, whatever they look like."""
    words = re.findall("[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+", title)
    if words:
        return words[-1].lower() in _INDEX_WORDS
    return title == "#"


def _are_names(cells):
    """Whether these are names: no number, nothing empty, and not only words for missing values."""
    kinds = {kind_of(cell) for cell in cells}
    return "text" in kinds and "number" not in kinds and all(cell.strip() for cell in cells)


def refuse_doubtful_names(sample, cells, options, has):
    """Refuse to guess whether 1,234.5 is a name, in a first row or first column."""
    first_row = [(0, j) for j in range(len(cells[0])) if options.header is None]
    first_column = [(i, 0) for i in range(len(cells)) if options.index is None]
    for i, j in first_row + first_column:
        if is_written(cells[i][j]) and kind_of(cells[i][j]) == "text":
            option = "index" if i else "header"
            raise RequestError(
                f"{has} {short(cells[i][j].strip())} in line {sample[i][0]}, column {j + 1}; "
                f"possible: finite numbers{WRITINGS}, or {option}=yes if it is a name"
            )


def refuse_numbers_like_names(matrix, layout, options, show):
    """Refuse to guess what 400, 402.5, 405 are above or beside other numbers.

    They look like names if they count upwards above all other numbers, or if a text stands at
    their beginning and they are in an order that nothing else in the file is in.
    """
    for what, option, titled, lines in _edges(matrix, layout, options):
        line, rest = lines[0], lines[1:]
        above = _is_above(line, rest)
        in_order = above and _counts(line)
        if titled and rest.size and _is_ordered(line):
            alone = len(line) >= _SEVERAL and not any(map(_is_ordered, rest))
            in_order = in_order or above or alone
        if in_order:
            which = "counts upwards" if _counts(line) else "is in order"
            where = "above all other numbers" if above else f"under the title {short(titled)}"
            raise RequestError(
                f"{show} has a first {what} that {which}, {line[0]:g}, {line[1]:g}, …, {where}; "
                f"possible: {option}=yes if it holds names, or {option}=no"
            )


def suspicions(matrix, layout, options):
    """Say where numbers may be names: under a title, or counting; and where they are totals."""
    for what, option, titled, lines in _edges(matrix, layout, options):
        if titled and len(np.unique(lines[0])) == len(lines[0]):
            yield (
                f"The first {what} ({short(titled)}) holds numbers and is part of the data; if "
                f"they are names, say {option}=yes."
            )
        elif _counts(lines[0]):
            yield f"The first {what} counts upwards; if it holds names, say {option}=yes."
        elif _is_ordered(lines[0]) and _is_above(lines[0], lines[1:]):
            yield (
                f"The first {what} is in order, above all other numbers; if it holds names, say "
                f"{option}=yes."
            )
    for what, of in (("row", matrix), ("column", matrix.T)):
        if len(of) > 3 and of.shape[1] > 2 and _ends_in_sum(of):
            yield f"The last {what} is the sum of the others; if it holds totals, leave it out."


def _edges(matrix, layout, options):
    """The first row and first column where it was guessed that they are data.

    Yields what it is, its option, the text at its beginning if there is one, and all lines of
    that direction, itself first.
    """
    for what, option, other, lines in (
        ("row", "header", layout.index, matrix),
        ("column", "index", layout.header, matrix.T),
    ):
        if getattr(options, option) is None and not getattr(layout, option):
            yield what, option, layout.title if other else "", lines


def _ends_in_sum(rows):
    """Whether the last row is the sum of the others, and not zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = rows[:-1].sum(axis=0)
    return bool(rows[-1].any()) and np.allclose(rows[-1], total, rtol=1e-6, atol=0)


def _counts(line):
    """Whether there are three or more numbers, each the one before and one."""
    with np.errstate(over="ignore"):
        return len(line) >= _FEW and bool((np.diff(line) == 1).all())


def _is_above(line, rest):
    """Whether all numbers of a line are larger than all others, if there are others."""
    return bool(rest.size) and line.min() > rest.max()


def _is_ordered(line):
    """Whether there are three or more numbers that all rise or all fall."""
    rising = line[1:] > line[:-1]
    return len(line) >= _FEW and bool(rising.all() or (line[1:] < line[:-1]).all())


def spare_columns(cells):
    """How many columns at the right hold nothing in any of these rows, names neither."""
    width = len(cells[-1])
    if {len(row) for row in cells} != {width}:
        return 0
    ends = [next((j for j in range(width, 0, -1) if row[j - 1].strip()), 0) for row in cells]
    return width - max(ends)
