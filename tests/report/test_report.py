"""The report of a real study: whole, self-contained, true to its tables, safe, the same twice."""

import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

from nmfstudy.report import write_report
from nmfstudy.report.page.numbers import csv_text
from nmfstudy.study import Study

_VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}


class _Reader(HTMLParser):
    """Checks nesting and keeps what the tests ask about."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.problems = [], [], [], [], []
        self.headings, self.texts, self.external = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        for name in ("src", "href", "xlink:href", "action"):
            value = attrs.get(name)
            if value is not None:
                self.links.append((tag, name, value))
        if tag not in _VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def html(report):
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read(html):
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_elements_are_nested_and_identifiers_single(read):
    assert read.problems == []
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))


def test_the_page_needs_nothing_beside_it(html, read):
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"link", "iframe", "object", "embed", "img", "form"}
    scripts = [attrs.get("type") for tag, attrs in read.tags if tag == "script"]
    assert set(scripts) <= {None, "application/json"} and scripts.count(None) == 1
    assert "@import" not in html and "url(http" not in html
    assert not any(name.startswith("on") for _, attrs in read.tags for name in attrs)
    for tag, name, value in read.links:
        assert not re.match(r"(?i)(https?:|//|javascript:|file:)", value), (tag, name)
        if name == "src" or tag in ("image", "use"):
            assert value.startswith(("data:image/png;base64,", "#"))
    outside = re.findall(r"https?://[^\s\"'<]+", html)
    assert outside == []


def test_links_lead_somewhere(read, report):
    for _, name, value in read.links:
        if name == "href" and value.startswith("#"):
            assert value[1:] in read.ids
        elif name == "href" and not value.startswith("data:"):
            assert (report.parent / value).is_file(), value


def test_headings_are_in_order(read):
    assert read.headings[0] == 1 and read.headings.count(1) == 1
    steps = [b - a for a, b in zip(read.headings, read.headings[1:], strict=False)]
    assert max(steps) <= 1


def test_figures_have_a_caption_a_label_and_their_numbers(html, report):
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.S)
    assert len(figures) >= 10
    for figure in figures:
        assert re.search(r'<svg[^>]*role="img" aria-label="[^"]{20,}"', figure)
        assert len(re.search(r"<figcaption>(.*?)<a", figure, flags=re.S)[1].strip()) > 20
        path = re.search(r'href="(tables/[^"]+\.csv)">Numbers', figure)[1]
        assert len(pd.read_csv(report.parent / path)) > 0
        assert re.search(r'href="figures/[^"]+\.svg"', figure)


def test_every_figure_could_be_drawn(html):
    assert "could not be drawn" not in html


def test_table_headers_have_a_scope(read):
    headers = [attrs for tag, attrs in read.tags if tag == "th"]
    assert headers and all(attrs.get("scope") in ("col", "row") for attrs in headers)


def test_names_are_text_everywhere(html, read, report, hostile_names):
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"b", "i", "u", "em", "img"}
    said = "".join(read.texts)
    assert "a study & <i>more" in said
    assert "<b>$menu$|&" in said  # the name of the dataset, from that of its file
    for name in hostile_names:
        assert name[:20] in said, name  # figures shorten long ones
    markdown = (report.parent / "report.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(?!a id=\"[a-z0-9-]+\"></a>)(script|b|i|u|img)", markdown)


def test_file_names_are_plain(report):
    for folder in ("tables", "figures"):
        for path in (report.parent / folder).iterdir():
            assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name)


def test_tables_are_those_of_the_study(report):
    study = Study.load(report.parent)
    for name, frame in study.tables.items():
        text = (report.parent / "tables" / f"{name}.csv").read_text(encoding="utf-8")
        assert text == csv_text(frame)
        assert next(csv.reader(text.splitlines())) == list(frame.columns)


def test_numbers_keep_all_their_digits(report):
    study = Study.load(report.parent)
    back = pd.read_csv(report.parent / "tables" / "starts.csv")
    assert (back.objective == study.starts.objective).all()
    assert (back.kkt_residual == study.starts.kkt_residual).all()


def test_a_second_report_is_the_same(copied_study, hostile_answer):
    files = [p for p in copied_study.rglob("*") if p.is_file()]
    before = {p: p.read_bytes() for p in files}
    write_report(Study.load(copied_study), answers=(hostile_answer,))
    after = {p: p.read_bytes() for p in copied_study.rglob("*") if p.is_file()}
    assert before.keys() == after.keys()
    assert [p.name for p in before if before[p] != after[p]] == []


def test_markdown_links_lead_somewhere(report):
    text = (report.parent / "report.md").read_text(encoding="utf-8")
    plain = re.sub(r"\\.", "", text)
    targets = re.findall(r"\]\(([^)\s]+)\)", plain)
    anchors = set(re.findall(r'<a id="([^"]+)">', text))
    assert any(t.startswith("figures/") for t in targets)
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in anchors
        else:
            assert (report.parent / target).is_file(), target


def test_markdown_tables_are_rectangular(report):
    text = (report.parent / "report.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, flags=re.M)
    assert blocks
    for block in blocks:
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in block.strip().splitlines()}
        assert len(bars) == 1


def test_the_result_of_every_problem_is_said(html):
    assert "one solution" in html and "a continuum" in html
    assert "one factorization" in html


def test_no_number_is_written_as_python_writes_it(read, report):
    """Powers of ten are 10⁻⁹ in text, tables and figures; the file names of the data stay."""
    markdown = (report.parent / "report.md").read_text(encoding="utf-8")
    methods = (report.parent / "methods.txt").read_text(encoding="utf-8")
    said = [text for text in read.texts if not text.lstrip().startswith(('{"', '"use strict'))]
    assert any("10⁻⁹" in text for text in said) and "10⁻⁹" in markdown and "10⁻⁹" in methods
    unlinked = re.sub(r"\]\([^)\s]*\)", "", markdown)
    for text in (*said, unlinked, methods):
        assert not re.findall(r".{0,20}\d[eE][-+]\d.{0,9}", text)


def test_provenance_names_data_code_and_machine(html, report):
    study = Study.load(report.parent)
    for result in study:
        assert result.dataset.sha256 in html
    info = study.infos[0]
    assert info["code"] in html
    machine = json.loads((report.parent / "provenance.json").read_text(encoding="utf-8"))
    assert info["provenance"]["libraries"]["numpy"] in machine["libraries"]
    assert info["provenance"]["python"] == machine["python"]


def test_failures_and_skipped_folders_are_shown(copied_study):
    study = Study.load(copied_study)
    penalised = next(p for p in study if not p.problem.penalty.is_zero).run_of[0][0]
    run, *others = (p for p in sorted((copied_study / "runs").iterdir()) if p.name != penalised)
    for other in others:  # one problem is quick to report
        shutil.rmtree(other)
    (run / "starts.csv").write_text("torn")
    strange = copied_study / "runs" / "strange"
    strange.mkdir()
    (strange / "error.json").write_text(
        '{"id": "strange", "problem": "<u>p</u>", '
        '"errors": [{"seed": 3, "error": "Traceback\\nValueError: <em>no</em>"}]}'
    )
    path = write_report(Study.load(copied_study), answers=())
    text = path.read_text(encoding="utf-8")
    assert "ValueError: &lt;em&gt;no&lt;/em&gt;" in text
    assert run.name in text and "is not what was written" in text


def test_the_report_is_small(html):
    assert len(html.encode()) < 5_000_000
