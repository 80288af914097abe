"""The report in a real browser: it loads, fits, moves as Python says, and can be read by all."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nmfstudy import distance, distinct_solutions, match
from nmfstudy.report.page import html
from nmfstudy.report.page.numbers import table_of
from nmfstudy.report.page.page import Details, Page, Paragraph, Section, Widget
from nmfstudy.report.phrases import section_id
from nmfstudy.study import Study
from nmfstudy.util.display import number

WIDTHS = (360, 1400)
RESULTS = Path(__file__).resolve().parent.parent.parent / "results"
MANY_COLUMNS = 13  # beyond them a table may scroll
_OPEN = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"


@pytest.fixture(scope="module")
def study(report):
    return Study.load(report.parent)


@pytest.fixture
def opened(browser, report):
    """The browser with the report open, everything unfolded."""
    browser.open(report)
    browser.run(_OPEN)
    return browser


def of_problem(result, widget):
    return f"document.getElementById('{section_id(result.key)}-{widget}')"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", (False, True))
def test_it_loads_without_complaint_and_asks_for_nothing(browser, report, width, dark):
    browser.open(report, width=width, dark=dark)
    assert browser.complaints() == []
    assert browser.requests() == [report.resolve().as_uri()]


@pytest.mark.parametrize("script", (True, False))
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(browser, report, width, script):
    browser.open(report, width=width, script=script)
    browser.run(_OPEN)
    assert browser.run("document.documentElement.scrollWidth") <= width
    inside = "at.closest('.scroll, .picture, .pair, pre, .skip, script')"
    wide = browser.run(
        "[...document.body.querySelectorAll('*')].filter((at) => !("
        f"{inside}) && at.getBoundingClientRect().right > {width} + .5).map((at) => at.outerHTML)"
    )
    assert wide == []


# With other columns, or, over k, with a column per k; the test before looks at these.
SHOWN_OTHERWISE = ("solutions", "shares", "same_starts", "over-k", "choosing-k")
_SCROLLING = (
    "[...document.querySelectorAll('.scroll')].filter((at) => at.scrollWidth > at.clientWidth)"
    ".map((at) => at.ariaLabel + ' ' + at.scrollWidth)"
)


def test_tables_of_the_report_do_not_scroll_on_a_wide_screen(opened):
    assert opened.run("document.querySelectorAll('.scroll').length") > 15
    assert opened.run(_SCROLLING) == []


def test_tables_of_the_kept_results_do_not_scroll_on_a_wide_screen(browser, tmp_path):
    """Every table that is kept, as the report shows it within a part that opens."""
    frames = {path: pd.read_csv(path) for path in sorted(RESULTS.glob("*/tables/*.csv"))}
    tables = [
        table_of(frame, f"{path.parent.parent.name} {path.stem}")
        for path, frame in frames.items()
        if len(frame.columns) <= MANY_COLUMNS and not path.stem.startswith(SHOWN_OTHERWISE)
    ]
    assert len(tables) > 50 and any(table.below for table in tables)
    page = Page("t", Paragraph("h"), (Section("s", "S", (Details("d", tuple(tables)),)),))
    path = tmp_path / "page.html"
    path.write_text(html.render(page), encoding="utf-8")
    browser.open(path)
    browser.run(_OPEN)
    assert browser.run("document.querySelectorAll('.scroll').length") == len(tables)
    assert browser.run(_SCROLLING) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_text_stands_below_its_row_and_moves_with_it(browser, tmp_path, width):
    frame = pd.DataFrame({f"c{i}": [3, 1, 2] for i in range(12)})
    frame["reason"] = [f"{n} is " + "said at length " * 12 for n in (3, 1, 2)]
    page = Page("t", Paragraph("h"), (Section("s", "S", (table_of(frame, "T"),)),))
    path = tmp_path / "page.html"
    path.write_text(html.render(page), encoding="utf-8")
    browser.open(path, width=width)
    browser.run("document.querySelector('th button').click()")
    rows = browser.run("[...document.querySelectorAll('tbody tr')].map((at) => at.textContent)")
    assert [row.split(" is ")[0] for row in rows[1::2]] == [f"reason: {n}" for n in (1, 2, 3)]
    assert [row[0] for row in rows[::2]] == ["1", "2", "3"]
    right = "Math.max(...[...document.querySelectorAll('.below div')]"
    assert browser.run(f"{right}.map((at) => at.getBoundingClientRect().right))") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_of_figures_can_be_read(browser, report, width):
    browser.open(report, width=width)
    browser.run(_OPEN)
    sizes = browser.run(
        "[...document.querySelectorAll('.picture text')].map((at) => {"
        "const { a, b } = at.getScreenCTM();"
        "return [parseFloat(getComputedStyle(at).fontSize) * Math.hypot(a, b), at.textContent] })"
    )
    assert sizes and [entry for entry in sizes if entry[0] < 9] == []


@pytest.mark.parametrize("digits", (1, 2, 3))
def test_the_script_writes_numbers_as_python_does(opened, digits):
    random = 10 ** np.random.default_rng(digits).uniform(-14, 12, 300)
    values = [0.0, 1.0, 9.99e-7, 1e-4, 1e-3, 9.996e-4, 9_999_999.4, 1e7, *random]
    said = opened.run(f"{json.dumps(values)}.map((value) => number(value, {digits}))")
    assert said == [number(value, digits) for value in values]


def test_every_slider_counts_as_python_does(opened, study):
    moved = 0
    for result in study:
        box = of_problem(result, "slider")
        if not opened.run(f"Boolean({box})"):
            assert result.solutions.tree.n_points < 2
            continue
        for step in (None, 0, 60, 110, 140, 160, 170, 174, 180):
            if step is not None:
                opened.run(
                    f"{box}.querySelector('input').value = {step};"
                    f"{box}.querySelector('input').dispatchEvent(new Event('input'))"
                )
            tolerance, shown = opened.run(
                f"['tolerance', 'near'].map((key) => Number({box}.dataset[key]))"
            )
            said = opened.run(f"{box}.querySelector('output').textContent")
            assert shown == result.solutions.curve([tolerance])[1][0]
            assert f": {shown} distinct" in said
            if step is None:
                assert tolerance == result.analysis.distance_tol
                assert shown == result.solutions.n_distinct
            moved += 1
            check_groups(opened, box, result, tolerance)
    assert moved > 20


def check_groups(opened, box, result, tolerance):
    """The groups shown are the minima that Python finds at this tolerance from scratch."""
    again = distinct_solutions(list(result.searches), distance_tol=tolerance)
    bars = opened.run(
        f"[...{box}.querySelectorAll('.groups li:not(.rest)')].map((at) => at.textContent)"
    )
    assert len(bars) == min(8, again.n_minima)
    for i, text in enumerate(bars):
        rank = "" if again.near_optimal[i] else " (worse)"
        assert text.startswith(f"{i + 1}{rank}{again.counts[i]} start")


def test_every_picker_measures_as_python_does(opened, study):
    picked = 0
    for result in study:
        box, solutions = of_problem(result, "picker"), result.solutions
        if not opened.run(f"Boolean({box})"):
            assert solutions.n_minima < 2
            continue
        fits = [fit.factorization for fit in solutions.representatives]
        for a, b in ((0, 1), (1, 0), (0, 0), (1, min(5, solutions.n_minima - 1))):
            shown, said, pairs = opened.run(
                f"(([a, b]) => {{ [a.value, b.value] = [{a}, {b}];"
                "b.dispatchEvent(new Event('change')); return ["
                f"Number({box}.dataset.distance), {box}.querySelector('output').textContent,"
                f"[...{box}.querySelectorAll('.pair p')].map((at) => at.textContent)] }})"
                f"({box}.querySelectorAll('select'))"
            )
            expected = distance(fits[a], fits[b], result.searches[0].data_norm)
            assert shown == pytest.approx(expected, rel=1e-6, abs=1e-9)
            assert said.endswith("distance 0" if a == b else f" {number(shown, 3)}")
            congruence = match(fits[a], fits[b])[1]
            assert len(pairs) == result.problem.n_components
            for text, value in zip(pairs, congruence, strict=True):
                assert float(text.split("(")[1].rstrip(")")) == pytest.approx(value, abs=6e-4)
            picked += 1
    assert picked >= 4


def test_names_in_the_data_of_the_page_are_text(opened, study, hostile_names):
    result = next(r for r in study if r.solutions.n_minima > 1 and r.dataset.column_names)
    told = [
        opened.run(f"{of_problem(r, 'picker')}?.querySelector('.pair').textContent")
        for r in study
        if r.dataset.column_names == hostile_names
    ]
    told = [text for text in told if text]
    assert result and all(name in text for name in hostile_names for text in told)
    scripts = opened.run(
        "[...document.scripts].map((at) => [at.type, at.closest('.widget, body')?.tagName])"
    )
    assert [s for s in scripts if s[0] != "application/json"] == [["", "BODY"]]


def test_images_are_drawn_with_their_pixels(browser, tmp_path):
    rows = [[0, 1000, 500, 250] * 4, [1000] * 16]
    pair = {"distance": 0.25, "order": [1, 0], "congruence": [1.0, 0.5]}
    data = {
        "solutions": [{"label": f"minimum {i}", "H": rows, "W": None} for i in range(2)],
        "scale_W": 1.0,
        "features": [f"</script><b>{i}" for i in range(16)],
        "samples": [],
        "image": [4, 4],
        "pairs": [[pair, pair], [pair, pair]],
        "most_features": 12,
        "note": "A note.",
    }
    page = Page("t", Paragraph("h"), (Section("s", "S", (Widget("picker", "p", "Pick", data),)),))
    path = tmp_path / "page.html"
    path.write_text(html.render(page), encoding="utf-8")
    browser.open(path)
    assert browser.complaints() == []
    alpha = browser.run(
        "[...document.querySelectorAll('canvas')].map((at) => [...at.getContext('2d')"
        ".getImageData(0, 0, 4, 4).data].filter((_, i) => i % 4 === 3))"
    )
    # Left and right of the first pair, then of the second: the right one in the matched order.
    for drawn, expected in zip(alpha, (rows[0], rows[1], rows[1], rows[0]), strict=True):
        np.testing.assert_allclose(drawn, np.array(expected) * 0.255, atol=1)


def test_tables_sort_by_their_headers(opened, study):
    order = "[...table.tBodies[0].rows].map((row) => row.cells[3].textContent)"
    table = "const table = document.querySelector('#problems table');"
    head = "table.tHead.rows[0].cells[3]"
    before = opened.run(f"(() => {{ {table} return {order} }})()")
    sizes = sorted(study.problems.n_starts)
    for step, (said, expected) in enumerate(
        (("ascending", sizes), ("descending", sizes[::-1]), ("ascending", sizes))
    ):
        click = f"{table} {head}.querySelector('button')"
        if step == 1:  # by the keyboard
            opened.run(f"(() => {{ {click}.focus() }})()")
            opened.press("Enter", 13)
        else:
            opened.run(f"(() => {{ {click}.click() }})()")
        shown = opened.run(f"(() => {{ {table} return {order} }})()")
        assert [int(text.replace(",", "")) for text in shown] == expected
        assert opened.run(f"(() => {{ {table} return {head}.ariaSort }})()") == said
    assert sorted(before) == sorted(shown)
    sorted_by = "document.querySelectorAll('#problems [aria-sort]').length"
    assert opened.run(sorted_by) == 1


def test_the_keyboard_finds_its_way(opened):
    opened.press("Tab", 9)
    assert opened.run("document.activeElement.className") == "skip"
    assert opened.run("document.activeElement.getBoundingClientRect().left") >= 0
    opened.press("Enter", 13)
    assert opened.run("document.activeElement.id") == "content"
    opened.press("Tab", 9)
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert opened.run(style) == "solid"


def test_whatever_can_be_used_or_seen_has_a_name(opened):
    roles = {"button", "link", "slider", "combobox", "image", "region", "navigation", "table"}
    nodes = opened.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in roles
    ]
    assert {role for role, _ in named} >= roles - {"table"}
    assert [role for role, name in named if not name.strip() and role != "table"] == []


def test_links_open_what_they_lead_to(browser, report):
    browser.open(report)
    inside = "document.querySelector('details .scroll[id]')"
    assert not browser.run(f"{inside}.closest('details').open")
    browser.run(f"location.hash = {inside}.id; new Promise((done) => setTimeout(done, 200))")
    assert browser.run(f"{inside}.closest('details').open")


def test_contents_stand_beside_the_text_or_fold(browser, report):
    state = (
        "[document.querySelector('nav details').open,"
        "getComputedStyle(document.querySelector('nav')).position]"
    )
    browser.open(report, width=1400)
    assert browser.run(state) == [True, "sticky"]
    browser.open(report, width=360)
    assert browser.run(state) == [False, "static"]


def test_without_script_nothing_essential_is_missing(browser, report):
    browser.open(report, script=False)
    shown = "[...document.querySelectorAll('{}')].filter((at) => at.checkVisibility()).length"
    assert browser.run(shown.format(".widget")) == 0
    assert browser.run(shown.format("th button")) == 0
    assert browser.run(shown.format("nav a")) > 5
    assert browser.run(shown.format("main summary")) > 5  # they open without it
    assert browser.run(shown.format("#problems table")) == 1


# Contrast by the definition of WCAG 2, of every text against the ground behind it.
_CONTRAST = """(() => {
  const parse = (css) => {
    const [r, g, b, a] = css.match(/[\\d.]+/g).map(Number);
    const unit = css.startsWith("color(") ? 1 : 255;
    return [r / unit, g / unit, b / unit, a ?? 1];
  };
  const over = (front, back) => {
    const [a, b] = [front[3], 1 - front[3]];
    return [0, 1, 2].map((i) => a * front[i] + b * back[i]).concat(1);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (at) => {
    const own = parse(getComputedStyle(at).backgroundColor);
    return own[3] === 1 || !at.parentElement ? own : over(own, ground(at.parentElement));
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || at.closest("script, svg") || !at.checkVisibility()) continue;
    const back = ground(at), front = over(parse(getComputedStyle(at).color), back);
    const [dark, light] = [luminance(front), luminance(back)].sort((x, y) => x - y);
    found.push([(light + 0.05) / (dark + 0.05), at.className, text.slice(0, 40)]);
  }
  return found;
})()"""


@pytest.mark.parametrize("dark", (False, True))
def test_all_text_has_contrast(browser, report, dark):
    browser.open(report, dark=dark)
    browser.run(_OPEN)
    found = browser.run(_CONTRAST)
    assert len(found) > 300
    assert [entry for entry in found if entry[0] < 4.5] == []


def test_it_prints_what_is_open_and_a_button_opens_all(browser, report, tmp_path):
    browser.open(report)
    browser.pdf(tmp_path / "short.pdf")
    click = "document.querySelector('.unfold').click()"
    opened = "[...document.querySelectorAll('main details')].map((part) => part.open)"
    assert not any(browser.run(opened))
    browser.run(click)
    assert all(browser.run(opened))
    browser.pdf(tmp_path / "whole.pdf")
    short, whole = (pages(tmp_path / f"{name}.pdf") for name in ("short", "whole"))
    assert short < whole and short <= 12
    browser.run(click)
    assert not any(browser.run(opened))


def pages(path):
    """Of a PDF file, by its page objects."""
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def test_the_data_of_the_page_is_json(report):
    text = report.read_text(encoding="utf-8")
    blocks = text.split('<script type="application/json">')[1:]
    assert blocks and all(json.loads(block.split("</script>")[0]) for block in blocks)
