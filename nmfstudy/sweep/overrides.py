"""KEY=VALUE by Hydra's grammar: what is given, counted before it is listed.

The parser is the one that Hydra's example of a sweeper plugin uses, as every sweeper does: what
lists, ranges, quotes and ``choice()`` mean is Hydra's business, and a request means here what it
means to Hydra's own launchers, which compose each job again from its overrides.
"""

import itertools
from fractions import Fraction
from math import ceil, isfinite, prod
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from nmfstudy.util.errors import RequestError, short

_PACKAGE = Path(__file__).resolve().parent.parent
# Inside the package in a wheel, beside it in a clone.
CONF = next(p for p in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if p.is_dir())
LAUNCHER = "hydra/launcher"
GROUPS = (*sorted(path.name for path in CONF.iterdir() if path.is_dir()), LAUNCHER)
_OF_A_STUDY = ("study", "study_name", "results_dir", "analysis")  # one for all jobs
_OF_THE_SWEEP = ("hydra", "cluster", "range_of_k")
MOST_JOBS = 10**5  # of one request
# Our extras by the launchers that they bring.
EXTRAS = {"joblib": "cluster", "submitit_slurm": "cluster", "ray": "ray"}


def parse(texts):
    """Hydra's overrides of these texts.

    Raises
    ------
    RequestError
        If one cannot be read, or is of a kind that nothing here reads.
    """
    return [_parse(text) for text in texts]


def _parse(text):
    key, given, _ = text.partition("=")
    if not (key and given):
        raise RequestError(
            f"{short(text)} is no override; possible: KEY=VALUE, as in n_components=3"
        )
    try:
        parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
        override = parser.parse_overrides([text])[0]
    except (HydraException, ValueError, RecursionError):
        raise RequestError(
            f"{short(text)} cannot be read; possible: quotes within, as in 'KEY=\"VALUE\"'"
        ) from None
    adds = override.is_add() or override.is_force_add()
    if override.is_delete() or override.package is not None or adds and _is_choice(override):
        raise RequestError(f"{short(text)} changes what there is to set; possible: KEY=VALUE")
    _check_key(override)
    return override


def _is_choice(override):
    return override.key_or_group in GROUPS


def _check_key(override):
    """Refuse keys that nothing reads, and choices that do not exist."""
    key = override.key_or_group
    if key == "sweeps" or key.startswith("sweeps."):
        raise RequestError(f"{short(override.input_line)} is for a study's file; possible: -m")
    if key.startswith("hydra") and key != LAUNCHER and not key.startswith("hydra.launcher."):
        raise RequestError(
            f"{short(override.input_line)} is read by nothing; possible: {LAUNCHER}=NAME, "
            "hydra.launcher.KEY=VALUE"
        )
    if override.is_sweep_override():
        if says_where(override) or key.split(".")[0] in _OF_A_STUDY:
            raise RequestError(f"{short(override.input_line)} lists several values; possible: one")
        if n_values(override) == 0:
            raise RequestError(
                f"{short(override.input_line)} lists no value; possible: one or more"
            )
        values = override.sweep_iterator() if _is_choice(override) else ()
    else:
        values = [override.value()] if _is_choice(override) else ()
    for value in values:
        _check_option(key, getattr(value, "text", value))


def _check_option(group, value):
    known = options(group)
    if isinstance(value, str) and value in known:
        return
    if group == LAUNCHER and isinstance(value, str) and value in EXTRAS:
        raise RequestError(
            f"{group} is {value!r}, which is not installed; possible: pip install "
            f"'nmfstudy[{EXTRAS[value]}]'"
        )
    raise RequestError(f"{group} is {short(value)}; possible: {', '.join(known)}")


def options(group):
    """The names that a config group has."""
    if group != LAUNCHER:
        return sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    known = GlobalHydra.instance().config_loader().get_group_options(group)
    return [name for name in known if name != "submitit_local"]  # it starts all jobs at once


def says_where(override):
    """Whether it is about the sweep, as where jobs run, which is the same for all of them."""
    return override.key_or_group.replace("/", ".").split(".")[0] in _OF_THE_SWEEP


def n_values(override):
    """How many values it lists, without listing them."""
    if not override.is_sweep_override():
        return 1
    if override.is_range_sweep():
        values = override.value()
        ends = (values.start, values.stop, values.step)
        if not all(isinstance(end, int) or isfinite(end) for end in ends) or values.step == 0:
            raise RequestError(
                f"{short(override.input_line)} has no end; possible: range(START, STOP, STEP)"
            )
        start, stop, step = map(Fraction, ends)  # neither huge integers nor tiny steps overflow
        return max(0, ceil((stop - start) / step))
    if not override.is_choice_sweep():
        raise RequestError(
            f"{short(override.input_line)} lists no values; possible: A,B,C or range(START, STOP)"
        )
    return sum(1 for _ in override.sweep_iterator())


def check_number_of_jobs(lines):
    """Refuse more combinations than can be composed, by counting them alone."""
    n_jobs = sum(prod(map(n_values, line)) for line in lines)
    if n_jobs > MOST_JOBS:
        longest = max(itertools.chain(*lines), key=n_values).input_line
        raise RequestError(
            f"the request makes {short(n_jobs)} jobs, as {short(longest)}; possible: up to "
            f"{MOST_JOBS}, with more starts in each (n_starts=)"
        )


def combinations(line):
    """Every combination of the listed values, the last key running fastest, as Hydra does."""
    return itertools.product(*map(_texts, line))


def _texts(override):
    if not override.is_sweep_override():
        return [override.input_line]
    return [f"{override.get_key_element()}={v}" for v in override.sweep_string_iterator()]
