from types import SimpleNamespace

import pytest

from nmfstudy.report.words_on_sweep import stop_clause
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.sweep.execution import AUTO_BUDGET, NoProgress, Stop, execute, stop_of


class Heard(NoProgress):
    """Progress that remembers what it was told."""

    def __init__(self):
        self.stops, self.done, self.failed = [], 0, 0

    def stopped(self, key, stop):
        self.stops.append(stop)

    def advance(self, n_starts):
        self.done += n_starts

    def fail(self, n_starts):
        self.failed += n_starts


def adaptive(tmp_path, n_components, **changes):
    config = {"dataset": "menu", "init": "random", "solver": "coordinate_descent"}
    config |= {"n_components": n_components, "n_starts": "auto", "block": 50}
    return job_from_config({**config, "results_dir": str(tmp_path), **changes})


@pytest.mark.parametrize(("k", "why"), [(3, "coverage is 1.000, at least"), (4, "a continuum")])
def test_an_adaptive_job_stops_for_a_stated_reason_and_goes_on_for_nothing(tmp_path, k, why):
    job, heard = adaptive(tmp_path, k), Heard()
    blocks = execute(job, heard)
    assert why in stop_clause(heard.stops[0])
    assert heard.done == sum(block.n_starts for block in blocks)
    again = execute(job, Heard())
    assert [b.run for b in again] == [b.run for b in blocks]
    assert not any(b.fitted for b in again)
    result = Study.load(job.folder).results[0]
    assert stop_of(result.solutions, result.n_starts) == heard.stops[0]


def test_an_adaptive_job_whose_blocks_fail_does_not_run_for_ever(tmp_path, monkeypatch):
    (tmp_path / "own_solver_a.py").write_text(
        "class Broken:\n"
        "    def __init__(self, **options): pass\n"
        "    def check(self, problem): pass\n"
        "    def solve(self, *args): raise RuntimeError('always')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    heard = Heard()
    blocks = execute(adaptive(tmp_path, 3, solver={"name": "own_solver_a:Broken"}), heard)
    assert len(blocks) == 1
    assert heard.failed == 50
    assert heard.stops == [Stop("failed", 50)]
    assert "a whole block failed" in stop_clause(heard.stops[0])


@pytest.mark.parametrize(
    ("kind", "lowest", "plateau", "recurs", "n_starts", "reason"),
    [
        ("continuum", 0.2, None, False, 30, "a continuum"),
        ("continuum", 0.84, (1e-6, 0.04), True, 100, None),
        ("one", 0.991, (1e-6, 0.5), True, 400, "coverage is 0.995, at least 0.99"),
        ("one", 0.98, (1e-6, 0.5), True, 100, None),
        ("one", 0.995, None, False, 100, None),
        ("unsettled", 0.5, None, False, AUTO_BUDGET, "the budget is spent"),
    ],
)
def test_the_reasons_to_stop(kind, lowest, plateau, recurs, n_starts, reason):
    solutions = SimpleNamespace(
        kind=kind, coverage=0.995, lowest_coverage=lowest, plateau=plateau, recurs=recurs
    )
    found = stop_of(solutions, n_starts)
    assert (reason in stop_clause(found)) if reason else found is None
