"""W and H in the data's own names, from an ugly file, and the paragraph for a paper."""

import re

import numpy as np
import pandas as pd
import pytest

from nmfstudy.cli import main
from nmfstudy.datasets.reading import read_table
from nmfstudy.report import write_report
from nmfstudy.report.factors import leading
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute
from nmfstudy.util.plain_text import formula_free

FEATURES = ('Größe; "cm"', "αβγ", "日本語", "gene", "gene", "=cmd()", "<b>bold</b>", "a|b")


@pytest.fixture(scope="module")
def ugly(tmp_path_factory):
    """A study of a CSV with byte order mark, semicolons, quotes, duplicates, scripts, markup."""
    home = tmp_path_factory.mktemp("ugly")
    rng = np.random.default_rng(0)
    H = np.hstack([2 * np.eye(2), rng.random((2, 6))])  # separable, as is W: the only factors
    X = np.vstack([np.eye(2), rng.random((12, 2))]) @ H
    quoted = ";".join('"' + name.replace('"', '""') + '"' for name in ("Probe", *FEATURES))
    rows = [";".join([f'"Pröbe {i // 2}"', *map(repr, x.tolist())]) for i, x in enumerate(X)]
    path = home / "X.csv"
    path.write_bytes(("\ufeff" + "\r\n".join([quoted, *rows]) + "\r\n").encode())
    for k in (2, 3):
        config = {
            "dataset": {"name": "file", "path": str(path)}, "n_components": k, "init": "random",
            "solver": "accelerated", "n_starts": 20, "results_dir": str(home),
            "study_name": "mydata",
        }  # fmt: skip
        execute(job_from_config(config))
    study = Study.load(home / "mydata", may_fit=True)
    write_report(study)
    return study


def test_the_factors_are_files_in_the_names_of_the_data(ugly):
    for result in ugly:
        k = result.problem.n_components
        W, H = (read_table(ugly.folder / "factors" / f"X-k{k}-{side}.csv") for side in "WH")
        assert W.row_names == result.dataset.row_names and len(W.row_names) == 14
        # An apostrophe in front: no spreadsheet takes the name for a formula.
        assert H.column_names == tuple(map(formula_free, result.dataset.column_names))
        assert "'=cmd()" in H.column_names
        assert W.column_names == H.row_names == tuple(f"component {r + 1}" for r in range(k))
        error = np.linalg.norm(result.dataset.X - W.values @ H.values)
        best = result.solutions.representatives[0]
        expected = best.relative_error * np.linalg.norm(result.dataset.X)
        assert error == pytest.approx(expected, abs=1e-12)
        assert H.values.max(axis=1) == pytest.approx(1)


def test_certify_takes_the_files(ugly, capsys):
    W, H = (str(ugly.folder / "factors" / f"X-k2-{side}.csv") for side in "WH")
    assert main(["certify", "--W", W, "--H", H]) == 0
    assert "UNIQUE" in capsys.readouterr().out


def test_the_report_speaks_in_those_names_and_markup_stays_text(ugly):
    page = (ugly.folder / "report.html").read_text()
    assert "<b>bold</b>" not in page and "&lt;b&gt;bold&lt;/b&gt;" in page
    for name in ("Größe", "αβγ", "日本語", "Pröbe 6"):
        assert name in page
    assert "Leading features of each component" in page
    assert 'class="headline">X: take ' in page
    assert "Take k = 2, which fits exactly." in page


def test_leading_entries_are_the_largest_in_order():
    assert leading([0.1, 2, 0, 1, 0.01], list("abcde")) == "b (1), d (0.5), a (0.05)"
    assert leading([0, 0], "ab") == "none"
    assert leading(np.ones(12), "abcdefghijkl", most=2) == "a (1), b (1) and 10 more"


def test_the_paragraph_tells_the_numbers_of_the_tables(ugly):
    text = (ugly.folder / "methods.txt").read_text()
    problems = pd.read_csv(ugly.folder / "tables" / "problems.csv")
    n, converged = problems.n_starts.sum(), problems.n_converged.sum()
    assert f"Of {n} starts {converged} converged to a KKT residual of at most 10⁻⁹" in text
    assert "14 samples × 8 features" in text and "k = 2 and 3 components" in text
    assert "random factors (20 starts per problem, seeds 0 to 19)" in text
    assert np.__version__ in text and "nmfstudy 0.1.0" in text
    assert "accelerated by extrapolation (Anderson, 1965)" in text and "penalty" not in text


def test_every_citation_has_its_reference_and_none_is_idle(ugly):
    paragraph, _, references = (ugly.folder / "methods.txt").read_text().partition("References")
    cited = set(re.findall(r"\(?([A-Z][A-Za-z& .-]+), (\d{4})\)", paragraph))
    listed = set(re.findall(r"^([A-Z][\w’-]+),.*?\((\d{4})\)", references, re.M))
    assert {(names.split(" ")[0], year) for names, year in cited} == listed
