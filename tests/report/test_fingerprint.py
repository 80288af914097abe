from dataclasses import replace

import pandas as pd
import pytest

from nmfstudy.plots.illustration import Illustration
from nmfstudy.report import current_report, write_report
from nmfstudy.report.fingerprint import fingerprint
from nmfstudy.report.questions.answer import Answer
from nmfstudy.store.job import Analysis, job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute


@pytest.fixture
def study(tmp_path):
    config = {"dataset": "menu", "n_components": 3, "init": "random"}
    config |= {"solver": "coordinate_descent", "n_starts": 5, "results_dir": str(tmp_path)}
    job = job_from_config(config)
    execute(job)
    return Study.load(job.folder)


def test_a_report_is_current_until_something_changes(study):
    assert current_report(study) is None
    path = write_report(study, answers=())
    assert current_report(study) == path
    assert current_report(Study.load(study.folder)) == path
    other = study.with_analysis(replace(study.analysis, distance_tol=0.1))
    assert current_report(other) is None
    assert other.analysis != Analysis()
    for changed in ({"infos": ()}, {"failures": ({"id": "x"},)}, {"about": {"command": ["y"]}}):
        assert fingerprint(replace(study, **changed)) != fingerprint(study)


def test_a_torn_report_is_not_current(study):
    path = write_report(study, answers=())
    (study.folder / "tables").rename(study.folder / "gone")
    assert current_report(study) is None
    (study.folder / "gone").rename(study.folder / "tables")
    path.write_text("")
    assert current_report(study) is None


def test_a_report_that_lacks_a_figure_is_said_and_written_again(study):
    def fails(figure):
        raise ZeroDivisionError("no luck")

    said = []
    picture = Illustration("hard", fails, pd.DataFrame(), caption="A caption.")
    lacking = Answer("hard", "Why?", "no", "Because.", "By trying.", (picture,))
    write_report(study, answers=(lacking,), say=said.append)
    assert len(said) == 1 and "ZeroDivisionError: no luck" in said[0]
    assert current_report(study) is None


def test_a_report_of_what_was_only_read_is_not_that_of_run(tmp_path):
    """It lacks what the data say of k; once that is there, both have the same page."""
    for k in (2, 3):
        config = {"dataset": "menu", "n_components": k, "init": "random", "n_starts": 5}
        config |= {"solver": "coordinate_descent", "results_dir": str(tmp_path)}
        job = job_from_config(config)
        execute(job)
    write_report(Study.load(job.folder), answers=())
    fitted = Study.load(job.folder, may_fit=True)
    assert current_report(fitted) is None
    path = write_report(fitted, answers=())
    assert current_report(Study.load(job.folder)) == path == current_report(fitted)
