"""The limits that say which fits are as good as the best."""

import numpy as np
import pytest

from nmfstudy.solutions.gate import best_limit, near_limit


@pytest.mark.parametrize("best", [0.0, 1e-14, 0.3])
@pytest.mark.parametrize("size", [1e-12, 7.0, 1e12])
def test_limits_scale_with_the_data(best, size):
    """Data in other units have every loss multiplied by one number, and the same answer."""
    rtols = np.array([0, 1e-6, 0.1])
    np.testing.assert_allclose(
        near_limit(best * size, rtols, 2 * size), near_limit(best, rtols, 2.0) * size, rtol=1e-12
    )
    assert best_limit(best * size, 2 * size) == pytest.approx(best_limit(best, 2.0) * size)


@pytest.mark.parametrize("best", [0.0, 1e-14, 0.3])
def test_limits_are_nested_about_the_best(best):
    assert best < best_limit(best, 2.0) < near_limit(best, 1e-6, 2.0) <= near_limit(best, 0.1, 2.0)
