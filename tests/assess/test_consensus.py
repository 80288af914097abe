"""The consensus matrix by its definition, and its two summaries."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from solutions.planted_fits import disguise, make_fits

from nmfstudy import RequestError
from nmfstudy.assess.consensus import consensus, cophenetic_correlation, dispersion


def plain_consensus(fits):
    """By the definition, sample by sample."""
    n = fits.W.shape[1]
    total = np.zeros((n, n))
    for f in fits:
        owner = (f.W * np.linalg.norm(f.H, axis=1)).argmax(axis=1)
        total += owner[:, None] == owner[None, :]
    return total / len(fits)


def test_consensus_is_the_definition(rng):
    fits = make_fits(rng.random((30, 12, 3)), rng.random((30, 3, 5)))
    np.testing.assert_allclose(consensus(fits), plain_consensus(fits), atol=1e-12)
    np.testing.assert_allclose(consensus([fits[:10], fits[10:]]), consensus(fits), atol=1e-12)


def test_consensus_ignores_order_and_scale_of_components(rng):
    W, H = rng.random((20, 12, 3)), rng.random((20, 3, 5))
    again = [disguise(rng, w, h) for w, h in zip(W, H, strict=True)]
    np.testing.assert_allclose(
        consensus(make_fits(W, H)),
        consensus(make_fits(*map(np.array, zip(*again, strict=True)))),
        atol=1e-12,
    )


def test_zero_samples_are_together_and_missing_factors_left_out(rng):
    W, H = rng.random((6, 5, 2)), rng.random((6, 2, 3))
    W[:, :2] = 0
    W[3] = np.nan
    found = consensus(make_fits(W, H))
    assert found[0, 1] == 1 and (found[0, 2:] == 0).all()
    assert np.isfinite(found).all() and (np.diag(found) == 1).all()
    W[:] = np.nan
    assert np.isnan(consensus(make_fits(W, H))).all()
    with pytest.raises(RequestError, match="empty list"):
        consensus([])


def test_dispersion_at_its_ends(rng):
    owner = rng.integers(0, 3, 20)
    clean = (owner[:, None] == owner[None, :]).astype(float)
    assert dispersion(clean) == 1
    assert dispersion(np.full((4, 4), 0.5)) == 0


def test_cophenetic_is_scipys_and_one_for_a_partition(rng):
    fits = make_fits(rng.random((30, 12, 3)), rng.random((30, 3, 5)))
    C = consensus(fits)
    pairs = squareform(1 - C, checks=False)
    expected = np.corrcoef(cophenet(linkage(pairs, "average")), pairs)[0, 1]
    assert cophenetic_correlation(C) == pytest.approx(expected, abs=1e-12)
    assert 0 < expected < 0.99
    owner = rng.integers(0, 3, 20)
    assert cophenetic_correlation(owner[:, None] == owner[None, :]) == pytest.approx(1)
    assert cophenetic_correlation(np.ones((5, 5))) == 1
    assert np.isnan(cophenetic_correlation(np.full((5, 5), np.nan)))
