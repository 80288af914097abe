"""What failed, kept until it succeeds.

A run's failure is ``error.json`` in its folder. What stops a job outside its runs (data that are
gone, a worker that was killed) is ``failures/JOB.json``, JOB being the hash of its configuration.
"""

import traceback
from datetime import UTC, datetime
from pathlib import Path

from nmfstudy.store.files import own, read_json, remove_link, write_json
from nmfstudy.store.identity import job_id, run_folder
from nmfstudy.store.recorded import LARGEST_COUNT, NAME_LETTERS
from nmfstudy.util.plain_text import one_line

_TRACEBACK_LETTERS = 20_000
_LINE_LETTERS = 500


def record_failure(study_folder, identifier, problem, error):
    """Write ``error.json`` for a run that could not be finished; it is retried next time."""
    folder = run_folder(study_folder, identifier)
    remove_link(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = failure_record(identifier, problem, [(None, _traceback(error))])
    write_json(folder / "error.json", record)


def record_job_failure(job, error):
    """Write down what ended a job outside its runs; it is retried next time."""
    path = _job_file(job)
    remove_link(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    problem = f"{job.dataset['name']}-k{job.problem.n_components}"
    write_json(path, failure_record(path.stem, problem, [(None, _traceback(error))]))


def forget_job_failure(job):
    """A job went through: remove what is recorded of an earlier try."""
    path = _job_file(job)
    if path.is_file() and not path.parent.is_symlink():
        path.unlink(missing_ok=True)


def failure_record(identifier, problem, errors):
    """The content of ``error.json``: errors are pairs of a seed, None for all, and a text."""
    return {
        "id": identifier,
        "problem": problem,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "errors": [{"seed": seed, "error": text} for seed, text in errors],
    }


def recorded_failures(study_folder):
    """All failures that a study's folder records.

    Yields
    ------
    dict
        ``id`` (of the run or the job), ``problem`` (str) and ``errors``, a list of at least one
        dict with ``seed`` (int, or None for the whole run or job) and ``error`` (str).
    """
    folder = Path(study_folder)
    if not (folder / "runs").is_symlink():
        for path in sorted(folder.glob("runs/*/error.json")):
            yield from _read(path, path.parent.name)
    if not (folder / "failures").is_symlink():
        for path in sorted(folder.glob("failures/*.json")):
            yield from _read(path, path.stem)


def _read(path, identifier):
    if identifier.startswith(".") or path.parent.is_symlink():
        return
    identifier = one_line(identifier)
    record = {"id": identifier, "problem": identifier, "errors": []}
    try:
        found = read_json(own(path))
    except (OSError, ValueError):
        found = {}
    if isinstance(found.get("problem"), str):
        record["problem"] = one_line(found["problem"])[:NAME_LETTERS]
    listed = found.get("errors") if isinstance(found.get("errors"), list) else []
    for entry in listed:
        if isinstance(entry, dict) and isinstance(entry.get("error"), str):
            seed = entry.get("seed")
            seed = seed if type(seed) is int and 0 <= seed < LARGEST_COUNT else None
            lines = entry["error"][-_TRACEBACK_LETTERS:].splitlines()
            text = "\n".join(line[:_LINE_LETTERS] for line in lines)
            record["errors"].append({"seed": seed, "error": text})
    if not record["errors"]:
        record["errors"] = [{"seed": None, "error": "its record cannot be read"}]
    yield record


def _job_file(job):
    return job.folder / "failures" / f"{job_id(job)}.json"


def _traceback(error):
    return "".join(traceback.format_exception(error))
