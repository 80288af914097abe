"""Fits with known factors, as if a solver had found them."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

from nmfstudy.model.fits import Fits
from nmfstudy.model.problem import Problem, Search


def make_fits(W, H, objective=1.0, *, scale=None, seed=0, search=None, problem=None, **columns):
    """Stacked factors as converged `Fits`; columns override what is filled in.

    ``scale`` is ‖X‖, by default the norm of the first product; the reference loss is half its
    square.
    """
    W, H = np.asarray(W, dtype=float), np.asarray(H, dtype=float)
    n = len(W)
    scale = float(np.linalg.norm(W[0] @ H[0])) if scale is None else scale
    filled = {
        "objective": objective,
        "relative_error": 0.1,
        "kkt_residual": 1e-10,
        "n_iter": 100,
        "converged": True,
        "stop_reason": "converged",
        "seconds": 0.0,
    }
    filled |= columns
    return Fits(
        W=W,
        H=H,
        seed=np.arange(seed, seed + n),
        problem=problem or Problem(W.shape[2]),
        search=search or Search(),
        data_norm=scale,
        reference_loss=scale**2 / 2,
        **{name: np.broadcast_to(value, n).copy() for name, value in filled.items()},
    )


def disguise(rng, W, H):
    """The same terms in another order and at another scale."""
    order = rng.permutation(W.shape[1])
    scale = np.exp(rng.normal(size=W.shape[1]))
    return (W * scale)[:, order], (H / scale[:, None])[order]


def draw_minima(rng, counts, n=9, d=7, k=3, noise=1e-9):
    """Disguised, slightly noisy copies of random factorizations, shuffled: W, H, minimum."""
    minima = [(rng.random((n, k)), rng.random((k, d))) for _ in counts]
    which = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    pairs = [
        disguise(rng, *(f * (1 + noise * rng.random(f.shape)) for f in minima[m])) for m in which
    ]
    return np.array([w for w, _ in pairs]), np.array([h for _, h in pairs]), which


def brute_force_labels(fits, tolerance):
    """Single linkage over the definition: whole terms, all pairs, scipy's assignment."""
    T = np.einsum("fnk,fkd->fknd", fits.W, fits.H).reshape(len(fits), fits.W.shape[2], -1)
    apart = []
    for i in range(len(fits)):
        for j in range(i + 1, len(fits)):
            squared = np.square(T[i][:, None] - T[j][None]).sum(axis=2)
            apart.append(np.sqrt(squared[linear_sum_assignment(squared)].sum()))
    upper = np.array(apart) / fits.data_norm
    return by_appearance(fcluster(linkage(upper, "single"), tolerance, "distance"))


def by_appearance(labels):
    """Labels renumbered in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
