"""Tasks on threads: what is raised, and that nothing is lost."""

import threading

import pytest

from nmfstudy.util import threads
from nmfstudy.util.errors import RequestError
from nmfstudy.util.threads import on_threads


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
