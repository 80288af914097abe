"""Bands of a study's entries from the command line."""

import numpy as np
import pandas as pd
import pytest

from nmfstudy import displacement, load_dataset
from nmfstudy.cli import main


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("displace")
    words = ["dataset=basket", "n_components=2", "n_starts=20", "study_name=s"]
    assert main(["run", *words, f"results_dir={folder}"]) == 0
    return folder / "s"


def test_the_bands_are_those_of_the_function_by_name(study, capsys):
    assert main(["displace", str(study)]) == 0
    shown = capsys.readouterr()
    assert "entries, some ten refits for each of their two ends" in shown.err
    assert "displace-s-k2.csv" in shown.out
    table = pd.read_csv(study.parent / "displace-s-k2.csv")
    data = load_dataset("basket")
    assert set(table.component) == {1, 2}
    assert set(table.feature) == set(data.column_names or range(1, data.X.shape[1] + 1))
    expected = displacement(data, 2).bands
    wide = (table.high - table.low).groupby(table.component).max()
    theirs = (expected.high - expected.low).groupby(expected.component).max()
    np.testing.assert_allclose(sorted(wide), sorted(theirs), atol=0.02)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--ratios", "4,x"], "possible: numbers, as 4,8,16"),
        (["-k", "5"], "n_components is 5; possible: 2"),
        (["--ratios", "4"], "an exact fit has no likelihood"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(study, words, sentence, capsys):
    assert main(["displace", str(study), *words]) == 2
    assert sentence in capsys.readouterr().err
