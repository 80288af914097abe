"""Published numbers beside those of a study."""

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy.study import Study
from nmfstudy.study.published import (
    Measured,
    Published,
    alike_table,
    cophenetic_interval,
    outcome_of,
    published_table,
)
from nmfstudy.util.errors import UnavailableError

KL = "kullback-leibler"
ENTRY = Published("any", 3, KL, "objective", 10.0, 0.05, "a paper")


@pytest.mark.parametrize(
    ("measured", "outcome"),
    [
        (Measured(10.04, 10.04, 12, (10.04, 12.0), 10.5, 20), "reproduced"),
        (Measured(8.0, 8, 12, (8.0, 9.96), 8.5, 20), "start"),
        (Measured(8.0, 8, 12, (8.0, 12.0), 8.5, 20), "convergence"),
        (Measured(8.0, 8, 12, (8.0, 12.0), 8.5, 9), "different"),  # they do not come by it
        (Measured(8.0, 8, 12, (8.0, 12.0)), "different"),  # no start was stopped early
        (Measured(11.0, 11, 12, (11.0,), 11, 20), "different"),  # better than here
        (Measured(9.8, 9.7, 9.96), "reproduced"),  # inside the interval, up to rounding
        (Measured(9.8, 9.7, 9.9), "different"),
        (Measured(9.8, 9.7, 9.9, (), 10.5, 11), "convergence"),
    ],
)
def test_what_a_published_number_hangs_on(measured, outcome):
    assert outcome_of(ENTRY, measured) == outcome


def test_starts_that_agree_have_an_interval_of_one_point():
    menu = ns.load_dataset("menu")
    fits = ns.fit(menu.X, n_components=3, n_starts=10)
    assert cophenetic_interval(fits) == (1.0, 1.0, 1.0)
    random = ns.fit(np.random.default_rng(0).random((40, 30)), 4, n_starts=60)
    value, low, high = cophenetic_interval(random)
    assert 0 < low < value < high < 1
    assert cophenetic_interval(random) == (value, low, high)


def test_components_that_two_starts_have_in_common():
    """One minimum: all alike. Minima that share a part: components more often than starts."""
    menu, digits = ns.load_dataset("menu"), ns.load_dataset("digits")
    (row,) = alike_table(Study.of(menu, ns.fit(menu.X, 3, n_starts=21)).results).itertuples()
    assert row.n_pairs == 10 and row.components_alike == row.starts_alike == 1
    assert row.components_low == 1 and 0.6 < row.starts_low < 1
    fits = ns.fit(digits.X, 5, n_starts=40)
    (row,) = alike_table(Study.of(digits, fits).results).itertuples()
    assert 0 < row.starts_alike < row.components_alike < 1
    assert row.components_low < row.components_alike < row.components_high
    few = Study.of(menu, ns.fit(menu.X, 3, n_starts=8))
    assert alike_table(few.results).empty


@pytest.fixture(scope="module")
def leukemias():
    try:
        return ns.load_dataset("all_aml")
    except UnavailableError as error:
        pytest.skip(str(error))


def test_the_leukemias_by_kullback_leibler(leukemias):
    """The optimum of an independent program, and what the published number hangs on."""
    full = ns.fit(leukemias.X, 3, n_starts=10, loss=KL)
    early = ns.fit(leukemias.X, 3, n_starts=10, loss=KL, solver="scikit_learn",
                   stop="scikit_learn", tol=1e-4)  # fmt: skip
    assert full.objective.min() == pytest.approx(543534.98993, rel=1e-10)
    table = published_table(Study.of(leukemias, full, early).results).set_index("quantity")
    assert table.outcome["objective"] == "convergence"
    assert table.published["objective"] - table.found["objective"] == pytest.approx(0.71, abs=0.06)
    alone = published_table(Study.of(leukemias, full).results).set_index("quantity")
    assert alone.outcome["objective"] == "different"


def test_the_leukemias_by_least_squares(leukemias):
    fits = ns.fit(leukemias.X, 3, n_starts=10)
    (row,) = published_table(Study.of(leukemias, fits).results).itertuples()
    assert row.found == pytest.approx(673453258.284, rel=1e-9) and row.found < row.published


def test_nothing_is_published_on_other_data_or_numbers(leukemias):
    menu = ns.load_dataset("menu")
    assert published_table(Study.of(menu, ns.fit(menu.X, 3, n_starts=3)).results).empty
    assert published_table(Study.of(leukemias, ns.fit(leukemias.X, 6, n_starts=2)).results).empty
