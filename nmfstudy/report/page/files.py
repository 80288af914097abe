"""The files of a report as they come up: figures and tables, each name once."""

import json
import re
import traceback
import unicodedata
from dataclasses import dataclass, field

from nmfstudy.plots.illustration import PAGE_WIDTH
from nmfstudy.report.captions import illustrated
from nmfstudy.report.page.figures import inline_svg, picture_of
from nmfstudy.report.page.numbers import csv_text, table_of
from nmfstudy.report.page.page import Figure, Paragraph
from nmfstudy.store.files import naming, new_folder
from nmfstudy.store.job import digest

INLINE_BYTES = 3_600_000  # of all pictures in the page; the rest are links
MOST_INLINE = 500_000  # of one picture
WIDGET_BYTES = 1_000_000  # of all data that the page's script moves
_LONGEST, _HEAD, _TAIL = 80, 44, 24  # characters of a file name, kept of its ends if it is longer


@dataclass
class FigureFiles:
    """Collects what will be written beside the report.

    Attributes
    ----------
    tables, factors : dict of str to str
        CSV text by name.
    pictures : dict of str to Picture
    troubles : list of (str, str)
        Figures that could not be drawn, with the traceback's last line.
    on_figure : callable
        Called with the name of each figure before it is drawn.
    kinds : tuple of str
        Files of each figure: "png", "svg".
    inline, moved : int
        Bytes of the pictures and of the widgets' data in the page so far.
    """

    on_figure: object = None
    kinds: tuple = ("svg",)
    tables: dict = field(default_factory=dict)
    factors: dict = field(default_factory=dict)
    pictures: dict = field(default_factory=dict)
    troubles: list = field(default_factory=list)
    inline: int = 0
    moved: int = 0

    def figures(self, make, *given):
        """What ``make(*given)`` illustrates, as a list of no or one block for the page.

        Whatever goes wrong with one picture is said in its place: a report of hours of fits must
        not be lost for it.
        """
        try:
            illustration = illustrated(make, *given)
            return [] if illustration is None else [self.figure(illustration)]
        except Exception as error:  # any; see above
            name = getattr(make, "__name__", "figure").removeprefix("illustrate_")
            line = traceback.format_exception_only(error)[-1].strip()
            self.troubles.append((name, line))
            return [Paragraph(f"The figure “{name}” could not be drawn: {line}", "error")]

    def figure(self, illustration):
        """Draw an illustration and keep its files; a `Figure`."""
        name = _free(illustration.name, self.pictures)
        if self.on_figure is not None:
            self.on_figure(name)
        picture = picture_of(illustration, name, png="png" in self.kinds)
        self.pictures[name] = picture
        files = {kind: f"figures/{name}.{kind}" for kind in self.kinds}
        if len(illustration.data.columns):
            files["csv"] = self.file(name, illustration.data)
        size = len(picture.inline)
        fits = size <= MOST_INLINE and self.inline + size <= INLINE_BYTES
        self.inline += size if fits else 0
        width = min(1.0, illustration.size[0] / PAGE_WIDTH)
        return Figure(name, illustration.caption, picture.inline if fits else "", files, width)

    def thumbnail(self, illustration):
        """A picture that has been drawn once more, small; None if it was not, or has no room."""
        picture = self.pictures.get(plain_name(illustration.name))
        if picture is None:
            return None
        name, caption = f"card-{illustration.name}", illustration.caption
        svg = inline_svg(picture.svg, name, caption)
        if self.inline + len(svg) > INLINE_BYTES:
            return None
        self.inline += len(svg)
        return Figure(name, caption, svg, {})

    def widget(self, widget):
        """The widget if the page has room for its data, else a sentence in its place."""
        size = len(json.dumps(widget.data))
        if self.moved + size > WIDGET_BYTES:
            left_out = f"“{widget.title}” is left out here: its data would make the page too large."
            return Paragraph(left_out, "note")
        self.moved += size
        return widget

    def say_troubles(self, say):
        """Say which figures could not be drawn, if any, and why the first could not."""
        if self.troubles and say is not None:
            names = ", ".join(dict.fromkeys(name for name, _ in self.troubles))
            say(f"figures that could not be drawn: {names} ({self.troubles[0][1]})")

    def table(self, name, frame, title="", *, id=""):
        """A data frame as a table of the report and as a file with all rows and digits."""
        return table_of(frame, title, file=self.file(name, frame), id=id)

    def file(self, name, frame):
        """Keep a data frame as a file only; its path relative to the report."""
        text = csv_text(frame)
        same = plain_name(name)
        if self.tables.get(same) != text:
            same = _free(name, self.tables)
            self.tables[same] = text
        return f"tables/{same}.csv"

    def factor(self, name, frame):
        """Keep W or H of a problem as a file; its path relative to the report."""
        free = _free(name, self.factors)
        self.factors[free] = csv_text(frame)
        return f"factors/{free}.csv"

    def write(self, folder):
        """Write ``tables/``, ``figures/`` and ``factors/``, each as a whole."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {kind: self._csv(getattr(self, kind)) for kind in ("tables", "factors")}
        files["figures"] = {
            f"{name}.{kind}": picture.png if kind == "png" else picture.svg.encode()
            for name, picture in self.pictures.items()
            for kind in self.kinds
        }
        for kind, contents in files.items():
            if not contents and not (folder / kind).exists():
                continue
            with naming(folder / kind), new_folder(folder / kind) as partial:
                for name, content in contents.items():
                    (partial / name).write_bytes(content)

    @staticmethod
    def _csv(texts):
        return {f"{name}.csv": text.encode() for name, text in texts.items()}


def _free(name, taken):
    """A file name of plain letters that nothing has yet, whatever the name came from."""
    plain = plain_name(name)
    known = {t.casefold() for t in taken}  # some file systems do not tell cases apart
    free, i = plain, 2
    while free.casefold() in known:
        free, i = f"{plain}-{i}", i + 1
    return free


def plain_name(name):
    """Letters that file names and identifiers may have, of any text; other texts, other names.

    Letters that are not plain stand as a short digest, and so does the middle of a long name: what
    comes first and last in it, such as the data and k or the factor, is what tells names apart.
    """
    # An accent goes and its letter stays.
    text = re.sub("(?<=[A-Za-z])[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", str(name)))
    plain = re.sub(r"[^A-Za-z0-9_.-]+", _stand_in, text).strip(".-")
    if len(plain) > _LONGEST:
        plain = f"{plain[:_HEAD]}-{digest(plain[_HEAD:-_TAIL], 6)}-{plain[-_TAIL:]}"
    return plain or "figure"


def _stand_in(other):
    return f"-{digest(other[0], 6)}-" if any(map(str.isalnum, other[0])) else "-"
