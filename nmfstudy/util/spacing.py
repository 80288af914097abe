"""Some of many, evenly spaced."""

import numpy as np


def evenly_spaced(n, most):
    """Indices of all of n things, or of at most so many evenly spaced ones.

    Parameters
    ----------
    n, most : int, >= 0

    Returns
    -------
    int array
        Ascending; the first and the last of the n are among them if ``most`` is above 1.

    Examples
    --------
    >>> evenly_spaced(9, 5).tolist()
    [0, 2, 4, 6, 8]
    >>> evenly_spaced(3, 5).tolist()
    [0, 1, 2]
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
