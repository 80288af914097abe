"""Displacement bands: closed forms, what they must not move with, and a check by other means."""

import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from nmfstudy import RequestError, displacement, fit, load_dataset
from nmfstudy.assess.displacement import BAND_COLUMNS, PRECISION
from nmfstudy.fitting.engine.held import closest_row, fit_held


def noisy(rng, n=30, d=8, k=2):
    H = np.kron(np.eye(k), np.ones(d // k)) + 0.1 * rng.random((k, d))
    return rng.gamma(1.0, 1.0, (n, k)) @ H + 0.05 * rng.random((n, d))


def ends(d):
    return d.bands[["low", "high"]].to_numpy()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4, 0.9, 1.0])
def test_the_nearest_row_is_the_one_that_a_general_optimiser_finds(rng, share):
    for _ in range(20):
        t = rng.standard_normal(5)
        row = np.empty(5)
        closest_row.py_func(t, 2, share, row)
        assert (row >= 0).all() and row[2] == pytest.approx(share * row.sum(), abs=1e-12)
        # Rows of the cone are a·p + Σ b_l e_l with a fixed share: least squares over generators.
        generators = np.eye(5)[np.arange(5) != 2] * (1 - share)
        generators[:, 2] = share
        if share == 1:
            generators = np.eye(5)[[2]]
        _, distance = nnls(generators.T, t)
        assert np.linalg.norm(row - t) == pytest.approx(distance, abs=1e-10)


def test_a_held_fit_of_one_component_is_the_best(rng):
    """Against a general optimiser over the free entries."""
    X = rng.random((6, 4)) + 0.2
    W, H = np.ones((6, 1)), np.full((1, 4), 0.25)
    value = fit_held(X, W, H, 0, 1, 0.5, 2000, 1e-14)
    assert H[0, 1] == pytest.approx(0.5 * H[0].sum())

    def loss(free):
        h = np.array([free[0], 0.5, free[1], 0.5 - free[0] - free[1]])
        w = np.maximum(X @ h / (h @ h), 0)
        return 0.5 * np.square(X - np.outer(w, h)).sum()

    other = minimize(loss, [0.1, 0.1], method="Nelder-Mead", options={"xatol": 1e-10})
    assert value == pytest.approx(other.fun, rel=1e-8)


def test_bands_of_an_exact_fit_are_the_closed_intervals():
    """basket: one row of H is (1, 0, 0); the other (a, 1, 0) with a from 0 to 1."""
    d = displacement(load_dataset("basket"), 2)
    free = np.flatnonzero(np.ptp(ends(d), axis=1) > 0)
    assert list(d.bands.columns) == BAND_COLUMNS and len(d.bands) == 6
    band = d.bands.iloc[free].set_index("feature")
    assert band.component.nunique() == 1 and set(band.index) == {0, 1}
    near = 0.5 * PRECISION + PRECISION / 3
    assert band.low[0] == 0 and band.high[0] == pytest.approx(0.5, abs=near)
    assert band.low[1] == pytest.approx(0.5, abs=near) and band.high[1] == 1


def test_bands_of_a_unique_exact_fit_have_no_width():
    d = displacement(load_dataset("menu"), 3)
    assert np.ptp(ends(d), axis=1).max() < 1e-9 and d.bands.ratio.isna().all()


def test_bands_are_nested_hold_the_value_and_end_at_the_limit(rng):
    X = noisy(rng)
    fits = fit(X, 2, n_starts=5)
    best = fits.objective.min()
    d = displacement(X, 2, ratios=[32, 4], fits=fits)
    small, large = (d.bands[d.bands.ratio == r].reset_index(drop=True) for r in (4, 32))
    assert (large.low <= small.low).all() and (small.high <= large.high).all()
    assert (small.low <= small.value).all() and (small.value <= small.high).all()
    assert (small.high - small.low).min() > 0
    row = large.loc[(large.high - large.low).idxmax()]
    r, j = int(row.component), int(row.feature)
    for share, sign in ((row.high, 1), (row.high + 2 * PRECISION * row.high + 0.02, -1)):
        W, H = np.array(d.reference.W), np.array(d.reference.H)
        ratio = X.size * np.log(fit_held(X, W, H, r, j, share, 5000, 1e-12) / best)
        assert sign * (32 - ratio) > -0.4


def test_scale_and_order_do_not_matter(rng):
    X = noisy(rng)
    order = rng.permutation(X.shape[1])
    d, other = displacement(X, 2, ratios=[4]), displacement(7.5 * X[:, order], 2, ratios=[4])
    mine = d.bands.set_index(["component", "feature"])[["low", "high"]].unstack()
    theirs = other.bands.assign(feature=order[other.bands.feature])
    theirs = theirs.set_index(["component", "feature"])[["low", "high"]].unstack()
    order = [0, 1] if np.allclose(mine, theirs, atol=0.02) else [1, 0]
    np.testing.assert_allclose(mine, theirs.iloc[order], atol=2 * PRECISION)


def test_bits_do_not_depend_on_threads(rng, monkeypatch):
    X = noisy(rng)
    tables = []
    for threads in ("1", "2"):
        monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
        tables.append(displacement(X, 2, ratios=[4]).bands)
    assert tables[0].equals(tables[1])


def test_swaps_are_counted_where_components_change_places(rng):
    """Two components can, if a fit hardly better than that of one is good enough."""
    H = np.array([[1, 1, 1, 0.2, 0.1], [0.1, 0.2, 1, 1, 1]])
    X = rng.gamma(1.0, 1.0, (30, 2)) @ H + 0.2 * rng.random((30, 5))
    d = displacement(X, 2, ratios=[4, 1200])
    assert d.n_swaps[4] == 0 and d.n_swaps[1200] > 0 and "swaps" in repr(d)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ratios": [0]}, "above 0"),
        ({"ratios": []}, "above 0"),
        ({"ratios": [np.nan]}, "above 0"),
        ({"n_starts": 0}, "n_starts"),
    ],
)
def test_what_is_not_possible_is_refused(rng, options, message):
    with pytest.raises(RequestError, match=message):
        displacement(noisy(rng), 2, **options)


def test_penalties_other_losses_and_exact_fits_with_ratios_are_refused(rng):
    X = noisy(rng)
    with pytest.raises(RequestError, match="no penalty"):
        displacement(X, 2, fits=fit(X, 2, n_starts=2, alpha_W=0.1))
    with pytest.raises(RequestError, match="no likelihood"):
        displacement(load_dataset("menu"), 3, ratios=[4])
