"""The data of a study drawn again, kept by content so that a second report is quick."""

import hashlib
import io
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from nmfstudy.assess.recurrence import FATES
from nmfstudy.assess.refits import Refits, reference_of, refit
from nmfstudy.assess.stability import summarize
from nmfstudy.store.files import own, read_arrays, read_json, write_atomically, write_json
from nmfstudy.store.job import digest
from nmfstudy.util.errors import RequestError
from nmfstudy.util.sources import hash_of_sources, sources_behind

_LARGEST = 50_000_000  # entries that a row of H takes in all resamples together


def stability_of(result):
    """How the best solution of a problem fares when the data are drawn again.

    Parameters
    ----------
    result : ProblemResult

    Returns
    -------
    Stability or None
        None if that was not asked for, or the problem has a penalty, no solution or no way to be
        drawn again; and of a study that is only read, if its folder does not hold the refits.
    """
    asked, solutions = result.resampling, result.assessed
    if asked.name == "none" or not result.problem.penalty.is_zero or not len(solutions):
        return None
    best = solutions.representatives[0]
    if not np.isfinite(best.W).all():
        return None
    X, k = result.dataset.X, result.problem.n_components
    if asked.n_resamples * k * X.shape[1] > _LARGEST:
        return None
    path = None
    if result.folder is not None and Path(result.folder).is_dir():
        path = Path(result.folder) / "resamples" / f"{_name(result)}.npz"
    refits = _fitted(result, path) if result.may_fit else _kept(path, k, X.shape[1])
    if refits is None:
        return None
    fits = list(result.searches)
    return summarize(
        solutions, fits, refits, asked.name, asked.n_starts, verdict=result.verdicts.get(0)
    )


def _fitted(result, path):
    """Refits from the study's folder if they are of these resamples, else new ones."""
    asked, X, k = result.resampling, result.dataset.X, result.problem.n_components
    try:
        drawn = asked.draw(X, k)
    except RequestError:  # fewer samples than components, perhaps
        return None
    rows = hashlib.sha256(b"".join(one.name.encode() + one.rows.tobytes() for one in drawn))
    refits = _kept(path, k, X.shape[1], rows.hexdigest())
    if refits is None:
        refits = refit(X, result.assessed, drawn, n_starts=asked.n_starts)
        if path is not None:
            path.parent.mkdir(exist_ok=True)
            _keep(path, refits, rows.hexdigest())
    return refits


def _name(result):
    """A name by all that is known of the refits without the labels of the samples."""
    reference = reference_of(result.assessed)
    return digest(
        {
            "data": result.dataset.sha256,
            "loss": result.problem.loss,
            "reference": hashlib.sha256(reference.W.tobytes() + reference.H.tobytes()).hexdigest(),
            "resample": asdict(result.resampling),
            "code": _code(),
        },
        24,
    )


@cache
def _code():
    return hash_of_sources(sources_behind("nmfstudy.assess.refits"))


_ARRAYS = ("congruence", "fate", "H", "share")


def _keep(path, refits, rows):
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: getattr(refits, name) for name in _ARRAYS})
    about = {"names": list(refits.names), "left_out": list(refits.left_out), "rows": rows}
    write_json(path.with_suffix(".json"), about)
    write_atomically(path, buffer.getvalue())


def _kept(path, k, d, rows=None):
    """Refits from a file; None unless they are whole, within bounds, and of these rows."""
    if path is None or not path.is_file():
        return None
    try:
        about, found = read_json(path.with_suffix(".json")), read_arrays(own(path))
        names, left_out = about["names"], about["left_out"]
        n = len(names)
        shapes = {"congruence": (n, k), "fate": (n, k), "H": (n, k, d), "share": (n, k)}
        arrays = {name: np.asarray(found[name]) for name in _ARRAYS}
        numeric = all(a.dtype.kind in "fi" and a.shape == shapes[m] for m, a in arrays.items())
        texts = all(isinstance(text, str) for text in [*names, *left_out])
        if not (numeric and texts and len(left_out) == n) or arrays["fate"].dtype.kind != "i":
            return None
        if not ((arrays["fate"] >= 0) & (arrays["fate"] < len(FATES))).all():
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if rows is not None and about.get("rows") != rows:
        return None
    return Refits(tuple(names), tuple(left_out), **arrays)
