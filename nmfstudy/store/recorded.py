"""The limits of what is recorded: a study's folder may come from anywhere.

A recorded configuration becomes a `Job` here and nowhere else. Such a job says what was done; the
search in it is marked, so that nothing it names is ever imported or opened, and everything that
would decide how much time or memory is taken is bounded.
"""

import json
from dataclasses import replace

import numpy as np

from nmfstudy.store.files import machine_memory
from nmfstudy.store.job import job_from_config
from nmfstudy.util.errors import RequestError

CONFIG_LETTERS = 20_000  # of a configuration as JSON
NAME_LETTERS = 1000
LARGEST_COUNT = 2**53
_MEMORY_SHARE = 0.25  # of the machine, for the factors of some starts


def recorded_job(config, shape):
    """The `Job` of a recorded configuration.

    Parameters
    ----------
    config : dict
    shape : (n_samples, n_features)
        Of the data, as recorded.

    Returns
    -------
    Job
        Without the parameters of its dataset, and with ``search.recorded``.

    Raises
    ------
    ValueError
        If it is no configuration, too long, or of a problem too large for this machine.
    """
    check_config(config)
    job = job_from_config(config)
    if job.search.max_iter > LARGEST_COUNT:
        raise ValueError(f"max_iter is {job.search.max_iter:.3g}")
    check_recorded_size(1, shape, job.problem.n_components)
    dataset = {"name": str(job.dataset["name"])}
    return replace(job, dataset=dataset, search=replace(job.search, recorded=True))


def check_config(config):
    """Refuse a configuration of a length that would not be read again."""
    try:
        length = len(json.dumps(config, default=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"the configuration is no plain data ({error})") from None
    if length > CONFIG_LETTERS:
        raise RequestError(
            f"the configuration takes {length:,} letters; possible: up to {CONFIG_LETTERS:,}"
        )


def check_recorded_size(n_starts, shape, n_components):
    """Refuse factors, and work on those of one start, beyond a quarter of the machine's memory.

    Parameters
    ----------
    n_starts : int
    shape : (n_samples, n_features)
    n_components : int

    Raises
    ------
    ValueError
    """
    need = 8 * ((n_starts + 6) * sum(shape) + n_components) * n_components
    if need > _MEMORY_SHARE * machine_memory():
        raise ValueError(
            f"{n_starts} starts on {shape[0]:.3g}×{shape[1]:.3g} data with {n_components:.3g} "
            f"components take {need / 2**30:.3g} GB"
        )


def within_memory(runs):
    """Runs whose files fit together into half of the machine's memory, and the others.

    Returns
    -------
    kept : list of Run
    left_out : list of (str, str)
        Run id and the reason, in words.
    """
    kept, left_out, left = [], [], machine_memory() / 2
    for run in runs:
        size = sum(_size(run.folder / name) for name in run.info["files"])
        if size <= left:
            kept.append(run)
            left -= size
        else:
            reason = f"its files of {size / 2**30:.3g} GB and those before take too much memory"
            left_out.append((run.id, reason))
    return kept, left_out


def _size(path):
    try:
        return path.stat().st_size
    except OSError:  # which its reader says better
        return 0


_BOUNDS = {
    "seed": (0, 2**32 - 1),
    "relative_error": (0.0, np.inf),
    "kkt_residual": (0.0, np.inf),
    "n_iter": (0, LARGEST_COUNT),
    "seconds": (0.0, 1e9),
    "zeros_W": (0.0, 1.0),
    "zeros_H": (0.0, 1.0),
}


def check_starts(columns, n_components, reference_loss):
    """Refuse values of starts that no fit has.

    Parameters
    ----------
    columns : dict of arrays of shape (n_starts,)
    n_components : int
    reference_loss : float

    Raises
    ------
    ValueError
        Naming the first column with such a value.
    """
    failed = columns["stop_reason"] == "failed"
    least = -1e-6 * reference_loss  # rounding may take an objective of 0 below it
    bounds = {"objective": (least, np.inf), "n_dead": (0, n_components), **_BOUNDS}
    for name, (low, high) in bounds.items():
        values = columns[name]
        # Of a start that failed there are no numbers, or infinite ones.
        bad = ~((low <= values) & (values <= high)) & ~(failed & np.isnan(values))
        if name in ("objective", "relative_error"):
            bad |= np.isinf(values) & ~failed
        if bad.any():
            raise ValueError(f"starts.csv holds a {name} of {values[bad][0]}")
    if len(np.unique(columns["seed"])) < len(columns["seed"]):
        raise ValueError("starts.csv holds a seed twice")
