"""Contrast in figures by the definition of WCAG 2, from the colours that the browser draws."""

import numpy as np
import pandas as pd
import pytest
from contrast import SCHEMES, contrast, over, rgb

from nmfstudy.plots import factors, style
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.page import html
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.page.page import Page, Paragraph, Section

# Every text of the figures with all that is filled behind its centre, from the back to the front,
# and the colours of every line and mark that is not drawn in ink; each with its opacity.
_DRAWN = """(() => {
  const rgba = (at, kind) => {
    const style = getComputedStyle(at);
    if (style[kind] === "none") return null;
    const [r, g, b, a] = style[kind].match(/[\\d.]+/g).map(Number);
    let opacity = (a ?? 1) * style[`${kind}Opacity`];
    for (let up = at; up.tagName !== "svg"; up = up.parentElement) {
      opacity *= getComputedStyle(up).opacity;
    }
    return [r, g, b, opacity];
  };
  const texts = [], marks = [];
  const ink = rgba(document.querySelector(".picture text"), "fill").slice(0, 3).join();
  for (const svg of document.querySelectorAll(".picture svg")) {
    const shapes = [...svg.querySelectorAll("path, use, rect, text")]
      .filter((at) => !at.closest("defs, clipPath"));
    const boxes = shapes.map((at) => at.getBoundingClientRect());
    shapes.forEach((at, i) => {
      if (at.tagName === "text") {
        const x = (boxes[i].left + boxes[i].right) / 2, y = (boxes[i].top + boxes[i].bottom) / 2;
        const within = ({ left, right, top, bottom }) =>
          left < x && x < right && top < y && y < bottom;
        const behind = shapes.slice(0, i).filter((at, j) => at.tagName !== "text"
          && within(boxes[j]) && rgba(at, "fill")).map((at) => rgba(at, "fill"));
        texts.push([at.textContent, rgba(at, "fill"), behind]);
        return;
      }
      // A shape is seen by its face or by its edge; areas without an edge are grounds, as cells.
      const face = at.tagName === "use" && rgba(at, "fill");
      const colours = [rgba(at, "stroke"), face].filter(Boolean);
      const hued = colours.filter((colour) => colour.slice(0, 3).join() !== ink);
      if (hued.length && hued.length === colours.length) marks.push([svg.ariaLabel, colours]);
    });
  }
  return { texts, marks, ground: getComputedStyle(document.body).backgroundColor };
})()"""


def drawn(browser):
    """Contrast of each text with what is behind it, and of each mark with the page."""
    found = browser.run(_DRAWN)
    ground = [int(v) for v in found["ground"].strip("rgb()").split(",")]
    texts, marks = [], []
    for said, colour, behind in found["texts"]:
        back = ground
        for shape in behind:
            back = over(shape, back)
        texts.append((contrast(over(colour, back), back), said, len(behind)))
    for said, colours in found["marks"]:
        marks.append((max(contrast(over(colour, ground), ground) for colour in colours), said))
    return texts, marks


@pytest.mark.parametrize("dark", (False, True))
def test_text_and_marks_of_all_figures_have_contrast(browser, report, dark):
    browser.open(report, dark=dark)
    browser.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    texts, marks = drawn(browser)
    assert len(texts) > 300 and len(marks) > 100
    assert sum(behind > 0 for _, _, behind in texts) > 50
    assert [entry for entry in texts if entry[0] < 4.5] == []
    assert [entry for entry in marks if entry[0] < 3] == []


@pytest.mark.parametrize("dark", (False, True))
@pytest.mark.parametrize("colour", (style.DATA, style.OF_W, style.OF_H, style.PURPLE))
def test_entries_can_be_read_on_every_cell(browser, tmp_path, dark, colour):
    entries = np.append(0.0, np.linspace(1e-4, 1, 143)).reshape(12, 12)

    def draw(figure):
        factors.plot_matrix(entries, colour=colour, ax=figure.add_subplot())

    figure = FigureFiles().figure(
        Illustration("cells", draw, pd.DataFrame(), caption="All values.")
    )
    page = Page("t", Paragraph("h"), (Section("s", "S", (figure,)),))
    path = tmp_path / "page.html"
    path.write_text(html.render(page), encoding="utf-8")
    browser.open(path, dark=dark)
    texts, _ = drawn(browser)
    cells = [entry[0] for entry in texts if entry[2]]
    assert len(cells) >= 140 and min(cells) >= 4.5
    assert min(c for c, *_ in texts) >= 4.5
    if dark:  # as it was: a fuller cell would be too light for light ink
        scheme = {name: rgb(value) for name, value in SCHEMES["dark"].items()}
        back = over((*scheme["vermillion"], 0.72), scheme["paper"])
        assert contrast(scheme["ink"], back) < 4.5
