"""Entries held out: what is predicted, how they are weighted, what is refused."""

import numpy as np
import pytest
from scipy import sparse

from nmfstudy import RequestError, holdout
from nmfstudy.assess.evidence import evidence_over_k
from nmfstudy.assess.holdout import noise_variance, part_of, within_one, without_outlying
from nmfstudy.datasets.base import check_data


def product(rng, n=80, d=30, k=3):
    X = rng.gamma(1.0, 1.0, (n, k)) * (rng.random((n, k)) < 0.7) @ (rng.random((k, d)) ** 2)
    return X / X.mean()


def test_given_masks_are_hidden_and_nothing_else(rng):
    X = product(rng)
    masks = rng.random((3, *X.shape)) < 0.1
    found = holdout(X, [2, 3], hidden=masks)
    assert found.errors.shape == (3, 2) and found.best == 3
    np.testing.assert_array_equal(holdout(X, [2, 3], hidden=masks[0]).errors, found.errors[:1])
    assert holdout(X, 3, hidden=masks).table.error[0] < 0.02


def test_unknown_entries_are_neither_fitted_nor_compared(rng):
    X = np.maximum(product(rng, n=60) + 0.2 * rng.standard_normal((60, 30)), 0)
    unknown = rng.random(X.shape) < 0.1
    holes = np.where(unknown, np.nan, X)
    found = holdout(holes, [1, 2, 3, 4])
    assert found.simplest == 3
    spoilt = holdout(np.where(unknown, 1e6, X), [1, 2, 3, 4], weights=~unknown)
    np.testing.assert_array_equal(found.errors, spoilt.errors)
    np.testing.assert_array_equal(
        holdout(sparse.csr_array(holes), 3).errors[:, 0], found.errors[:, 2]
    )
    weighted = holdout(holes, [1, 2, 3, 4], weights=rng.gamma(4, 0.25, X.shape))
    assert weighted.simplest == 3


def test_evidence_is_taken_around_unknown_entries(rng):
    X = np.maximum(product(rng, n=60) + 0.2 * rng.standard_normal((60, 30)), 0)
    holes = check_data(np.where(rng.random(X.shape) < 0.1, np.nan, X))
    table = evidence_over_k(holes, [2, 3, 4]).table.set_index("n_components")
    assert table.holdout.idxmin() == 3 and table.replicated[3] > 0.9 > table.replicated[4]
    assert table.structure[2] > 1.05 > table.structure[3]
    assert (np.diff(table.relative_error) < 0).all()


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_error_is_lowest_at_the_planted_number(rng, k):
    X = np.maximum(product(rng, k=k) + 0.3 * rng.standard_normal((80, 30)), 0)
    found = holdout(X, range(1, 7))
    assert found.simplest == k
    assert 0 < found.table.error[k - 1] < found.table.error[0] < 1


def test_noise_that_grows_with_the_value_is_recognised(rng):
    X = product(rng, n=200)
    truths = {
        "poisson": (rng.poisson(20 * X).astype(float), 20 * X),
        "even": (X + rng.uniform(-0.3, 0.3, X.shape).clip(-X), np.full(X.shape, 0.03)),
        "factor": (X * rng.lognormal(0, 0.3, X.shape), X**2 * (np.exp(0.09) - 1)),
    }
    for name, (Y, truth) in truths.items():
        found = noise_variance(Y)
        for share in (0.5, 0.9):  # a generous fit takes some noise away, at all levels alike
            large = X > np.quantile(X, share)
            assert 0.4 < np.median(found[large] / truth[large]) < 1.2, (name, share)


def test_one_entry_out_of_all_proportion_is_lowered_and_only_that(rng):
    X = product(rng) + 0.1
    spoilt = X.copy()
    spoilt[7, 3] = 500.0
    lowered, cells = without_outlying(spoilt)
    assert cells.tolist() == [[7, 3]]
    assert lowered[7, 3] == max(np.delete(X[7], 3).max(), np.delete(X[:, 3], 7).max())
    np.testing.assert_array_equal(np.delete(lowered, 7, 0), np.delete(X, 7, 0))
    assert len(without_outlying(X)[1]) == 0
    assert len(without_outlying(np.eye(5))[1]) == 0  # nothing else there: no measure of it
    assert len(without_outlying(np.ones((5, 1)))[1]) == 0


def test_a_call_is_the_same_again_and_alone(rng):
    X = product(rng) + 0.1
    many, again = holdout(X, [2, 3, 4], seed=4), holdout(X, [2, 3, 4], seed=4)
    np.testing.assert_array_equal(many.errors, again.errors)
    np.testing.assert_array_equal(holdout(X, 3, seed=4).errors[:, 0], many.errors[:, 1])
    assert not np.array_equal(many.errors, holdout(X, [2, 3, 4], seed=5).errors)
    np.testing.assert_array_equal(
        holdout(sparse.csr_array(X), 3, seed=4).errors, many.errors[:, [1]]
    )


def test_scaling_the_data_changes_nothing(rng):
    X = product(rng) + 0.1
    np.testing.assert_allclose(holdout(1000 * X, 3).errors, holdout(X, 3).errors, rtol=1e-6)


def test_one_standard_error_by_hand():
    errors = np.array([[3.0, 1.0, 1.2], [3.2, 1.2, 1.1], [2.8, 1.1, 1.3]])
    assert within_one(errors).tolist() == [False, True, False]
    errors[:, 2] = [0.9, 1.3, 1.2]  # + .033 with a standard error of .067
    assert within_one(errors).tolist() == [False, True, True]
    assert within_one(errors[:1]).tolist() == [False, False, True]


def test_of_large_data_a_part_is_looked_at(rng):
    assert part_of(np.zeros((100, 20))).shape == (100, 20)
    for shape in ((5000, 100), (100, 5000), (3000, 3000)):
        part = part_of(sparse.csr_array(shape))
        assert 100_000 <= part.size <= 210_000 and min(part.shape) >= min(100, *shape)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"fraction": 0.0}, "fraction is 0.0; possible: above 0 and below 1"),
        ({"fraction": 1.0}, "fraction is 1.0"),
        ({"n_repeats": 0}, "n_repeats is 0; possible: an integer >= 1"),
        ({"n_components": []}, "n_components is an empty list"),
        ({"n_components": 0}, "n_components is 0"),
        ({"hidden": np.ones((5, 4))}, "hidden is an array of float64 of shape .5, 4.; possible"),
        ({"hidden": np.ones((4, 5), bool)}, "hidden is an array of bool of shape .4, 5."),
        ({"hidden": np.ones((5, 4), bool)}, "nothing to predict or nothing to fit"),
        ({"hidden": np.zeros((5, 4), bool)}, "nothing to predict or nothing to fit"),
    ],
)
def test_what_cannot_be_held_out_is_refused(keys, sentence):
    with pytest.raises(RequestError, match=sentence):
        holdout(np.ones((5, 4)), keys.pop("n_components", 2), **keys)


def test_it_prints_as_a_table(rng):
    text = repr(holdout(product(rng), [1, 2, 3], n_repeats=2))
    assert text.startswith("Held-out error of 2 repeats: lowest at n_components=")
    assert len(text.splitlines()) == 5


def test_evidence_of_few_samples_has_no_halves(rng):
    e = evidence_over_k(rng.random((5, 6)), [2, 3])
    assert e.table.n_components.tolist() == [1, 2, 3]
    assert np.isnan(e.table.replicated[2]) and np.isfinite(e.table.replicated[:2]).all()
