"""How often starts put two samples together: the consensus matrix and its two summaries."""

import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform

from nmfstudy.model.fits import Fits
from nmfstudy.util.errors import RequestError
from nmfstudy.util.spacing import evenly_spaced

_MAX_SAMPLES = 2000  # a consensus matrix of more is large and says no more
_MAX_STARTS = 1000


def consensus(fits):
    """How often two samples belong to the same component, over starts.

    A sample belongs to the component with its largest entry in W, rows of H scaled to unit
    norm, so that the scale of components does not matter; samples of all zeros are together.
    Of more than 2,000 samples or 1,000 starts so many are taken, evenly spaced. Converged or
    not, as is usual (Brunet et al. 2004), but with finite factors.

    Parameters
    ----------
    fits : Fits or list of Fits
        With factors.

    Returns
    -------
    array of shape (n_samples, n_samples)
        Entries in [0, 1], ones on the diagonal; NaN if there are no factors.
    """
    return membership_consensus(memberships(fits))


def memberships(fits):
    """The component that each start puts each sample into, see `consensus`.

    Parameters
    ----------
    fits : Fits or list of Fits

    Returns
    -------
    int array of shape (n_starts, n_samples)
        −1 for samples of all zeros.
    """
    parts = [fits] if isinstance(fits, Fits) else list(fits)
    if not parts:
        raise RequestError("fits is an empty list; possible: Fits, or a list of at least one Fits")
    found = np.concatenate([_membership(part) for part in parts])
    return found[evenly_spaced(len(found), _MAX_STARTS)]


def membership_consensus(membership):
    """The consensus matrix of `memberships`."""
    n = membership.shape[1]
    if not len(membership):
        return np.full((n, n), np.nan)
    together = np.zeros((n, n), dtype=np.float32)  # Counts to 1,000: exact in single precision.
    for component in range(-1, int(membership.max()) + 1):
        belongs = (membership == component).astype(np.float32)
        together += belongs.T @ belongs
    return together.astype(np.float64) / len(membership)


def _membership(fits):
    """Component of each sample in each fit with finite factors, −1 for none."""
    samples = evenly_spaced(fits.W.shape[1], _MAX_SAMPLES)
    rows = []
    for i in evenly_spaced(len(fits), _MAX_STARTS):
        W, H = fits.factors(fits.row[i])
        W = W[samples]
        if np.isfinite(W).all() and np.isfinite(H).all():
            weighted = W * np.linalg.norm(H, axis=1)
            rows.append(np.where(weighted.any(axis=1), weighted.argmax(axis=1), -1))
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(samples))


def dispersion(consensus):
    """``mean (2C_ij − 1)²``: 1 if all starts agree on every pair of samples (Kim & Park 2007)."""
    return float(np.mean(np.square(2 * np.asarray(consensus) - 1)))


def cophenetic_correlation(consensus):
    """Pearson correlation of ``1 − C`` with its average-linkage tree (Brunet et al. 2004).

    1 if the consensus is a clean partition; also where all pairs are alike, and nothing is left
    to correlate. NaN for fewer than 2 samples or an unknown consensus.
    """
    apart = 1 - np.asarray(consensus, dtype=float)
    if len(apart) < 2 or not np.isfinite(apart).all():
        return float("nan")
    pairs = squareform((apart + apart.T) / 2, checks=False)
    if np.ptp(pairs) < 1e-12:
        return 1.0
    return float(cophenet(linkage(pairs, method="average"), pairs)[0])
