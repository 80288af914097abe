"""A part of the data that outweighs all others: found, named, and nothing claimed of the rest."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_data import planted, pure_noise
from scipy import sparse

from nmfstudy import Study, distinct_solutions, fit, load_dataset
from nmfstudy.assess.choice_of_k import advise, candidate
from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.dominance import OUTWEIGHS, Dominance, dominance
from nmfstudy.assess.evidence import evidence_over_k
from nmfstudy.assess.residual_test import one_component, structure_left
from nmfstudy.datasets.base import Dataset
from nmfstudy.report.dominance import dominance_clause
from nmfstudy.report.over_k import advised, over_k_section
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.phrases import kind_cell, study_headline
from nmfstudy.report.words_on_k import reasons

BLOCKS = planted(3, "gaussian", 0.1, 0, (24, 12))


def with_cells(X, cells, value):
    X = X.copy()
    for cell in cells:
        X[cell] = value
    return X


@given(st.integers(0, 23), st.integers(0, 11), st.floats(4, 90))
def test_one_huge_cell_is_found_wherever_and_however_large(i, j, magnitude):
    value = np.linalg.norm(BLOCKS) * 10.0**magnitude
    X = with_cells(BLOCKS, [(i, j)], value)
    rest = np.linalg.norm(with_cells(BLOCKS, [(i, j)], 0))
    for matrix in (X, sparse.csr_array(X), sparse.csc_array(X), 1e-90 * X):
        found = dominance(matrix)
        assert (found.what, found.where) == ("cell", ((i, j),))
        assert found.rest == pytest.approx(rest / value, rel=1e-6)


def test_the_line_is_a_hundred_times_the_rest():
    rest = np.linalg.norm(with_cells(BLOCKS, [(2, 3)], 0))
    for times, dominates in ((0.8 * OUTWEIGHS, False), (1.01 * OUTWEIGHS, True)):
        assert (dominance(with_cells(BLOCKS, [(2, 3)], times * rest)) is not None) == dominates


def test_several_cells_rows_and_columns_are_named_as_what_they_are():
    found = dominance(with_cells(BLOCKS, [(2, 3), (9, 5), (7, 1)], 1e20))
    assert found.what == "cell" and set(found.where) == {(2, 3), (9, 5), (7, 1)}
    column = BLOCKS * np.where(np.arange(12) == 4, 1e6, 1)
    assert (dominance(column).what, dominance(column).where) == ("column", (4,))
    assert (dominance(column.T).what, dominance(column.T).where) == ("row", (4,))
    lost = with_cells(BLOCKS, [(i, 4) for i in range(0, 24, 3)], 1e20)
    assert (dominance(lost).what, dominance(lost).where) == ("column", (4,))


@pytest.mark.parametrize("name", ["menu", "basket", "circ3", "digits", "swimmer", "laurberg"])
def test_ordinary_data_are_not_dominated(name):
    assert dominance(load_dataset(name).X) is None


def test_what_most_of_the_data_share_does_not_dominate(rng):
    """Small numbers are negligible in themselves where large ones are in every row and column."""
    assert dominance(pure_noise("exponential", 0)) is None
    assert dominance(BLOCKS + 1e-12 * rng.random(BLOCKS.shape)) is None
    assert dominance(np.where(rng.random(BLOCKS.shape) < 0.3, 1.0, 1e-15)) is None
    assert dominance(np.diag([1.0, 0, 0])) is None and dominance(np.zeros((3, 3))) is None


@pytest.mark.parametrize("value", [1e7, 1e36])
def test_a_fit_of_one_cell_is_not_exact(value):
    X = with_cells(BLOCKS, [(2, 3)], value * BLOCKS.max())
    W, H = one_component(X)
    assert np.linalg.norm(X - W @ H) < 1e-6 * np.linalg.norm(X)
    assert structure_left(X, W, H) > 0
    rows = np.geomspace(1, 1e-7, 24)[:, None] * np.ones((1, 12))
    assert structure_left(rows, *one_component(rows)) == 0  # exact in the smallest row, too


def test_nothing_is_advised_nor_trusted_of_dominated_data():
    X = with_cells(BLOCKS, [(2, 3)], 1e20)
    rows, problems = [], []
    for k in (2, 3):
        fits = fit(X, k, n_starts=10, solver="accelerated")
        solutions = distinct_solutions(fits)
        rows.append(candidate(solutions, fits, component_trust(solutions, dominance=dominance(X))))
        problems.append(fits)
    advice = advise(rows, evidence_over_k(X, [2, 3]), dominance(X))
    assert (advice.n_components, advice.code) == (None, "dominated")
    assert advice.dominance.where == ((2, 3),)
    assert all(np.isnan(row.trusted_share) for row in rows)
    trust = component_trust(distinct_solutions(problems[0]), dominance=advice.dominance)
    assert trust.components == () and trust.code == "dominated"
    assert component_trust(distinct_solutions(problems[0])).share == 1  # what would be claimed


def test_one_component_that_fits_every_row_is_advised_whatever_the_scale_of_the_rows():
    X = np.outer(np.r_[1e9, np.ones(11)], np.arange(1.0, 8))
    assert dominance(X).where == (0,)
    rows = []
    for k in (2, 3):
        fits = fit(X, k, n_starts=5, solver="accelerated")
        rows.append(candidate(distinct_solutions(fits), fits))
    advice = advise(rows, evidence_over_k(X, [2, 3]), dominance(X))
    assert (advice.n_components, advice.code) == (1, "exact")


def test_the_page_names_the_cell_and_counts_nothing():
    names = [f"s{i}" for i in range(24)], list("abcdefghijkl")
    X = with_cells(BLOCKS, [(2, 3)], 1e20)
    data = Dataset("fill", X, row_names=tuple(names[0]), column_names=tuple(names[1]))
    fits = [fit(data, k, n_starts=10, solver="accelerated") for k in (2, 3)]
    study = Study.of(data, *fits)
    assert [kind_cell(result).text for result in study] == ["not judged"] * 2
    assert "not judged" in study_headline(study)
    ((_, _, advice),) = advised(study)
    (reason,) = reasons(advice, data)
    assert reason.startswith("the cell (s2, d) of the data carries nearly all of ‖X‖")
    section = over_k_section(advised(study), FigureFiles(kinds=()))
    assert not any(
        block.text == "." for block in section.sections[0].blocks if hasattr(block, "text")
    )


def test_what_dominates_in_words():
    data = Dataset("X", np.ones((5, 4)))
    cells = Dominance("cell", ((0, 1), (2, 3)), 1e-9)
    assert dominance_clause(cells, data).startswith("the cells (1, 2) and (3, 4) of the data carry")
    column = replace(cells, what="column", where=(2,))
    assert dominance_clause(column, data).startswith("the column “3” of the data carries")
    many = replace(cells, what="row", where=(0, 1, 2, 3, 4))
    assert "rows “1”, “2”, “3” and 2 more" in dominance_clause(many, data)
