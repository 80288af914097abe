"""Certificates of a study's solutions, kept by content so that a second report is quick."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse

from nmfstudy.model.distance import distance, product_distance, product_norm
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.weighted import Weighted
from nmfstudy.store.files import own, read_json, reading_safely, write_json
from nmfstudy.util.errors import RequestError
from nmfstudy.util.sources import hash_of_sources, sources_behind

MOST_PER_PROBLEM = 4  # representatives certified
CERTIFICATE_BUDGET = 3.0  # of each of them, in nominal seconds
LARGEST_PRODUCT = 20_000_000  # entries of the product, which certificates form
_BYTES = 2**26  # of a verdict that is kept, with its factors and evidence
SAME_PRODUCT = 1e-6  # ‖WH − W'H'‖/‖X‖ up to which two converged fits have one product


class NoVerdict(NamedTuple):
    """Why a near-optimal minimum has no verdict.

    Attributes
    ----------
    code : str
        ``penalty``, ``loss``, ``large`` and ``no_fit`` of a whole problem; ``no_factors``: they
        were not kept; ``not_first``: only the first few are examined; ``refused``: the factors
        cannot be examined.
    error : str
        With which they were refused.
    """

    code: str
    error: str = ""


class Contradiction(NamedTuple):
    """What should never be.

    Attributes
    ----------
    minimum : int
        On which certificates disagree, or which is certified as unique.
    error : str
        What they disagree on; empty if it is the fits that contradict.
    pair : tuple of (int, int)
        Minima that have the same product, the certified one among them.
    apart, gap : float
        Distance of their terms and of their products, relative to the norm of the data.
    """

    minimum: int
    error: str = ""
    pair: tuple = ()
    apart: float = np.nan
    gap: float = np.nan


class Verdicts(dict):
    """Verdict by minimum.

    Attributes
    ----------
    reasons : dict of int to NoVerdict
        Why a near-optimal minimum has none; key −1 speaks of the whole problem.
    contradictions : list of Contradiction
        What certificates disagree on; there should be none.
    optimality : Optimality or None
        What is proved of the best minimum as a fit.
    """

    def __init__(self):
        super().__init__()
        self.optimality = None
        self.reasons = {}
        self.contradictions = []

    @property
    def proved(self):
        """What is proved of the best minimum: problem, product or none; "" without a certificate.

        See `nmfstudy.certificates.Verdict.proved`.
        """
        if 0 not in self and self.optimality is None:
            return ""
        from nmfstudy.certificates.best_fit import proved_level

        return proved_level(self[0].status if 0 in self else "", self.optimality)


def verdicts_of(result, *, folder=None, budget=CERTIFICATE_BUDGET):
    """Verdicts on the representatives of a problem's near-optimal minima.

    A certificate speaks of the factorizations of the product W H it is handed, not of other
    products that fit what is known of the data as well. A penalty picks among them, so problems
    with a penalty are left out, and so are other losses, whose fits have no exact zeros to go by.
    What is proved of the best minimum as a fit knows of ridge.

    Parameters
    ----------
    result : ProblemResult
    folder : Path, optional
        The study's; verdicts are kept in its ``certificates/``.
    budget : float
        Of every certified minimum, see `nmfstudy.certify`.

    Returns
    -------
    Verdicts
    """
    verdicts = Verdicts()
    problem, solutions = result.problem, result.solutions
    if not problem.penalty.is_zero:
        verdicts.reasons[-1] = NoVerdict("penalty")
    elif problem.loss != "frobenius":
        verdicts.reasons[-1] = NoVerdict("loss")
    elif np.prod(result.dataset.X.shape, dtype=float) > LARGEST_PRODUCT:
        verdicts.reasons[-1] = NoVerdict("large")
    elif not solutions.n_minima:
        verdicts.reasons[-1] = NoVerdict("no_fit")
    if "penalty" in (reason.code for reason in verdicts.reasons.values()):
        verdicts.optimality = _best_as_a_fit(result)
    if verdicts.reasons:
        return verdicts
    near = np.flatnonzero(solutions.near_optimal).tolist()
    first = near[: MOST_PER_PROBLEM + 1]
    known = {m: f for m in first if (f := _factors(solutions, m)) is not None}
    for minimum in near[:MOST_PER_PROBLEM]:
        if minimum in known:
            others = [f for m, f in known.items() if m != minimum]
            _certify(verdicts, minimum, known[minimum], others, result, folder, budget)
        else:
            verdicts.reasons[minimum] = NoVerdict("no_factors")
    verdicts.optimality = verdicts[0].optimality if 0 in verdicts else None
    verdicts.reasons.update(dict.fromkeys(near[MOST_PER_PROBLEM:], NoVerdict("not_first")))
    return verdicts


def _best_as_a_fit(result):
    """What is proved of the best minimum under its penalty, or None."""
    problem, solutions = result.problem, result.solutions
    large = np.prod(result.dataset.X.shape, dtype=float) > LARGEST_PRODUCT
    factors = None if large or not solutions.n_minima else _factors(solutions, 0)
    if factors is None or problem.loss != "frobenius":
        return None
    from nmfstudy.certificates import optimality

    X = _complete(result.dataset.X)
    return None if X is None else optimality(X, factors.W, factors.H, penalty=problem.penalty)


def _complete(X):
    """The data as an array; None if entries are unknown or have weights, as WH then is not X."""
    if isinstance(X, Weighted):
        return None
    return X.toarray() if sparse.issparse(X) else X


def _certify(verdicts, minimum, factors, others, result, folder, budget):
    """Add one verdict, kept or new, or the reason why there is none."""
    from nmfstudy.certificates import ContradictionError, certify

    path = None if folder is None else _path(folder, factors, others, result.dataset.sha256)
    X = _complete(result.dataset.X)
    verdict = _kept(path, factors, X, result.solutions.distance_tol)
    if verdict is None:
        try:
            verdict = certify(factors.W, factors.H, X=X, others=others, budget=budget)
        except RequestError as error:
            verdicts.reasons[minimum] = NoVerdict("refused", str(error))
            return
        except ContradictionError as error:
            verdicts.contradictions.append(Contradiction(minimum, str(error)))
            return
        if path is not None and not path.parent.is_symlink():
            path.parent.mkdir(exist_ok=True)
            write_json(path, verdict.to_dict())
    verdicts[minimum] = verdict


def same_product(result):
    """Pairs of different near-optimal minima that have the same product.

    Each is a refutation of uniqueness by itself: two factorizations of one matrix that are
    farther apart than the tolerance of the count.

    Returns
    -------
    list of (int, int, float, float)
        Two minima, the distance of their terms and the distance of their products, both relative
        to the norm of the data. Of many minima the first few are compared.
    """
    solutions, scale = result.solutions, result.searches[0].data_norm
    near = np.flatnonzero(solutions.near_optimal)[: MOST_PER_PROBLEM + 1].tolist()
    known = {m: f for m in near if (f := _factors(solutions, m)) is not None}
    found = []
    for a, first in known.items():
        for b, second in known.items():
            if a >= b:
                continue
            gap = product_distance(first, second) / scale
            if gap <= SAME_PRODUCT:
                apart = float(distance(first, second, scale=scale))
                if apart > solutions.distance_tol:
                    found.append((a, b, apart, gap))
    return found


def contradictions(result):
    """Certificates that contradict each other or the fits; there should be none.

    The latter: a minimum that is certified as unique while another one with the same product,
    farther away than the tolerance, was found.

    Returns
    -------
    list of Contradiction
    """
    verdicts = result.verdicts
    found = list(verdicts.contradictions)
    for a, b, apart, gap in same_product(result):
        proved = [m for m in (a, b) if m in verdicts and verdicts[m].status == "unique"]
        if proved:
            found.append(Contradiction(proved[0], pair=(a, b), apart=apart, gap=gap))
    best, lowest = verdicts.optimality, result.solutions.best_objective
    if best is not None and lowest < best.bound * (1 - 1e-9):
        error = f"no objective is below {best.bound:.9g}, but one is {lowest:.9g}"
        found.append(Contradiction(0, error))
    return found


def _factors(solutions, minimum):
    """The representative of a minimum, or None if its factors were not kept."""
    fit = solutions.representatives[minimum]
    if not (np.isfinite(fit.W).all() and np.isfinite(fit.H).all()):
        return None
    return fit.factorization


def _path(folder, factors, others, data):
    # Other code makes its own verdicts.
    code = hash_of_sources(sources_behind("nmfstudy.certificates.verdict"))
    total = hashlib.sha256(f"{code} {data}".encode())
    for f in (factors, *others):
        for factor in (f.W, f.H):
            total.update(f"{factor.shape}".encode())
            total.update(np.ascontiguousarray(factor, dtype="<f8").tobytes())
    return Path(folder) / "certificates" / f"{total.hexdigest()[:24]}.json"


def _kept(path, factors, X, tolerance):
    """A verdict of an earlier report, if it can be read and its own evidence bears it out.

    A file in a study's folder may come from anywhere: it counts only if it is about the product
    of these factors, but for what counts as zero, and each of its claims passes its check again.
    """
    if path is None or not path.is_file():
        return None
    from nmfstudy.certificates import Verdict

    try:
        with reading_safely(path.name):
            own(path.parent)
            verdict = Verdict.from_dict(read_json(path, _BYTES), X)
            about = Factorization(verdict.factorization.W, verdict.factorization.H)
            if about.W.shape == factors.W.shape and about.H.shape == factors.H.shape:
                near = product_distance(about, factors) <= tolerance * product_norm(factors)
                if near and verdict.verify():
                    return verdict
    except (OSError, ValueError):
        pass  # torn or foreign: made again
    return None
