"""The study that is kept in the repository comes out the same here and now."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nmfstudy.store.files import sha256_of
from nmfstudy.sweep.verification import verify

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(REFERENCE, tmp_path / "reference")


def test_the_reference_study_is_made_again():
    table = verify(REFERENCE, sample=1)
    assert len(table) == 1
    assert table.outcome.isin(["equal", "within tolerance"]).all(), table.to_string()
    assert (table.largest < 1e-9).all()


def test_another_code_version_is_told_and_the_outcome_still_compared(copy):
    for path in copy.glob("runs/*/run.json"):
        info = json.loads(path.read_text())
        path.write_text(json.dumps({**info, "code": "0123456789abcdef"}))
    table = verify(copy)
    assert len(table) == 2
    assert table.outcome.isin(["equal", "within tolerance"]).all(), table.to_string()
    assert table.reason.str.contains("the code that fits has changed").all()


def test_a_reference_that_was_altered_is_found_out(copy):
    run = sorted(copy.glob("runs/*"))[0]
    with np.load(run / "factors.npz") as arrays:
        content = dict(arrays)
    content["W"] = content["W"] * (1 + 1e-4)
    np.savez(run / "factors.npz", **content)
    info = json.loads((run / "run.json").read_text())
    info["files"]["factors.npz"] = sha256_of(run / "factors.npz")
    (run / "run.json").write_text(json.dumps(info))
    assert sorted(verify(copy).outcome)[0] == "different"


def test_the_reference_is_small_and_whole():
    names = {path.name for path in REFERENCE.iterdir()} - {".gitattributes"}
    assert names == {"data", "runs", "study.json"}
    assert sum(path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file()) < 100_000
