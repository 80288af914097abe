import shlex
from dataclasses import replace

import numpy as np
import pytest

from nmfstudy.datasets.base import Known
from nmfstudy.report.questions import known_answers
from nmfstudy.report.questions.polygons import illustrate_triangles
from nmfstudy.study import Study
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.execution import execute


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three families on the edge of what is known."""
    folder = tmp_path_factory.mktemp("known")
    for line in (
        "dataset=circ3,menu n_components=3 n_starts=40",
        "dataset=hexagon dataset.a=2.05 n_components=3 n_starts=40",
        "dataset=menu n_components=2 n_starts=10",
    ):
        asked = plan([*shlex.split(line), f"results_dir={folder}", "study_name=s"], multirun=True)
        for job in asked.jobs:
            execute(job)
    return Study.load(folder / "s")


def test_counts_agree_with_proofs(study):
    answer = known_answers.answer(study)
    table = answer.tables["known_answers"].set_index("problem")
    assert answer.verdict == "Yes"
    assert table.known.to_dict() == {
        "circ3, k = 3": "2",
        "hexagon(2.05), k = 3": "0",
        "menu, k = 3": "1",  # nothing is known of k = 2, which is left out
    }
    assert (table.count_agrees == "yes").all()
    agrees = table.certificate_agrees.to_dict()
    # No exact fit of the hexagon, so what is proved of its best product says nothing of the data.
    assert agrees == {"circ3, k = 3": "yes", "hexagon(2.05), k = 3": "open", "menu, k = 3": "yes"}
    assert answer.summary == (
        "The count is right in 3 of 3 problems with a known answer; the certificate decides 2 and "
        "contradicts none."
    )


def test_a_wrong_count_is_told(study):
    """The negative control: another truth must make the table disagree."""
    results = tuple(
        replace(r, dataset=replace(r.dataset, known=Known(3, 7)))
        if r.dataset.name == "circ3"
        else r
        for r in study.results
    )
    answer = known_answers.answer(replace(study, results=results))
    assert answer.verdict == "Not in circ3, k = 3"
    assert "right in 2 of 3" in answer.summary and "contradicts 1." in answer.summary


def test_nothing_known_is_left_out(study):
    results = tuple(r for r in study.results if r.problem.n_components == 2)
    assert known_answers.answer(replace(study, results=results)) is None


def test_the_count_over_a_parameter_jumps_where_the_theorem_says(tmp_path):
    """Laurberg's matrix has one factorization below 1/2, two there and infinitely many above."""
    line = "dataset=laurberg dataset.alpha=0.3,0.45,0.5,0.6 n_components=3 n_starts=40"
    asked = plan([*line.split(), f"results_dir={tmp_path}", "study_name=s"], multirun=True)
    for job in asked.jobs:
        execute(job)
    study = Study.load(tmp_path / "s")
    (curve,) = known_answers.answer(study).illustrations
    assert curve.name == "known-laurberg"
    assert curve.data.parameter.tolist() == [0.3, 0.45, 0.5, 0.6]
    assert curve.data.known.tolist() == curve.data.counted.tolist() == [1, 1, 2, np.inf]
    triangles = illustrate_triangles(study.results)
    panels = triangles.data.groupby("title").part.agg(lambda part: len(set(part)))
    assert list(panels.index) == [
        "laurberg(0.3), k = 3",
        "laurberg(0.5), k = 3",
        "laurberg(0.6), k = 3",
    ]
