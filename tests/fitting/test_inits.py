import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition._nmf import _initialize_nmf

from nmfstudy.fitting.engine.legacy_random import legacy_normals
from nmfstudy.fitting.inits import INITS, check_init, draw_starts
from nmfstudy.util.errors import RequestError
from nmfstudy.util.streams import stream

X = np.random.default_rng(0).random((9, 6))


def options(k):
    rng = np.random.default_rng(1)
    return {"W": rng.random((9, k)), "H": rng.random((k, 6))}


@pytest.mark.parametrize("n_components", [1, 3, 8])
@pytest.mark.parametrize("data", [X, sparse.csr_array(np.where(X > 0.5, X, 0))])
def test_random_is_scikit_learns(data, n_components):
    seeds = [0, 7, 2**32 - 1]
    W, H = draw_starts(data, "random", n_components, seeds)
    for w, h, seed in zip(W, H, seeds, strict=True):
        w_ref, h_ref = _initialize_nmf(data, n_components, init="random", random_state=seed)
        assert np.array_equal(w, w_ref) and np.array_equal(h, h_ref)


@pytest.mark.parametrize("size", [1, 2, 7, 500, 5001])
def test_legacy_normals_are_numpys(size):
    """Odd and even, within one round of the twister and over many, more seeds than go together."""
    seeds = [0, 1, 2**31, 2**32 - 1, *range(100, 130)]
    out = np.empty((len(seeds), size))
    legacy_normals(np.array(seeds, dtype=np.uint32), out)
    for row, seed in zip(out, seeds, strict=True):
        assert np.array_equal(row, np.random.RandomState(seed).standard_normal(size))


@pytest.mark.parametrize("init", INITS)
def test_a_start_depends_on_its_own_seed_only(init):
    together = draw_starts(X, init, 3, [4, 5, 6], options(3))
    alone = draw_starts(X, init, 3, [5], options(3))
    for a, b in zip(together, alone, strict=True):
        assert np.array_equal(a[1], b[0])
        assert (a >= 0).all() and np.isfinite(a).all()


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_draws_on_threads_are_scikit_learns(monkeypatch, threads):
    """More numbers than one thread is given, and seeds that threads do not share out evenly."""
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    wide, seeds = np.ones((1000, 900)), range(40, 50)
    W, H = draw_starts(wide, "random", 7, seeds)
    for w, h, seed in zip(W, H, seeds, strict=True):
        w_ref, h_ref = _initialize_nmf(wide, 7, init="random", random_state=seed)
        assert np.array_equal(w, w_ref) and np.array_equal(h, h_ref)


@pytest.mark.parametrize("init", ["random", "nndsvdar"])
def test_seeds_differ(init):
    W, H = draw_starts(X, init, 3, [0, 1])
    assert not np.array_equal(W[0], W[1]) and not np.array_equal(H[0], H[1])


@pytest.mark.parametrize("init", ["nndsvd", "nndsvda", "custom"])
def test_deterministic_inits_know_no_seed(init):
    W, H = draw_starts(X, init, 3, [0, 1], options(3))
    assert np.array_equal(W[0], W[1]) and np.array_equal(H[0], H[1])


def test_nndsvd_agrees_with_scikit_learn_where_that_is_exact():
    W, H = draw_starts(X, "nndsvd", 4, [0])
    w, h = _initialize_nmf(X, 4, init="nndsvd", random_state=0)
    assert np.allclose(W[0], w, atol=1e-6) and np.allclose(H[0], h, atol=1e-6)


def test_nndsvd_is_equivariant_under_scaling_of_the_data():
    W, H = draw_starts(X, "nndsvd", 4, [0])
    for scale in (2.0**-60, 2.0**60):
        w, h = draw_starts(X * scale**2, "nndsvd", 4, [0])
        assert np.allclose(w / scale, W, rtol=1e-9, atol=0)
        assert np.allclose(h / scale, H, rtol=1e-9, atol=0)


@pytest.mark.parametrize("k", [3, 6])
def test_sparse_nndsvd_is_the_dense_one(k):
    S = np.where(X > 0.4, X, 0)
    dense, of_sparse = (draw_starts(data, "nndsvd", k, [0]) for data in (S, sparse.csr_array(S)))
    for a, b in zip(dense, of_sparse, strict=True):
        assert np.allclose(a, b, atol=1e-8)


def test_nndsvda_and_nndsvdar_leave_no_zero():
    assert (draw_starts(X, "nndsvd", 4, [0])[0] == 0).any()
    for init in ("nndsvda", "nndsvdar"):
        assert all((factor > 0).all() for factor in draw_starts(X, init, 4, [0]))


@pytest.mark.parametrize("init", ["nndsvd", "nndsvda", "nndsvdar"])
def test_too_many_components_for_a_singular_value_decomposition(init):
    with pytest.raises(RequestError, match=r"min\(n_samples, n_features\) = 6 .* is 7"):
        check_init(init, X.shape, 7)
    check_init("random", X.shape, 7)


def test_refusals():
    with pytest.raises(RequestError, match="init is 'nndsvdx'; possible: random, nndsvd"):
        check_init("nndsvdx", X.shape, 2)
    with pytest.raises(RequestError, match="needs both factors"):
        draw_starts(X, "custom", 3, [0], {"W": np.ones((9, 3))})
    with pytest.raises(RequestError, match=r"\(9, 3\).*needs \(9, 2\)"):
        draw_starts(X, "custom", 2, [0], options(3))
    with pytest.raises(RequestError, match="W must be nonnegative"):
        draw_starts(X, "custom", 3, [0], {**options(3), "W": -np.ones((9, 3))})
    for seed in (-1, 2**32, 0.5):
        with pytest.raises(RequestError, match="seed is"):
            draw_starts(X, "random", 3, [seed])


def test_custom_reads_files(tmp_path):
    given = options(3)
    for name, factor in given.items():
        np.save(tmp_path / f"{name}.npy", factor)
    paths = {name: str(tmp_path / f"{name}.npy") for name in given}
    W, H = draw_starts(X, "custom", 3, [0], paths)
    assert np.array_equal(W[0], given["W"]) and np.array_equal(H[0], given["H"])


def test_streams_are_told_apart_by_name_and_seed():
    draws = {
        (seed, name): stream(seed, name).random()
        for seed in (0, 1)
        for name in ("init", "noise", "initn")
    }
    assert len(set(draws.values())) == 6
    assert stream(1, "init").random() == draws[1, "init"]
