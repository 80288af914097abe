"""The example scripts run and say what they promise."""

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def test_unknown_entries_are_predicted(capsys):
    runpy.run_path(str(EXAMPLES / "unknown_entries.py"))
    said = capsys.readouterr().out
    assert "starts converged" in said and "solutions: one (1)" in said
    assert "predicted best with 3 components" in said
