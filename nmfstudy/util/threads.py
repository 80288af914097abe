"""Starts on threads: one start on one thread, one BLAS thread each.

The kernels release the interpreter's lock, so ordinary threads run them side by side; the next
free thread takes the next start. Unlike a parallel loop inside the kernels this costs no
compile time, balances starts of unequal length, and survives a fork.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from queue import SimpleQueue
from threading import Event, Lock, Thread

from nmfstudy.util.errors import RequestError


@cache
def _blas():
    import scipy.linalg.blas  # noqa: F401  so that the library the kernels call is known
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


class _BlasLimit:
    """One BLAS thread while anybody in this process needs it.

    BLAS has one setting for the whole process: the first to enter notes it and the last to leave
    restores it. If each restored what it had met, fits that overlap would run on many threads, or
    leave the process with one.
    """

    def __init__(self):
        self._lock, self._n_users, self._before = Lock(), 0, ()

    def enter(self):
        with self._lock:
            libraries = _blas()
            if self._n_users == 0:
                self._before = [library.num_threads for library in libraries]
            # Everyone sets it: there are libraries with a setting per thread.
            self._set(1 for _ in libraries)
            self._n_users += 1

    def leave(self):
        with self._lock:
            self._n_users -= 1
            if self._n_users == 0:
                self._set(self._before)

    def _set(self, numbers):
        for library, number in zip(_blas(), numbers, strict=True):
            # threadpoolctl 3.8 lets one thread alone set it until that thread gives it up.
            free = getattr(library, "clear_controlling_thread", lambda force: None)
            free(force=True)
            library.set_num_threads(number)
            free(force=True)


_limit = _BlasLimit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Context in which BLAS uses one thread: fewer conflicts, and bits that do not depend on it."""
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()


def n_threads():
    """How many starts run side by side: NUMBA_NUM_THREADS, by default the cores there are.

    One where the system starts no further thread.
    """
    if not can_start_threads():
        return 1
    # Who shares a machine among processes sets the variable when numba may be imported already.
    asked = requested_threads()
    if asked is None:
        from numba import config

        return config.NUMBA_NUM_THREADS
    return asked


def requested_threads():
    """The number in NUMBA_NUM_THREADS; None if the variable is empty or not set.

    Raises
    ------
    RequestError
        If it is anything else, with which numba could not be imported.
    """
    text = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if not text:
        os.environ.pop("NUMBA_NUM_THREADS", None)  # numba would warn of an empty one
        return None
    if not text.isdecimal() or int(text) < 1:
        raise RequestError(
            f"the environment variable NUMBA_NUM_THREADS is {text!r}; possible: an integer >= 1, "
            "or leave it out to use all cores"
        )
    return int(text)


@cache
def can_start_threads():
    """Whether the system starts a thread, as it did when first asked."""
    return start_thread(Thread(target=lambda: None))


def start_thread(thread):
    """Start a thread that can be done without.

    Returns
    -------
    bool
        False where the system refuses, as a limit of processes makes it do.
    """
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def on_threads(task, arguments, report=lambda result: None):
    """Call ``task(argument, go_on)`` for every argument, on as many threads as there are cores.

    The caller's thread is one of them, the only one where no other can be started, and the only
    one that calls ``report``, with what tasks return. ``go_on()`` turns false when the caller is
    interrupted or a task has raised; a task is to look at it several times a second. The first
    exception is raised here.
    """
    arguments = list(arguments)
    with thread_pool(len(arguments)) as run:
        run(task, arguments, report)


@contextmanager
def thread_pool(most=None):
    """Context that gives `on_threads` with threads that stay, for many short rounds of tasks.

    Parameters
    ----------
    most : int, optional
        No more threads than this are of use.
    """
    rounds, most = SimpleQueue(), n_threads() if most is None else min(n_threads(), most)
    helpers = [Thread(target=_help, args=(rounds,)) for _ in range(most - 1)]
    with one_blas_thread():
        try:
            n_started = sum([start_thread(helper) for helper in helpers])
            yield partial(_run, rounds, n_started)
        finally:  # interrupted perhaps, while helpers are at work or not started yet
            for _ in helpers:
                rounds.put(None)
            for helper in helpers:
                # One that is not started cannot be joined, and the error would hide the interrupt.
                with suppress(RuntimeError):
                    helper.join()


def _help(rounds):
    """What a thread of the pool does until it is sent home."""
    with one_blas_thread():
        while (help_out := rounds.get()) is not None:
            help_out()


def _run(rounds, n_helpers, task, arguments, report=lambda result: None):
    """One round of tasks, by the caller and the helpers that take from ``rounds``."""
    waiting, results, errors, stop = deque(arguments), deque(), [], Event()
    lock, begun, ended = Lock(), [], SimpleQueue()

    def work(after_each):
        while waiting and not stop.is_set():
            try:
                argument = waiting.popleft()
            except IndexError:  # another thread was quicker
                return
            results.append(task(argument, lambda: not stop.is_set()))
            after_each()

    def help_out():
        with lock:
            if stop.is_set() or not waiting:  # too late to be of use, and nobody waits for it
                return
            begun.append(True)
        try:
            work(lambda: None)
        except BaseException as error:  # raised by the caller's thread
            errors.append(error)
            stop.set()
        ended.put(None)

    def report_all():
        while results:
            report(results.popleft())

    for _ in range(min(n_helpers, len(waiting) - 1)):
        rounds.put(help_out)
    try:
        work(report_all)
        with lock:
            n_begun = len(begun)
        for _ in range(n_begun):
            ended.get()
    finally:
        stop.set()
    if errors:
        raise errors[0]
    report_all()
