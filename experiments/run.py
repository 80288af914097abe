"""Sweep starts, k, inits, solvers and penalties, then write the report.

nmfstudy run study=discussion
nmfstudy run study=mydata dataset.path=X.csv
nmfstudy run -m dataset=file dataset.path=X.csv n_components=2,3,4 init=random,nndsvda
nmfstudy run -m n_components=2,3,4 'seed=range(0,1000,100)' n_starts=100 hydra/launcher=joblib
"""

import sys

import hydra

from nmfstudy.cli import guarded
from nmfstudy.config import job_from_config
from nmfstudy.errors import RequestError
from nmfstudy.experiments.composing import CONF, VERSION_BASE, plain_config, plan
from nmfstudy.progress import ProgressBar
from nmfstudy.request import Request, check_job
from nmfstudy.runs import code_version
from nmfstudy.study import Study
from nmfstudy.sweep import execute

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
                    execute(job, progress)
            else:
                _launch(sweep, request.folder)
    # What only a report needs is imported only now: a sweep begins without delay.
    from nmfstudy.report import current_report, write_report
    from nmfstudy.report.terminal import print_summary

    study = Study.load(request.folder, code=code_version())
    print_summary(study, current_report(study) or write_report(study))
    return 1 if study.n_failed else 0


def _launch(sweep, folder):
    """Hand one sweep to Hydra's own main, for launchers that run jobs elsewhere."""
    argv = sys.argv
    # Hydra writes multirun.yaml there, and launchers their own logs.
    elsewhere = f"hydra.sweep.dir={folder / 'hydra'}"
    sys.argv = ["nmfstudy", "-m", *sweep.overrides, elsewhere]
    try:
        hydra.main(version_base=VERSION_BASE, config_path=str(CONF), config_name="config")(task)()
    finally:
        sys.argv = argv


def task(config):
    """One Hydra job in whatever process the launcher gives it; failures are in its run folders."""
    return [block.run for block in execute(job_from_config(plain_config(config)))]


if __name__ == "__main__":
    sys.exit(guarded(main))
