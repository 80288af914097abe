"""New samples on the components of a study, from files, by the names of their features."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nmfstudy as ns
from nmfstudy.cli import main
from nmfstudy.study.applying import apply_to

NAMES = ["alpha", "beta, b", "gamma", "delta", "ε"]


PARTS = ["component 1", "component 2"]


def planted_table():
    """20×5, of two components."""
    generator = np.random.default_rng(0)
    X = generator.gamma(0.5, 1, (20, 2)) @ generator.gamma(0.5, 1, (2, 5)) + 0.01
    return pd.DataFrame(X, index=[f"s{i}" for i in range(20)], columns=NAMES)


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A folder with the table in data.csv and a study of it by either loss."""
    folder = tmp_path_factory.mktemp("studies")
    planted_table().to_csv(folder / "data.csv")
    for loss in ("frobenius", "kl"):
        words = ["-k", "2", "-n", "4", "--loss", loss, "resample=none"]
        where = [f"study_name={loss}", f"results_dir={folder}"]
        assert main(["run", str(folder / "data.csv"), *words, *where]) == 0
    return folder


@pytest.fixture
def table(studies, tmp_path, monkeypatch):
    """The table; new files go into the working folder."""
    monkeypatch.chdir(tmp_path)
    return planted_table()


@pytest.mark.parametrize("loss", ["frobenius", "kl"])
def test_the_training_data_have_the_weights_of_the_report(studies, table, loss, capsys):
    table[NAMES[::-1]].iloc[::-1].to_csv("new.csv")  # another order of both
    assert main(["apply", str(studies / loss), "new.csv"]) == 0
    said = capsys.readouterr().out
    assert "weights of 20 samples" in said and f"apply-{loss}-new-k2.csv" in said
    found = pd.read_csv(studies / f"apply-{loss}-new-k2.csv", index_col="sample").loc[table.index]
    (written,) = (studies / loss / "factors").glob("*-W.csv")
    written = pd.read_csv(written, index_col="sample")
    assert np.allclose(found[PARTS], written[PARTS], rtol=0, atol=1e-8)
    assert list(found.columns) == [*PARTS, "loss", "relative_error"]


def test_the_layout_of_the_file_is_an_option(studies, table):
    table.iloc[:3].T.to_csv("turned.csv")
    words = ["apply", str(studies / "frobenius"), "turned.csv", "--out", "w.csv"]
    assert main([*words, "dataset.orientation=features_by_samples"]) == 0
    assert pd.read_csv("w.csv")["sample"].tolist() == ["s0", "s1", "s2"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="gamma"), "new lacks feature 'gamma' of data"),
        (lambda t: t.drop(columns=["gamma", "ε"]), "new lacks feature 'gamma' and 1 more of data"),
        (lambda t: t.assign(other=1.0), "data lacks feature 'other' of new"),
        (lambda t: t.rename(columns={"delta": "alpha"}), "new has several features 'alpha'"),
    ],
)
def test_other_features_are_refused_by_name(studies, table, change, said, capsys):
    change(table).to_csv("new.csv")
    assert main(["apply", str(studies / "kl"), "new.csv", "--out", "w.csv"]) == 2
    heard = capsys.readouterr()
    assert said in heard.err and heard.err.count("\n") == 1 and heard.out == ""
    assert not Path("w.csv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-k", "4"], "n_components is 4; possible: 2"),
        (["-k", "2", "--out", "new.csv"], "which holds the samples; possible: another"),
        (["-k", "2", "seed=3"], "'seed=3' is no option; possible: dataset.KEY=VALUE"),
        (["-k", "2", "dataset.colour=red"], "no parameter colour"),
    ],
)
def test_requests_that_name_nothing_are_refused(studies, table, words, said, capsys):
    table.to_csv("new.csv")
    assert main(["apply", str(studies / "frobenius"), "new.csv", *words]) == 2
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1


def test_one_of_several_numbers_has_to_be_named(table):
    study = ns.Study.of(table, ns.fit(table, 1, n_starts=3), ns.fit(table, 2, n_starts=3))
    data = study.results[0].dataset
    with pytest.raises(ns.RequestError, match="has n_components 1, 2; possible: one of them"):
        apply_to(study, data)
    assert apply_to(study, data, 1).transformed.W.shape == (20, 1)


def test_without_names_the_number_decides(table):
    X = table.to_numpy()
    study = ns.Study.of(X, ns.fit(X, 2, n_starts=3))
    assert apply_to(study, ns.datasets.Dataset("named", table)).table.shape == (20, 5)
    with pytest.raises(ns.RequestError, match="new has 4 features; possible: 5"):
        apply_to(study, ns.datasets.Dataset("new", X[:, :4]))


def test_a_penalty_is_that_of_the_fit(table):
    fits = ns.fit(table, 2, n_starts=3, alpha_W=0.01, alpha_H=0.01, l1_ratio=1.0)
    study = ns.Study.of(table, fits)
    best = study.results[0].best.factorization.normalize("max")
    W = apply_to(study, study.results[0].dataset).transformed.W
    assert np.allclose(W, best.W, rtol=0, atol=1e-8)
