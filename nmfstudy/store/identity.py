"""What makes a run the same run: problem, search, seeds, data and code, by content."""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from nmfstudy.store.job import config_of, digest
from nmfstudy.util.sources import hash_of_sources, sources_behind

# Plots, reports and counts may change without making fits stale.
_FITTING = "nmfstudy.fitting.multistart"


@cache
def code_version(solver=""):
    """16 digits of a hash of the sources behind a fit, a user's own solver file included."""
    total = hashlib.sha256(hash_of_sources(sources_behind(_FITTING)).encode())
    if ":" in solver:
        spec = importlib.util.find_spec(solver.split(":")[0])
        if spec is not None and spec.origin and Path(spec.origin).is_file():
            total.update(Path(spec.origin).read_bytes())
    return total.hexdigest()[:16]


def problem_of(job, data_sha256):
    """What is minimised, as plain data."""
    config = config_of(job)
    return {"data": data_sha256, **{k: config[k] for k in ("n_components", "loss", "penalty")}}


def run_id(job, block, data_sha256, files=None):
    """Identity of one block of a job.

    Parameters
    ----------
    job : Job
    block : (first seed, number of starts)
        Left out for a deterministic init, whose single start no seed changes.
    data_sha256 : str
    files : mapping, optional
        Content hashes that stand in for the paths of a custom init's W and H.

    Returns
    -------
    str
        16 hexadecimal digits. Dataset and study names, paths, tolerances of the analysis and
        the number of starts asked for do not enter.
    """
    block = None if job.search.deterministic else list(block)
    return _identity(job, block, data_sha256, files, code_version(job.search.solver))


def family_id(job, data_sha256, code):
    """What all blocks of a job with random starts have in common, whatever its seeds."""
    return _identity(job, None, data_sha256, None, code)


def _identity(job, block, data_sha256, files, code):
    config = config_of(job)
    search = {"init": {**config["init"], **(files or {})}, "solver": config["solver"]}
    return digest(
        {
            "problem": problem_of(job, data_sha256),
            "search": search,
            "block": block,
            "record": job.record,
            "code": code,
        }
    )


def problem_key(job, dataset_name, data_sha256):
    """A readable key of a problem, unique by content: ``menu-k4-ridge_0.01-3f2a9c``."""
    problem = job.problem
    parts = [dataset_name, f"k{problem.n_components}"]
    if problem.loss != "frobenius":
        parts.append(problem.loss)
    penalty = problem.penalty
    if not penalty.is_zero:
        sides = [f"{penalty.alpha_W:g}"]
        if penalty.alpha_H != penalty.alpha_W:
            sides.append(f"{penalty.alpha_H:g}")
        if penalty.name == "elastic":
            sides.append(f"l1_ratio{penalty.l1_ratio:g}")
        if penalty.name.startswith("scale_free"):
            sides = [f"{penalty.strength:g}"]
        parts.append("_".join([penalty.name, *sides]))
    return "-".join([*parts, digest(problem_of(job, data_sha256), 6)])


def run_folder(study_folder, identifier):
    """Where the run of this id lives."""
    if not (identifier.isalnum() and identifier.isascii()):
        raise ValueError(f"{identifier!r:.40} is no run id")
    return Path(study_folder) / "runs" / identifier


def job_id(job):
    """Identity of a job as it was asked for, known without its data: 16 hexadecimal digits."""
    return digest(config_of(job))
