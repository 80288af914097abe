"""The slider of the first screen counts and trusts as Python does at every gate."""

import numpy as np
import pytest
from sklearn.datasets import load_wine

from nmfstudy import Study, fit
from nmfstudy.assess.component_trust import component_trust
from nmfstudy.datasets import Dataset
from nmfstudy.report import write_report
from nmfstudy.report.gate_slider import gate_slider
from nmfstudy.report.over_k import advised, chosen
from nmfstudy.solutions import distinct_solutions

GATES = (-5, -3, -2.75, -2, -1)  # log10, steps of the slider


@pytest.fixture(scope="module")
def wine():
    """Scaled wine, where minima a thousandth worse swap two components."""
    X = load_wine().data
    data = Dataset("wine", X / X.max(axis=0))
    return Study.of(data, *(fit(data, k, n_starts=40) for k in (2, 3, 5)))


def test_lines_agree_with_counting_at_another_gate(wine):
    results = advised(wine)[0][0]
    slider = gate_slider(results, results[1], "f")
    of_k = {line["label"]: line for line in slider.data["lines"]}
    moved = 0
    for result in results:
        line = of_k.get(f"k = {result.problem.n_components}")
        if line is None or result.assessed.kind == "continuum":
            continue
        for gate in 10.0 ** np.array(GATES):
            at = distinct_solutions(list(result.searches), objective_rtol=gate)
            trusted = np.flatnonzero(component_trust(at).trusted) + 1
            row = [row for row in line["rows"] if row[0] <= gate][-1]
            assert row[1:] == [at.n_distinct, trusted.tolist()]
            moved += at.n_distinct != result.assessed.n_distinct
    assert moved > 1


def test_moving_it_recolours_the_components(wine, browser, tmp_path):
    path = write_report(wine.__class__(**{**vars(wine), "folder": tmp_path / "wine"}))
    results, _, advice = advised(wine)[0]
    shown = chosen(results, advice)
    browser.open(path)
    (line,) = [line for line in gate_slider(results, shown, "f").data["lines"] if line["figure"]]
    seen = set()
    for gate in GATES:
        browser.run(
            f"(() => {{ const at = document.querySelector('.gate input');"
            f" at.value = {20 * (gate + 6)};"
            " at.dispatchEvent(new Event('input')) })()"
        )
        trusted = [row for row in line["rows"] if row[0] <= 10.0**gate * (1 + 1e-9)][-1][2]
        titles = browser.run(
            "[...document.querySelectorAll('.columns [id*=-component-] text')]"
            ".map((at) => at.textContent).filter((text) => /^\\d+: /.test(text))"
        )
        words = [
            f"{r}: {'stable' if r in trusted else 'not stable'}" for r in range(1, line["of"] + 1)
        ]
        assert sorted(titles) == words
        seen.add(tuple(words))
    assert len(seen) > 1 and browser.complaints() == []


def test_where_nothing_would_change_there_is_none():
    data = Dataset("exact", np.kron(np.eye(3), np.ones((4, 4))))
    study = Study.of(data, fit(data, 3, n_starts=10))
    assert gate_slider(list(study), study.results[0], "f") is None
