"""Of each problem the figure that shows its result: first, as wide as the text, well legible."""

import pytest

from nmfstudy.report.phrases import section_id
from nmfstudy.study import Study

# Of each problem's section the figures that stand openly: their width, that of the section, and
# the sizes of their texts in pixels.
_LEADS = """[...document.querySelectorAll("#each > section")].map((section) => [section.id,
  [...section.querySelectorAll(":scope > figure")].map((figure) => [
    figure.querySelector("svg").getBoundingClientRect().width,
    section.getBoundingClientRect().width,
    [...figure.querySelectorAll("text")].map((at) => {
      const { a, b } = at.getScreenCTM();
      return parseFloat(getComputedStyle(at).fontSize) * Math.hypot(a, b);
    }),
  ])])"""
_TEXT = "parseFloat(getComputedStyle(document.querySelector('main p:not([class])')).fontSize)"


@pytest.mark.parametrize("width", (1100, 1400, 2000))
def test_it_is_as_wide_as_the_text_and_its_words_are_of_the_size_of_the_text(
    browser, report, width
):
    browser.open(report, width=width)
    leads, text = dict(browser.run(_LEADS)), browser.run(_TEXT)
    counted = [r for r in Study.load(report.parent) if r.solutions.n_minima]
    assert len(leads) == len(counted) >= 4
    for result in counted:
        ((drawn, column, sizes),) = leads[section_id(result.key)]
        assert drawn == pytest.approx(column, abs=1)
        assert 0.8 * text <= min(sizes) and max(sizes) <= 1.25 * text


def test_on_paper_it_is_as_wide_as_the_text(browser, report):
    browser.open(report, width=720)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        for _, ((drawn, column, _),) in browser.run(_LEADS):
            assert drawn == pytest.approx(column, abs=1)
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")
