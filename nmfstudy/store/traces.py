"""How one start of each search approached its optimum, kept with the study for its report.

A trace is ``convergence/ID.json``, ID being the hash of problem, search and data. It is made while
the search is fitted, before its first run is complete, and only ever drawn afterwards.
"""

from dataclasses import fields
from math import isfinite
from pathlib import Path

import numpy as np

from nmfstudy.assess.convergence import Convergence, convergence_trace, representative
from nmfstudy.store.files import own, read_json, reading_safely, write_json
from nmfstudy.store.identity import code_version, problem_of
from nmfstudy.store.job import Job, config_of, digest
from nmfstudy.store.recorded import LARGEST_COUNT

_MOST_LOOKS = 200
_BYTES = 2**16
_COLUMNS = ("n_iter", "kkt_residual", "objective")


def save_trace(study_folder, dataset, fits):
    """Follow a start of these fits and keep what is seen, unless this code has done so already."""
    path = _path(study_folder, dataset.sha256, fits.problem, fits.search)
    kept = _read(path)
    if kept is not None and kept["code"] == code_version():
        return
    seed = representative(dataset.X, fits)
    if seed is None:
        return
    content = _plain(convergence_trace(dataset.X, fits.problem, fits.search, seed))
    content["code"] = code_version()
    own(path.parent).mkdir(parents=True, exist_ok=True)
    write_json(path, {**content, "sha256": digest(content, 64)})


def load_trace(study_folder, sha256, problem, search):
    """The trace kept for a search on a problem.

    Parameters
    ----------
    study_folder : path
    sha256 : str
        Of the data.
    problem, search : Problem, Search

    Returns
    -------
    Convergence or None
        None if there is none, or what is there is torn, altered or no such thing.
    """
    content = _read(_path(study_folder, sha256, problem, search))
    return None if content is None else _convergence(content)


def _read(path):
    """The content of a trace's file as it was written; None if it is no such thing."""
    try:
        with reading_safely(path.name):
            own(path.parent)
            content = read_json(path, _BYTES)
            recorded = content.pop("sha256", None)
            _convergence(content)
            return content if recorded == digest(content, 64) and "code" in content else None
    except (OSError, ValueError):
        return None


def _path(study_folder, sha256, problem, search):
    job = Job({"name": "any"}, problem, search)
    asked = {name: config_of(job)[name] for name in ("init", "solver")}
    identity = digest({"problem": problem_of(job, sha256), "search": asked})
    return Path(study_folder) / "convergence" / f"{identity}.json"


def _plain(trace):
    """Numbers and lists of them."""
    plain = {field.name: getattr(trace, field.name) for field in fields(trace)}
    plain |= {name: plain[name].tolist() for name in _COLUMNS}
    return plain | {"stopped": None if trace.stopped is None else list(trace.stopped)}


def _convergence(content):
    """The trace of recorded plain data; ValueError if it is none."""
    rows = list(zip(*(content[name] for name in _COLUMNS), strict=True))
    stopped = content["stopped"]
    looks = rows if stopped is None else [*rows, tuple(stopped)]
    sound = 0 < len(rows) <= _MOST_LOOKS and all(map(_is_look, looks))
    n_iter = [row[0] for row in rows]
    sound = sound and _is_count(content["seed"]) and _is_finite(content["tol"])
    if not sound or n_iter != sorted(n_iter):
        raise ValueError("it is no trace of a start")
    return Convergence(
        content["seed"],
        content["tol"],
        *map(np.array, zip(*rows, strict=True)),
        None if stopped is None else tuple(stopped),
    )


def _is_look(row):
    n_iter, *values = row
    return len(row) == len(_COLUMNS) and _is_count(n_iter) and all(map(_is_finite, values))


def _is_count(value):
    return type(value) is int and 0 <= value < LARGEST_COUNT


def _is_finite(value):
    return type(value) in (int, float) and abs(value) < 1e300 and isfinite(value)
