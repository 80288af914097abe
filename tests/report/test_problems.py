"""Which problems are shown how, and that a contradiction is never smoothed over."""

from dataclasses import replace

import pytest

from nmfstudy.report.build import build_page
from nmfstudy.report.over_k import advised, groups, over_k_section
from nmfstudy.report.page import html
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.page.page import Page, Paragraph
from nmfstudy.report.phrases import distinct_text, result_sentences, section_id, study_headline
from nmfstudy.report.problems import (
    FEW,
    FULL_PROBLEMS,
    full_problems,
    paired,
    problem_sections,
    problems_section,
)
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute


def _run(folder, **config):
    usual = {"init": "random", "solver": "coordinate_descent", "n_starts": 10}
    given = {"study_name": "s", "results_dir": str(folder)}
    execute(job_from_config({**usual, **given, **config}))


@pytest.fixture(scope="module")
def two_solutions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    _run(folder, dataset="circ3", n_components=3, n_starts=20)
    return Study.load(folder / "s", may_fit=True)


@pytest.fixture(scope="module")
def many_problems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    for i in range(FEW + 2):
        ridge = {"name": "ridge", "alpha_W": 0.01 * (i + 1)}
        _run(folder, dataset="menu", n_components=3, penalty=ridge, n_starts=2)
    _run(folder, dataset="menu", n_components=2)
    _run(folder, dataset="menu", n_components=3)
    return Study.load(folder / "s", may_fit=True)


def _section_html(*sections):
    return html.render(Page("t", Paragraph("h"), sections))


def test_a_contradiction_is_an_error_in_red(two_solutions):
    (result,) = two_solutions
    good = result.verdicts[0]
    ((_, row),) = paired(two_solutions)
    assert row["kind"] == "several" and row["n_distinct"] == 2
    assert 'role="alert"' not in _section_html(problems_section(two_solutions, FigureFiles()))
    result.verdicts[0] = replace(good, status="unique")
    try:
        overview = _section_html(problems_section(two_solutions, FigureFiles()))
        assert '<span class="tone bad">contradiction</span>' in overview
        (part,) = problem_sections(two_solutions, FigureFiles()).sections
        (error,) = [b for b in part.blocks if getattr(b, "role", "") == "error"]
        assert "certified as the only factorization" in error.text
    finally:
        result.verdicts[0] = good


def test_several_solutions_are_said_with_their_number(two_solutions):
    (result,) = two_solutions
    ((_, row),) = paired(two_solutions)
    assert result_sentences(row, result)[0].startswith("2 different solutions fit equally")
    assert study_headline(two_solutions) == "circ3, k = 3: 2 solutions (20 starts)."


def test_of_many_problems_those_without_a_penalty_are_shown_in_full(many_problems):
    full = full_problems(many_problems)
    assert [p.problem.n_components for p in full] == [2, 3] and len(full) <= FULL_PROBLEMS
    said = study_headline(many_problems)
    assert said.startswith(f"Of {FEW + 4} problems") and said.endswith(".")


def test_what_can_be_moved_is_there_for_every_problem_shown(many_problems):
    text = html.render(build_page(many_problems, (), FigureFiles()))
    for result in full_problems(many_problems):
        for widget, n in (("slider", result.solutions.tree.n_points),
                          ("picker", result.solutions.n_minima)):  # fmt: skip
            assert (f'id="{section_id(result.key)}-{widget}"' in text) == (n > 1)


def test_of_few_problems_all_are_shown(two_solutions):
    assert full_problems(two_solutions) == list(two_solutions)


def test_k_is_compared_within_one_penalty(many_problems):
    (results,) = groups(many_problems)
    assert [r.problem.n_components for r in results] == [2, 3]
    assert all(r.problem.penalty.is_zero for r in results)


def test_the_numbers_for_each_k_stand_in_a_column_per_k(many_problems):
    part, _ = over_k_section(advised(many_problems), FigureFiles()).sections
    (opens,) = (b for b in part.blocks if b.kind == "details")
    (table,) = (b for b in opens.blocks if getattr(b, "title", "") == "The numbers for each k")
    (results,) = groups(many_problems)
    ks = [1, *(r.problem.n_components for r in results)]  # one is always looked at
    assert table.headers[1:] == tuple(f"k = {k}" for k in ks)
    told = {cells[0].text: [c.text for c in cells[2:]] for cells in table.rows}
    assert told["starts"] == [str(r.n_starts) for r in results]
    assert told["distinct solutions"] == [distinct_text(r) for r in results]
