"""What the kernels are made of, against NumPy."""

import numpy as np
import pytest
from numba import njit
from scipy import sparse

import nmfstudy as ns
from nmfstudy.fitting.engine.dense import products, sweep_samples
from nmfstudy.fitting.engine.products import add_times_transposed, times
from nmfstudy.fitting.engine.sparse import multiply
from nmfstudy.fitting.engine.vectors import PANEL, address, shifted
from nmfstudy.fitting.solvers.descents import DenseData, SparseData


@njit
def _times(H, XP, out):
    columns, (k, d) = H.shape[1], (len(H), XP.shape[1])
    for p in range(len(XP)):
        panel = shifted(address(XP), p * d * PANEL)
        times(address(H), columns, k, panel, d, shifted(address(out), p * k * PANEL))


@njit
def _transposed(A, B, out):
    add_times_transposed(A, B, 0, len(A), out)


@njit
def _products(XP, WP, GW, PH):
    products(XP, WP, GW, PH)


@njit
def _sweep(XP, WP, H, G, prices, P, GW, PH):
    return sweep_samples(XP, WP, H, G, prices, 1, True, P, GW, PH)


@njit
def _multiply(indptr, indices, data, other, P):
    multiply(indptr, indices, data, other, P)


@pytest.mark.parametrize("n_components", [1, 2, 3, 5, 6, 7, 11, 13, 19])
@pytest.mark.parametrize("shape", [(1, 1), (PANEL, 3), (3 * PANEL + 5, 2 * PANEL + 1)])
def test_products(n_components, shape):
    rng = np.random.default_rng(n_components)
    X, W = rng.random(shape), rng.random((shape[0], n_components))
    H = rng.random((n_components, shape[1]))
    data = DenseData(X, n_components)
    (XP,) = data.arrays
    WP, rows = (stack[0] for stack in data.pack(W[None], H[None]))
    HX = np.empty_like(WP)
    _times(rows, XP, HX)
    product = HX.swapaxes(1, 2).reshape(-1, n_components)
    assert np.allclose(product[: len(X)], X @ H.T, rtol=1e-13)
    assert not product[len(X) :].any()
    GW, PH = np.empty((n_components, n_components)), np.empty_like(rows)
    _products(XP, WP, GW, PH)
    assert np.allclose(GW, W.T @ W, rtol=1e-13)
    assert np.allclose(PH[:, : shape[1]], W.T @ X, rtol=1e-13)
    out = np.ones((n_components, shape[1]))
    _transposed(WP, XP, out)
    assert np.allclose(out, 1 + W.T @ X, rtol=1e-13)


@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_a_sweep_is_coordinate_descent(n_components):
    """Entry after entry to its minimum, the others held, as the definition says."""
    rng = np.random.default_rng(n_components)
    X, W = rng.random((PANEL + 3, 6)), rng.random((PANEL + 3, n_components))
    H, prices = rng.random((n_components, 6)), rng.random(n_components)
    data = DenseData(X, n_components)
    WP, rows = (stack[0] for stack in data.pack(W[None], H[None]))
    G = H @ H.T
    PH = np.empty_like(rows)
    lost = _sweep(
        *data.arrays, WP, rows, G, prices, np.empty((n_components, PANEL)), np.empty_like(G), PH
    )
    expected = 0.0
    for i in range(len(X)):
        for t in range(n_components):
            g = W[i] @ G[:, t] - X[i] @ H[t] + prices[t]
            expected += abs(g) if W[i, t] > 0 else abs(min(g, 0.0))
            W[i, t] = max(W[i, t] - g / G[t, t], 0.0)
    assert np.allclose(data.unpack(WP[None], rows[None])[0][0], W, rtol=0, atol=1e-13)
    assert np.isclose(lost, expected, rtol=1e-12)
    assert np.allclose(PH[:, :6], W.T @ X, rtol=1e-12)


@pytest.mark.parametrize("n_components", [1, 8, 9, 70])
@pytest.mark.parametrize("height", [1, 7, 1000])
def test_sparse_products_in_slices(n_components, height, monkeypatch):
    rng = np.random.default_rng(height)
    X = sparse.csr_array(np.where(rng.random((23, 31)) < 0.2, rng.random((23, 31)), 0.0))
    columns = SparseData(X, n_components).columns
    monkeypatch.setattr("nmfstudy.fitting.engine.sparse.SLICE_BYTES", 8 * columns * height)
    data = SparseData(X, n_components)
    W, H = rng.random((23, n_components)), rng.random((n_components, 31))
    rows, columns_of_H = (stack[0] for stack in data.pack(W[None], H[None]))
    _, by_row, by_column = data.arrays
    for (indptr, indices, values), other, expected in (
        (by_row, columns_of_H, X @ H.T),
        (by_column, rows, X.T @ W),
    ):
        P = np.empty((len(expected), other.shape[1]))
        _multiply(indptr, indices, values, other, P)
        assert np.allclose(P[:, :n_components], expected, rtol=1e-13, atol=1e-15)


def test_a_sparse_matrix_gives_the_iterates_of_its_dense_form():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((45, 38)) < 0.3, rng.random((45, 38)), 0.0)
    for n_components in (3, 70):
        keys = {"n_starts": 2, "stop": "scikit_learn", "tol": 1e-12, "max_iter": 20}
        dense, thin = (ns.fit(data, n_components, **keys) for data in (X, sparse.csr_array(X)))
        assert np.allclose(dense.W, thin.W, rtol=0, atol=1e-10)
        assert np.allclose(dense.H, thin.H, rtol=0, atol=1e-10)
