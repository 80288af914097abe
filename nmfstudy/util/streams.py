"""Random numbers: one independent generator per seed and named purpose."""

import numpy as np


def stream(seed, name):
    """Return the generator of ``name`` under ``seed``.

    Two names never share numbers, so adding a draw for one purpose moves no other.

    Parameters
    ----------
    seed : int, >= 0
    name : str

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([seed, *name.encode()])
