"""Certificates of a study's solutions, kept by content so that a second report is quick."""

import hashlib
import importlib.util
import time
from functools import cache
from pathlib import Path

import numpy as np

from nmfstudy.distances import distance
from nmfstudy.errors import RequestError
from nmfstudy.runs.files import read_json, write_json

MOST_PER_PROBLEM = 4  # representatives certified
SECONDS_PER_PROBLEM = 10.0
SAME_PRODUCT = 1e-6  # ‖WH − W'H'‖ / ‖X‖ up to which two converged fits have one product


def verdicts_of(result, *, folder=None, seconds=SECONDS_PER_PROBLEM):
    """Verdicts on the representatives of a problem's near-optimal minima.

    A certificate speaks of the product W H it is handed, so penalties and losses do not matter to
    it; but what a penalty makes unique is another question, so only problems with the Frobenius
    loss and without a penalty are examined.

    Parameters
    ----------
    result : ProblemResult
    folder : Path, optional
        The study's; verdicts are kept in its ``certificates/``.
    seconds : float
        For the whole problem; what is not begun by then has no verdict.

    Returns
    -------
    dict of int to Verdict
        By minimum. Empty for a penalised problem, without minima, or without the certificates.
    """
    problem = result.problem
    if problem.loss != "frobenius" or not problem.penalty.is_zero:
        return {}
    try:
        from nmfstudy.certificates import certify
    except ImportError:
        return {}
    solutions = result.solutions
    near = np.flatnonzero(solutions.near_optimal)[:MOST_PER_PROBLEM]
    end = time.perf_counter() + seconds
    verdicts = {}
    for minimum in near.tolist():
        fit = solutions.representatives[minimum]
        if not (np.isfinite(fit.W).all() and np.isfinite(fit.H).all()):
            continue
        path = None if folder is None else _path(folder, fit, result.dataset.sha256)
        verdict = _cached(path)
        if verdict is None:
            left = end - time.perf_counter()
            if left <= 0:
                break
            try:
                verdict = certify(fit.W, fit.H, X=result.dataset.X, budget=left)
            except RequestError:
                continue
            if path is not None:
                path.parent.mkdir(exist_ok=True)
                write_json(path, verdict.to_dict())
        verdicts[minimum] = verdict
    return verdicts


def same_product(result):
    """Pairs of different near-optimal minima that have the same product.

    Each is a refutation of uniqueness by itself: two factorizations of one matrix that are
    farther apart than the tolerance of the count.

    Returns
    -------
    list of (int, int, float, float)
        Two minima, the distance of their terms and the distance of their products, both relative
        to the norm of the data.
    """
    solutions = result.solutions
    near = [m for m in np.flatnonzero(solutions.near_optimal).tolist() if _whole(solutions, m)]
    near = near[:MOST_PER_PROBLEM]
    scale = result.searches[0].data_norm
    found = []
    for i, a in enumerate(near):
        for b in near[i + 1 :]:
            first, second = (solutions.representatives[m].factorization for m in (a, b))
            gap = _product_distance(first, second) / scale
            if gap <= SAME_PRODUCT:
                apart = distance(first, second, scale=scale)
                if apart > solutions.distance_tol:
                    found.append((a, b, apart, gap))
    return found


def contradictions(result):
    """Sentences about certificates that the fits contradict; there should be none.

    A minimum that is certified as unique while another one with the same product was found.
    """
    sentences = []
    for a, b, apart, gap in same_product(result):
        for minimum in (a, b):
            verdict = result.verdicts.get(minimum)
            if verdict is not None and verdict.status == "unique":
                sentences.append(
                    f"minimum {minimum} of {result.title} is certified as the only factorization "
                    f"of its product, but minima {a} and {b} have the same product (to {gap:.1e}) "
                    f"and are {apart:.2g} apart. One of the two is wrong; please report it with "
                    "the study's folder"
                )
                break
    return sentences


def _whole(solutions, minimum):
    fit = solutions.representatives[minimum]
    return bool(np.isfinite(fit.W).all() and np.isfinite(fit.H).all())


def _product_distance(a, b):
    """``‖W H − W' H'‖`` from thin factors, so that no matrix of the data's size is formed."""
    W = np.hstack([a.W, b.W])
    H = np.vstack([a.H, -b.H])
    _, R = np.linalg.qr(W)
    _, S = np.linalg.qr(H.T)
    return float(np.linalg.norm(R @ S.T))


def _path(folder, fit, data):
    total = hashlib.sha256(f"{_code()} {data} {fit.W.shape} {fit.H.shape}".encode())
    for factor in (fit.W, fit.H):
        total.update(np.ascontiguousarray(factor, dtype="<f8").tobytes())
    return Path(folder) / "certificates" / f"{total.hexdigest()[:24]}.json"


@cache
def _code():
    """Hash of the certificates' sources: a verdict of other code is made again."""
    spec = importlib.util.find_spec("nmfstudy.certificates")
    total = hashlib.sha256()
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def _cached(path):
    """A verdict that was kept, if it can be read and its own evidence bears it out; else None."""
    if path is None or not path.is_file():
        return None
    from nmfstudy.certificates import Verdict

    try:
        return Verdict.from_dict(read_json(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # torn or foreign
        return None
