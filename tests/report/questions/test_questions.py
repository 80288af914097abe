"""What holds for every question on any study."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.questions import QUESTIONS, Answer, answer_all

ASKED = ["zeros", "sparsity", "frobenius", "distinct", "example"]


@pytest.fixture(scope="module")
def answers(study):
    return {answer.key: answer for answer in answer_all(study)}


def test_all_questions_are_answered_in_their_order(answers):
    assert [key for key in answers if key in ASKED] == ASKED
    assert len(ASKED) <= len(QUESTIONS)


@pytest.mark.parametrize("key", ASKED)
def test_an_answer_is_complete(answers, key):
    answer = answers[key]
    assert isinstance(answer, Answer)
    assert answer.question.endswith(("?", "]"))
    assert answer.verdict and answer.method.endswith(".") and answer.summary.endswith(".")
    assert answer.illustrations and answer.notes
    assert answer.asked.endswith(("?", ".")) and answer.caveat.endswith(".")
    assert 0 < len(answer.short) <= 30 and answer.openly >= 1
    told = [sentence for _, sentence in answer.facts]
    assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in told)
    for text in (answer.verdict, answer.summary, answer.method, *answer.notes, *told):
        assert "nan" not in text.lower().split() and "None" not in text
    assert all(isinstance(t, pd.DataFrame) and len(t) for t in answer.tables.values())


def test_figures_have_names_of_their_own_and_can_be_drawn(answers):
    illustrations = [i for answer in answers.values() for i in answer.illustrations]
    names = [i.name for i in illustrations]
    assert len(set(names)) == len(names)
    for illustration in illustrations:
        assert isinstance(illustration, Illustration)
        assert illustration.caption.endswith(".") and len(illustration.data)
        assert max(illustration.size) < 12
        figure = Figure(figsize=illustration.size, layout="constrained")
        illustration.draw(figure)
        assert figure.axes


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.__name__.rpartition(".")[2])
def test_every_single_problem_makes_a_study(study, question):
    for result in study.results:
        alone = replace(study, results=(result,))
        answer = question.answer(alone)
        assert answer is None or (answer.verdict and answer.summary)
        for illustration in answer.illustrations if answer else ():
            illustration.draw(Figure(figsize=illustration.size))


def test_a_study_without_factors_says_so(bare_study):
    answers = {answer.key: answer for answer in answer_all(bare_study)}
    assert answers["zeros"].verdict == "not asked here"
    assert answers["sparsity"].verdict == "not asked here"
    assert answers["frobenius"].verdict == "not asked here"
    assert "not settled" in answers["distinct"].summary
    assert "example" not in answers


def test_answers_do_not_depend_on_the_order_of_problems(study):
    turned = replace(study, results=study.results[::-1])
    for question in QUESTIONS[:3]:
        assert question.answer(turned).verdict == question.answer(study).verdict


def test_asking_twice_gives_the_same_numbers(study, answers):
    again = {answer.key: answer for answer in answer_all(study)}
    for key, answer in answers.items():
        assert again[key].summary == answer.summary
        for name, table in answer.tables.items():
            assert json.loads(again[key].tables[name].to_json()) == json.loads(table.to_json())
