"""Ranges of components over solutions: no width of one, the closed form of a continuum's."""

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy.assess.component_ranges import component_ranges
from nmfstudy.model.factorization import Factorization


def test_one_solution_has_no_width_whatever_order_and_scale_its_fits_have():
    menu = ns.load_dataset("menu")
    solutions = ns.distinct_solutions(ns.fit(menu, 3, n_starts=30))
    table = component_ranges(solutions)
    assert (table.high - table.low).max() < 1e-6
    best = solutions.representatives[0].factorization.normalize("max")
    np.testing.assert_array_equal(table.value.to_numpy().reshape(best.H.shape), best.H)
    turned = Factorization(best.W[:, [2, 0, 1]] * [3, 5, 7], best.H[[2, 0, 1]] / [[3], [5], [7]])
    again = component_ranges(solutions, [turned])
    assert (again.high - again.low).max() < 1e-6


def test_the_value_lies_within_the_range_and_a_witness_widens_it():
    basket = ns.load_dataset("basket")
    solutions = ns.distinct_solutions(ns.fit(basket, 2, n_starts=40))
    table = component_ranges(solutions)
    assert ((table.low <= table.value) & (table.value <= table.high)).all()
    assert (table.high - table.low).max() > 0.1  # a continuum
    witness = Factorization(np.ones((3, 2)), np.array([[0.0, 0, 1], [0, 0, 1]]))
    wide = component_ranges(solutions, [witness])
    assert (wide.high >= table.high).all() and (wide.low <= table.low).all()
    assert wide.high.sum() > table.high.sum()


def test_features_and_components_are_numbered_row_by_row():
    solutions = ns.distinct_solutions(ns.fit(ns.load_dataset("menu"), 2, n_starts=20))
    table = component_ranges(solutions)
    assert table.component.tolist() == [0] * 4 + [1] * 4
    assert table.feature.tolist() == [*range(4)] * 2
    assert table.groupby("component").value.max().tolist() == pytest.approx([1, 1])
