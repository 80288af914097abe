"""Matrices with a known number of components under noise, and noise alone."""

import numpy as np

SHAPE = 80, 30
LEVELS = 0.1, 0.3, 0.6  # of the noise, relative to the mean entry


def planted(k, noise, level, seed, shape=SHAPE):
    """A product of sparse factors with mean 1 under noise, nonnegative."""
    generator = np.random.default_rng([seed, k])
    n, d = shape
    W, H = (generator.random(s) * (generator.random(s) < 0.6) for s in ((n, k), (k, d)))
    X = W @ H
    X /= X.mean()
    if noise == "gaussian":
        return np.maximum(X + level * generator.standard_normal(X.shape), 0)
    if noise == "poisson":
        return generator.poisson(X / level**2).astype(float)
    return X * np.exp(level * generator.standard_normal(X.shape))


def pure_noise(kind, seed, shape=SHAPE):
    """Independent entries of one distribution; of "poisson" with rows and columns of any size."""
    generator = np.random.default_rng(seed)
    if kind == "poisson":
        sizes = (generator.gamma(1, 1, m) + 0.1 for m in shape)
        return generator.poisson(np.outer(*sizes)).astype(float)
    return getattr(generator, kind)(size=shape)
