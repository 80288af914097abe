"""The one error that a user is meant to read, and the checks of single values that raise it."""

import os
from math import inf, isfinite, nan
from numbers import Integral, Real


class RequestError(ValueError):
    """The request cannot be carried out as given.

    The message is one sentence that names the value given and what is possible. The command
    line prints it and ends with exit status 2; in Python it is an ordinary ``ValueError``.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> try:
    ...     ns.fit([[1.0, 2.0]], n_components=0)
    ... except ns.RequestError as error:
    ...     print(error)
    n_components is 0; possible: an integer >= 1
    """


class UnavailableError(OSError):
    """What was asked for is possible, but not to be had here and now, as without a network.

    The message is one sentence; on the command line the exit status is 1.
    """


def short(value):
    """A value in a sentence: its repr on one line, cut to 60 characters."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # an integer of more digits than Python writes in decimal
        text = hex(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_integer(name, value, minimum):
    """Return ``value`` as an int, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise RequestError(f"{name} is {short(value)}; possible: an integer >= {minimum}")
    return int(value)


def check_number(name, value, minimum=0.0):
    """Return ``value`` as a finite float >= minimum, or refuse it."""
    number = _as_float(value)
    if not isfinite(number) or number < minimum:
        raise RequestError(f"{name} is {short(value)}; possible: a number >= {minimum:g}")
    return number


def check_positive(name, value):
    """Return ``value`` as a finite float > 0, or refuse it."""
    number = _as_float(value)
    if not isfinite(number) or number <= 0:
        raise RequestError(f"{name} is {short(value)}; possible: a number > 0")
    return number


def check_choice(name, value, possible):
    """Return ``value``, or refuse it with the list of what exists."""
    if not isinstance(value, str) or value not in possible:
        raise RequestError(f"{name} is {short(value)}; possible: {', '.join(possible)}")
    return value


def check_memory(what, n_bytes, possible):
    """Refuse what takes more than half of this machine's memory, before any of it is taken."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if n_bytes > memory / 2:
        # Integers, because a request may be beyond the range of floats.
        raise RequestError(
            f"{what} would take {_power_of_ten(n_bytes // 10**9)} GB, this machine has "
            f"{memory / 1e9:.2g}; possible: {possible}"
        )


def _power_of_ten(n):
    """An integer as it is up to six digits, then rounded down to a power of ten."""
    return str(n) if n < 10**6 else f"more than 10^{int(n.bit_length() * 0.30103) - 1}"


def _as_float(value):
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:  # an integer beyond the range of floats
        return inf
