"""One's own file from the command line: which folder, which k, which data, what is told."""

import numpy as np
import pandas as pd
import pytest
from planted_data import planted

from nmfstudy.cli import main
from nmfstudy.datasets import Dataset
from nmfstudy.datasets.files import bare_name
from nmfstudy.datasets.reading import read_table
from nmfstudy.sweep.composing import plan

FEW = ("study=mydata", "n_starts=5")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The path of a 10×5 table of random numbers with names, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write("small.csv", (10, 5), 0)
    return "dataset.path=small.csv"


def write(name, shape, seed):
    X = np.random.default_rng(seed).random(shape)
    pd.DataFrame(X, columns=list("abcdefgh"[: shape[1]])).to_csv(name, index=False)


def problems(folder="results/small"):
    return pd.read_csv(f"{folder}/tables/problems.csv")


def test_a_preset_leaves_out_the_k_that_small_data_cannot_have(small, capsys):
    assert main(["run", *FEW, small]) == 0
    said = capsys.readouterr()
    assert "k = 6 left out: small is only 10×5" in said.err
    assert problems().n_components.tolist() == [2, 3, 4, 5]


def test_k_that_the_user_gives_are_taken_at_their_word(small, capsys):
    assert main(["run", *FEW, small, "n_components=6"]) == 2
    assert "n_components is 6" in capsys.readouterr().err
    assert main(["run", "dataset=file", small, "n_components=6", "n_starts=3"]) == 0


def test_data_smaller_than_every_k_are_refused_in_a_sentence(small, capsys):
    write("column.csv", (10, 1), 0)
    assert main(["run", *FEW, "dataset.path=column.csv"]) == 2
    said = capsys.readouterr().err
    assert "column is 10×1" in said and "n_components=1" in said and said.count("\n") == 1


def test_every_file_has_its_folder_and_going_on_fits_only_what_is_new(small):
    write("other.csv", (12, 6), 1)
    assert main(["run", *FEW, small, "n_components=2,3"]) == 0
    assert main(["run", *FEW, "dataset.path=other.csv", "n_components=2"]) == 0
    assert set(problems().dataset) == {"small"}
    assert set(problems("results/other").dataset) == {"other"}
    before = set(pd.read_csv("results/small/tables/starts.csv").run)
    assert main(["run", *FEW, small, "n_components=3", "seed=5"]) == 0
    after = pd.read_csv("results/small/tables/starts.csv")
    assert before < set(after.run) and len(set(after.run) - before) == 1


def test_a_file_that_has_changed_is_reported_alone_and_nothing_is_lost(small, tmp_path):
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    first = problems()
    runs = set((tmp_path / "results/small/runs").iterdir())
    write("small.csv", (10, 5), 1)
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    (changed,) = problems().problem
    assert changed not in first.problem.tolist()
    assert runs < set((tmp_path / "results/small/runs").iterdir())
    assert "fitted to other data called" in (tmp_path / "results/small/report.md").read_text()
    write("small.csv", (10, 5), 0)
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    pd.testing.assert_frame_equal(problems(), first)


def test_names_that_were_corrected_are_the_names_told(small, tmp_path):
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    text = (tmp_path / "small.csv").read_text()
    (tmp_path / "small.csv").write_text(text.replace("a,b,c", "alpha,beta,gamma", 1))
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    folder = tmp_path / "results/small"
    (H,) = folder.glob("factors/*-H.csv")
    assert H.read_text().splitlines()[0].split(",")[-5:] == ["alpha", "beta", "gamma", "d", "e"]
    assert "gamma" in (folder / "report.md").read_text()
    assert len(list((folder / "data").iterdir())) == 1


@pytest.mark.parametrize("file", ["counts.2024.csv", "counts.csv.gz", "Some counts.TSV", "plain"])
def test_a_folder_is_called_as_its_data(tmp_path, monkeypatch, file):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(np.ones((4, 3))).to_csv(file, sep="\t", index=False)
    (job,) = plan(["dataset=file", f"dataset.path={file!r}", "n_components=2"]).jobs
    assert job.study_name == read_table(file).name == bare_name(file)


def test_two_files_of_one_name_in_one_sweep_are_told_apart(small, tmp_path):
    (tmp_path / "b").mkdir()
    write("b/small.csv", (10, 5), 1)
    both = "dataset.path=small.csv,b/small.csv"
    assert main(["run", "-m", "dataset=file", both, "n_components=2", "n_starts=5"]) == 0
    names = problems().dataset
    assert len(set(names)) == 2 and all("10×5" in name for name in names)


def elsewhere(tmp_path, shape=(10, 5)):
    (tmp_path / "b").mkdir()
    write("b/small.csv", shape, 1)
    return "dataset.path=b/small.csv"


@pytest.mark.parametrize("more", [(), ("study_name=mine",)], ids=["by name", "by request"])
def test_another_file_of_the_same_name_never_takes_a_studys_place(small, tmp_path, capsys, more):
    few = ["run", "dataset=file", "n_components=2", "n_starts=3", *more]
    assert main([*few, small]) == 0
    folder = tmp_path / "results" / ("mine" if more else "small")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = elsewhere(tmp_path)
    capsys.readouterr()
    assert main([*few, other]) == 2
    said = capsys.readouterr().err
    assert "from small.csv" in said and "study_name=b-small" in said and said.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert main([*few, other, "study_name=b-small"]) == 0
    assert main([*few, small]) == 0


def test_a_file_that_moved_keeps_its_study_and_so_does_one_that_changed(small, tmp_path):
    few = ["run", "dataset=file", "n_components=2", "n_starts=3"]
    assert main([*few, small]) == 0
    (tmp_path / "b").mkdir()
    (tmp_path / "small.csv").rename(tmp_path / "b" / "small.csv")
    moved = "dataset.path=b/small.csv"
    assert main([*few, moved]) == 0
    write("b/small.csv", (10, 5), 7)
    assert main([*few, moved]) == 0
    write("small.csv", (10, 5), 8)
    assert main([*few, small]) == 2


def test_files_swept_together_stay_together(small, tmp_path):
    """Going on with one of them leaves the other's results and files where they are."""
    other = elsewhere(tmp_path).removeprefix("dataset.path=")
    few = ["run", "-m", "dataset=file", "n_components=2", "n_starts=3"]
    assert main([*few, f"dataset.path=small.csv,{other}"]) == 0
    factors = {p.name: p.read_bytes() for p in (tmp_path / "results/small/factors").iterdir()}
    assert len(factors) == 4 and not any(name.endswith("-2.csv") for name in factors)
    assert main([*few, "dataset.path=small.csv", "n_starts=4"]) == 0
    assert len(problems()) == 2
    assert {p.name for p in (tmp_path / "results/small/factors").iterdir()} == set(factors)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my\u00a0data", "my data"),  # no-break space
        ("\u30c7\u30fc\u30bf\u30001", "\u30c7\u30fc\u30bf 1"),  # ideographic space
        ("soft\u00adhyphen", "soft-hyphen"),
        ("a\nb\tc", "a b c"),
        ("esc\x1b[2J", "esc-[2J"),
        ("zero\u200bwidth\u202e", "zero-width-"),
    ],
)
def test_a_name_is_on_one_line_and_printable_whatever_the_files(file, name, tmp_path):
    path = tmp_path / f"{file}.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    assert bare_name(path) == name == read_table(path).name
    assert Dataset(file, np.eye(2)).name == name
    (job,) = plan(["dataset=file", f"dataset.path='{path}'", "n_components=2"]).jobs
    assert job.study_name == name


def test_a_file_of_an_unprintable_name_is_fitted_and_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("a\nb\u00a0\u00ad\x1b[1m.csv", (8, 4), 0)
    asked = ["run", "dataset=file", "n_components=2", "n_starts=3"]
    assert main([*asked, "dataset.path='a\nb\u00a0\u00ad\x1b[1m.csv'"]) == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name == "a b --[1m"
    assert main(["status", str(folder)]) == main(["report", str(folder)]) == 0
    assert len(list((folder / "factors").iterdir())) == 2


def test_progress_names_data_k_init_and_starts(small, capsys):
    assert main(["run", *FEW, small, "n_components=2"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "small, k = 2, random: 5 starts" in lines
    assert "small, k = 2, nndsvda: 1 start" in lines


def test_an_exact_fit_of_any_data_is_said_to_be_one(small, tmp_path):
    assert main(["run", "dataset=file", small, "n_components=5", "n_starts=3"]) == 0
    report = (tmp_path / "results/small/report.md").read_text()
    assert "nothing can be learned" in report
    assert main(["run", "dataset=file", small, "n_components=4", "n_starts=3"]) == 0
    assert report.count("nothing can be learned") == 1


def test_lines_of_the_preset_that_become_the_same_are_one(small):
    asked = plan([*FEW, small, "n_components=2", "init=random", "seed=range(0,20,10)"])
    assert [(job.search.init, job.seed) for job in asked.jobs] == [("random", 0), ("random", 10)]


def test_the_report_begins_with_k_and_the_components_to_trust(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = pd.DataFrame(planted(2, "gaussian", 0.1, 0, (30, 12)))
    X.columns = [f"{400 + 5 * j}" for j in X]  # a guess, which is said
    X.index.name = "sample"
    X.to_csv("two.csv")
    assert main(["run", "study=mydata", "dataset.path=two.csv", "n_components=2,3"]) == 0
    out = capsys.readouterr().out
    assert out.index("How many components") < out.index("With permutation and scaling")
    report = (tmp_path / "results/two/report.md").read_text()
    headline = report.splitlines()[2]
    assert headline.startswith("**two: take k = 2; all 2 components are stable (against other ")
    assert report.index("## Choosing the number") < report.index("## All problems")
    for quiz in ("not asked here", "[True/False]", "should sparsity be encouraged"):
        assert quiz not in report.replace("\\", "")
    assert report.count("If the first row holds no names, say header=no") == 1
    assert "figures/k-two" in report and "figures/ranges-two-k2" in report
    assert "nmfstudy run study=mydata dataset.path=two.csv n_components=2 resample=" in report
    assert "figures/count-two-k2" not in report
