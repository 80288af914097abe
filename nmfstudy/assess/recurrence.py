"""Which components come back in a fit of other data, and what stands where one does not."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from nmfstudy.assess.component_trust import EQUAL_CONGRUENCE, SIMILAR_CONGRUENCE
from nmfstudy.model.matching import match, pad

FATES = (
    "found",  # congruence of at least .95
    "similar",  # of at least .85
    "split",  # the sum of two components there comes back as this one
    "merged",  # one component there is the sum of this one and another
    "swapped",  # something else stands in its place
)
SIMILAR_FATE = 1  # fates up to this one have come back
_PART = 0.1  # least share of a sum that counts as a part of it


def match_features(a, b):
    """Match components by their rows of H alone, as the samples differ.

    The assignment maximises the sum of the cosines; the factorization with fewer components is
    padded with zero terms, whose cosine is 0.

    Parameters
    ----------
    a, b : Factorization
        Of matrices with the same features.

    Returns
    -------
    order : int array of shape (max n_components,)
        Entries of at least ``b.n_components`` are zero terms that b lacks.
    congruence : array of shape (max n_components,)
        ``cos(h_r, h'_order(r))``.
    """
    k = max(a.n_components, b.n_components)
    cosines = np.zeros((k, k))
    cosines[: a.n_components, : b.n_components] = _unit(a.H) @ _unit(b.H).T
    _, order = linear_sum_assignment(-cosines)
    return order, np.clip(cosines[np.arange(k), order], 0.0, 1.0)


def recurrence(reference, other, *, same_samples=False):
    """How each component of the reference recurs in a fit of other data.

    Parameters
    ----------
    reference, other : Factorization
    same_samples : bool
        Whether the samples are the same, so that whole terms can be compared.

    Returns
    -------
    order : int array of shape (reference.n_components,)
    congruence : array of shape (reference.n_components,)
    fate : int array of shape (reference.n_components,)
        Index into `FATES` for each.
    """
    matching = match if same_samples else match_features
    order, congruence = (part[: reference.n_components] for part in matching(reference, other))
    other = pad(other, int(order.max(initial=0)) + 1)
    h, theirs = _unit(reference.H), _unit(other.H)
    split = _best_pair(h, theirs).max(axis=(1, 2), initial=0.0) >= EQUAL_CONGRUENCE
    merged = _best_pair(theirs, h).max(axis=(0, 1), initial=0.0) >= EQUAL_CONGRUENCE
    conditions = [congruence >= EQUAL_CONGRUENCE, congruence >= SIMILAR_CONGRUENCE, split, merged]
    fate = np.select(conditions, range(len(conditions)), len(FATES) - 1)
    return order, congruence, fate


def _best_pair(targets, parts):
    """Cosine of each target with its best combination of parts a and b, both of weight.

    In the plane of two unit vectors with ``c = a·b`` the projection of t has the weights
    ``(t·a − c t·b)/(1 − c²)`` and the same with a and b exchanged. Shape (n_targets, n_parts,
    n_parts); 0 where a part has hardly any weight or the two parts are nearly parallel.
    """
    c = np.clip(parts @ parts.T, 0.0, 1.0)
    x = targets @ parts.T
    first, second = x[:, :, None] - c * x[:, None, :], x[:, None, :] - c * x[:, :, None]
    both = np.minimum(first, second) >= _PART * (first + second)
    squared = x[:, :, None] * first + x[:, None, :] * second
    usable = both & (squared > 0) & (c < 1 - 1e-6)
    return np.sqrt(np.where(usable, squared / np.where(c < 1 - 1e-6, 1 - c * c, 1.0), 0.0))


def _unit(H):
    norms = np.linalg.norm(H, axis=1, keepdims=True)
    return H / np.where(norms > 0, norms, 1.0)


def components_alike(fits, *, at_least=0.95):
    """How many components two starts have in common, by their rows of H.

    The fits are taken in pairs, each once, so that the pairs are independent.

    Parameters
    ----------
    fits : Fits
        Of random starts, with factors.
    at_least : float
        Cosine of two rows of H from which they are one component.

    Returns
    -------
    int array of shape (n_fits // 2,)
        Of the components matched one to one, those alike.
    """
    pairs = range(0, len(fits) - 1, 2)
    cosines = (match_features(fits[i].factorization, fits[i + 1].factorization)[1] for i in pairs)
    return np.array([(found >= at_least).sum() for found in cosines], dtype=int)
