"""The range of k grows while the largest that was tried is the best."""

import json

import numpy as np
import pandas as pd
import pytest

from experiments.run import sweep
from nmfstudy.assess.choice_of_k import next_numbers
from nmfstudy.cli import main
from nmfstudy.report.over_k import advised
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.growth import grown, limit_of


@pytest.fixture
def eight(tmp_path, monkeypatch):
    """A 40×16 table of eight separate components under little noise."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(8)
    W = rng.gamma(2.0, size=(40, 8)) * (rng.random((40, 8)) < 0.3)
    H = np.kron(np.eye(8), np.ones(2)) + 0.1 * rng.random((8, 16))
    X = np.maximum(W @ H + 0.05 * rng.standard_normal((40, 16)), 0)
    pd.DataFrame(X, columns=[f"f{j}" for j in range(16)]).to_csv("eight.csv", index=False)


ASKED = "study=mydata dataset.path=eight.csv n_starts=3 n_components=2,3,4 init=random".split()


def test_the_range_grows_until_the_best_is_within(eight, capsys):
    given = [*ASKED, "range_of_k.grow_to=9"]
    study = sweep(plan(given), given, given)
    said = capsys.readouterr().err
    assert "eight: at least k = 4; trying k = 5–8" in said
    assert "eight: at least k = 8; trying k = 9" in said
    assert [result.problem.n_components for result in study] == [2, 3, 4, 5, 6, 7, 8, 9]
    ((results, _, advice),) = advised(study)
    assert (advice.code, advice.n_components) == ("take", 8)
    # What was tried before counts, so that the same command tries nothing again.
    found = [(results[0].dataset, [r.problem.n_components for r in results], advice)]
    assert grown(plan(given), given, found) is None
    recorded = json.loads((study.folder / "study.json").read_text())
    assert len(recorded["runs"]) == 8


def test_only_a_study_of_own_data_goes_on_by_itself(eight):
    own = ["study=mydata", "dataset.path=eight.csv"]
    assert limit_of(plan(own)) == 24
    assert limit_of(plan([*own, "range_of_k.grow_to=null"])) is None
    assert limit_of(plan([*own, "n_components=3"])) is None
    assert limit_of(plan([])) is None


@pytest.mark.parametrize(
    ("shape", "limit", "numbers"),
    [
        ((100, 100), 24, [7, 8, 9, 10, 11, 12]),
        ((100, 10), 24, [7, 8, 9]),  # from k = 10 on X = X·I fits
        ((100, 100), 8, [7, 8]),
        ((7, 100), 24, []),
        ((100, 100), 6, []),
    ],
)
def test_it_doubles_within_the_data_and_the_limit(shape, limit, numbers):
    assert next_numbers([2, 3, 4, 5, 6], shape, limit) == numbers


@pytest.mark.parametrize("value", ["0", "2.5", "many", "[1]"])
def test_an_impossible_limit_is_refused_in_a_sentence(eight, value, capsys):
    assert main(["run", *ASKED, f"range_of_k.grow_to={value}"]) == 2
    said = capsys.readouterr().err
    assert "range_of_k.grow_to is" in said and said.count("\n") == 1
