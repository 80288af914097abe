"""Many of NumPy's legacy generators at once: compiled loops without policy.

``RandomState(seed).standard_normal(size)`` to the bit: the Mersenne Twister (Matsumoto &
Nishimura, 1998) and the polar method (Marsaglia, 1964). A legacy generator costs ten times as
much to seed as a start on a tiny matrix costs to fit.
"""

import numpy as np
from numba import njit

from nmfstudy.util.compiling import IEEE, IEEE_HELPER

N, M = 624, 397  # words of the twister's state, and between two that are mixed
TOGETHER = 16  # generators that are seeded side by side


@njit(**IEEE_HELPER)
def seed_states(seeds, states):
    """States (N, TOGETHER) of generators with these seeds."""
    for g in range(TOGETHER):
        states[0, g] = seeds[min(g, len(seeds) - 1)]
    for i in range(1, N):
        for g in range(TOGETHER):
            word = np.uint32(states[i - 1, g])
            mixed = np.uint32(word ^ np.uint32(word >> np.uint32(30)))
            states[i, g] = np.uint32(np.uint32(np.uint32(1812433253) * mixed) + np.uint32(i))


@njit(**IEEE_HELPER)
def mix(high, low, far):
    """The word that replaces ``high``."""
    y = np.uint32((high & np.uint32(0x80000000)) | (low & np.uint32(0x7FFFFFFF)))
    odd = np.uint32(0x9908B0DF) if low & np.uint32(1) else np.uint32(0)
    return np.uint32(far ^ np.uint32(y >> np.uint32(1)) ^ odd)


@njit(**IEEE_HELPER)
def twist(state):
    """The next N words."""
    for i in range(N - M):
        state[i] = mix(state[i], state[i + 1], state[i + M])
    for i in range(N - M, N - 1):
        state[i] = mix(state[i], state[i + 1], state[i + M - N])
    state[N - 1] = mix(state[N - 1], state[0], state[M - 1])


@njit(**IEEE_HELPER)
def tempered(word):
    """A word as it is handed out."""
    y = np.uint32(word ^ np.uint32(word >> np.uint32(11)))
    y = np.uint32(y ^ np.uint32(np.uint32(y << np.uint32(7)) & np.uint32(0x9D2C5680)))
    y = np.uint32(y ^ np.uint32(np.uint32(y << np.uint32(15)) & np.uint32(0xEFC60000)))
    return np.uint32(y ^ np.uint32(y >> np.uint32(18)))


@njit(**IEEE_HELPER)
def centred(high, low):
    """A number in [-1, 1) of two words."""
    a, b = tempered(high) >> np.uint32(5), tempered(low) >> np.uint32(6)
    return 2.0 * ((a * 67108864.0 + b) / 9007199254740992.0) - 1.0


@njit(**IEEE_HELPER)
def fill_normals(state, out):
    """Standard normal numbers from a seeded state; pairs come out second first."""
    position, n = N, 0
    while n < out.size:
        if position == N:  # four words at a time, of which N is a multiple
            twist(state)
            position = 0
        x = centred(state[position], state[position + 1])
        y = centred(state[position + 2], state[position + 3])
        position += 4
        square = x * x + y * y
        if square >= 1.0 or square == 0.0:
            continue
        factor = np.sqrt(-2.0 * np.log(square) / square)
        out[n] = factor * y
        if n + 1 < out.size:
            out[n + 1] = factor * x
        n += 2


@njit(**IEEE)
def legacy_normals(seeds, out):
    """One row of standard normal numbers per seed, in place.

    Parameters
    ----------
    seeds : array of uint32
    out : array of shape (n_seeds, size)
    """
    states = np.empty((N, TOGETHER), np.uint32)
    state = np.empty(N, np.uint32)
    for first in range(0, len(seeds), TOGETHER):
        seed_states(seeds[first : first + TOGETHER], states)
        for g in range(min(TOGETHER, len(seeds) - first)):
            for i in range(N):
                state[i] = states[i, g]
            fill_normals(state, out[first + g])
