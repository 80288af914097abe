"""Trust under other gates: the same as counting again with them."""

import numpy as np
import pytest
from sklearn.datasets import load_wine

from nmfstudy import RequestError, distinct_solutions, fit, load_dataset
from nmfstudy.assess.component_trust import Trust, component_trust
from nmfstudy.assess.robustness import GATES, robustness


def wine():
    X = load_wine().data
    return fit(X / X.max(axis=0), 3, n_starts=100, solver="accelerated")


def test_a_minimum_just_beyond_the_gate_or_within_it_makes_trust_fragile():
    """Scaled wine: minima .103 % and .105 % worse hold two other components."""
    fits = wine()
    for gate, trusted in ((1e-3, (0, 1, 2)), (1.7e-3, (2,))):
        solutions = distinct_solutions(fits, objective_rtol=gate)
        r = robustness(solutions, component_trust(solutions))
        assert r.fragile and np.flatnonzero(component_trust(solutions).trusted).tolist() == [
            *trusted
        ]
        end = r.high if gate == 1e-3 else r.low
        assert end == pytest.approx(1.03e-3, rel=0.01)


@pytest.mark.parametrize("data", ["wine", "digits"])
def test_every_row_is_what_counting_with_that_gate_gives(data):
    fits = wine() if data == "wine" else fit(load_dataset("digits").X, 3, n_starts=15)
    solutions = distinct_solutions(fits)
    table = robustness(solutions, component_trust(solutions)).table
    assert table.objective_rtol.is_monotonic_increasing and table.objective_rtol[0] == GATES[0]
    for row in table.itertuples():
        again = distinct_solutions(fits, objective_rtol=row.objective_rtol * (1 + 1e-6))
        assert again.n_distinct == row.n_distinct
        trusted = np.flatnonzero(component_trust(again).trusted)
        assert tuple(trusted.tolist()) == row.trusted and row.n_trusted == len(trusted)


def test_one_exact_solution_is_robust_and_a_continuum_is_trusted_at_no_gate():
    for k, trusted in ((3, (0, 1, 2)), (4, ())):
        solutions = distinct_solutions(fit(load_dataset("menu").X, k, n_starts=30))
        r = robustness(solutions, component_trust(solutions))
        assert (r.low, r.high) == GATES and not r.fragile
        assert set(r.table.trusted) == {trusted} and r.table.likelihood_ratio.isna().all()


def test_without_a_solution_there_is_nothing_to_look_at():
    solutions = distinct_solutions(fit(load_dataset("menu").X, 3, n_starts=5))
    with pytest.raises(RequestError, match="no components"):
        robustness(solutions, Trust())
