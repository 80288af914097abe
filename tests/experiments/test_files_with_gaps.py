"""Files with empty cells and uncertainties from the command line to the report, and back."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import nmfstudy as ns
from nmfstudy.cli import main
from nmfstudy.datasets.base import Dataset
from nmfstudy.study import Study


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A 6×6 table with a block of empty cells, and its uncertainties, in the working folder."""
    monkeypatch.chdir(tmp_path)
    X = ns.load_dataset("laurberg", alpha=0.4).X.copy()
    X[:4, :4] = np.nan
    names = list("abcdef")
    pd.DataFrame(X, columns=names).to_csv("block.csv", index=False)
    pd.DataFrame(0.1 + 0.1 * np.nan_to_num(X), columns=names).to_csv("sigma.csv", index=False)
    return X


def test_a_file_with_a_block_unknown_is_a_continuum_and_the_report_says_why(files, capsys):
    few = ["run", "-m", "dataset=file", "dataset.path=block.csv", "n_components=3", "n_starts=40"]
    assert main(few) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "16 of 36 entries are unknown (44 %)." in said
    (row,) = pd.read_csv("results/block/tables/problems.csv").itertuples()
    assert row.kind == "continuum" and row.reason.endswith("new_solutions+unknown")
    page = Path("results/block/report.html").read_text(encoding="utf-8")
    assert "16 entries are unknown, and the products W H" in page
    assert main(["verify", "results/block"]) == 0
    refuse_forged_counts(next(Path("results/block/runs").iterdir()))
    weighted = [*few, "dataset.uncertainty=sigma.csv", "study_name=weighted", "n_starts=3"]
    assert main(weighted) == 0
    study = Study.load("results/weighted")
    (result,) = study.results
    known = ~np.isnan(files)
    np.testing.assert_allclose(result.dataset.X.weights[known], (0.1 + 0.1 * files[known]) ** -2)
    fits = ns.fit(result.dataset, 3, n_starts=3)
    np.testing.assert_array_equal(fits.W, result.searches[0].W)
    assert result.searches[0].n_entries == 20


def refuse_forged_counts(run):
    """A run that says of itself that more or less is known than of its data is left out."""
    info = json.loads((run / "run.json").read_text())
    for n_entries in (36, 0, -1, 1.5, "20"):
        forged = json.dumps({**info, "n_entries": n_entries})
        (run / "run.json").write_text(forged)
        with pytest.raises(ns.RequestError):
            Study.load("results/block")
    (run / "run.json").write_text(json.dumps(info))
    assert len(Study.load("results/block").results) == 1


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_what_is_asked_of_data_is_asked_of_what_is_known(form):
    rng = np.random.default_rng(0)
    X = rng.random((30, 3)) @ (rng.random((3, 8)) * (rng.random((3, 8)) < 0.6))
    X = np.where(rng.random(X.shape) < 0.05, np.nan, X + 0.02 * rng.random(X.shape))
    data = Dataset("holes", form(X))
    result = Study.of(data, ns.fit(data, 3, n_starts=12)).results[0]
    assert result.verdicts and not result.verdicts.contradictions
    assert result.verdicts[0].residual is None  # WH is not the data
    assert result.dominance is None and len(result.trust.components) == 3
    drawn = ns.stability(data, 3, n_resamples=4, n_starts=3)
    assert drawn.components.found_again.min() >= 0
    with pytest.raises(ns.RequestError, match="displacement does not support weights or unknown"):
        ns.displacement(data, 3)
    with pytest.raises(ns.RequestError, match="X must be finite, got NaN"):
        ns.certify(np.ones((30, 1)), np.ones((1, 8)), X=data.X)


def test_zero_is_best_from_the_same_strength_as_by_the_formula():
    from nmfstudy.model.penalty_threshold import collapse_strength

    rng = np.random.default_rng(1)
    data = Dataset("x", rng.random((8, 5)), weights=rng.gamma(1, 1, (8, 5)))
    strength = collapse_strength(data.X, "ridge")
    for share, zero in ((1.02, True), (0.9, False)):
        fits = ns.fit(data, 2, n_starts=5, alpha_W=share * strength)
        assert (fits.objective.min() >= fits.reference_loss * (1 - 1e-9)) == zero
