"""From a job to finished run folders; what is finished already is not done again."""

import time
import traceback
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nmfstudy.config import AUTO
from nmfstudy.datasets import load_dataset
from nmfstudy.fits import concatenate
from nmfstudy.fitting import fit_starts
from nmfstudy.runs import Run, is_finished, problem_key, record_failure, run_id, save_data
from nmfstudy.runs.files import remove_leftovers, sha256_of
from nmfstudy.runs.run import run_folder

AUTO_COVERAGE = 0.99
AUTO_BUDGET = 2000  # starts of one search after which an adaptive study gives up


class NoProgress:
    """Progress that nobody watches; the members that `execute` calls."""

    def block(self, job, n_starts):
        """A block of ``n_starts`` begins."""

    def advance(self, n_starts):
        """So many starts are done, or were done before."""

    def fail(self, n_starts):
        """So many starts failed."""

    def say(self, sentence):
        """A sentence worth telling."""


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
    items = tuple(sorted(job.dataset.items(), key=lambda pair: pair[0]))
    try:
        return _cached_dataset(items)
    except TypeError:  # an unhashable parameter
        return load_dataset(**job.dataset)


def custom_files(job):
    """Content hashes of a custom init's files, which stand for them in the run id."""
    options = job.search.options
    return {n: sha256_of(options[n]) for n in ("W", "H") if isinstance(options.get(n), str)}


def execute(job, progress=None):
    """Fit every block of a job that is not finished yet.

    A failing block is recorded and the next one begun; only ``KeyboardInterrupt`` and errors of
    the study's own folder (no space, no permission) end a job.

    Returns
    -------
    list of Block
    """
    progress = progress or NoProgress()
    dataset = dataset_of(job)
    folder = job.folder
    save_data(folder, dataset)
    remove_leftovers(folder / "runs")
    blocks, done = [], []
    for block in job.blocks():
        identifier = run_id(job, block, dataset.sha256, custom_files(job))
        progress.block(job, block[1])
        blocks.append(_execute_block(job, dataset, block, identifier, progress))
        if job.n_starts == AUTO:
            done.append(identifier)
            failed = blocks[-1].n_failed == blocks[-1].n_starts
            reason = "stopped: a whole block failed" if failed else _enough(job, done)
            if reason:
                progress.say(f"{problem_key(job, dataset.name, dataset.sha256)}: {reason}")
                break
    return blocks


def _execute_block(job, dataset, block, identifier, progress):
    first, count = block
    if is_finished(job.folder, identifier):
        progress.advance(count)
        return Block(identifier, count, 0, fitted=False)
    begun = time.perf_counter()
    seeds = np.arange(first, first + count)
    try:
        fits = fit_starts(dataset.X, job.problem, job.search, seeds, progress.advance)
    # Whatever fails, the sweep goes on; the traceback is recorded. A user's class may even exit.
    except (Exception, SystemExit) as error:
        key = problem_key(job, dataset.name, dataset.sha256)
        record_failure(job.folder, identifier, key, error)
        progress.fail(count)
        line = traceback.format_exception_only(error)[-1].strip()
        return Block(identifier, count, count, fitted=True, error=line)
    errors = [
        (int(s), fits.errors.get(int(s), "")) for s in fits.seed[fits.stop_reason == "failed"]
    ]
    Run.save(
        job.folder,
        identifier,
        job,
        dataset,
        fits,
        seconds=time.perf_counter() - begun,
        errors=errors,
    )
    progress.fail(len(errors))
    return Block(identifier, count, len(errors), fitted=True, error=_last_line(errors))


def _last_line(errors):
    lines = [text.strip().splitlines()[-1] for _, text in errors if text.strip()]
    return lines[0] if lines else None


def _enough(job, identifiers):
    """Why an adaptive job may stop after these blocks, in words; None if it may not."""
    from nmfstudy.solutions import distinct_solutions

    fits = concatenate(Run.load(run_folder(job.folder, i)).fits for i in identifiers)
    solutions = distinct_solutions(
        fits,
        distance_tol=job.analysis.distance_tol,
        objective_rtol=job.analysis.objective_rtol,
        kkt_tol=job.analysis.kkt_tol,
    )
    return stopping_reason(solutions, len(fits))


def stopping_reason(solutions, n_starts):
    """Why an adaptive study stops with these solutions, in words; None if it goes on.

    It stops when a continuum is evident, when coverage is at least .99 and the count has a
    plateau, or when 2,000 starts of the search are spent.
    """
    if solutions.kind == "continuum":
        return f"stopped after {n_starts} starts: a continuum of solutions is evident"
    if solutions.coverage >= AUTO_COVERAGE and solutions.plateau is not None:
        return (
            f"stopped after {n_starts} starts: coverage is {solutions.coverage:.3f} and the count "
            f"does not depend on the tolerance between {solutions.plateau[0]:.1g} and "
            f"{solutions.plateau[1]:.1g}"
        )
    if n_starts >= AUTO_BUDGET:
        return f"stopped after {n_starts} starts: the budget is spent, the count is not settled"
    return None
