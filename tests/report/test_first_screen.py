"""What stands on the first screen: little text, the picture of k, the components, what next."""

from dataclasses import replace

import numpy as np
import pytest

from nmfstudy import Study, fit, load_dataset
from nmfstudy.datasets import Dataset
from nmfstudy.report import write_report
from nmfstudy.report.build import answers_of, build_page
from nmfstudy.report.over_k import advised, chosen
from nmfstudy.report.overview import headline
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.phrases import distinct_text
from nmfstudy.report.words_on_k import next_step
from nmfstudy.study.evidence import evidence_of

MOST_WORDS = 900  # before anything is opened
MOST_STOPS = 250  # of the keyboard
_WORDS = """(() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  let words = 0;
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement;
    if (at.closest("script, svg, style") || !at.checkVisibility()) continue;
    words += walker.currentNode.data.split(/\\s+/).filter((word) => /\\w/.test(word)).length;
  }
  return words;
})()"""
_STOPS = """[...document.querySelectorAll(
  "a[href], button, input, select, summary, [tabindex='0']"
)].filter((at) => at.checkVisibility()).length"""


@pytest.fixture(scope="module")
def own_study():
    """Three planted components in somebody's data."""
    rng = np.random.default_rng(5)
    W, H = rng.gamma(0.5, size=(40, 3)), rng.gamma(0.3, size=(3, 12))
    X = W @ H + 0.02 * rng.random((40, 12))
    data = Dataset("own", X, column_names=[f"gene {j}" for j in range(12)])
    return Study.of(data, *(fit(data, k, n_starts=12) for k in (2, 3, 4)))


@pytest.fixture(scope="module")
def own_report(own_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "own"
    command = ["nmfstudy", "run", "study=mydata", "dataset.path=own.csv"]
    return write_report(replace(own_study, folder=folder, about={"command": command}))


@pytest.mark.parametrize("which", ["report", "own_report"])
def test_there_is_little_to_read_before_anything_is_opened(browser, request, which):
    browser.open(request.getfixturevalue(which))
    assert 50 < browser.run(_WORDS) <= MOST_WORDS
    assert browser.run(_STOPS) <= MOST_STOPS
    browser.run("document.querySelector('.unfold').click()")
    assert browser.run(_WORDS) > MOST_WORDS  # all the rest is there


def test_k_and_components_stand_beside_each_other_on_the_first_screen(browser, own_report):
    browser.open(own_report, width=1400, height=900)
    (left, right), command = browser.run(
        "[[...document.querySelectorAll('.columns > div')], [document.querySelector('pre')]]"
        ".map((all) => all.map((at) => { const { left, top, bottom } = at.getBoundingClientRect();"
        " return [left, top, bottom] }))"
    )
    assert left[0] < right[0] and left[1] == right[1]
    assert max(left[2], right[2]) <= 900 and command[0][2] <= 900


def test_on_a_phone_they_stand_below_each_other(browser, own_report):
    browser.open(own_report, width=390, height=844)
    left, right = browser.run(
        "[...document.querySelectorAll('.columns > div')].map((at) => {"
        " const { left, top, right } = at.getBoundingClientRect(); return [left, top, right] })"
    )
    assert left[0] == right[0] and left[1] < right[1] and right[2] <= 390


def test_the_headline_says_what_the_study_found(own_study, own_report):
    ((results, _, advice),) = advised(own_study)
    assert evidence_of(results) is not None and advice.n_components == 3
    sentence = headline(results, advice)
    assert sentence.startswith("take k = 3; ") and sentence.endswith(".")
    codes = chosen(results, advice).trust_codes
    assert ("all 3 components are stable" in sentence) == (codes == ["stable"] * 3)
    assert f"own: {sentence}" in own_report.read_text(encoding="utf-8")


def test_numbers_agree_between_headline_figure_and_table(own_study):
    page = build_page(own_study, (), files := FigureFiles())
    ((results, _, advice),) = advised(own_study)
    k = advice.n_components
    rows = [line.split(",") for line in files.tables["k-own"].splitlines()]
    (row,) = (dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] == str(k))
    (one,) = (dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] == "1")
    assert one["solutions"] == ""  # nobody fitted it from several starts
    assert row["chosen"] == "True" and f"k = {k}" in page.headline.text
    result = next(r for r in results if r.problem.n_components == k)
    error = min(fit.relative_error for fit in result.solutions.representatives)
    assert float(row["relative_error"]) == pytest.approx(error)
    assert row["solutions"] == distinct_text(result)


def test_questions_are_cards_that_lead_to_their_sections():
    menu = load_dataset("menu")
    plain = fit(menu, 3, n_starts=20)
    ridge = fit(menu, 3, n_starts=5, alpha_W=0.01)
    study = Study.of(menu, plain, ridge)
    page = build_page(study, answers_of(study), FigureFiles())
    overview = next(section for section in page.sections if section.id == "overview")
    (cards,) = (block.cards for block in overview.blocks if block.kind == "cards")
    sections = {section.id for section in page.sections}
    assert len(cards) >= 3 and {card.target for card in cards} <= sections
    assert all(card.text.endswith(".") and card.figure for card in cards)


@pytest.mark.parametrize(
    ("code", "doubts", "ends"),
    [
        ("take", (), ["n_components=3", "resample=bootstrap"]),
        ("take", (("coverage", {"missing": 0.2}),), ["n_components=3", "n_starts=auto"]),
        ("take", (("kind", {"kind": "continuum"}),), ["n_components=3", "penalty=ridge"]),
        ("at_least", (), ["n_components=4,5,6,7"]),
    ],
)
def test_the_next_command_is_one_that_the_app_accepts(own_study, code, doubts, ends, tmp_path):
    from nmfstudy.cli import main

    ((_, _, advice),) = advised(own_study)
    advice = replace(advice, code=code, doubts=doubts)
    path = tmp_path / "own.csv"
    np.savetxt(path, own_study.results[0].dataset.X, delimiter=",")
    command = ["nmfstudy", "run", "study=mydata", f"dataset.path={path}", "n_components=2,3"]
    _, words = next_step(command, advice)
    assert words[:4] == command[:4] and words[4:] == ends
    assert main([*words[1:], "--check"]) == 0


def test_nothing_is_proposed_where_nothing_helps(own_study):
    ((_, _, advice),) = advised(own_study)
    assert next_step(("python", "-c"), advice) is None
    assert next_step(("nmfstudy", "run"), replace(advice, n_components=None)) is None
