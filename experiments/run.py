"""Sweep starts, k, inits, solvers and penalties, then write the report.

nmfstudy run study=discussion
nmfstudy run X.csv
nmfstudy run X.csv -k 2:8 -n auto --loss kl
nmfstudy run X.csv dataset.uncertainty=SIGMA.csv
nmfstudy run -m dataset=file dataset.path=X.csv n_components=2,3,4 init=random,nndsvda
nmfstudy run -m n_components=2,3,4 'seed=range(0,1000,100)' n_starts=100 hydra/launcher=joblib
nmfstudy run X.csv hydra/launcher=submitit_slurm cluster.partition=long
"""

import sys
from dataclasses import replace

from nmfstudy.cli import guarded
from nmfstudy.datasets.file import how_it_was_read
from nmfstudy.report.progress import ProgressBar
from nmfstudy.store import code_version, save_data
from nmfstudy.store.failures import record_job_failure
from nmfstudy.store.heartbeat import forget_the_dead
from nmfstudy.store.status import status_of
from nmfstudy.study import Study
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.execution import dataset_of, is_done, perform, read_data_anew, source_of
from nmfstudy.sweep.growth import grown, limit_of
from nmfstudy.sweep.launching import check_launcher, launch
from nmfstudy.sweep.overrides import CONF
from nmfstudy.sweep.request import Request, check_jobs, without_lost
from nmfstudy.sweep.shorthand import command, written_out
from nmfstudy.sweep.watching import watching
from nmfstudy.util.errors import RequestError


def _settings(name):
    return (CONF / f"{name}.yaml").read_text(encoding="utf-8")


USAGE = f"""usage: nmfstudy run [FILE] [-k K] [-n STARTS] [--loss LOSS] [-m] [KEY=VALUE …]

{__doc__}
FILE is short for study=mydata dataset.path=FILE, or mycounts if the loss is kl; -k 2:8 or 2,3,5 for
n_components=, -n for n_starts=, --loss (kl for kullback-leibler) for loss=, --seed for seed=.
--check says what would be done. Empty cells of FILE are unknown: they take no part in the loss.

Keys are those of the configuration below; -m lets a value be a list or a range and runs every
combination. Studies: {", ".join(sorted(p.stem for p in (CONF / "study").glob("*.yaml")))}.
An interrupted or extended sweep goes on: what is finished is not fitted again.

Where jobs run: hydra/launcher=basic (here, one after the other, each on all cores), joblib
(processes on this machine), submitit_slurm, ray. The last two give every job what cluster= says,
small or large, and cluster.KEY=VALUE changes:

{_settings("cluster/small")}
{_settings("config").split("hydra:")[0]}"""


def main(argv):
    """Plan, execute, report; returns the exit status."""
    if any(flag in argv for flag in ("-h", "--help")):
        print(USAGE)
        return 0
    typed, argv = list(argv), written_out(argv)
    if sorted(argv) != sorted(typed):
        print(f"= {command(argv)}")
    overrides = [word for word in argv if word not in ("-m", "--check")]
    read_data_anew()
    asked = _within_the_data(without_lost(plan(overrides, multirun="-m" in argv)))
    check_jobs(asked.jobs)
    check_launcher(asked)
    limit = limit_of(asked)
    request = Request.of(asked.jobs, argv)
    if "--check" in argv:
        for line in _readings(asked.jobs):
            print(line)
        print(f"{len(asked.jobs)} jobs, {request.n_starts} starts, into {request.folder}")
        for sentence in dict.fromkeys(str(error) for _, error in asked.lost):
            print(sentence)
        if limit is not None:
            print(f"more k, up to {limit}, while the largest tried is the best")
        return 1 if asked.lost else 0
    return _carry_out(asked, overrides, argv)


def _within_the_data(asked):
    """The plan without what a preset alone asks for and the data are too small for."""
    if "n_components" in asked.given or not asked.root.sweeps:
        return asked
    pairs, left_out = [], {}
    for job, overrides in zip(asked.jobs, asked.overrides, strict=True):
        dataset, k = dataset_of(job), job.problem.n_components
        if k <= min(dataset.X.shape):
            pairs.append((job, overrides))
        else:
            left_out.setdefault(dataset, set()).add(k)
    if not pairs:
        dataset = next(iter(left_out))
        n, d = dataset.X.shape
        raise RequestError(
            f"{dataset.name} is {n}×{d}, smaller than every k of the study; possible: n_components="
            f"{min(n, d)}"
        )
    hints = list(asked.hints)
    for dataset, ks in left_out.items():
        n, d = dataset.X.shape
        parts = ", ".join(map(str, sorted(ks)))
        hints.append(f"k = {parts} left out: {dataset.name} is only {n}×{d}")
    jobs, overrides = zip(*pairs, strict=True)
    return replace(asked, jobs=jobs, overrides=overrides, hints=tuple(hints))


def _readings(jobs):
    """How each of the user's files was read, and what is worth knowing of it, a line each."""
    from nmfstudy.report.words_on_data import remarks

    files = {job.dataset["path"]: job for job in jobs if job.dataset["name"] == "file"}
    lines = []
    for path, job in files.items():
        dataset = dataset_of(job)
        lines.append(how_it_was_read(path, dataset))
        if clauses := remarks(dataset, job.problem.loss):
            lines.append(f"data: {'; '.join(clauses)}.")
    return lines


def _carry_out(asked, overrides, argv):
    """Fit and report; returns the exit status."""
    study = sweep(asked, overrides, argv)
    folder = asked.jobs[0].folder
    if study is None:
        from nmfstudy.report.words_on_status import status_lines

        for line in status_lines(status_of(folder)):
            print(line)
        return 1
    # What only a report needs is imported only now: a sweep begins without delay.
    from nmfstudy.report import current_report
    from nmfstudy.report.progress import write_shown
    from nmfstudy.report.terminal import print_summary

    print_summary(study, current_report(study) or write_shown(study))
    return 1 if study.n_failed or status_of(folder).missing else 0


def sweep(asked, overrides, argv):
    """Fit what is asked for, and go on with more k while the largest is best.

    Parameters
    ----------
    asked : Plan
    overrides, argv : sequence of str
        What the user gave, without options and with them.

    Returns
    -------
    Study or None
        None if whatever was asked for has failed.
    """
    absent = dict.fromkeys(str(error) for _, error in asked.lost)
    jobs, hints = asked.jobs, (*absent, *_readings(asked.jobs), *asked.hints)
    while True:
        request = Request.of(jobs, argv, [job for job, _ in asked.lost])
        request.save()
        for job, error in asked.lost:
            record_job_failure(job, error)
        _fit(asked, Request.of(asked.jobs, argv), hints)
        try:
            study = Study.load(request.folder, code=code_version(), may_fit=True)
        except RequestError:
            return None
        wider = _wider(asked, overrides, study)
        if wider is None:
            return study
        asked, jobs, hints = wider, (*jobs, *wider.jobs), wider.hints


def _fit(asked, request, hints):
    forget_the_dead(request.folder)
    with ProgressBar(request.n_starts) as progress:
        for sentence in hints:
            progress.say(sentence)
        if asked.launcher == "basic":
            for job in asked.jobs:
                perform(job, progress)
        else:
            _hand_out(asked, request, progress)


def _wider(asked, overrides, study):
    """The sweeps with more k if the largest of some data is the best; None if it is not."""
    if limit_of(asked) is None:
        return None
    from nmfstudy.report.over_k import advised

    found = [
        (results[0].dataset, [r.problem.n_components for r in results], advice)
        for results, _, advice in advised(study)
    ]
    try:
        wider = grown(asked, overrides, found)
        check_jobs(() if wider is None else wider.jobs)
    except RequestError as error:  # more of them than can be run: what is there is reported
        print(error, file=sys.stderr)
        return None
    return wider


def _hand_out(asked, request, progress):
    """Let a launcher run the jobs that are not done, and follow them in the study's folder."""
    # Once, not by every worker at the same moment.
    for job in {dataset_of(job).sha256: job for job in asked.jobs}.values():
        damage = save_data(request.folder, dataset_of(job), source_of(job))
        if damage:
            progress.damaged(damage, "written")
    pairs = zip(asked.jobs, asked.overrides, strict=True)
    left = [(job, overrides) for job, overrides in pairs if not is_done(job)]
    with watching(request.folder, request.blocks, progress):
        for trouble in launch(asked, left, request.folder):
            progress.say(f"{asked.launcher}: {trouble}")


if __name__ == "__main__":
    sys.exit(guarded(main))
