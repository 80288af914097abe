"""Studies side by side: what goes with what, what is refused, and what the intervals mean."""

import re

import numpy as np
import pytest

from nmfstudy.report.compared import compared_sentences, comparison_headline, write_comparison
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.study.comparison import compare
from nmfstudy.study.comparison.rows import OTHER_DATA, PENALTY, SAME
from nmfstudy.sweep.execution import execute
from nmfstudy.util.errors import RequestError

FOUR = {"n_components": 4, "n_starts": 60}  # enough to see that it is a continuum


def study_of(folder, *changes, n_starts=24):
    for change in changes or ({},):
        config = {
            "dataset": "menu", "n_components": 3, "init": "random", "solver": "coordinate_descent",
            "n_starts": n_starts, "results_dir": str(folder.parent), "study_name": folder.name,
        }  # fmt: skip
        execute(job_from_config(config | change))
    return Study.load(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def plain(home):
    return study_of(home / "plain", {}, {"n_components": 2}, FOUR)


@pytest.fixture(scope="module")
def other_seeds(home):
    return study_of(home / "seeds", {"seed": 500}, FOUR | {"seed": 500})


def write_csv(path, X, names="abcd"):
    path.parent.mkdir(exist_ok=True, parents=True)
    rows = [",".join(f"{v:.6f}" for v in row) for row in X]
    path.write_text("\n".join([",".join(names), *rows]) + "\n")
    return {"dataset": {"name": "file", "path": str(path)}}


def by_title(comparison):
    return {c.row.results[0].problem.n_components: c for c in comparison.compared}


def test_the_same_problem_by_other_seeds_has_the_same_solutions(plain, other_seeds):
    comparison = compare(plain, other_seeds)
    assert comparison.agree
    found = by_title(comparison)
    assert set(found) == {3, 4}
    assert found[3].row.relations == (SAME, SAME) and found[3].same == ("", "yes")
    assert found[3].distance[1] < 1e-6
    assert [r.problem.n_components for r in comparison.alone[0]] == [2]
    assert comparison.alone[1] == ()
    differs = comparison.settings[comparison.settings.differs]
    assert "seed" in set(differs.setting) and "numpy" not in set(differs.setting)


def test_studies_that_count_other_solutions_disagree(home):
    """Two worse minima count as solutions where twice the best objective is good enough."""
    rng = np.random.default_rng(3)
    X = rng.random((12, 8)) * (rng.random((12, 8)) > 0.5)
    changes = write_csv(home / "noise" / "X.csv", X, "abcdefgh") | {"n_starts": 60}
    one = study_of(home / "one", changes)
    three = study_of(home / "three", changes | {"analysis": {"objective_rtol": 1.0}})
    comparison = compare(one, three)
    assert not comparison.agree
    (c,) = comparison.compared
    assert "They disagree: “one” has 1 solution, “three” 3" in next(
        iter(compared_sentences(comparison, c))
    )
    assert c.minima.own.tolist() == [[True, False, False], [True, True, True]]
    assert (c.minima.counts[0] == c.minima.counts[1]).all() and c.minima.n_starts == (60, 60)
    shares = comparison.shares
    assert shares[shares.study == "one"].share.sum() == pytest.approx(1)
    assert (shares[shares.study == "three"].difference == 0).all()


def test_one_start_settles_nothing(home):
    two = study_of(home / "random", {"dataset": "circ3"})
    single = study_of(home / "nndsvda", {"dataset": "circ3", "init": "nndsvda"})
    comparison = compare(two, single)
    (c,) = comparison.compared
    assert c.same == ("", "open") and comparison.agree
    assert "“nndsvda” no settled count (1 found)" in next(iter(compared_sentences(comparison, c)))
    assert c.minima.counts[1].tolist() in ([1, 0], [0, 1])
    value, low, high = c.difference(1, "n_distinct").gap
    assert abs(value) < 1e-9 and low <= 0 <= high  # one start of each finds one solution


def test_another_penalty_is_told_and_its_objective_not_compared(plain, home):
    ridge = study_of(home / "ridge", {"penalty": {"name": "ridge", "alpha_W": 0.01}})
    (c,) = compare(plain, ridge).compared
    assert c.row.relations == (SAME, PENALTY) and c.same == ("", "")
    assert c.row.title == "menu, k = 3 / ridge α = 0.01"
    assert np.isnan([*c.difference(1, "objective").gap, *c.difference(1, "n_distinct").gap]).all()
    assert c.at == (0, None)
    assert c.distance[1] > 0.01


def test_other_data_of_the_same_name_are_compared_by_their_components(home):
    rng = np.random.default_rng(0)
    X = rng.dirichlet(np.ones(2) * 0.3, 20) @ [[5, 1, 0, 0], [0, 0, 2, 4.0]]
    changes = {"n_components": 2}
    first = study_of(home / "v1", write_csv(home / "1" / "X.csv", X) | changes)
    again = study_of(home / "v2", write_csv(home / "2" / "X.csv", 1.02 * X[:-3]) | changes)
    comparison = compare(first, again)
    (c,) = comparison.compared
    assert c.row.relations == (SAME, OTHER_DATA) and comparison.agree
    assert c.distance[1] < 1e-3
    assert "different data" in next(iter(compared_sentences(comparison, c)))
    fewer = study_of(home / "v3", write_csv(home / "3" / "X.csv", X[:, :3], "abc") | changes)
    with pytest.raises(RequestError, match="X is 20×4 in one and 20×3 in the other"):
        compare(first, fewer)
    renamed = study_of(home / "v4", write_csv(home / "4" / "X.csv", X + 0.1, "abce") | changes)
    with pytest.raises(RequestError, match="other names of features"):
        compare(first, renamed)


def test_bootstraps_of_one_matrix_are_compared_whatever_their_files_are_called(home):
    rng = np.random.default_rng(0)
    X = rng.dirichlet(np.ones(2) * 0.3, 20) @ [[5, 1, 0, 0], [0, 0, 2, 4.0]]
    drawn = (X[rng.integers(0, 20, 20)] for _ in range(2))
    one, two = (
        study_of(home / name, write_csv(home / name / f"{name}.csv", Y) | {"n_components": 2})
        for name, Y in zip(("boot_1", "boot_2"), drawn, strict=True)
    )
    (c,) = compare(one, two).compared
    assert c.row.relations == (SAME, OTHER_DATA)
    assert c.distance[1] < 0.05  # of the rows of H; samples differ
    assert c.row.title == "boot_1, k = 2 / boot_2, k = 2"


def test_the_same_data_under_another_name_are_the_same_problem(home):
    X = np.outer([1, 2, 3], [1, 1, 2]) + np.eye(3)
    one, two = (
        study_of(
            home / name,
            write_csv(home / name / "csv" / f"{name}.csv", X, "abc") | {"n_components": 2},
            {"n_components": 2, "penalty": {"name": "ridge", "alpha_W": 0.01}}
            | write_csv(home / name / "csv" / f"{name}.csv", X, "abc"),
        )
        for name in ("monday", "tuesday")
    )
    comparison = compare(one, two)
    assert [c.row.relations for c in comparison.compared] == [(SAME, SAME)] * 2
    assert comparison.compared[0].row.title == "monday, k = 2 / tuesday, k = 2"
    assert comparison.alone == [(), ()]


def test_studies_without_a_common_problem_are_refused_with_the_reason(plain, home):
    basket = study_of(home / "basket", {"dataset": "basket", "n_components": 2})
    with pytest.raises(RequestError, match="one is of menu, the other of basket"):
        compare(plain, basket)
    five = study_of(home / "five", {"n_components": 1})
    with pytest.raises(RequestError, match="both are of menu, but with k = 2, 3, 4 and k = 1"):
        compare(plain, five)
    with pytest.raises(RequestError, match="given twice"):
        compare(plain, Study.load(plain.folder))
    with pytest.raises(RequestError, match="two or more"):
        compare(plain)


def test_each_value_is_inside_its_interval(plain, other_seeds, home):
    more = study_of(home / "more", {"n_components": 2}, FOUR, {"seed": 24}, n_starts=200)
    for other in (other_seeds, more):
        table = compare(plain, other).differences
        has = table.low.notna()
        assert ((table.low <= table.difference) & (table.difference <= table.high))[has].all()
        assert set(table[has].quantity) == {"n_distinct", "best_share", "sweeps"}


def test_counts_are_compared_among_as_many_starts(home):
    """A longer run of one search finds more minima; that is no difference between searches."""
    rng = np.random.default_rng(1)
    W, H = (rng.gamma(1, 1, s) * (rng.random(s) < 0.5) for s in ((24, 4), (4, 10)))
    X = np.maximum(W @ H + 0.3 * (W @ H).mean() * rng.standard_normal((24, 10)), 0)
    loose = {"n_components": 6, "solver": "accelerated", "analysis": {"objective_rtol": 10.0}}
    loose |= write_csv(home / "many" / "X.csv", X, "abcdefghij")
    few = study_of(home / "few", loose | {"seed": 1000}, n_starts=20)
    many = study_of(home / "many starts", loose, n_starts=200)
    (c,) = compare(few, many).compared
    counts = [r.solutions.n_distinct for r in c.row.results]
    assert counts[1] > 1.5 * counts[0]
    found = c.difference(1, "n_distinct")
    assert found.first == counts[0] and found.other < counts[1]
    assert found.gap.low <= 0 <= found.gap.high


def test_studies_share_the_minima_that_either_has(home):
    two = study_of(home / "both", {"dataset": "circ3", "seed": 40})
    one = study_of(home / "custom", {"dataset": "circ3", "init": "nndsvda"})
    (c,) = compare(one, two).compared
    assert c.minima.counts.shape == (2, 2) and c.minima.counts.sum(1).tolist() == [1, 24]
    assert c.minima.own.sum(1).tolist() == [1, 2]
    table = compare(one, two).shares
    assert len(table) == 4 and (table.groupby("study").share.sum() == 1).all()


def test_a_study_without_a_converged_fit_is_compared(plain, home):
    solver = {"name": "coordinate_descent", "max_iter": 1}
    early = study_of(home / "early", {"solver": solver})
    (c,) = compare(plain, early).compared
    assert c.minima.counts[1].tolist() == [0] and c.distance[1] is None
    assert c.difference(1, "best_share").other != c.difference(1, "best_share").other
    assert (
        "has none" in next(iter(compared_sentences(compare(plain, early), c))) or c.same[1] == "no"
    )


def test_the_comparison_is_a_report_and_spares_studies(plain, other_seeds, home):
    comparison = compare(plain, other_seeds)
    path = write_comparison(comparison, home / "compared")
    page = path.read_text()
    assert {p.name for p in path.parent.iterdir()} == {
        "report.html", "report.md", "tables", "figures",
    }  # fmt: skip
    assert "plain" in page and "seeds" in page and comparison_headline(comparison) in page
    assert "nan" not in page.split() and "None" not in page
    assert "“plain” and “seeds” have the same solution" in page
    assert page.index(">same solutions?<") < page.index(
        ">seeds<"
    )  # first seen where space is short
    targets = set(re.findall(r'href="#(compared-\d+-\d+)"', page))
    assert targets and all(f'id="{target}"' in page for target in targets)
    tables = {p.stem for p in (home / "compared" / "tables").iterdir()}
    assert {"problems", "differences", "shares", "settings", "studies"} <= tables
    assert (home / "compared" / "report.md").read_text().startswith("# Comparison of ")
    with pytest.raises(RequestError, match="study's folder"):
        write_comparison(comparison, plain.folder)
