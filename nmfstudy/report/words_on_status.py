"""What the terminal says of the state of a study on disk."""

from collections import Counter

from nmfstudy.store.whole import DAMAGED
from nmfstudy.util.display import count
from nmfstudy.util.plain_text import one_line

_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))


def status_lines(status):
    """The state of a study, a line each.

    Parameters
    ----------
    status : nmfstudy.store.status.Status

    Yields
    ------
    str
    """
    up_to = "up to " if status.adaptive else ""
    yield f"finished {status.finished} of {status.asked} runs, " + (
        f"{status.starts_finished} of {up_to}{status.starts_asked} starts"
    )
    if status.other:
        yield f"also there: {status.other} finished runs of earlier requests"
    if status.running:
        done = sum(sign.n_done for sign in status.running)
        of = sum(sign.n_starts for sign in status.running)
        hosts = Counter(sign.host for sign in status.running)
        where = ", ".join(f"{n} on {host}" for host, n in sorted(hosts.items()))
        yield f"running {len(status.running)} runs, {done} of {of} starts: {where}"
    if status.seconds_left is not None:
        yield f"about {_duration(status.seconds_left)} left with as many jobs as now"
    yield from _troubles(status)
    if status.finished < status.asked and not status.running:
        yield "the same command goes on"


def _troubles(status):
    """What is not as it was asked for."""
    if status.missing:
        yield f"missing {status.missing} runs: not begun, waiting in a queue, or lost"
    for problem, line in status.failed:
        yield one_line(f"failed: {problem}: {line}")
    for name, reason in status.skipped:
        yield one_line(f"left out: {name}: {reason}")
    if status.set_aside:
        folders = count(len(status.set_aside), "damaged folder")
        yield f"set aside in {DAMAGED}/: {folders}, which may be deleted"


def _duration(seconds):
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
