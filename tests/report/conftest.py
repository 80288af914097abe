"""One small study with hostile names, fitted and reported once."""

import os
import shutil

import chromium
import pandas as pd
import pytest

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report import write_report
from nmfstudy.report.questions.answer import Answer
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute

HOSTILE = ("<script>alert(1)</script>", "a|b](x)", "&amp;$x_1$", '"><img src=x onerror=y>')


STUDY = "a study & <i>more"


@pytest.fixture(scope="session")
def hostile_names():
    """Column names of the hostile dataset."""
    return HOSTILE


@pytest.fixture(scope="session")
def hostile_csv(tmp_path_factory):
    """The menu's matrix, one row doubled, with names that are markup in one language or another."""
    long = "_a_name_that_goes_on_and_on_without_a_single_space_at_which_it_could_be_folded"
    path = tmp_path_factory.mktemp("data") / f"<b>$menu$|&{long}.csv"
    header = ",".join('"' + name.replace('"', '""') + '"' for name in HOSTILE)
    rows = ("2,2,4,4", "1,0,0,0", "1,1,1,1", "1,0,1,1", "0,1,3,3", "1,1,0,0")
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def _run(folder, dataset, k, **more):
    config = {
        "dataset": dataset,
        "n_components": k,
        "init": "random",
        "solver": "coordinate_descent",
        "n_starts": 12,
        "study_name": STUDY,
        "results_dir": str(folder),
    }
    execute(job_from_config({**config, **more}))


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory, hostile_csv):
    folder = tmp_path_factory.mktemp("results")
    hostile = {"name": "file", "path": str(hostile_csv)}
    _run(folder, hostile, 2)
    _run(folder, hostile, 3)
    _run(folder, hostile, 3, init="nndsvda")
    _run(folder, {"name": "menu"}, 4, n_starts=40)
    _run(folder, {"name": "menu"}, 3, penalty={"name": "ridge", "alpha_W": 0.01})
    return folder / STUDY


@pytest.fixture(scope="session")
def hostile_answer():
    """An answer whose every text is markup."""
    data = pd.DataFrame({"<u>x": [1.0, 2.0], "y|z": [0.5, 1 / 3]})

    def draw(figure):
        ax = figure.add_subplot()
        ax.plot(data["<u>x"], data["y|z"], label="<u>line", color=style.BLUE)
        style.legend(style.dress(ax))

    picture = Illustration("../<u>evil", draw, data, caption="A caption with <u>markup & more")
    words = ("Is <u>this text?", "<u>Yes", "It is <u>text.", "By <u>escaping.")
    table = {"a/<u>table": data}
    return Answer("synthetic", *words, (picture, picture), table, ("A <u>note.",))


@pytest.fixture(scope="session")
def report(study_folder, hostile_answer):
    """The path of the report of the hostile study."""
    return write_report(Study.load(study_folder, may_fit=True), answers=(hostile_answer,))


@pytest.fixture
def copied_study(study_folder, report, tmp_path):
    """A copy of the reported study, to be damaged or extended."""
    return shutil.copytree(study_folder, tmp_path / study_folder.name)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium; its absence is a reason to skip, but not in continuous integration."""
    if chromium.executable() is None:
        absent = pytest.fail if os.environ.get("CI") else pytest.skip
        absent("there is no Chromium")
    with chromium.started(tmp_path_factory.mktemp("profile")) as running:
        yield running
