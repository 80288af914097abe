"""Pictures in the page: each for itself, in the page's colours, never too large."""

import io
import re

import matplotlib as mpl
import matplotlib.image as image
import numpy as np
import pandas as pd
import pytest

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.page.figures import MAX_SVG, picture_of
from nmfstudy.report.page.files import FigureFiles


def _illustration(draw, name="figure one"):
    data = pd.DataFrame({"x": [1.0]})
    return Illustration(name, draw, data, caption="A caption that says what is seen.")


def _two_panels(figure):
    for ax in figure.subplots(1, 2):
        style.dress(ax, xlabel="x")
        ax.plot([0, 1], [0, 1], color=style.BLUE, marker="o")


def test_identifiers_are_the_figures_own():
    first, second = (picture_of(_illustration(_two_panels), n).inline for n in ("first", "second"))
    ids = [re.findall(r'id="([^"]+)"', svg) for svg in (first, second)]
    assert ids[0] and not set(ids[0]) & set(ids[1])
    for svg, own in zip((first, second), ids, strict=True):
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
        assert set(used) == set(own)


def test_ink_and_colours_are_the_pages():
    svg = picture_of(_illustration(_two_panels), "f").inline
    assert "currentColor" in svg and "var(--blue)" in svg
    assert style.INK not in svg and style.BLUE.lower() not in svg.lower()
    assert "<style" not in svg and "<metadata" not in svg and "http" not in svg


def test_names_with_dollar_signs_are_names():
    def draw(figure):
        figure.add_subplot().set_title("a $x_1 and $y^ & <b>")

    assert "a $x_1 and $y^ &amp; &lt;b&gt;" in picture_of(_illustration(draw), "f").inline


def test_very_many_marks_become_an_image_inside():
    points = np.random.default_rng(0).random((2, 20_000))

    def draw(figure):
        ax = figure.add_subplot()
        ax.scatter(*points)
        ax.set_title("still text")

    picture = picture_of(_illustration(draw), "f")
    assert len(picture.svg) < MAX_SVG
    assert "still text" in picture.inline and "data:image/png;base64," in picture.inline


def test_the_same_figure_gives_the_same_bytes():
    first, second = (picture_of(_illustration(_two_panels), "f", png=True) for _ in range(2))
    assert first.svg == second.svg and first.png == second.png


def test_a_figure_that_cannot_be_drawn_is_said_in_its_place():
    def fails():
        raise ZeroDivisionError("no <luck>")

    files = FigureFiles()
    (block,) = files.figures(fails)
    assert block.role == "error" and "no <luck>" in block.text
    assert files.troubles == [("fails", "ZeroDivisionError: no <luck>")]
    assert files.figures(lambda: None) == []


def test_names_are_unique_and_plain():
    files = FigureFiles()
    names = [files.figure(_illustration(_two_panels, n)).name for n in ("a/b", "a b", "A-B", "..")]
    assert names == ["a-b", "a-b-2", "A-B-3", "figure"]


def test_the_png_can_be_pasted_anywhere():
    """Dark ink on a transparent ground could not be read on a dark page."""
    pixels = image.imread(io.BytesIO(picture_of(_illustration(_two_panels), "f", png=True).png))
    assert (pixels[..., -1] == 1).all() if pixels.shape[-1] == 4 else pixels.shape[-1] == 3
    assert (pixels[0, 0, :3] == 1).all()


@pytest.mark.parametrize(
    "theirs",
    [
        {"text.usetex": True},
        {"font.size": 30, "axes.facecolor": "black", "figure.constrained_layout.use": False},
        {"savefig.bbox": "tight", "svg.fonttype": "path", "path.sketch": (1, 100, 2)},
    ],
)
def test_the_users_own_settings_change_nothing(theirs):
    first = picture_of(_illustration(_two_panels), "f", png=True)
    with mpl.rc_context(theirs):
        before = dict(mpl.rcParams)
        second = picture_of(_illustration(_two_panels), "f", png=True)
        assert dict(mpl.rcParams) == before
    assert first.svg == second.svg and first.png == second.png


def test_what_is_not_drawn_is_said():
    def fails():
        raise ZeroDivisionError("no luck")

    files, said = FigureFiles(), []
    files.say_troubles(said.append)
    assert said == []
    files.figures(fails)
    files.say_troubles(said.append)
    assert said == ["figures that could not be drawn: fails (ZeroDivisionError: no luck)"]
