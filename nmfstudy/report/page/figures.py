"""From an `Illustration` to the files and the inline picture of the report."""

import io
import re
import warnings
from dataclasses import dataclass

import numpy as np

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

DPI = 110
MAX_SVG = 220_000  # bytes; beyond it marks are rasterised, text and axes stay as they are
MANY_MARKS = 1500
PNG_COLOURS = 128  # of a PNG

_HASH_SALT = "nmfstudy"  # makes identifiers, and so files, the same every time

# The page's own colours stand for the figures', so that they can be lighter on black.
_COLOURS = {
    style.INK: "currentColor",
    style.BLUE: "var(--blue)",
    style.VERMILLION: "var(--vermillion)",
    style.GREEN: "var(--green)",
    style.PURPLE: "var(--purple)",
    style.ORANGE: "var(--orange)",
    style.SKY: "var(--sky)",
    style.GREY: "var(--grey)",
}


@dataclass(frozen=True)
class Picture:
    """A drawn illustration: SVG text, PNG bytes if wanted, and the markup for the page."""

    illustration: Illustration
    svg: str
    png: bytes | None
    inline: str


def picture_of(illustration, name, png=False):
    """Draw an illustration.

    Parameters
    ----------
    illustration : Illustration
    name : str
        Of its files, unique in the report.
    png : bool
        Draw it as PNG too.

    Returns
    -------
    Picture

    Raises
    ------
    Exception
        Whatever the illustration's own function raises.
    """
    from matplotlib.figure import Figure

    settings = {"svg.hashsalt": _HASH_SALT, "svg.fonttype": "none"}
    with style.own_settings(settings), warnings.catch_warnings():
        # A glyph that the font lacks, or a layout that is tight, is no reason to lose a report.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=illustration.size, layout="constrained")
        illustration.draw(figure)
        figure.patch.set_alpha(0.0)
        svg = _svg(figure)
        figure.set_layout_engine("none")  # found; finding it is half the cost of a drawing
        if len(svg) > MAX_SVG:
            _rasterise(figure)
            svg = _svg(figure)
        bitmap = _png(figure) if png else None
    label = illustration.caption or illustration.name.replace("_", " ")
    return Picture(illustration, svg, bitmap, inline_svg(svg, name, label))


def _png(figure):
    """The figure in a few dozen colours, which is all it has, at a third of the bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    # Dark ink needs a white ground wherever the picture is pasted.
    figure.patch.set(facecolor="white", alpha=1.0)
    figure.dpi = DPI
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    small = io.BytesIO()
    picture.quantize(PNG_COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def _svg(figure):
    """SVG text, without digits beyond a hundredth of a point and turns by nothing."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    text = io.StringIO()
    # Not by `savefig`, which draws everything once more before, to no use.
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    still = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", text.getvalue())
    return re.sub(r"<[^<>]+>", lambda tag: re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]), still)


def _rasterise(figure):
    """Let everything that consists of very many marks be an image inside the SVG."""
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D

    for axes in figure.axes:
        for artist in axes.get_children():
            if isinstance(artist, Collection) and len(artist.get_offsets()) > MANY_MARKS:
                artist.set_rasterized(True)
            if isinstance(artist, Line2D) and len(artist.get_xdata()) > MANY_MARKS:
                artist.set_rasterized(True)


def inline_svg(svg, name, label):
    """An SVG document as an element that can stand beside others in one page.

    Identifiers get the figure's name in front, so that no two figures share one; the document's
    header, its metadata and its style sheet, which would act on the whole page, go; the size is
    left to the page; ink becomes the text's colour, light or dark.
    """
    from markupsafe import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.S)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r'font-family: [^;"]*;? ?', "", body)  # the page's
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\2"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    body = body.replace("xlink:href=", "href=")
    for colour, of_page in _COLOURS.items():
        body = re.sub(re.escape(colour), of_page, body, flags=re.I)
    body = _without_unused_ids(body)
    view = re.search(r'viewBox="([^"]+)"', body)[1]
    opening = f'<svg viewBox="{view}" role="img" aria-label="{escape(label)}">'
    body = re.sub(r"<svg[^>]*>", lambda _: opening, body, count=1)
    return re.sub(r"\n\s*", "\n", body).strip()


def _without_unused_ids(body):
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    used |= set(re.findall(r' id="([^"]+-component-\d+)"', body))  # the page's script colours them
    return re.sub(r' id="([^"]+)"', lambda m: m[0] if m[1] in used else "", body)
