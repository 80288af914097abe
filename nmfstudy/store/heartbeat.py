"""Signs of life: what is being fitted where, in files beside the runs that anyone may read.

They serve the progress bar and ``status``. Nothing depends on them: a job whose signs are lost,
or that cannot write any, fits all the same.
"""

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from nmfstudy.store.files import PARTIAL, own, read_json, remove_leftovers, unique, write_json
from nmfstudy.util.plain_text import one_line
from nmfstudy.util.threads import start_thread

FIRST, EVERY = 0.5, 5.0  # seconds until the first sign and between two
LOST = 60.0  # seconds without a sign after which a job counts as ended


@dataclass(frozen=True)
class Heartbeat:
    """What a job said last.

    Attributes
    ----------
    run, problem : str
        What it is fitting.
    n_starts, n_done : int
        Starts of that run, and how many of them are fitted.
    host : str
    pid : int
    age : float
        Seconds since.
    """

    run: str
    problem: str
    n_starts: int
    n_done: int
    host: str
    pid: int
    age: float

    @property
    def is_alive(self):
        """Whether the job is likely to be running still: by age, as hosts may share a name."""
        return self.age < LOST


class HeartbeatWriter:
    """Context in which this process says every few seconds what it is fitting.

    Parameters
    ----------
    study_folder : path
    """

    def __init__(self, study_folder):
        self._path = _signs_folder(study_folder) / f"{unique()}.json"
        self._about = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self):
        self._goes_on = start_thread(self._thread)
        return self

    def __exit__(self, *exc):
        self._ended.set()
        if self._goes_on:
            self._thread.join()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._path.parent.rmdir()  # unless others go on

    def begin(self, run, problem, n_starts):
        """A run of so many starts begins."""
        self._about = {"run": run, "problem": problem, "n_starts": n_starts, "n_done": 0}

    def advance(self, n_starts):
        """So many more starts of it are fitted."""
        self._about["n_done"] += n_starts

    def _go_on(self):
        pause, host = FIRST, socket.gethostname()
        while not self._ended.wait(pause):
            pause = EVERY
            if self._about is None:
                continue
            with contextlib.suppress(OSError, ValueError):
                own(self._path.parent).mkdir(parents=True, exist_ok=True)
                write_json(self._path, {**self._about, "host": host, "pid": os.getpid()})


def signs_of_life(study_folder):
    """The signs of all jobs that are likely to be running.

    Returns
    -------
    list of Sign
    """
    return [sign for _, sign in _signs(study_folder) if sign.is_alive]


def forget_the_dead(study_folder):
    """Remove the signs of jobs that have ended without doing so."""
    for path, sign in _signs(study_folder):
        if not sign.is_alive:
            path.unlink(missing_ok=True)
    folder = _signs_folder(study_folder)
    if not folder.is_symlink():
        remove_leftovers(folder)
        with contextlib.suppress(OSError):
            folder.rmdir()


def _signs_folder(study_folder):
    return Path(study_folder) / "running"


def _signs(study_folder):
    now = time.time()
    folder = _signs_folder(study_folder)
    if folder.is_symlink():
        return
    for path in sorted(folder.glob("*.json")):
        if path.name.startswith(PARTIAL):
            continue
        try:
            sign = Heartbeat(**read_json(path), age=now - path.stat().st_mtime)
        except (OSError, ValueError, TypeError):  # gone by now, or none of ours
            continue
        if _is_sound(sign):
            yield path, sign


def _is_sound(sign):
    texts, counts = (sign.run, sign.problem, sign.host), (sign.n_starts, sign.n_done, sign.pid)
    sound = all(type(text) is str and one_line(text) == text for text in texts)
    return (
        sound
        and sign.run.isalnum()
        and all(type(count) is int and 0 <= count < 2**31 for count in counts)
    )
