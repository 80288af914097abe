import os

import pandas as pd

from nmfstudy.cli import main


def test_joblib_gives_the_tables_of_this_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep = ["run", "-m", "n_components=2,3", "seed=0,10", "n_starts=10"]
    assert main([*sweep, "study_name=here"]) == 0
    spread = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "study_name=spread"]
    assert main([*sweep, *spread]) == 0
    here, there = (
        pd.read_csv(tmp_path / "results" / name / "tables" / "starts.csv").drop(columns="seconds")
        for name in ("here", "spread")
    )
    pd.testing.assert_frame_equal(here, there)
    assert os.listdir(tmp_path) == ["results"]  # no logs beside
