"""Studies side by side: what goes with what, what is refused, and what the intervals mean."""

import re

import numpy as np
import pytest

from nmfstudy.report.compared import headline, sentences, write_comparison
from nmfstudy.store.job import job_from_config
from nmfstudy.study import Study
from nmfstudy.study.comparison import compare
from nmfstudy.study.comparison.bootstrap import (
    QUANTITIES,
    coverage_error,
    draws,
    interval,
    n_runs,
    numbers,
)
from nmfstudy.study.comparison.rows import DATA, PENALTY, SAME
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
    assert "(one run each, no interval)" in next(iter(sentences(comparison, found[3])))
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
    assert "They disagree: “one” has 1 solution, “three” 3" in next(iter(sentences(comparison, c)))
    assert list(c.partners[1]) == [0, 1, 2]
    shares = comparison.shares
    assert shares[shares.study == "one"].share.sum() == pytest.approx(1)


def test_one_start_settles_nothing(home):
    two = study_of(home / "random", {"dataset": "circ3"})
    single = study_of(home / "nndsvda", {"dataset": "circ3", "init": "nndsvda"})
    comparison = compare(two, single)
    (c,) = comparison.compared
    assert c.same == ("", "open") and comparison.agree
    assert "“nndsvda” no settled count (1 found)" in next(iter(sentences(comparison, c)))
    assert (c.partners[1] >= 0).sum() <= 1


def test_another_penalty_is_told_and_its_objective_not_compared(plain, home):
    ridge = study_of(home / "ridge", {"penalty": {"name": "ridge", "alpha_W": 0.01}})
    (c,) = compare(plain, ridge).compared
    assert c.row.relations == (SAME, PENALTY) and c.same == ("", "")
    assert c.row.title == "menu, k = 3 / ridge α = 0.01"
    assert np.isnan(c.difference(1, "objective")).all()
    assert c.distance[1] > 0.01


def test_other_data_of_the_same_name_are_compared_by_their_components(home):
    rng = np.random.default_rng(0)
    X = rng.dirichlet(np.ones(2) * 0.3, 20) @ [[5, 1, 0, 0], [0, 0, 2, 4.0]]
    changes = {"n_components": 2}
    first = study_of(home / "v1", write_csv(home / "1" / "X.csv", X) | changes)
    again = study_of(home / "v2", write_csv(home / "2" / "X.csv", 1.02 * X[:-3]) | changes)
    comparison = compare(first, again)
    (c,) = comparison.compared
    assert c.row.relations == (SAME, DATA) and comparison.agree
    assert c.distance[1] < 1e-3
    assert "different data" in next(iter(sentences(comparison, c)))
    fewer = study_of(home / "v3", write_csv(home / "3" / "X.csv", X[:, :3], "abc") | changes)
    with pytest.raises(RequestError, match="X is 20×4 in one and 20×3 in the other"):
        compare(first, fewer)
    renamed = study_of(home / "v4", write_csv(home / "4" / "X.csv", X + 0.1, "abce") | changes)
    with pytest.raises(RequestError, match="other names of features"):
        compare(first, renamed)


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


def test_intervals_hold_the_numbers_and_vanish_where_nothing_varies(plain):
    for result in plain:
        found, drawn = numbers(result), draws(result, "a")
        for name in QUANTITIES:
            low, high = interval(getattr(drawn, name))
            if np.isfinite(low) and name != "n_distinct":
                value = float(getattr(found, name))
                assert low - 1e-12 * abs(low) <= value <= high + 1e-12 * abs(high), name
        assert (drawn.shares.sum(1) <= 1 + 1e-12).all()
    result = by_problem(plain, 3)
    assert interval(draws(result, "a").best_share) == (1, 1)
    assert interval(draws(result, "a").n_distinct) == (1, 1)


def by_problem(study, k):
    return next(r for r in study if r.problem.n_components == k)


def test_draws_are_those_of_their_named_stream(plain):
    result = by_problem(plain, 2)
    same, again, other = (draws(result, name) for name in ("a", "a", "b"))
    assert (same.sweeps == again.sweeps).all()
    assert (same.sweeps != other.sweeps).any()


def test_the_interval_of_a_share_covers_like_the_binomial_one(plain):
    """Sampling error of a share: the bootstrap's is √(p(1−p)/n)."""
    drawn, found = draws(by_problem(plain, 2), "x"), numbers(by_problem(plain, 2))
    p, n = found.shares, by_problem(plain, 2).n_starts
    assert drawn.shares.std(axis=0) == pytest.approx(np.sqrt(p * (1 - p) / n), rel=0.15, abs=1e-3)


def test_the_error_of_the_coverage_is_that_of_simulated_starts(rng):
    p = rng.dirichlet(np.full(40, 0.4))
    samples = [rng.multinomial(120, p) for _ in range(600)]
    missing = [p[counts == 0].sum() for counts in samples]
    coverage, error = zip(*(coverage_error(counts) for counts in samples), strict=True)
    off = np.array(coverage) - (1 - np.array(missing))
    assert np.std(off) == pytest.approx(np.mean(error), rel=0.15)


def test_seconds_have_an_interval_over_runs_and_none_over_the_starts_of_one(plain, home):
    """The clock is read once a run: the error of the mean is that of the runs' means."""
    many = study_of(home / "runs", {"block": 4}, n_starts=40)
    (result,) = many
    assert n_runs(result) == 10 and n_runs(by_problem(plain, 3)) == 1
    means = result.searches[0].seconds.reshape(10, 4).mean(axis=1)
    drawn = draws(result, "t").seconds
    assert drawn.mean() == pytest.approx(means.mean(), rel=0.1)
    assert drawn.std() == pytest.approx(means.std() / np.sqrt(10), rel=0.15)
    again = study_of(home / "runs again", {"block": 4, "seed": 100}, n_starts=40)
    (c,) = compare(many, again).compared
    value, low, high = c.difference(1, "seconds")
    assert low <= value <= high
    assert "95 %, over runs: " in next(iter(sentences(compare(many, again), c)))
    comparison = compare(plain, many)
    (c,) = comparison.compared
    assert np.isnan(draws(by_problem(plain, 3), "t").seconds).all()
    value, low, high = c.difference(1, "seconds")
    assert value > 0 and np.isnan([low, high]).all()
    assert "(1 and 10 runs, an interval needs 6)" in next(iter(sentences(comparison, c)))
    assert comparison.problems.n_runs.tolist() == [1, 10]


def test_the_comparison_is_a_report_and_spares_studies(plain, other_seeds, home):
    comparison = compare(plain, other_seeds)
    path = write_comparison(comparison, home / "compared")
    page = path.read_text()
    assert {p.name for p in path.parent.iterdir()} == {
        "report.html", "report.md", "tables", "figures",
    }  # fmt: skip
    assert "plain" in page and "seeds" in page and headline(comparison) in page
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
