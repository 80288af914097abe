"""The short way to ask: whatever a file is called, it is taken as it is."""

import numpy as np
import pytest

from nmfstudy.cli import main
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.shorthand import written_out
from nmfstudy.util.errors import RequestError

NAMES = (
    "plain.csv", "with space.csv", "a=b.csv", "a,b.csv", "[x].csv", "{x}.csv", "(x).csv", "é ß.csv",
    "007.csv", "null.csv", "true.csv", "1e5.csv", 'quo"ted.csv', "it's.csv", "a${x}b.csv",
    "back\\slash.csv", "~tilde.csv", "a:b.csv", "$HOME.csv", "#1.csv", "percent%20.csv",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(path):
    rows = np.arange(1, 41).reshape(10, 4) % 7
    path.write_text("\n".join(",".join(map(str, row)) for row in rows))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_taken_whatever_it_is_called(folder, name):
    save(folder / name)
    jobs = plan(written_out([name, "-k", "2"])).jobs
    assert {job.dataset["path"] for job in jobs} == {name}
    assert {job.problem.n_components for job in jobs} == {2}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["X.csv"], ["study=mydata", "dataset.path=X.csv"]),
        (["X.csv", "-k", "2:4"], ["study=mydata", "dataset.path=X.csv", "n_components=2,3,4"]),
        (["X.csv", "-k", "2,5"], ["study=mydata", "dataset.path=X.csv", "n_components=2,5"]),
        (["-k3", "X.csv"], ["study=mydata", "dataset.path=X.csv", "n_components=3"]),
        (["X.csv", "-n", "auto"], ["study=mydata", "dataset.path=X.csv", "n_starts=auto"]),
        (["X.csv", "-m", "init=random,nndsvda"],
         ["-m", "dataset=file", "dataset.path=X.csv", "init=random,nndsvda"]),
        (["X.csv", "--loss", "kl"],
         ["study=mycounts", "dataset.path=X.csv", "loss=kullback-leibler"]),
        (["--loss", "kl", "--seed", "7"], ["loss=kullback-leibler", "seed=7"]),
        (["study=smoke", "X.csv"], ["dataset=file", "dataset.path=X.csv", "study=smoke"]),
        (["--multirun", "n_components=2,3"], ["-m", "n_components=2,3"]),
        (["--check", "study=smoke"], ["--check", "study=smoke"]),
    ],
)  # fmt: skip
def test_options_are_short_for_keys(folder, typed, meant):
    assert written_out(typed) == meant
    assert written_out(meant) == meant  # what is written out means the same


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["-k", "8:2"], "8:2"),
        (["-k", "0:2"], "0:2"),
        (["-k", "a"], "'a'"),
        (["-k"], "argument"),
        (["-x"], "-x"),
        (["X.csv", "Y.csv"], "two files"),
        (["--los", "kl"], "--los"),
    ],
)
def test_what_is_no_option_is_refused_in_a_sentence(folder, typed, message):
    with pytest.raises(RequestError, match=message) as error:
        written_out(typed)
    assert "possible: " in str(error.value) and "\n" not in str(error.value)


def test_the_command_says_once_what_it_took(folder, capsys):
    save(folder / "my data.csv")
    assert main(["run", "my data.csv", "-k", "2:3", "--check"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first == (
        "= nmfstudy run --check study=mydata 'dataset.path=\"my data.csv\"' n_components=2,3"
    )
    assert others and not any(line.startswith("=") for line in others)
    assert main(["run", "study=smoke", "--check"]) == 0
    assert not capsys.readouterr().out.startswith("=")
