"""Tasks on threads: what is raised, and that nothing is lost."""

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nmfstudy.util import threads
from nmfstudy.util.errors import RequestError
from nmfstudy.util.threads import n_threads, on_threads, one_blas_thread


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")


def test_every_argument_is_taken_once_and_reported_by_the_caller():
    reported, callers = [], set()

    def report(result):
        reported.append(result)
        callers.add(threading.get_ident())

    on_threads(lambda argument, go_on: argument, range(50), report)
    assert sorted(reported) == list(range(50))
    assert callers == {threading.get_ident()}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_a_task_raises_is_raised(error):
    def task(argument, go_on):
        if argument == 7:
            raise error
        while argument > 7 and go_on():
            pass

    with pytest.raises(error):
        on_threads(task, range(20))


@pytest.mark.parametrize("started", [0, 1])
def test_an_interrupt_while_threads_are_started_is_not_lost(monkeypatch, started):
    """As Ctrl-C between two statements: some helpers run, others do not exist yet."""
    begun = []

    class Interrupted(threading.Thread):
        def start(self):
            if len(begun) == started:
                raise KeyboardInterrupt
            begun.append(self)
            super().start()

    monkeypatch.setattr(threads, "Thread", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        on_threads(lambda argument, go_on: argument, range(20))
    assert not any(helper.is_alive() for helper in begun)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "1e3", "²"])
def test_a_number_of_threads_that_is_none_is_refused(value, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", value)
    with pytest.raises(RequestError, match="NUMBA_NUM_THREADS is .*; possible: an integer >= 1"):
        threads.n_threads()


@pytest.mark.parametrize("value", ["", "  ", None])
def test_without_a_number_all_cores_are_used(value, monkeypatch):
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    if value is not None:
        monkeypatch.setenv("NUMBA_NUM_THREADS", value)
    assert threads.requested_threads() is None and threads.n_threads() >= 1


def test_where_no_thread_starts_the_caller_does_it_all(no_threads):
    done, callers = [], set()

    def task(argument, go_on):
        callers.add(threading.get_ident())
        return argument

    assert n_threads() == 1
    on_threads(task, range(20), done.append)
    assert sorted(done) == list(range(20)) and callers == {threading.get_ident()}


def test_where_threads_run_out_those_there_are_do_it_all(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "5")
    assert n_threads() == 5
    start, begun = threading.Thread.start, []

    def start_two(thread):
        if len(begun) == 2:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_two)
    done = []
    on_threads(lambda argument, go_on: argument, range(50), done.append)
    assert sorted(done) == list(range(50)) and len(begun) == 2


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_blas_has_one_thread_while_anybody_asks_for_it_and_then_as_many_as_before():
    seen = []

    def limited(seconds):
        with one_blas_thread():
            for _ in range(5):
                seen.append(blas_threads())
                time.sleep(seconds)

    with threadpool_limits(2, "blas"):
        before = blas_threads()
        users = [threading.Thread(target=limited, args=(s,)) for s in (0.01, 0.002, 0.02, 0.005)]
        for user in users:  # the first to enter is not the last to leave
            user.start()
            time.sleep(0.01)
        for user in users:
            user.join()
        assert blas_threads() == before == {2}
        with pytest.raises(ZeroDivisionError), one_blas_thread(), one_blas_thread():
            assert blas_threads() == {1}
            1 / 0  # noqa: B018
        assert blas_threads() == {2}
    assert np.all([one == {1} for one in seen])
