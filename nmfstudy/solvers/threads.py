"""Starts on threads: one start on one thread, one BLAS thread each.

The kernels release the interpreter's lock, so ordinary threads run them side by side; the next
free thread takes the next start. Unlike a parallel loop inside the kernels this costs no
compile time, balances starts of unequal length, and survives a fork.
"""

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from threading import Event


@cache
def _blas():
    import scipy.linalg.blas  # noqa: F401  so that the library the kernels call is known
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread():
    """Context in which BLAS uses one thread: fewer conflicts, and bits that do not depend on it."""
    return _blas().limit(limits=1, user_api="blas")


def n_threads():
    """How many starts run side by side: NUMBA_NUM_THREADS, by default the cores there are."""
    from numba import config

    # Who shares a machine among processes sets the variable when numba may be imported already.
    return int(os.environ.get("NUMBA_NUM_THREADS") or config.NUMBA_NUM_THREADS)


def on_threads(task, arguments, report=lambda result: None):
    """Call ``task(argument, go_on)`` for every argument, on as many threads as there are cores.

    ``go_on()`` turns false when the caller is interrupted or another task has raised; a task is
    to look at it several times a second. What it returns is passed to ``report``. The first
    exception is raised here.
    """
    if len(arguments) == 1:  # a thread would only be waited for
        with one_blas_thread():
            return report(task(arguments[0], lambda: True))
    stop = Event()

    def run(argument):
        return 0 if stop.is_set() else task(argument, lambda: not stop.is_set())

    with one_blas_thread(), ThreadPoolExecutor(n_threads()) as pool:
        try:
            for future in as_completed([pool.submit(run, argument) for argument in arguments]):
                report(future.result())
        finally:
            stop.set()
