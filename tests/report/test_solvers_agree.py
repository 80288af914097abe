"""The table of basins by solver against counting by hand."""

import numpy as np
import pytest

from nmfstudy.datasets import load_dataset
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.problem import Problem, Search
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.solvers import solver_blocks
from nmfstudy.store.job import Analysis
from nmfstudy.study import ProblemResult
from nmfstudy.study.agreement import AGREEMENT_COLUMNS, same_starts


def result_of(*searches):
    data, problem = load_dataset("laurberg", alpha=0.4), Problem(3)
    fits = tuple(fit_starts(data.X, problem, search, seeds) for search, seeds in searches)
    runs = tuple(np.full(len(part), "r") for part in fits)
    return ProblemResult("p", data, problem, fits, runs, Analysis())


@pytest.fixture(scope="module")
def two_solvers():
    return result_of(
        (Search(solver="accelerated"), range(40)),
        (Search(), range(10, 60)),
        (Search(init="nndsvda", deterministic=True), [0]),
    )


def test_same_starts_are_counted_one_by_one(two_solvers):
    (row,) = same_starts(two_solvers).to_dict("records")
    a, b = two_solvers.searches[:2]
    labels = two_solvers.solutions.labels
    of_a = dict(zip(a.seed.tolist(), labels[:40].tolist(), strict=True))
    of_b = dict(zip(b.seed.tolist(), labels[40:90].tolist(), strict=True))
    common = range(10, 40)
    pairs = [(of_a[s], of_b[s]) for s in common if of_a[s] >= 0 and of_b[s] >= 0]
    assert (row["n_starts"], row["n_both"]) == (30, len(pairs))
    assert row["same"] == pytest.approx(np.mean([x == y for x, y in pairs]))
    found = [{of[s] for s in common} - {-1} for of in (of_a, of_b)]
    assert [row["n_minima"], row["n_minima_other"]] == [len(f) for f in found]
    assert row["n_minima_both"] == len(found[0] & found[1])
    assert row["best_share"] == pytest.approx(np.mean([of_a[s] == 0 for s in common]))


def test_a_solver_beside_itself_agrees_with_itself():
    search = Search(options={"rescale": False})  # which without a penalty changes nothing
    (row,) = same_starts(result_of((Search(), range(20)), (search, range(20)))).to_dict("records")
    assert row["same"] == 1 and row["n_minima"] == row["n_minima_other"] == row["n_minima_both"]
    assert row["best_share"] == row["best_share_other"]


def test_one_solver_or_no_common_start_makes_no_table(two_solvers):
    alone = result_of((Search(), range(3)))
    assert (
        list(same_starts(alone).columns) == list(AGREEMENT_COLUMNS) and len(same_starts(alone)) == 0
    )
    assert solver_blocks(alone, FigureFiles()) == ()
    apart = result_of((Search(), range(3)), (Search(solver="accelerated"), range(5, 8)))
    assert solver_blocks(apart, FigureFiles()) == ()
    table, said = solver_blocks(two_solvers, FigureFiles())
    assert len(table.rows) == 1 and "the same set of minima" in said.text
