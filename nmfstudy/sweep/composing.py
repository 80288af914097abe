"""From a command line to validated jobs, by Hydra's grammar and config groups."""

import copy
import itertools
import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hydra import compose, initialize_config_dir, version
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from nmfstudy.store.identity import job_id
from nmfstudy.store.job import Job, job_from_config
from nmfstudy.util.errors import RequestError

_PACKAGE = Path(__file__).resolve().parent.parent
# Inside the package in a wheel, beside it in a clone.
CONF = next(p for p in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if p.is_dir())
VERSION_BASE = "1.3"
# Our extras by the launchers that they bring.
EXTRAS = {"joblib": "cluster", "submitit_slurm": "cluster", "ray": "ray"}


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
    """

    jobs: tuple[Job, ...]
    overrides: tuple[tuple[str, ...], ...]
    root: DictConfig
    hints: tuple[str, ...]
    given: frozenset[str] = frozenset()

    @property
    def launcher(self):
        """Hydra's launcher; "basic" is this process."""
        return self.root.hydra.runtime.choices["hydra/launcher"]


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
        try:
            return _plan(overrides, multirun)
        except RequestError:
            raise
        # Hydra raises its own, OmegaConf's and plain ones for what a user may mistype.
        except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
            raise RequestError(_sentence(error)) from None


@contextmanager
def hydra_of_this_package(job_name="app"):
    """Hydra with the configuration of this package; a caller's own Hydra is as before after it."""
    hydra, base = GlobalHydra.instance().hydra, version.getbase()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), job_name=job_name, version_base=VERSION_BASE):
            yield
    finally:
        GlobalHydra.instance().clear()
        if hydra is not None:
            GlobalHydra.instance().initialize(hydra)
            version.setbase(str(base))


def _plan(overrides, multirun):
    given = _parse(overrides)
    _check_choices(given)
    composer = _Composer()
    # Values are set line by line below: a key may be one of a line's own dataset.
    root = composer.compose_choices([_first(o) for o in given], return_hydra_config=True)
    lines = [shlex.split(line) for line in root.sweeps]
    multirun = multirun or bool(lines) or str(root.hydra.mode) == "RunMode.MULTIRUN"
    if not multirun and any(o.is_sweep_override() for o in given):
        several = next(o for o in given if o.is_sweep_override())
        raise RequestError(f"{several.input_line} lists several values; add -m to run them all")
    params = OmegaConf.to_container(root.hydra.sweeper).get("params") or {}
    defaults = [f"{key}={value}" for key, value in params.items()]
    jobs, hints = {}, []
    for line in lines or [[]]:
        merged = _merge(_parse([*defaults, *line]), given)
        names = {o.get_key_element() for o in merged}
        seeds = next((o for o in merged if o.get_key_element() == "seed"), None)
        if seeds is not None and seeds.is_sweep_override() and "n_starts" not in names:
            merged += _parse(["n_starts=1"])
            hints.append(
                "every seed is a job of one start; one job with n_starts=N does the same in a "
                "fraction of the time"
            )
        for strings in _expand([o for o in merged if not _says_where(o)]):
            job = job_from_config(plain_config(composer.compose(strings)))
            # Lines of a preset that differ in what the user has given are one.
            jobs.setdefault((job.folder, job_id(job)), (job, strings))
    jobs, overrides = zip(*jobs.values(), strict=True)
    return Plan(jobs, overrides, root, tuple(dict.fromkeys(hints)), _keys(given))


def _says_where(override):
    """Whether it is about where jobs run, which is the same for all of them."""
    return re.split("[./]", override.key_or_group)[0] in ("hydra", "cluster")


def _check_choices(given):
    """Refuse choices of config groups that Hydra passes over or answers in riddles."""
    loader = GlobalHydra.instance().config_loader()
    for override in given:
        group, known = override.key_or_group, loader.get_group_options(override.key_or_group)
        value = None if override.is_sweep_override() else override.value()
        if override.is_sweep_override() and (group == "study" or _says_where(override)):
            raise RequestError(f"{override.input_line} lists several values; possible: one")
        if known and not override.is_sweep_override() and not override.is_delete():
            optional = [None] if group == "study" else []
            if not isinstance(value, str | None) or value not in [*known, *optional]:
                if group == "hydra/launcher" and value in EXTRAS:
                    raise RequestError(
                        f"{group} is {value!r}, which is not installed; possible: pip install "
                        f"'nmfstudy[{EXTRAS[value]}]'"
                    )
                raise RequestError(f"{group} is {value!r}; possible: {', '.join(known)}")


def _parse(strings):
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    for text in strings:
        if text.startswith("="):
            raise RequestError(
                f"{text!r} is no override; possible: KEY=VALUE, as in n_components=3"
            )
    return parser.parse_overrides(list(strings))


def _first(override):
    """The override itself, or one with the first of its values."""
    if not override.is_sweep_override():
        return override.input_line
    return f"{override.get_key_element()}={next(override.sweep_string_iterator())}"


def _merge(line, given):
    """A preset's line with what the user gave in place of the same keys.

    Another choice of a group (``solver=…``) replaces the line's settings of it as well.
    """
    keys = _keys(given)
    kept = (o for o in line if not keys & {o.get_key_element(), o.key_or_group.split(".")[0]})
    return [*kept, *given]


def _keys(overrides):
    return frozenset(o.get_key_element() for o in overrides)


def _expand(overrides):
    """Every combination of the listed values, the last key running fastest, as Hydra does."""
    choices = [
        [f"{o.get_key_element()}={value}" for value in o.sweep_string_iterator()]
        if o.is_sweep_override()
        else [o.input_line]
        for o in overrides
    ]
    return itertools.product(*choices)


class _Composer:
    """Composes configurations, each combination of config groups once.

    Composing is what costs time, and only choices of config groups change its outcome beyond
    setting a value: plain values are set in copies of what was composed.
    """

    def __init__(self):
        self._composed = {}
        self._parse = lru_cache(lambda text: _parse([text])[0])
        self._is_group = lru_cache(_is_group)

    def compose(self, strings):
        """The configuration with these overrides, none of them a list of values."""
        config = copy.deepcopy(self.compose_choices(strings))
        for override in map(self._parse, strings):
            if self._is_plain(override):
                _set(config, override)
        return config

    def compose_choices(self, strings, **options):
        """The same with plain values left as they are; not to be changed."""
        choices = tuple(text for text in strings if not self._is_plain(self._parse(text)))
        key = choices, tuple(options)
        if key not in self._composed:
            self._composed[key] = compose("config", list(choices), **options)
        return self._composed[key]

    def _is_plain(self, override):
        name = override.key_or_group
        changes_structure = override.is_add() or override.is_delete() or override.is_force_add()
        choice = override.package or _says_where(override) or self._is_group(name)
        return not (changes_structure or choice)


def _is_group(name):
    loader = GlobalHydra.instance().config_loader()
    return bool(loader.list_groups(name) or loader.get_group_options(name))


def _set(config, override):
    key = override.key_or_group
    above, _, name = key.rpartition(".")
    parent = OmegaConf.select(config, above) if above else config
    if not OmegaConf.is_dict(parent):
        parent, name = config, key
    known = list(parent.keys())
    if name not in known:
        possible = ", ".join(str(other) for other in known if other not in ("sweeps", "hydra"))
        raise RequestError(f"{key} is no setting; possible: {possible}")
    OmegaConf.update(config, key, override.value())


def plain_config(config):
    """A composed configuration as plain data, interpolations resolved."""
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise RequestError(f"{missing[0]} must be given, as in {missing[0]}=VALUE")
    return OmegaConf.to_container(config, resolve=True)


def _sentence(error):
    """Hydra's message in one line: what was given, and what is possible where it lists that."""
    text = str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0].rstrip(".") if lines else type(error).__name__
    if isinstance(error, OverrideParseException):
        key, given, value = str(error.override).partition("=")
        if key and given:
            return (
                f"{error.override!r} cannot be read; possible: quotes within, '{key}=\"{value}\"'"
            )
        return f"{error.override!r} is no override; possible: KEY=VALUE, as in n_components=3"
    unknown = re.search(r"Could not override '([^']+)'", text)
    if unknown:
        return f"{unknown[1]} is no setting; possible: nmfstudy run --help lists them"
    wanted = re.search(r"Could not find '([^']+)'", text)
    options = re.search(r"Available options in '[^']+':((?:\n\t[^\n]+)+)", text)
    if wanted and options:
        group, _, name = wanted[1].rpartition("/")
        return f"{group} is {name!r}; possible: {', '.join(options[1].split())}"
    return first
