"""Fitting recorded runs again: are the same results made here and now?

What is recorded may come from anywhere, so that a run may ask for more than any machine has:
every run has a limit of seconds and of memory.
"""

import signal
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd

from nmfstudy.fitting.multistart import fit_starts
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.model.fits import Fits
from nmfstudy.store import code_version, find_runs, load_data
from nmfstudy.store.files import reading_safely
from nmfstudy.store.provenance import provenance
from nmfstudy.store.recorded import check_recorded_size, within_memory
from nmfstudy.util.errors import RequestError
from nmfstudy.util.plain_text import one_line
from nmfstudy.util.spacing import evenly_spaced

OUTCOMES = ("equal", "within tolerance", "different", "not possible")
RTOL = 1e-6  # of the objective and of the factors' largest entry
_COMPARED = "objective kkt_residual n_iter".split()


def verify(folder, sample=None, seconds=600.0, allow=()):
    """Refit runs and compare.

    Parameters
    ----------
    folder : path
        Of a study.
    sample : int, optional
        Number of runs, evenly spread over those there are; all by default.
    seconds : float
        For each run; one that takes longer is "not possible". Not enforced outside of the main
        thread.
    allow : sequence of str
        Import paths ``package.module:Class`` of solvers that may be imported, besides the
        package's own. They are called with the keywords that the study records.

    Returns
    -------
    DataFrame
        run, problem, outcome (one of `OUTCOMES`), largest (largest relative difference of an
        objective), reason (what is seen to differ here: code, BLAS, CPU, versions).

    Raises
    ------
    RequestError
        If the folder holds no run.
    """
    runs, skipped = find_runs(folder)
    if not runs:
        raise RequestError(f"{folder} holds no finished run; possible: a study's folder")
    if sample is not None and sample < len(runs):
        runs = [runs[i] for i in evenly_spaced(len(runs), sample)]
    rows = [
        {"run": run.id, "problem": run.info["problem"], **_again(folder, run, seconds, allow)}
        for run in runs
    ]
    rows += [
        {"run": name, "problem": "", "outcome": "not possible", "reason": reason}
        for name, reason in skipped
    ]
    return pd.DataFrame(rows, columns=["run", "problem", "outcome", "largest", "reason"])


def _again(folder, run, seconds, allow):
    search = run.job.search
    if search.init == "custom":
        return _impossible("its starts come from files outside the study")
    if search.solver in allow:
        search = replace(search, recorded=False)
    elif search.solver not in SOLVERS:
        name = f"{search.solver:.100}"
        return _impossible(
            f"its solver {name} is not the package's own; --allow {name} lets it be imported"
        )
    try:
        with _time_limit(seconds), reading_safely(run.id):
            for _, reason in within_memory([run])[1]:
                return _impossible(reason)
            recorded = run.fits
            dataset = load_data(folder, run.info["dataset"]["sha256"])
            check_recorded_size(len(recorded), dataset.X.shape, run.job.problem.n_components)
            fits = fit_starts(dataset.X, run.job.problem, search, recorded.seed)
            outcome, largest = _compare(recorded, fits)
    except _OutOfTimeError:
        return _impossible(f"it takes more than {seconds:g} s; more are given by --seconds")
    except (ValueError, OSError) as error:
        return _impossible(str(error) or type(error).__name__)
    reason = "; ".join(differences(run.info))
    if outcome == "different" and not reason:
        reason = "nothing that is recorded: the files may have been altered"
    return {"outcome": outcome, "largest": largest, "reason": reason}


class _OutOfTimeError(BaseException):
    """As `KeyboardInterrupt`, so that it is not taken for the failure of a start."""


@contextmanager
def _time_limit(seconds):
    """Interrupt what is done within, by the way of Ctrl-C, after so many seconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(*_):
        raise _OutOfTimeError

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _impossible(reason):
    return {"outcome": "not possible", "largest": np.nan, "reason": one_line(reason)}


def _compare(recorded: Fits, fits: Fits):
    """Outcome and largest relative difference of an objective."""
    if len(fits) != len(recorded):
        raise ValueError(f"it records {len(recorded)} starts where there can be {len(fits)}")
    pairs = [(getattr(recorded, name), getattr(fits, name)) for name in _COMPARED]
    # Where fits share a row, the factors are those of the first.
    rows, owners = np.unique(recorded.row, return_index=True)
    rows, owners = rows[rows >= 0], owners[rows >= 0]
    pairs += [(recorded.W[rows], fits.W[owners]), (recorded.H[rows], fits.H[owners])]
    floor = 1e-12 * recorded.reference_loss
    with np.errstate(invalid="ignore"):
        change = np.abs(recorded.objective - fits.objective)
        largest = float(np.nanmax(change / (np.abs(recorded.objective) + floor), initial=0.0))
    if all(np.array_equal(a, b, equal_nan=True) for a, b in pairs):
        return "equal", largest
    close = np.allclose(recorded.objective, fits.objective, rtol=RTOL, atol=floor)
    for a, b in pairs[-2:]:
        close &= bool(np.abs(a - b).max(initial=0.0) <= RTOL * np.abs(a).max(initial=1.0))
    return "within tolerance" if close else "different", largest


def differences(info):
    """What this process and the one that made a run are seen to differ in, in words."""
    then, now = info.get("provenance") or {}, provenance()
    if info.get("code") != code_version():
        yield "the code that fits has changed"
    for name, label in (("blas", "BLAS"), ("cpu", "CPU"), ("python", "Python")):
        if then.get(name) != now[name]:
            yield f"{label} was {_plain(then.get(name))} and is {_plain(now[name])}"
    for name, version in now["libraries"].items():
        was = (then.get("libraries") or {}).get(name)
        if was != version:
            yield f"{name} was {was} and is {version}"


def _plain(value):
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
