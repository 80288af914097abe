"""Shared by all tests."""

import threading

import numpy as np
import pytest

from nmfstudy.util import threads


@pytest.fixture
def rng(request):
    """A generator of its own for every test, the same in every run and order."""
    return np.random.default_rng(list(request.node.nodeid.encode()))


@pytest.fixture
def make_factors(rng):
    """Random factors, a share of the entries zero but no row or column empty."""

    def make(n_samples=8, n_features=6, n_components=3, density=0.7):
        W, H = (
            rng.random(shape) * (rng.random(shape) < density)
            for shape in ((n_samples, n_components), (n_components, n_features))
        )
        W[rng.integers(n_samples, size=n_components), np.arange(n_components)] += 0.5
        H[np.arange(n_components), rng.integers(n_features, size=n_components)] += 0.5
        return W, H

    return make


@pytest.fixture
def no_threads(monkeypatch):
    """A system that starts no further thread, as a limit of processes makes it."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    threads.can_start_threads.cache_clear()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    yield
    threads.can_start_threads.cache_clear()
