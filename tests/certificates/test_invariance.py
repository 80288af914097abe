import numpy as np
import pytest
from known_cases import KNOWN

from nmfstudy import certify
from nmfstudy.util.streams import stream


def answer(W, H, known):
    # What is open stays so after a short search.
    budget = 0.5 if known.n_solutions is None else 60.0
    verdict = certify(W, H, ladder=False, budget=budget)
    assert verdict.verify()
    return verdict


def same(verdict, known, order=None):
    order = list(range(known.W.shape[1])) if order is None else list(order)
    assert verdict.status == known.status
    assert verdict.n_solutions == known.n_solutions
    assert {order[i] for i in verdict.identifiable_W} == set(known.identifiable_W)
    assert {order[i] for i in verdict.identifiable_H} == set(known.identifiable_H)


@pytest.fixture(params=KNOWN, ids=lambda k: k.name)
def known(request):
    return request.param


def test_permutation(known):
    rng = stream(1, known.name)
    order = rng.permutation(known.W.shape[1])
    W = known.W[rng.permutation(known.W.shape[0])][:, order]
    H = known.H[order][:, rng.permutation(known.H.shape[1])]
    same(answer(W, H, known), known, order)


def test_scaling(known):
    rng = stream(2, known.name)
    n, k = known.W.shape
    s = np.exp(rng.normal(size=k))
    W = np.exp(rng.normal(size=n))[:, None] * known.W * s
    H = known.H / s[:, None] * np.exp(rng.normal(size=known.H.shape[1]))
    same(answer(W, H, known), known)


def test_transposition(known):
    verdict = answer(known.H.T, known.W.T, known)
    assert verdict.status == known.status
    assert verdict.n_solutions == known.n_solutions
    assert verdict.identifiable_W == known.identifiable_H
    assert verdict.identifiable_H == known.identifiable_W


def test_rows_and_columns_that_say_nothing_new(known):
    # Duplicates, conic combinations and zeros leave both cones as they are.
    rng = stream(3, known.name)
    more_W = [
        known.W[:2],
        rng.integers(1, 4, (2, len(known.W))) @ known.W,
        np.zeros_like(known.W[:1]),
    ]
    more_H = [known.H[:, :1] * 3, known.H @ rng.integers(1, 4, (known.H.shape[1], 2))]
    same(answer(np.vstack([known.W, *more_W]), np.hstack([known.H, *more_H]), known), known)


@pytest.mark.parametrize("scale", [1e-150, 1e-9, 1e9, 1e150])
def test_any_size(known, scale):
    same(answer(known.W * scale, known.H, known), known)
    same(answer(known.W * scale, known.H / scale, known), known)
    rows = np.where(np.arange(len(known.W)) % 2, scale, 1.0)[:, None]
    same(answer(known.W * rows, known.H, known), known)
