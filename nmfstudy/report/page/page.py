"""A report as plain data: what HTML and Markdown are both written from. Text is never markup."""

from dataclasses import dataclass
from typing import ClassVar

TONES = ("", "good", "caution", "bad", "quiet")
# How a paragraph of a role begins.
OPENINGS = {
    "asked": "What is asked.",
    "caveat": "Caveat.",
    "method": "How this was computed.",
    "error": "Error:",
}


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
    value : float, optional
        What a sorted column goes by, where the text is a number as people read it.
    """

    text: str
    tone: str = ""
    target: str = ""
    value: float | None = None


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
    below : bool
        Whether the last cell of each row, a long text, stands below the others.
    id : str
        If something leads here.
    """

    kind: ClassVar = "table"
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    file: str = ""
    left_out: int = 0
    stacked: bool = False
    below: bool = False
    id: str = ""


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

    @property
    def picture_file(self):
        """Path of the picture, a bitmap where there is one; None if it is in the page only."""
        return self.files.get("png") or self.files.get("svg")


@dataclass(frozen=True)
class Paragraph:
    """Text.

    Attributes
    ----------
    text : str
    role : str
        "", "headline", "lead" (says the result), "note", "error", or what the text is: "asked",
        "caveat", "method".
    links : tuple of (str, str)
        Words and identifiers of the tables that the text rests on.
    """

    kind: ClassVar = "paragraph"
    text: str
    role: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Facts:
    """Pairs of a term and what it means or how much it is."""

    kind: ClassVar = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Command:
    """A line for the terminal, to be copied."""

    kind: ClassVar = "command"
    text: str


@dataclass(frozen=True)
class Details:
    """Blocks behind a title that opens them; ``id`` if something leads here."""

    kind: ClassVar = "details"
    title: str
    blocks: tuple
    id: str = ""


@dataclass(frozen=True)
class Columns:
    """Blocks beside one another where there is room, else below one another.

    Attributes
    ----------
    columns : tuple of tuples of blocks
    """

    kind: ClassVar = "columns"
    columns: tuple[tuple, ...]


@dataclass(frozen=True)
class Card:
    """A question with its answer and a picture, as a way to the section that tells the rest.

    Attributes
    ----------
    title, text : str
    target : str
        Identifier of the section.
    figure : Figure, optional
        Drawn small, without a caption.
    """

    title: str
    text: str
    target: str
    figure: Figure | None = None


@dataclass(frozen=True)
class Cards:
    """Cards beside one another."""

    kind: ClassVar = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Widget:
    """Something to move, for readers with JavaScript; what matters is said without it too.

    Attributes
    ----------
    name : str
        Which: "slider", "picker" or "gate", see ``page.js``.
    id, title : str
    data : dict
        What the script needs, as JSON has it.
    """

    kind: ClassVar = "widget"
    name: str
    id: str
    title: str
    data: dict


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    Attributes
    ----------
    id, title : str
    blocks : tuple
    sections : tuple of Section
        One level deeper.
    badge : Cell, optional
        Beside the heading.
    short : str
        The title in the contents.
    folded : bool
        Whether the heading opens it.
    """

    id: str
    title: str
    blocks: tuple = ()
    sections: tuple["Section", ...] = ()
    badge: Cell | None = None
    short: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Page:
    """The whole report; the fingerprint says what it was made of."""

    title: str
    headline: Paragraph
    sections: tuple[Section, ...]
    fingerprint: str = ""
