"""Data drawn again: what is drawn, what stays together, what is refused."""

import numpy as np
import pytest
from scipy import sparse

from nmfstudy import RequestError
from nmfstudy.assess.resample import RESAMPLES, draw

X = np.random.default_rng(0).poisson(4, (21, 6)).astype(float)
GROUPS = np.repeat([0, 1, 2], 7)


def drawn(resample, n=6, X=X, groups=GROUPS, seed=0):
    return draw(X, resample, n, n_components=2, groups=groups, seed=seed)


@pytest.mark.parametrize("resample", RESAMPLES)
def test_a_seed_gives_the_same_again_and_another_seed_another(resample):
    first, again, other = (drawn(resample, seed=seed) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        assert a.name == b.name
        np.testing.assert_array_equal(a.of(X), b.of(X))
    same = [np.array_equal(a.of(X), b.of(X)) for a, b in zip(first, other, strict=True)]
    assert all(same) == (resample == "leave_group_out")


@pytest.mark.parametrize("resample", RESAMPLES)
def test_more_resamples_leave_the_first_ones_as_they_are(resample):
    few, many = drawn(resample, 2), drawn(resample, 8)
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a.of(X), b.of(X))


@pytest.mark.parametrize("resample", RESAMPLES)
def test_sparse_and_dense_draw_the_same_samples(resample):
    thin = X * (X > 3)
    for a, b in zip(
        drawn(resample, X=thin), drawn(resample, X=sparse.csr_array(thin)), strict=True
    ):
        np.testing.assert_array_equal(a.rows, b.rows)
        assert b.of(sparse.csr_array(thin)).shape == a.of(thin).shape


def test_two_halves_are_the_whole():
    for a, b in zip(*[iter(draw(X, "halves", 6, n_components=2))] * 2, strict=True):
        assert sorted([*a.rows, *b.rows]) == list(range(21)) and abs(len(a.rows) - len(b.rows)) == 1


@pytest.mark.parametrize("resample", ["halves", "bootstrap", "leave_group_out"])
def test_groups_stay_whole(resample):
    for one in drawn(resample):
        counts = np.bincount(one.rows, minlength=21).reshape(3, 7)
        assert (counts == counts[:, :1]).all()
        if resample == "leave_group_out":
            assert counts[int(one.left_out)].sum() == 0 and counts.sum() == 14


def test_a_bootstrap_misses_a_sample_as_often_as_it_should():
    all_rows = [r.rows for r in draw(X, "bootstrap", 2000, n_components=2)]
    missing = np.mean([0 not in rows for rows in all_rows])
    assert missing == pytest.approx((20 / 21) ** 21, abs=0.04)


def test_counts_are_drawn_about_themselves():
    again = np.array([r.of(X) for r in draw(X, "poisson", 3000, n_components=2)])
    np.testing.assert_allclose(again.mean(axis=0), X, atol=5 * np.sqrt(X.max() / 3000))
    np.testing.assert_allclose(again.var(axis=0), X, atol=0.2 * X.max())
    assert (again[:, X == 0] == 0).all() and (again == again.round()).all()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"resample": "jackknife"}, "resample is 'jackknife'; possible: halves, bootstrap"),
        ({"n_resamples": 0}, "n_resamples is 0; possible: an integer >= 1"),
        ({"resample": "leave_group_out"}, "needs groups"),
        ({"groups": [1, 2]}, "one label for each of the 21 samples"),
        ({"groups": ["a"] * 21}, "the one label 'a'"),
        ({"X": X + 0.5, "resample": "poisson"}, "poisson draws counts, and X has the entry"),
        ({"n_components": 11}, "has 10 different samples for n_components=11"),
        (
            {"resample": "leave_group_out", "groups": ["a"] * 20 + ["b"]},
            "“without a” has 1 different samples for n_components=2",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(keys, sentence):
    asked = {"X": X, "resample": "halves", "n_resamples": 4, "n_components": 2} | keys
    with pytest.raises(RequestError, match=sentence) as error:
        draw(asked.pop("X"), asked.pop("resample"), asked.pop("n_resamples"), **asked)
    assert "\n" not in str(error.value)
