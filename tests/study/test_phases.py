"""The diagram of uniqueness: its counts against theorems."""

import numpy as np
import pandas as pd
import pytest

from nmfstudy.report.questions import phase_diagram
from nmfstudy.study import Study
from nmfstudy.study.phases import cells_table, draws_table, half_lines
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.execution import execute


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Factors of two components: there a certificate decides every matrix."""
    folder = tmp_path_factory.mktemp("phases")
    for line in (
        "dataset.density=0.3,0.6,0.9 dataset.seed=range(0,18)",
        "dataset.density=0.6 dataset.noise=0.01 dataset.seed=range(0,4)",
    ):
        words = "dataset=planted dataset.k=2 n_components=2 dataset.n=6 dataset.d=6 n_starts=40"
        given = [*words.split(), *line.split(), f"results_dir={folder}", "study_name=s"]
        for job in plan(given, multirun=True).jobs:
            execute(job)
    return Study.load(folder / "s")


@pytest.fixture(scope="module")
def draws(study):
    return draws_table(study.results)


def test_count_proof_and_supports_agree_for_two_components(draws):
    """The condition on supports is necessary, and for k = 2 sufficient (Lawton & Sylvestre)."""
    exact = draws[draws.noise == 0]
    assert set(exact.density) == {0.3, 0.6, 0.9} and (exact.ratio == 3).all()
    assert (exact.certified == exact.possible).all()
    assert 0 < exact.certified.sum() < len(exact)
    assert (exact.counted == exact.certified).mean() > 0.9
    assert not (exact.counted & ~exact.possible).any()
    assert (exact.proof[exact.certified] == "rank2").all() and (exact.exact_starts > 0).all()
    assert np.corrcoef(exact.density, exact.zeros)[0, 1] < -0.5


def test_noise_leaves_no_exact_fit(draws):
    noisy = draws[draws.noise > 0]
    assert len(noisy) == 4 and (noisy.exact_starts == 0).all()


def test_cells_count_their_draws(draws):
    cells = cells_table(draws)
    assert cells.n_draws.sum() == len(draws) and len(cells) == 4
    assert (cells.counted_low <= cells.counted).all() and (
        cells.counted <= cells.counted_high
    ).all()
    assert np.allclose(cells.gap, cells.counted - cells.certified)
    few = cells_table(draws.iloc[:1])
    assert few.counted_high[0] - few.counted_low[0] > 0.7  # one draw says next to nothing


def test_the_line_of_one_half():
    cells = pd.DataFrame({"density": [0.9, 0.3, 0.6], "counted": [0.0, 1.0, 0.75]})
    cells = cells.assign(n_components=2, ratio=3.0, noise=0.0, certified=[0.6, 0.7, 0.8])
    cells = cells.assign(possible=[0.1, 0.2, 0.4])
    (line,) = half_lines(cells).itertuples()
    assert line.counted == pytest.approx(0.7)
    assert np.isnan(line.certified) and np.isnan(line.possible)  # never below, never above


def test_the_report_says_what_was_learnt(study, draws):
    answer = phase_diagram.answer(study)
    exact = draws[draws.noise == 0]
    assert f"Of {len(exact)} matrices without noise" in answer.summary
    assert "Of the others 0 % are counted" in answer.summary
    assert [i.name for i in answer.illustrations] == ["phases-0", "phases-half", "phases-0.01"]
    for illustration in answer.illustrations:
        assert illustration.png()[:4] == b"\x89PNG"


def test_few_matrices_are_no_diagram(study):
    few = Study(study.folder, study.results[:20], (), (), study.analysis, {}, ())
    assert phase_diagram.answer(few) is None
