"""A report as plain data: what HTML and Markdown are both written from. Text is never markup."""

from dataclasses import dataclass
from typing import ClassVar

TONES = ("", "good", "caution", "bad", "quiet")


@dataclass(frozen=True)
class Cell:
    """A table's cell.

    Attributes
    ----------
    text : str
    tone : one of `TONES`
        What its colour says; the text alone must say it too.
    target : str
        Identifier of the section that the cell leads to.
    """

    text: str
    tone: str = ""
    target: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under headers.

    Attributes
    ----------
    title : str
    headers : tuple of str
    rows : tuple of tuples of Cell
        The first cell of a row is its header.
    numeric : tuple of bool
        Which columns are set right-aligned.
    file : str
        The CSV file with every row, relative to the report; empty if there is none.
    left_out : int
        Rows of the file that are not shown.
    stacked : bool
        Whether a narrow screen shows each row's cells below one another.
    """

    kind: ClassVar = "table"
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    file: str = ""
    left_out: int = 0
    stacked: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture with its caption and its numbers.

    Attributes
    ----------
    name, caption : str
    svg : str
        Markup of our own making; empty if the picture is only linked to, to keep the page small.
    files : dict of str to str
        Path relative to the report by kind: ``png``, ``svg``, ``csv``.
    width : float
        Share of the page's width that it takes on a wide screen.
    """

    kind: ClassVar = "figure"
    name: str
    caption: str
    svg: str
    files: dict
    width: float = 1.0


@dataclass(frozen=True)
class Paragraph:
    """Text. ``role`` is "", "lead" (says the result), "method", "note" or "error"."""

    kind: ClassVar = "paragraph"
    text: str
    role: str = ""


@dataclass(frozen=True)
class Facts:
    """Pairs of a term and what it means or how much it is."""

    kind: ClassVar = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Details:
    """Blocks behind a title that opens them; ``id`` if something leads here."""

    kind: ClassVar = "details"
    title: str
    blocks: tuple
    id: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; ``sections`` are one level deeper."""

    id: str
    title: str
    blocks: tuple = ()
    sections: tuple["Section", ...] = ()
    badge: Cell | None = None


@dataclass(frozen=True)
class Page:
    """The whole report; the fingerprint says what it was made of."""

    title: str
    headline: str
    sections: tuple[Section, ...]
    foot: str = ""
    fingerprint: str = ""
