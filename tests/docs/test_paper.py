"""The draft of the paper: short, cited in full, and no number that stands nowhere else."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAPER = (ROOT / "docs" / "paper" / "paper.md").read_text(encoding="utf-8").split("---\n", 2)[2]
BIBLIOGRAPHY = (ROOT / "docs" / "paper" / "paper.bib").read_text(encoding="utf-8")
STOPPING = ROOT / "results" / "discussion" / "tables" / "stopping.csv"
# Sentence of the paper, and where the same figures stand with how they were made.
QUOTED = [
    (r"a 21st to a 60th of the", "benchmarks/README.md", r"\*\*21\.4×.*(.|\n)*\*\*59\.9×"),
    (r"10,000 fits of the digits takes\s+0\.6 seconds", "benchmarks/README.md",
     r"digits, k=8 \| 10,000 .* 0\.61 s"),
    (r"right 206 times, cophenetic correlation 70 times\s+and silhouettes 103",
     "docs/choosing_k.md", r"\*\*all 242\*\* \| 206 .* 70 \| 103 \|"),
]  # fmt: skip


def test_it_is_as_long_as_the_journal_allows():
    assert 250 <= len(PAPER.split()) <= 1000


def test_it_has_the_parts_that_are_asked_for():
    titles = re.findall(r"^# (.*)$", PAPER, flags=re.M)
    assert titles[:4] == ["Summary", "Statement of need", "State of the field", "Software design"]
    assert titles[-1] == "References"


def test_what_is_cited_is_listed_and_what_is_listed_is_cited():
    cited = set(re.findall(r"@(\w+)", PAPER))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", BIBLIOGRAPHY, flags=re.M))


@pytest.mark.parametrize(("sentence", "source", "figures"), QUOTED, ids=lambda text: text[:24])
def test_figures_stand_where_they_were_measured(sentence, source, figures):
    assert re.search(sentence, PAPER)
    assert re.search(figures, (ROOT / source).read_text(encoding="utf-8"))


def test_the_counts_by_tolerance_are_those_of_the_kept_study():
    assert "100 different results at a tolerance of 10⁻⁶ and like 7 at 0.1" in PAPER
    table = pd.read_csv(STOPPING)
    early, full = table[table.title == "digits, k = 5"].filter(like="at ").to_numpy()
    assert (early[0], early[-1]) == (100, 7)
    assert set(full) == {3}
