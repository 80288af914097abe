import numpy as np
import pytest
from scipy import sparse

from nmfstudy.datasets import load_dataset
from nmfstudy.model.objective import objective
from nmfstudy.model.penalties import PENALTIES, make_penalty
from nmfstudy.model.penalty_threshold import (
    best_partner,
    collapse_strength,
    l1_gain,
    largest_singular_value,
)

PRICED = ("ridge", "l1", "scale_free_W", "scale_free_H")
MENU = load_dataset("menu").X


def penalty_of(name, strength):
    key = "strength" if name.startswith("scale_free") else "alpha_W"
    return make_penalty(name, **{key: strength})


def lowest_with_one_term(X, name, strength, seed):
    """The lowest objective over many single terms, each at its best size and scale."""
    rng = np.random.default_rng(seed)
    penalty = penalty_of(name, strength)
    best = np.inf
    u, _, vt = np.linalg.svd(X)
    sizes = np.geomspace(1e-3, 2, 60) * np.linalg.norm(X)
    for trial in range(60):
        w = abs(u[:, 0]) if trial == 0 else rng.random(X.shape[0]) * (rng.random(X.shape[0]) < 0.6)
        h = abs(vt[0]) if trial == 0 else rng.random(X.shape[1]) * (rng.random(X.shape[1]) < 0.6)
        if trial < 4:  # one entry at a time is what the scale-free penalties reward
            w = np.eye(X.shape[0])[np.argmax(np.linalg.norm(X, axis=1))] if trial == 1 else w
            h = np.eye(X.shape[1])[np.argmax(np.linalg.norm(X, axis=0))] if trial == 2 else h
            h = w @ X if trial == 1 else h
            w = X @ h if trial == 2 else w
        if name == "l1" and trial == 3:
            for _ in range(200):
                w = best_partner(X @ h)
                h = best_partner(X.T @ w)
        if not (w.any() and h.any()):
            continue
        w, h = w / np.linalg.norm(w), h / np.linalg.norm(h)
        if name == "l1":  # cheapest where both sides cost the same
            sides = X.shape[1] * w.sum(), X.shape[0] * h.sum()
        else:
            sides = X.shape[1], X.shape[0]
        c = (sides[1] / sides[0]) ** (0.5 if name == "l1" else 0.25)
        W, H = c * w[:, None], h[None, :] / c
        best = min(
            best,
            *(objective(X, np.sqrt(s) * W, np.sqrt(s) * H, penalty=penalty) for s in sizes),
        )
    return best


@pytest.mark.parametrize("name", PRICED)
@pytest.mark.parametrize("seed", range(3))
def test_just_below_the_threshold_a_term_pays_and_just_above_none_does(name, seed):
    X = MENU if seed == 0 else np.random.default_rng(seed).random((5, 4))
    zero = 0.5 * np.sum(X**2)
    strength = collapse_strength(X, name)
    assert lowest_with_one_term(X, name, 0.97 * strength, seed) < zero
    assert lowest_with_one_term(X, name, 1.001 * strength, seed) >= zero


def test_the_values_of_the_menu():
    assert collapse_strength(MENU, "ridge") == pytest.approx(1.18832, abs=5e-6)
    assert collapse_strength(MENU, "l1") == pytest.approx(0.46139, abs=5e-6)


def test_penalties_without_a_formula_have_no_threshold():
    without = [name for name in PENALTIES if name not in PRICED]
    assert [collapse_strength(MENU, name) for name in without] == [None] * len(without)


@pytest.mark.parametrize("name", PRICED)
def test_units_order_and_transposition(name):
    strength = collapse_strength(MENU, name)
    power = 1.5 if name == "l1" else 1.0
    mirrored = {"scale_free_W": "scale_free_H", "scale_free_H": "scale_free_W"}.get(name, name)
    shuffled = MENU[np.array([3, 1, 5, 0, 2, 4])][:, np.array([2, 0, 3, 1])]
    assert collapse_strength(7 * MENU, name) == pytest.approx(7**power * strength, rel=1e-12)
    assert collapse_strength(shuffled, name) == pytest.approx(strength, rel=1e-12)
    assert collapse_strength(MENU.T, mirrored) == pytest.approx(strength, rel=1e-12)
    assert collapse_strength(sparse.csr_array(MENU), name) == pytest.approx(strength, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_best_partner_beats_every_other(seed):
    rng = np.random.default_rng(seed)
    c = rng.random(5) ** 3

    def gain(w):
        return (w @ c) ** 1.5 / (np.sqrt(w.sum()) * np.linalg.norm(w))

    others = rng.random((4000, 5)) ** rng.integers(1, 8)
    others = np.concatenate([others * (rng.random(others.shape) < 0.7), np.eye(5)])
    found = best_partner(c)
    assert found.min() >= 0
    assert gain(found) >= max(gain(w) for w in others if w.any()) * (1 - 1e-12)


def test_one_entry_is_its_own_threshold():
    # One number x and one term t: ½(x − t)² + 2α√t first reaches ½x² at α = ½(2x/3)^{3/2}.
    assert l1_gain(np.array([[3.0]])) == pytest.approx(3**1.5)
    assert collapse_strength(np.array([[3.0]]), "l1") == pytest.approx(0.5 * 2**1.5)


def test_the_largest_singular_value_of_a_wide_sparse_matrix():
    X = sparse.random_array((2100, 2300), density=1e-3, rng=np.random.default_rng(0)).tocsr()
    reference = np.sqrt(np.linalg.eigvalsh((X @ X.T).toarray())[-1])
    assert largest_singular_value(X) == pytest.approx(reference, rel=1e-8)
