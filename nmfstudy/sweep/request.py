"""What a sweep was asked for: checked before any work, recorded in ``study.json``."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nmfstudy.fitting.inits import check_init, draw_starts
from nmfstudy.fitting.multistart import check_size
from nmfstudy.fitting.solvers import make_solver
from nmfstudy.store import code_version, problem_key, run_id
from nmfstudy.store.data import check_sources
from nmfstudy.store.files import clean_up, write_json
from nmfstudy.store.identity import family_id, job_id
from nmfstudy.store.job import AUTO, Analysis, Resampling, config_of
from nmfstudy.store.recorded import check_config
from nmfstudy.sweep.execution import AUTO_BUDGET, custom_files, dataset_of, source_of
from nmfstudy.util.errors import RequestError, UnavailableError

MOST_RUNS = 10**5  # run folders of one request


def without_lost(asked):
    """The plan as far as its data are to be had; they are looked for once each.

    Raises
    ------
    UnavailableError
        If that is nothing.
    """
    pairs, lost, known = [], [], {}
    for job, overrides in zip(asked.jobs, asked.overrides, strict=True):
        data = repr(sorted(job.dataset.items()))
        if data not in known:
            known[data] = _why_lost(job)
        if known[data] is None:
            pairs.append((job, overrides))
        else:
            lost.append((job, known[data]))
    if not pairs:
        raise lost[0][1]
    jobs, overrides = zip(*pairs, strict=True)
    return replace(asked, jobs=jobs, overrides=overrides, lost=tuple(lost))


def _why_lost(job):
    try:
        dataset_of(job)
    except UnavailableError as error:
        return error


def check_jobs(jobs):
    """`check_job` of each, and whether their files fit what the study's folder holds.

    Raises
    ------
    RequestError
    """
    sources = {}
    for job in jobs:
        check_job(job)
        dataset = dataset_of(job)
        sources.setdefault(job.folder, {})[dataset.sha256] = dataset, source_of(job)
    for folder, asked in sources.items():
        check_sources(folder, asked.values())


def check_job(job):
    """Refuse what can be known to be impossible before anything is fitted or written.

    Raises
    ------
    RequestError
    """
    check_config(config_of(job))
    dataset = dataset_of(job)
    check_init(job.search.init, dataset.X.shape, job.problem.n_components)
    if job.search.init == "custom":
        draw_starts(dataset.X, "custom", job.problem.n_components, [0], job.search.options)
    make_solver(job.search).on(dataset.X).check(job.problem)
    if job.resampling.name != "none":
        job.resampling.draw(dataset.X, 1)  # too many components for a resample: left out later
    most = job.block if job.n_starts == AUTO else min(job.block, job.n_starts)
    check_size(
        dataset.X.shape,
        job.problem.n_components,
        1 if job.search.deterministic else most,
        job.record,
    )


@dataclass(frozen=True)
class Request:
    """All jobs of one command, which go into one study's folder.

    Attributes
    ----------
    folder : Path
    blocks : tuple of dict
        ``run``, ``problem`` and ``n_starts`` of every run folder asked for. An adaptive job
        lists its first block, with ``most``, the starts it may take in all, and ``family``, the
        identity that all its blocks share.
    jobs : tuple of str
        Identities of the jobs.
    data : dict of str to list of str
        Hashes of the data by name.
    analysis : Analysis
    resampling : Resampling
    argv : tuple of str
    n_starts : int
        In all; of an adaptive job, the most it may take.
    adaptive : bool
        Whether a job decides by itself how many blocks it takes.
    """

    folder: Path
    blocks: tuple[dict, ...]
    jobs: tuple[str, ...]
    data: dict
    analysis: Analysis
    resampling: Resampling
    argv: tuple[str, ...]
    n_starts: int
    adaptive: bool

    @staticmethod
    def of(jobs, argv, lost=()):
        """The request that these jobs make, and others whose data are not to be had.

        Raises
        ------
        RequestError
            If they would go into several folders or be counted with several tolerances.
        """
        for what, values in (
            ("study folders", {job.folder for job in jobs}),
            ("analysis settings", {_shared(job) for job in jobs}),
            ("ways of drawing the data again", {job.resampling for job in jobs}),
        ):
            if len(values) > 1:
                listed = ", ".join([*sorted(map(str, values))[:3], "…"][: len(values)])
                raise RequestError(
                    f"the sweep names {len(values)} {what} ({listed}); possible: one"
                )
        n_blocks = sum(job.n_blocks for job in jobs)
        if n_blocks > MOST_RUNS:
            raise RequestError(
                f"the request makes {n_blocks} run folders; possible: up to {MOST_RUNS}, by fewer "
                "starts (n_starts=) or more of them in a folder (block=)"
            )
        blocks, data = {}, {}
        for job in jobs:
            dataset, files = dataset_of(job), custom_files(job)
            data.setdefault(dataset.name, {})[dataset.sha256] = None
            key = problem_key(job, dataset.name, dataset.sha256)
            for block in job.blocks():
                run = run_id(job, block, dataset.sha256, files)
                blocks[run] = {"run": run, "problem": key, "n_starts": block[1]}
                if job.n_starts == AUTO and not job.search.deterministic:
                    family = family_id(job, dataset.sha256, code_version())
                    blocks[run] |= {"most": AUTO_BUDGET, "family": family}
                    break
        total = sum(block.get("most", block["n_starts"]) for block in blocks.values())
        shared = _shared(jobs[0])
        # Starts stopped early by another rule are there to be compared, not to be counted.
        full = [job for job in jobs if job.search.stop == "kkt"] or jobs
        kkt_tol = max(job.analysis.kkt_tol for job in full)
        analysis = Analysis(*shared, kkt_tol)
        return Request(
            folder=jobs[0].folder,
            blocks=tuple(blocks.values()),
            jobs=tuple(dict.fromkeys(map(job_id, (*jobs, *lost)))),
            data={name: list(hashes) for name, hashes in data.items()},
            analysis=analysis,
            resampling=jobs[0].resampling,
            argv=tuple(argv),
            n_starts=total,
            adaptive=any(job.n_starts == AUTO for job in jobs),
        )

    def save(self):
        """Record the request in the study's folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        clean_up(self.folder)
        write_json(
            self.folder / "study.json",
            {
                "command": ["nmfstudy", "run", *self.argv],
                "analysis": asdict(self.analysis),
                "resample": asdict(self.resampling),
                "code": code_version(),
                "adaptive": self.adaptive,
                "data": self.data,
                "jobs": list(self.jobs),
                "runs": list(self.blocks),
            },
        )


def _shared(job):
    return job.analysis.distance_tol, job.analysis.objective_rtol
