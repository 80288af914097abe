"""The dimension of a cloud of points, from its definition and from clouds that have one."""

import numpy as np
import pytest
from planted_fits import draw_minima, make_fits

from nmfstudy import distinct_solutions
from nmfstudy.model.distance import distance
from nmfstudy.solutions.dimension import intrinsic_dimension


def apart(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def ratios(distances):
    nearest = np.sort(distances + np.diag(np.full(len(distances), np.inf)), axis=1)
    return nearest[:, 1] / nearest[:, 0]


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_uniform_clouds_have_their_dimension(rng, dimension):
    """On a torus, which has no edge; the mean of many estimates is within its error."""
    values = []
    for _ in range(40):
        points = rng.random((60, dimension))
        gaps = np.abs(points[:, None] - points[None])
        distances = np.linalg.norm(np.minimum(gaps, 1 - gaps), axis=2)
        found = intrinsic_dimension(distances, 1e-9)
        assert found.value == pytest.approx(59 / np.log(ratios(distances)).sum())
        assert found.error == pytest.approx(found.value / np.sqrt(60))
        values.append(found.value)
    error = np.std(values) / np.sqrt(40)
    assert abs(np.mean(values) - dimension) < 4 * error


def test_ten_points_are_needed(rng):
    points = rng.random((10, 2))
    assert intrinsic_dimension(apart(points), 1e-9) is not None
    assert intrinsic_dimension(apart(points[:9]), 1e-9) is None


def test_copies_within_the_floor_are_one_point(rng):
    """Their distance is rounding, and would be taken for a nearest neighbour."""
    points = rng.random((12, 2))
    copies = np.concatenate([points, points + 1e-8 * rng.random((12, 2))])
    alone, both = (intrinsic_dimension(apart(p), 1e-6) for p in (points, copies))
    assert both == alone
    assert intrinsic_dimension(apart(copies), 0.0) != alone
    few = np.concatenate([points[:9], points[:9] + 1e-9])
    assert intrinsic_dimension(apart(few), 1e-6) is None


def test_the_extent_of_two_fits_is_their_distance(rng):
    W, H, _ = draw_minima(rng, [2], noise=0)
    W[1] *= 1 + 1e-5
    fits = make_fits(W, H)
    s = distinct_solutions(fits)
    apart = distance((W[0], H[0]), (W[1], H[1]), scale=fits.data_norm)
    assert s.n_minima == 1 and s.evidence.extent == pytest.approx(apart, rel=1e-4)
