"""The summary on the terminal: all that matters, within the width."""

import io

import pytest
from rich.console import Console

from nmfstudy.report.terminal import (
    print_frame,
    print_summary,
    short_answers,
    shown_problems,
    terminal_table,
)
from nmfstudy.study import Study


def _printed(thing, width, call="print"):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    if call == "print":
        console.print(thing)
    else:
        call(thing, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def study(study_folder):
    return Study.load(study_folder)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_and_names_every_problem(study, width):
    text = _printed(terminal_table(study), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    flat = "".join(text.split())
    for word in ("problem", "starts", "distinct", "coverage", "verdict"):
        assert word in lines[0]
    assert "menu,k=4" in flat and "onesolution" in flat


def test_names_are_no_markup(study):
    text = _printed(terminal_table(study), 120)
    assert "<b>$menu$|&" in text


def test_the_summary_ends_with_answers_and_the_path(study, hostile_answer, tmp_path):
    path = tmp_path / "report.html"

    def show(thing, console):
        print_summary(thing, path, answers=(hostile_answer,), console=console)

    text = _printed(study, 80, show)
    assert "Is <u>this text?" in text and "  <u>Yes." in text
    assert text.rstrip().endswith(f"report: {path}")


def test_short_answers_end_with_one_stop(hostile_answer):
    question, verdict = short_answers([hostile_answer])
    assert question == "Is <u>this text?" and verdict == "  <u>Yes."


def test_many_problems_are_summed_up(study):
    some = shown_problems(study, most=3)
    assert some and all(result.problem.penalty.is_zero for result in some)
    assert len(shown_problems(study)) == len(study)


def test_any_frame_can_be_printed(study):
    text = _printed(study.shares, 80, print_frame)
    assert "random" in text
