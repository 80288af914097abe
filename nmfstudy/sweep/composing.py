"""From a command line to validated jobs, by Hydra's configuration and config groups."""

import copy
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from inspect import formatannotation
from typing import get_type_hints

from hydra import __version__ as hydra_version
from hydra import compose, initialize_config_dir, version
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from nmfstudy.store.identity import job_id
from nmfstudy.store.job import Job, job_from_config
from nmfstudy.sweep.overrides import (
    CONF,
    GROUPS,
    LAUNCHER,
    check_number_of_jobs,
    combinations,
    parse,
    says_where,
)
from nmfstudy.util.errors import RequestError, short

# Hydra 1.3 must be told that it need not behave like 1.1; later ones deprecate being told.
BASE = {"version_base": "1.3"} if hydra_version.startswith("1.3.") else {}
# What the configuration says besides a job: where jobs run, and which jobs a study has.
_NOT_OF_A_JOB = ("hydra", "cluster", "sweeps", "range_of_k")


@dataclass(frozen=True)
class Plan:
    """All that was asked for.

    Attributes
    ----------
    jobs : tuple of Job
        Validated; of one sweep after the other, each in the order of Hydra's own sweeper.
    overrides : tuple of (tuple of str)
        What makes each of the jobs, as Hydra takes it.
    root : DictConfig
        The configuration as far as it is the same for all jobs, Hydra's own part included.
    hints : tuple of str
        Sentences worth telling the user.
    given : frozenset of str
        The keys that the user set.
    lost : tuple of (Job, UnavailableError)
        What was asked for of data that are not to be had here and now.
    """

    jobs: tuple[Job, ...]
    overrides: tuple[tuple[str, ...], ...]
    root: DictConfig
    hints: tuple[str, ...]
    given: frozenset[str] = frozenset()
    lost: tuple = ()

    @property
    def launcher(self):
        """Hydra's launcher; "basic" is this process."""
        return self.choice(LAUNCHER)

    def choice(self, group):
        """What was chosen of a config group for all jobs; None where there is none."""
        return self.root.hydra.runtime.choices.get(group)


def plan(overrides, multirun=False):
    """Compose and validate everything before anything is done or written.

    Parameters
    ----------
    overrides : sequence of str
        Hydra overrides.
    multirun : bool
        Whether lists of values were asked for by ``-m``; a study's preset may ask by itself.

    Raises
    ------
    RequestError
        One sentence for whatever Hydra, the configuration or a member refuses.
    """
    with hydra_of_this_package():
        given = parse(overrides)
        root = _compose_root(given)
        lines = [parse(_split(line)) for line in root.sweeps]
        if not (multirun or lines or str(root.hydra.mode) == "RunMode.MULTIRUN"):
            _refuse_lists(given)
        lines = [_merge(line, given) for line in lines or [[]]]
        hints = [_SINGLE_SEEDS for line in lines if _is_of_single_seeds(line)][:1]
        one = parse(["n_starts=1"])
        lines = [line + one if _is_of_single_seeds(line) else line for line in lines]
        check_number_of_jobs(lines)
        base = _job_part(root)
        choice = root.hydra.runtime.choices.get("study")
        # What a study's file sets beside its sweeps comes after every choice of a group.
        study = _read("study", choice) if choice else {}
        jobs = {}
        for line in lines:
            for texts in combinations(line):
                job = job_from_config(plain_config(_with(base, study, texts)))
                # Lines of a preset that differ in what the user has given are one.
                jobs.setdefault((job.folder, job_id(job)), (job, texts))
    jobs, texts = zip(*jobs.values(), strict=True)
    return Plan(jobs, texts, root, tuple(hints), frozenset(o.key_or_group for o in given))


@contextmanager
def hydra_of_this_package(job_name="app"):
    """Hydra with the configuration of this package; a caller's own Hydra is as before after it."""
    hydra, base = GlobalHydra.instance().hydra, version.getbase()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), job_name=job_name, **BASE):
            yield
    finally:
        GlobalHydra.instance().clear()
        if hydra is not None:
            GlobalHydra.instance().initialize(hydra)
            version.VersionBase.instance().setbase(base)


_SINGLE_SEEDS = (
    "every seed is a job of one start; one job with n_starts=N does the same in a fraction of "
    "the time"
)


def _compose_root(given):
    """The study, the launcher and what it gives to jobs; a job's own settings come later."""
    choices, settings = [], []
    for override in given:
        if override.key_or_group in ("study", "cluster", LAUNCHER):
            choices.append(override.input_line)
        elif says_where(override):
            settings.append(override)
    try:
        root = _composed(*choices)
    except (HydraException, OmegaConfBaseException) as error:  # a study's file
        raise RequestError(
            f"{' '.join(choices)} cannot be composed ({_first_line(error)}); "
            "possible: nmfstudy run --help"
        ) from None
    for override in settings:
        root = copy.deepcopy(root)
        _set_where(root, override)
    return root


@lru_cache(maxsize=16)
def _composed(*choices):
    """What Hydra makes of choices alone, once in a process; not to be changed."""
    return compose("config", list(choices), return_hydra_config=True)


def _split(line):
    try:
        return shlex.split(line)
    except (ValueError, AttributeError):
        raise RequestError(
            f"sweeps lists {short(line)}; possible: what follows nmfstudy run -m"
        ) from None


def _refuse_lists(given):
    for override in given:
        if override.is_sweep_override():
            raise RequestError(
                f"{short(override.input_line)} lists several values; possible: one, or all of "
                "them with -m"
            )


def _merge(line, given):
    """A preset's line with what the user gave in place of the same keys.

    Another choice of a group (``solver=…``) replaces the line's settings of it as well.
    """
    keys = {o.key_or_group for o in given}
    kept = (o for o in line if not keys & {o.key_or_group, o.key_or_group.split(".")[0]})
    return [o for o in [*kept, *given] if not says_where(o)]


def _is_of_single_seeds(line):
    keys = {o.key_or_group: o for o in line}
    return "n_starts" not in keys and "seed" in keys and keys["seed"].is_sweep_override()


def _with(base, study, texts):
    """The configuration of one job: first its choices of groups, then its values.

    Hydra composes the same (a test compares), in a hundred times the time.
    """
    config = dict(base)
    overrides = [_parsed(text) for text in texts]
    for override in overrides:
        group = override.key_or_group
        if group in GROUPS and group != "study":
            config[group] = {**_read(group, override.value()), **study.get(group, {})}
    for override in overrides:
        if override.key_or_group not in GROUPS:
            config = _set(config, override.key_or_group.split("."), override)
    return config


@cache
def _parsed(text):
    return parse([text])[0]


@cache
def _read(group, name):
    return OmegaConf.to_container(OmegaConf.load(CONF / group / f"{name}.yaml"))


def _set(config, path, override):
    """A copy with one value set, or added as ``+KEY=VALUE`` to a section."""
    name, *below = path
    adds = override.is_add() or override.is_force_add()
    inside = path != override.key_or_group.split(".")
    within = config.get(name)
    if below and isinstance(within, dict):
        return {**config, name: _set(within, below, override)}
    if below or name not in config and not (adds and inside):
        _refuse_key(override, config)
    value = override.value()
    if isinstance(value, dict) and isinstance(within, dict):
        value = {**within, **value}
    return {**config, name: value}


def _refuse_key(override, known):
    """Say what there is instead."""
    possible = ", ".join(str(key) for key in known if key != "_target_")
    possible = possible or f"{LAUNCHER}=NAME, nmfstudy run --help"
    raise RequestError(f"{override.key_or_group} is no setting; possible: {possible}")


def _set_where(root, override):
    """Set a value of the launcher, which has types, or of what it gives to jobs."""
    above, _, name = override.key_or_group.rpartition(".")
    value, adds = override.value(), override.is_add() or override.is_force_add()
    section = OmegaConf.select(root, above)
    adds = adds and above != "hydra.launcher"  # whose settings are all there
    known = section if OmegaConf.is_dict(section) else ()
    if name == "_target_" or not (name in known or adds and known is section):
        _refuse_key(override, known)
    try:
        OmegaConf.update(root, override.key_or_group, value, force_add=adds)
        OmegaConf.to_container(section, resolve=True, throw_on_missing=True)
    except (OmegaConfBaseException, ValueError, TypeError):
        types = get_type_hints(OmegaConf.get_type(section))
        possible = formatannotation(types[name]) if name in types else "a value of its type"
        raise RequestError(
            f"{override.key_or_group} is {short(value)}; possible: {possible}"
        ) from None


def plain_config(config):
    """What a composed configuration says of a job, as plain data, interpolations resolved."""
    job = OmegaConf.create(_job_part(config))
    try:
        return OmegaConf.to_container(job, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise RequestError(
            f"{error.full_key} is missing; possible: {error.full_key}=VALUE"
        ) from None
    except (OmegaConfBaseException, ValueError, TypeError, RecursionError):
        texts = _texts_within(_job_part(config))
        given = next((t for t in texts if "${" in t and t != "${solver.tol}"), "${solver.tol}")
        raise RequestError(
            f"{short(given)} cannot be resolved; possible: ${{KEY}} of another setting, "
            "${oc.env:NAME}"
        ) from None


def _job_part(config):
    """What of a configuration makes a job, as plain data with interpolations as they are."""
    if OmegaConf.is_config(config):
        config = OmegaConf.to_container(config)
    return {key: value for key, value in config.items() if key not in _NOT_OF_A_JOB}


def _texts_within(value):
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, str):
        yield value
    for part in parts:
        yield from _texts_within(part)


def _first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
