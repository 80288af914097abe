"""Sweep starts, k, inits, solvers and penalties, then write the report.

nmfstudy run study=discussion
nmfstudy run study=mydata dataset.path=X.csv
nmfstudy run -m dataset=file dataset.path=X.csv n_components=2,3,4 init=random,nndsvda
nmfstudy run -m n_components=2,3,4 'seed=range(0,1000,100)' n_starts=100 hydra/launcher=joblib
"""

import os
import sys

import hydra

from nmfstudy.cli import guarded
from nmfstudy.config import job_from_config
from nmfstudy.errors import RequestError
from nmfstudy.experiments.composing import CONF, VERSION_BASE, plain_config, plan
from nmfstudy.progress import ProgressBar
from nmfstudy.request import Request, check_job
from nmfstudy.runs import code_version
from nmfstudy.runs.failures import record_job_failure
from nmfstudy.runs.status import status_of
from nmfstudy.study import Study
from nmfstudy.sweep import is_done, perform

LOCAL_LAUNCHERS = ("joblib",)  # their jobs are at an end when they give up

USAGE = f"""usage: nmfstudy run [-m] [study=NAME] [KEY=VALUE …]

{__doc__}
Keys are those of the configuration below; -m lets a value be a list or a range and runs every
combination. Studies: {", ".join(sorted(p.stem for p in (CONF / "study").glob("*.yaml")))}.
An interrupted or extended sweep goes on: what is finished is not fitted again.

{(CONF / "config.yaml").read_text(encoding="utf-8").split("hydra:")[0]}"""


def main(argv):
    """Plan, execute, report; returns the exit status."""
    if any(flag in argv for flag in ("-h", "--help")):
        print(USAGE)
        return 0
    flags = [a for a in argv if a.startswith("-")]
    overrides = [a for a in argv if not a.startswith("-")]
    unknown = [flag for flag in flags if flag not in ("-m", "--multirun", "--cfg=job", "--check")]
    if unknown:
        raise RequestError(f"{unknown[0]} is no option; possible: -m, --check, --help")
    asked = plan(overrides, multirun="-m" in flags or "--multirun" in flags)
    for job in asked.jobs:
        check_job(job)
    request = Request.of(asked.jobs, argv)
    if "--check" in flags:
        print(f"{len(asked.jobs)} jobs, {request.n_starts} starts, into {request.folder}")
        return 0
    return _carry_out(asked, request)


def _carry_out(asked, request):
    request.save()
    with ProgressBar(request.n_starts) as progress:
        for hint in asked.hints:
            progress.say(hint)
        for sweep in asked.sweeps:
            if asked.launcher == "basic":
                for job in sweep.jobs:
                    perform(job, progress)
            else:
                _launch(sweep, asked.launcher)
    try:
        study = Study.load(request.folder, code=code_version())
    except RequestError:  # whatever was asked for has failed
        for line in status_of(request.folder).lines():
            print(line)
        return 1
    # What only a report needs is imported only now: a sweep begins without delay.
    from nmfstudy.report import current_report, write_report
    from nmfstudy.report.terminal import print_summary

    print_summary(study, current_report(study) or write_report(study))
    return 1 if study.n_failed else 0


def _launch(sweep, launcher):
    """Have one sweep's jobs done elsewhere, and find out which to blame if that breaks.

    A worker that is killed, as for want of memory, takes with it what the others are at.
    """
    try:
        return _hand_over(sweep.overrides, sweep.jobs[0].folder)
    except OSError:  # the study's own folder
        raise
    except (Exception, SystemExit) as error:
        broken = error
    for job, overrides in zip(sweep.jobs, sweep.job_overrides, strict=True):
        try:
            if is_done(job):
                continue
            if launcher not in LOCAL_LAUNCHERS:  # others may still be at it
                raise broken
            _hand_over(overrides, job.folder)
        except OSError:
            raise
        except (Exception, SystemExit) as error:
            record_job_failure(job, error)


def _hand_over(overrides, folder):
    """Hand jobs to Hydra's own main, for launchers that run them elsewhere."""
    argv, verbose = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    # Hydra writes multirun.yaml there, and launchers their own logs.
    sys.argv = ["nmfstudy", "-m", *overrides, f"hydra.sweep.dir={folder / 'hydra'}"]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise what happens, do not print it and exit
    try:
        hydra.main(version_base=VERSION_BASE, config_path=str(CONF), config_name="config")(task)()
    finally:
        sys.argv = argv
        if verbose is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = verbose


def task(config):
    """One Hydra job in whatever process the launcher gives it; failures are in the folder."""
    return [block.run for block in perform(job_from_config(plain_config(config)))]


if __name__ == "__main__":
    sys.exit(guarded(main))
