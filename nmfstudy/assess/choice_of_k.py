"""Numbers for choosing the number of components, and what they add up to."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform

from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.dominance import Dominance, dominance
from nmfstudy.assess.residual_test import (
    EXACT_FIT,
    ORDERED,
    least_share_left,
    one_component,
    share_left,
    structure_left,
)
from nmfstudy.model.fits import Fits
from nmfstudy.model.objective import data_norm, squared_error
from nmfstudy.util.display import ABSENT, number, percent
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
    parts = [fits] if isinstance(fits, Fits) else list(fits)
    if not parts:
        raise RequestError("fits is an empty list; possible: Fits, or a list of at least one Fits")
    membership = np.concatenate([_membership(part) for part in parts])
    membership = membership[evenly_spaced(len(membership), _MAX_STARTS)]
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


@dataclass(frozen=True)
class Candidate:
    """One number of components: the row of the table over k.

    Attributes
    ----------
    n_components, n_starts : int
    relative_error : float
        ``‖X − WH‖/‖X‖`` of the best solution.
    structure : float
        Order in what it leaves over, relative to noise: see `nmfstudy.assess.residual_test`.
    kind : str
    n_distinct, n_minima : int
    coverage, best_share, trusted_share : float
    dispersion, cophenetic : float
        Of the consensus matrix, as other tools report them.
    """

    n_components: int
    n_starts: int
    relative_error: float
    structure: float
    kind: str
    n_distinct: int
    n_minima: int
    coverage: float
    best_share: float
    trusted_share: float
    dispersion: float
    cophenetic: float


def candidate(solutions, fits, X, trust=None):
    """The `Candidate` of one k.

    Parameters
    ----------
    solutions : Solutions
    fits : Fits or list of Fits
        Those the solutions were counted from.
    X : array or sparse matrix
        The data.
    trust : Trust, optional
        None works it out.
    """
    trust = component_trust(solutions, dominance=dominance(X)) if trust is None else trust
    agreement = consensus(fits)
    best = solutions.representatives[0] if len(solutions) else None
    return Candidate(
        n_components=solutions.problem.n_components,
        n_starts=len(solutions.labels),
        relative_error=float("nan") if best is None else best.relative_error,
        structure=float("nan") if best is None else structure_left(X, best.W, best.H),
        kind=solutions.kind,
        n_distinct=solutions.n_distinct,
        n_minima=solutions.n_minima,
        coverage=solutions.coverage,
        best_share=solutions.best_share.value,
        trusted_share=trust.share,
        dispersion=dispersion(agreement),
        cophenetic=cophenetic_correlation(agreement),
    )


@dataclass(frozen=True)
class Advice:
    """Which number of components the numbers speak for.

    Attributes
    ----------
    n_components : int or None
    sentence : str
        ``Take k = 3.``
    reasons, doubts : tuples of str
        Clauses for and against, each to be read on its own.
    dominance : Dominance or None
        The numbers of the data that outweigh all others, which are then the only reason.
    """

    n_components: int | None
    sentence: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    dominance: Dominance | None = None


def advise(candidates, X):
    """Which k the numbers speak for, why, and what is to be said against it.

    A further component is worth having while what is left over has more order than noise
    (`nmfstudy.assess.residual_test`), or if with it the fit is exact. Of the k up to there the
    largest is taken that has a settled count and components that come back in all its solutions.
    The error alone cannot choose, since it falls with every k; nor can a purpose be seen from here.
    Where a few numbers outweigh all others (`nmfstudy.assess.dominance`) no k is advised, unless
    one component fits every row and column.

    Parameters
    ----------
    candidates : list of Candidate
        In any order, one per k.
    X : array or sparse matrix
        The data.

    Returns
    -------
    Advice
    """
    rows = sorted(candidates, key=lambda c: c.n_components)
    if not rows:
        raise RequestError("candidates is an empty list; possible: at least one Candidate")
    ks = [c.n_components for c in rows]
    if len(set(ks)) < len(ks):
        raise RequestError(f"candidates have n_components {ks}; possible: each k once")
    exact = next((c for c in rows if c.relative_error < EXACT_FIT and not c.structure > 0), None)
    if exact is not None and exact.n_components >= min(X.shape):
        exact = None  # X = X·I is no discovery
    one = one_component(X)
    left = structure_left(X, *one)
    if left == 0 and 1 < ks[0] < min(X.shape):
        return _ONE_EXACTLY
    if (carrier := dominance(X)) is not None:
        return Advice(None, _NONE, (), (), carrier)
    error = np.sqrt(squared_error(X, *one)) / data_norm(X)
    within = _explaining(rows, X, left, (1, error), exact)
    if [c.n_components for c in within] in ([], [1]) and ks[-1] > 1 and ks[0] < min(X.shape):
        return _ONE
    sound = [c for c in within if c.kind in ("one", "several") and c.trusted_share == 1]
    if not sound:
        return Advice(
            None,
            _NONE,
            tuple(f"at k = {c.n_components} {_why_not(c)}" for c in within)
            or (f"only from k = {ks[0]} on was tried, where X = X·I fits exactly",),
            (
                "more starts (n_starts=auto) may settle a count, and a penalty may choose within "
                "a continuum",
            ),
        )
    chosen = sound[-1]
    return Advice(
        chosen.n_components,
        f"Take k = {chosen.n_components}.",
        tuple(_reasons(chosen, within, chosen is exact)),
        tuple(_doubts(chosen, sound, rows, X, chosen is exact)),
    )


_NONE = "No k can be recommended on these numbers."
_ONE = Advice(
    1,
    "No structure beyond one component.",
    (
        "what one component leaves over has no more order than noise: its entries with random "
        "signs have a singular value as large, or nearly",
    ),
    (
        "structure that is weaker than the noise, or lies in few entries, cannot be seen this way; "
        "more samples may show it",
    ),
)


_ONE_EXACTLY = Advice(
    1,
    "One component fits exactly.",
    ("all rows are multiples of one, so more components have nothing left to explain",),
    (),
)


def _explaining(rows, X, left, before, exact):
    """Those whose components explain more than noise: up to an exact fit if there is one.

    Order in few rows or columns survives random signs, but one component takes most of it away.
    ``left`` is the order that the best single component leaves, ``before`` its (k, error).
    """
    kept = []
    for row in rows:
        k = row.n_components
        drop = share_left(before, (k, row.relative_error), X.shape)
        noise = left <= ORDERED and not drop < least_share_left(X.shape)
        if k >= min(X.shape) > 1 or (exact is None and k > 1 and noise):
            break
        kept.append(row)
        if row is exact:
            break
        left, before = row.structure, (k, row.relative_error)
    return kept


def _reasons(chosen, within, fits_exactly):
    share = percent(chosen.best_share)
    reached = f"reached by {share} of the starts" if share != ABSENT else "by a single start"
    worse = chosen.n_minima - chosen.n_distinct
    other = f"{worse} worse {'minima' if worse > 1 else 'minimum'}" if worse else "no worse minimum"
    if chosen.n_distinct == 1:
        count = f"one solution, {reached}, {other}"
    else:
        count = (
            f"{chosen.n_distinct} solutions with the same components, the best {reached}, {other}"
        )
    yield (
        "it is the largest k whose components explain more than noise and whose count is settled "
        f"({count})"
    )
    after = next((c for c in within if c.n_components > chosen.n_components), None)
    if fits_exactly:
        yield "it fits exactly, so more components have nothing left to explain"
    elif after is not None:
        yield f"at k = {after.n_components} {_why_not(after)}"
    elif chosen.structure <= ORDERED:
        yield "what it leaves over has no more order than noise; one more component would fit noise"
        fewer = next((c for c in within if c.n_components == chosen.n_components - 1), None)
        if fewer is not None and fewer.structure > ORDERED:
            yield f"with k = {fewer.n_components} some order is left"


def _doubts(chosen, sound, rows, X, fits_exactly):
    k = chosen.n_components
    after = next((c for c in rows if c.n_components > k), None)
    before = [1, *(c.n_components for c in rows if c.n_components < k)][-1]
    if chosen.structure != chosen.structure:
        yield "whether it leaves more than noise is unknown, since its factors were not kept"
    elif chosen.structure > ORDERED and not fits_exactly:
        yield "what it leaves over still has more order than noise"
    if after is None and not fits_exactly:
        if k + 1 < min(X.shape):
            yield f"no larger k was tried; add n_components={k + 1}"
        else:
            yield f"no larger k can be judged: from k = {min(X.shape)} on X = X·I fits exactly"
    elif not fits_exactly and after.relative_error < chosen.relative_error - EXACT_FIT:
        yield (
            f"k = {after.n_components} would lower the relative error from "
            f"{number(chosen.relative_error, 3)} to {number(after.relative_error, 3)}"
        )
    if k > before + 1:
        yield f"fewer may do: no k between {before} and {k} was tried"
    if len(sound) > 1:
        fewer = sound[-2].n_components
        yield f"k = {fewer} is settled too, and coarser; which is better depends on the purpose"
    if chosen.coverage < 0.99:
        yield f"one more start finds something new with a chance of {percent(1 - chosen.coverage)}"
    if chosen.best_share < 0.5:
        yield (
            f"only {percent(chosen.best_share)} of the starts reach the best solution, the others "
            "end elsewhere"
        )
    best = max(rows, key=lambda c: c.dispersion if c.dispersion == c.dispersion else -1.0)
    if best.dispersion > chosen.dispersion + 0.01:
        yield (
            f"by the consensus matrix, which other tools go by, k = {best.n_components} is more "
            f"stable (dispersion {best.dispersion:.2f} against {chosen.dispersion:.2f})"
        )
    yield (
        "that a k explains order in the data and can be fitted reproducibly does not make it the "
        "true number: a background or a trend is order too, and the numbers do not know what the "
        "components are for"
    )


def _why_not(row):
    """What speaks against a k, in a clause."""
    if row.kind == "continuum":
        return "the solutions form a continuum"
    if row.kind == "unsettled":
        return "the count is unsettled"
    if row.n_distinct == 1:
        return "some components of the solution are zero, so fewer do the same"
    share = percent(row.trusted_share)
    return f"only {share} of the components come back in all {row.n_distinct} solutions"
