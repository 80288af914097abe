"""From a job to finished run folders; what is finished already is not done again."""

import os
import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nmfstudy.datasets import load_dataset
from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.model.fits import concatenate
from nmfstudy.store import Run, is_finished, problem_key, record_failure, run_id, save_data
from nmfstudy.store.failures import forget_job_failure, record_job_failure
from nmfstudy.store.files import remove_leftovers, sha256_of
from nmfstudy.store.heartbeat import HeartbeatWriter
from nmfstudy.store.identity import run_folder
from nmfstudy.store.job import AUTO
from nmfstudy.store.run import set_aside_damaged
from nmfstudy.store.traces import save_trace
from nmfstudy.util.errors import RequestError

AUTO_COVERAGE = 0.99  # which the lower confidence limit must reach
AUTO_BUDGET = 5000  # starts of one search after which an adaptive study gives up


class NoProgress:
    """Progress that nobody watches; the members that `execute` calls."""

    def block(self, job, n_starts):
        """A block of ``n_starts`` begins."""

    def advance(self, n_starts):
        """So many starts are done, or were done before."""

    def fail(self, n_starts):
        """So many starts failed."""

    def stopped(self, key, stop):
        """An adaptive job of the problem with this key ends for a reason, a `Stop`."""

    def damaged(self, damage, again="fitted"):
        """Something was set aside, a `nmfstudy.store.whole.SetAside`, and is made again."""


@dataclass(frozen=True)
class Block:
    """One run folder as it ended.

    Attributes
    ----------
    run : str
        Its id.
    n_starts, n_failed : int
    fitted : bool
        False if it was finished before.
    error : str or None
        One line, if something failed.
    """

    run: str
    n_starts: int
    n_failed: int
    fitted: bool
    error: str | None = None


@lru_cache(maxsize=4)
def _cached_dataset(items):
    return load_dataset(**dict(items))


def dataset_of(job):
    """The job's dataset; several jobs on one share it."""
    lists = {key: tuple(v) if isinstance(v, list) else v for key, v in job.dataset.items()}
    items = tuple(sorted(lists.items(), key=lambda pair: pair[0]))
    try:
        return _cached_dataset(items)
    except TypeError:  # an unhashable parameter
        return load_dataset(**job.dataset)


def source_of(job):
    """The file of the job's data relative to the study's folder; None of data from no file."""
    path = job.dataset.get("path")
    if path is None:
        return None
    try:
        return Path(os.path.relpath(path, job.folder)).as_posix()
    except ValueError:  # on another drive
        return Path(path).absolute().as_posix()


def read_data_anew():
    """Let datasets be read again: files may have changed since the last command."""
    _cached_dataset.cache_clear()


def custom_files(job):
    """Content hashes of a custom init's files, which stand for them in the run id."""
    options = job.search.options
    files = {n: options[n] for n in ("W", "H") if isinstance(options.get(n), str)}
    try:
        return {name: sha256_of(path) for name, path in files.items()}
    except OSError as error:
        raise RequestError(f"{error.filename} cannot be read ({error.strerror})") from None


def is_done(job):
    """Whether all that a job asks for is finished; an adaptive job can tell only by going on."""
    if job.n_starts == AUTO:
        return False
    try:
        sha256, files = dataset_of(job).sha256, custom_files(job)
    except RequestError:  # `perform` records what cannot be read
        return False
    return all(is_finished(job.folder, run_id(job, b, sha256, files)) for b in job.blocks())


def perform(job, progress=None):
    """`execute` a job as one of many: whatever ends it is recorded, and the next may begin.

    Only ``KeyboardInterrupt`` and errors of the study's own folder (no space, no permission),
    where nothing could be recorded either, are raised.

    Returns
    -------
    list of Block
        Empty if the job failed as a whole.
    """
    try:
        blocks = execute(job, progress)
    except OSError:
        raise
    except (Exception, SystemExit) as error:
        record_job_failure(job, error)
        return []
    forget_job_failure(job)
    return blocks


def execute(job, progress=None):
    """Fit every block of a job that is not finished yet.

    A block that fails, while it is fitted or saved, is recorded and the next one begun.

    Returns
    -------
    list of Block
    """
    progress = progress or NoProgress()
    dataset = dataset_of(job)
    folder = job.folder
    damage = save_data(folder, dataset, source_of(job))
    if damage:
        progress.damaged(damage, "written")
    remove_leftovers(folder / "runs")
    key = problem_key(job, dataset.name, dataset.sha256)
    blocks, done = [], []
    with HeartbeatWriter(folder) as sign:
        for block in job.blocks():
            identifier = run_id(job, block, dataset.sha256, custom_files(job))
            progress.block(job, block[1])
            sign.begin(identifier, key, block[1])
            blocks.append(_execute_block(job, dataset, block, identifier, progress, sign))
            if job.n_starts == AUTO:
                done.append(identifier)
                failed = blocks[-1].n_failed == blocks[-1].n_starts
                n_starts = sum(b.n_starts for b in blocks)
                stop = Stop("failed", n_starts) if failed else _enough(job, done)
                if stop is not None:
                    progress.stopped(key, stop)
                    break
    return blocks


def _execute_block(job, dataset, block, identifier, progress, sign):
    first, count = block
    if is_finished(job.folder, identifier):
        progress.advance(count)
        return Block(identifier, count, 0, fitted=False)

    damage = set_aside_damaged(job.folder, identifier)
    if damage:
        progress.damaged(damage)

    def advance(n_starts):
        sign.advance(n_starts)
        progress.advance(n_starts)

    seeds = np.arange(first, first + count)
    # Whatever fails, the sweep goes on; the traceback is recorded. A user's class may even exit.
    try:
        fits = fit_starts(dataset.X, job.problem, job.search, seeds, advance, job.record)
    except (Exception, SystemExit) as error:
        return _failed(job, dataset, block, identifier, progress, error)
    errors = [
        (int(s), fits.errors.get(int(s), "")) for s in fits.seed[fits.stop_reason == "failed"]
    ]
    try:
        save_trace(job.folder, dataset, fits)
        Run.save(job.folder, identifier, job, dataset, fits, errors=errors)
    except OSError:  # the study's own folder, where nothing could be recorded either
        raise
    except Exception as error:
        return _failed(job, dataset, block, identifier, progress, error)
    progress.fail(len(errors))
    return Block(identifier, count, len(errors), fitted=True, error=_last_line(errors))


def _failed(job, dataset, block, identifier, progress, error):
    """Record what ended a whole block, unless another process has finished it meanwhile."""
    if is_finished(job.folder, identifier):
        progress.advance(block[1])
        return Block(identifier, block[1], 0, fitted=False)
    key = problem_key(job, dataset.name, dataset.sha256)
    record_failure(job.folder, identifier, key, error)
    progress.fail(block[1])
    line = traceback.format_exception_only(error)[-1].strip()
    return Block(identifier, block[1], block[1], fitted=True, error=line)


def _last_line(errors):
    lines = [text.strip().splitlines()[-1] for _, text in errors if text.strip()]
    return lines[0] if lines else None


def _enough(job, identifiers):
    """`Stop` of an adaptive job after these blocks; None if it goes on."""
    from nmfstudy.solutions import distinct_solutions

    fits = concatenate(Run.load(run_folder(job.folder, i)).fits for i in identifiers)
    solutions = distinct_solutions(
        fits,
        distance_tol=job.analysis.distance_tol,
        objective_rtol=job.analysis.objective_rtol,
        kkt_tol=job.analysis.kkt_tol,
    )
    return stop_of(solutions, len(fits))


class Stop(NamedTuple):
    """Why an adaptive study stops.

    Attributes
    ----------
    code : {"continuum", "coverage", "budget", "failed"}
        A continuum is evident; the coverage is reached and the count has a plateau; all starts
        are spent; a whole block failed.
    n_starts : int
    coverage : float
    plateau : (float, float) or None
    """

    code: str
    n_starts: int
    coverage: float = float("nan")
    plateau: tuple | None = None


def stop_of(solutions, n_starts):
    """Whether and why an adaptive study stops with these solutions.

    It stops when a continuum is evident (starts do not come back to the same places), when the
    lower 95 % limit of the coverage is at least .99 and the count has a plateau, or when 5,000
    starts of the search are spent.

    Returns
    -------
    Stop or None
        None if it goes on.
    """
    code = None
    if solutions.kind == "continuum" and not solutions.recurs:
        code = "continuum"
    elif solutions.lowest_coverage >= AUTO_COVERAGE and solutions.plateau is not None:
        code = "coverage"
    elif n_starts >= AUTO_BUDGET:
        code = "budget"
    return code and Stop(code, n_starts, solutions.coverage, solutions.plateau)
