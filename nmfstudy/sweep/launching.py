"""Hand jobs to Hydra's launchers, which run them in other processes or on other machines."""

import copy
import os
import re
import shutil
import signal
import threading
from dataclasses import dataclass
from functools import partial

from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.experimental.callback import Callback
from hydra.types import HydraContext
from omegaconf import OmegaConf

from nmfstudy.store.failures import record_job_failure
from nmfstudy.store.job import job_from_config
from nmfstudy.sweep.composing import hydra_of_this_package, plain_config
from nmfstudy.sweep.execution import is_done, perform
from nmfstudy.util.errors import RequestError, check_integer, short

# What cluster= says, by the launchers' own names.
_FILLED = {
    "submitit_slurm": {
        "partition": "${cluster.partition}",
        "timeout_min": "${cluster.minutes}",
        "mem_gb": "${cluster.memory_gb}",
        "cpus_per_task": "${cluster.cores}",
        "array_parallelism": "${cluster.at_once}",
        "submitit_folder": "${hydra.sweep.dir}/slurm/%j",  # what the jobs print
        "max_num_timeout": 100,  # a job at the end of its time is queued again
    },
    "ray": {
        "ray.init.address": "${cluster.address}",
        "ray.init.object_store_memory": None,  # a cluster that runs has its own
        "ray.init.include_dashboard": False,
        "ray.init.log_to_driver": False,
        "ray.init.logging_level": "ERROR",
        "ray.remote.num_cpus": "${cluster.cores}",
        "ray.remote.max_retries": 3,  # of a job whose worker or node is lost
    },
}
_MOST = 10**9  # of anything that a cluster gives
_NAME = r"[\w.,:/@+-]+"
_MAY_BE_ZERO = ("gpus_per_node", "gpus_per_task", "cpus_per_gpu", "max_num_timeout")


@dataclass(frozen=True)
class Task:
    """One Hydra job in whatever process the launcher gives it; failures are in its run folders.

    Attributes
    ----------
    folder : str
        Working folder of the command, so that relative paths mean the same everywhere.
    n_threads : int or None
        How many starts the process may fit side by side; None leaves it to its environment.
    """

    folder: str
    n_threads: int | None

    def __call__(self, config):
        """Fit the job's blocks that are not finished; returns their run ids."""
        os.chdir(self.folder)
        _let_signals_end_jobs()
        if self.n_threads:
            os.environ["NUMBA_NUM_THREADS"] = str(self.n_threads)
        return [block.run for block in perform(job_from_config(plain_config(config)))]


def _let_signals_end_jobs():
    """Make an interrupt of whatever a signal's handler raises.

    When a job's time is up, submitit is told by a signal, queues the job again, and exits in the
    midst of whatever the job is at: which is no failure of the block that is being fitted.
    """
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        handler = signal.getsignal(number)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            signal.signal(number, partial(_interrupted_by, handler))


def _interrupted_by(handler, number, frame):
    try:
        handler(number, frame)
    except (Exception, SystemExit) as error:
        raise KeyboardInterrupt from error


def check_launcher(asked):
    """Refuse settings of a launcher that are impossible.

    Raises
    ------
    RequestError
    """
    for key in sorted(asked.given):
        section, _, name = key.rpartition(".")
        value = OmegaConf.select(asked.root, key) if section else asked.choice(key)
        if key.split(".")[0] == "cluster" and name not in _read_of_cluster(asked.launcher):
            readers = (other for other in _FILLED if name in _read_of_cluster(other))
            raise RequestError(
                f"{key}={short(value)} is not read by hydra/launcher={asked.launcher}; possible: "
                f"hydra/launcher={', '.join(readers)}"
            )
        if section == "hydra.launcher":
            _check_setting(asked.launcher, key, name, value)
    for key in ("minutes", "memory_gb", "cores", "at_once", "array"):
        value = check_integer(f"cluster.{key}", asked.root.cluster[key], 1)
        if value > _MOST:
            raise RequestError(f"cluster.{key} is {short(value)}; possible: up to {_MOST}")
    for key in ("partition", "address"):
        value = asked.root.cluster[key]
        if value is not None and not re.fullmatch(_NAME, str(value)):
            raise RequestError(
                f"cluster.{key} is {short(value)}; possible: letters, digits and any of .,:/@+-, "
                "or null"
            )
    if asked.launcher == "submitit_slurm" and shutil.which("srun") is None:
        raise RequestError(
            "hydra/launcher is 'submitit_slurm', but there is no srun here; possible: basic, "
            "joblib, or a computer of the cluster"
        )


def _read_of_cluster(launcher):
    """The choice and the keys of ``cluster`` that a launcher reads."""
    if launcher == "basic":
        return set()
    filled = _FILLED.get(launcher, {})
    keys = re.findall(r"\bcluster\.(\w+)", " ".join(map(str, filled.values())))
    return {"array", *keys, *(["cluster"] if filled else [])}


def _check_setting(launcher, key, name, value):
    """Refuse values that a launcher would pass over, or stumble on after the first jobs."""
    if launcher == "basic":
        raise RequestError(
            f"{key}={short(value)} is read by nothing; possible: hydra/launcher=NAME"
        )
    if launcher == "joblib":
        if name != "n_jobs":
            raise RequestError(
                f"{key}={short(value)} is read by nothing; possible: hydra.launcher.n_jobs"
            )
        if value == 0:
            raise RequestError(f"{key} is 0; possible: an integer >= 1, -1 for all cores")
    if launcher == "submitit_slurm":
        if name in ("nodes", "tasks_per_node") and value != 1:
            raise RequestError(f"{key} is {short(value)}; possible: 1, as a job is one process")
        if isinstance(value, int) and not isinstance(value, bool):
            check_integer(key, value, 0 if name in _MAY_BE_ZERO else 1)


def launch(asked, jobs, folder):
    """Run jobs by the launcher that was asked for, and return when it has.

    Parameters
    ----------
    asked : Plan
    jobs : sequence of (Job, tuple of str)
        Each with its overrides.
    folder : Path
        The study's, where launchers may write their own logs.

    Returns
    -------
    list of str
        One line for each batch that the launcher gave up; its jobs may have ended all the same,
        may go on, or may be lost: the study's folder tells.

    Raises
    ------
    OSError
        From the study's own folder.
    """
    if not jobs:
        return []
    config = _filled(asked, folder)
    troubles = []
    with hydra_of_this_package(job_name="nmfstudy"):
        n_threads = _share_cores(asked.launcher, config, len(jobs))
        # One callback that does nothing has the members of Hydra's list of them.
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=HydraContext(GlobalHydra.instance().config_loader(), Callback()),
            task_function=Task(os.getcwd(), n_threads),
            config=config,
        )
        size = config.cluster.array
        for first in range(0, len(jobs), size):
            batch = jobs[first : first + size]
            error = _hand_over(launcher, batch, first)
            if error is not None and asked.launcher == "joblib":
                _find_the_culprit(launcher, batch)
            elif error is not None:
                lines = str(error).strip().splitlines()
                troubles.append(f"{type(error).__name__}: {lines[0] if lines else ''}")
    return troubles


def _hand_over(launcher, jobs, first=0):
    """Have jobs done; what the launcher or one of them raised, errors of the folder apart."""
    try:
        for done in launcher.launch([list(overrides) for _, overrides in jobs], first):
            done.return_value  # noqa: B018 - raises what the job raised
    except OSError:
        raise
    except (Exception, SystemExit) as error:
        return error
    return None


def _find_the_culprit(launcher, jobs):
    """Do one by one what is left of jobs that ended together.

    A process that is killed, as for want of memory, takes with it what the others are at.
    """
    for job, overrides in jobs:
        error = None if is_done(job) else _hand_over(launcher, [(job, overrides)])
        if error is not None:
            record_job_failure(job, error)


def _filled(asked, folder):
    """The configuration with the launcher's settings, as far as they were not given by name."""
    config = copy.deepcopy(asked.root)
    settings = {f"launcher.{k}": v for k, v in _FILLED.get(asked.launcher, {}).items()}
    for name, value in {**settings, "sweep.dir": str(folder.resolve())}.items():
        if f"hydra.{name}" not in asked.given:
            OmegaConf.update(config, f"hydra.{name}", value, force_add=True)
    return config


def _share_cores(launcher, config, n_jobs):
    """How many threads a process may use, so that all of them together use each core once."""
    options = config.hydra.launcher
    if launcher == "joblib":
        from joblib import cpu_count, effective_n_jobs

        OmegaConf.update(options, "n_jobs", min(effective_n_jobs(options.n_jobs), n_jobs))
        return max(1, cpu_count() // options.n_jobs)
    if launcher == "submitit_slurm":
        return options.cpus_per_task
    if launcher == "ray":
        return options.ray.remote.get("num_cpus")
    return None
