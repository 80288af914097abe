"""Several searches of one problem: they share its solutions, but their draws are not mixed."""

from dataclasses import replace

import numpy as np
import pytest
from planted_fits import draw_minima, make_fits

from nmfstudy import distinct_solutions, fit, load_dataset
from nmfstudy.model.problem import Search

EARLY = Search(solver="scikit_learn", stop="scikit_learn")


def chances(solutions):
    """All that hangs on how often starts come back."""
    e = solutions.evidence
    return (
        [solutions.kind, solutions.plateau, solutions.coverage, solutions.chao1],
        [e.n_random, e.share_converged, e.n_equal, e.equal_coverage, e.fine_coverage],
    )


def test_searches_that_stop_early_unsettle_nothing(rng):
    W, H, which = draw_minima(rng, [20, 10])
    full = make_fits(W, H, 1 + 1e-5 * which, scale=1.0)
    stopped = replace(full, search=EARLY, kkt_residual=np.full(30, 1e-5))
    again = replace(stopped, search=replace(EARLY, tol=1e-3))
    alone = distinct_solutions(full)
    together = distinct_solutions([full, stopped, again])
    assert alone.kind == "several"
    assert (together.kind, together.reason) == (alone.kind, alone.reason)
    assert chances(together) == chances(alone)


def test_the_same_draws_under_another_search_are_no_second_draws(rng):
    at = rng.random((60, 2))
    W = np.ones((60, 3, 1))
    W[:, 1:, 0] += at
    fits = make_fits(W, np.ones((60, 1, 1)), scale=1.0)
    twin = replace(fits, search=replace(fits.search, max_iter=19_999))
    alone, together = distinct_solutions(fits), distinct_solutions([fits, twin])
    assert alone.kind == "continuum" and alone.plateau is None
    assert chances(together) == chances(alone)
    assert together.n_distinct == alone.n_distinct == 60


def test_of_equal_fits_the_search_with_the_most_is_the_sample(rng):
    """The search with the most starts may hardly ever reach the best."""
    W, H, _ = draw_minima(rng, [50, 1])
    worse = make_fits(W, H, np.r_[1.0, np.full(50, 2.0)], scale=1.0)
    W, H, _ = draw_minima(rng, [1] * 40)
    other = make_fits(W, H, 1.0, scale=1.0, search=Search(init="nndsvdar"))
    s = distinct_solutions([worse, other])
    assert (s.searches[s.sampled_search].init, s.n_best) == ("random", 41)
    assert (s.evidence.n_equal, s.evidence.equal_coverage) == (40, 0)
    assert s.kind == "continuum"


@pytest.mark.parametrize(("name", "k", "kind"), [("menu", 4, "continuum"), ("circ3", 3, "several")])
def test_real_fits_twice(name, k, kind):
    X = load_dataset(name).X
    fits, twin = (fit(X, k, n_starts=40, max_iter=n) for n in (20_000, 19_999))
    assert distinct_solutions(fits).kind == kind
    assert chances(distinct_solutions([fits, twin])) == chances(distinct_solutions(fits))
