"""From a configuration to frozen, validated dataclasses; nothing here knows Hydra."""

import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nmfstudy.assess.resample import check_resample, draw
from nmfstudy.datasets.files import bare_name, printable_path
from nmfstudy.fitting.inits import is_deterministic
from nmfstudy.fitting.keeping import check_record
from nmfstudy.model.objective import check_loss
from nmfstudy.model.penalties import make_penalty
from nmfstudy.model.problem import Problem, Search, check_seeds, default_solver, default_tol
from nmfstudy.util.errors import RequestError, check_integer, check_number, check_positive, short

AUTO = "auto"
_LONGEST_NAME = 200  # bytes, of a folder; file systems take 255


@dataclass(frozen=True)
class Analysis:
    """Tolerances of the count.

    Parameters
    ----------
    distance_tol : float
        Fits closer than this, modulo permutation and scaling, are one solution.
    objective_rtol : float, optional
        How much worse than the best, relatively, a near-optimal objective may be; None for the
        default of `nmfstudy.distinct_solutions`, by evidence.
    kkt_tol : float
        Largest KKT residual of a fit that is counted.
    """

    distance_tol: float = 1e-3
    objective_rtol: float | None = None
    kkt_tol: float = 1e-9

    def __post_init__(self):
        """Refuse what is no tolerance."""
        for name, check in (
            ("distance_tol", check_positive),
            ("objective_rtol", check_number),
            ("kkt_tol", check_positive),
        ):
            value = getattr(self, name)
            if name != "objective_rtol" or value is not None:
                object.__setattr__(self, name, check(f"analysis.{name}", value))


@dataclass(frozen=True)
class Resampling:
    """How the data are drawn again once a sweep is done, see `nmfstudy.assess.resample`.

    Parameters
    ----------
    name : str
        ``none``, or one of `nmfstudy.assess.resample.RESAMPLES`.
    n_resamples, n_starts : int
        Resamples of each problem, random starts of each.
    groups : str, optional
        File of one label per sample, a line each: samples with one label stay together.
    """

    name: str = "none"
    n_resamples: int = 20
    n_starts: int = 5
    groups: str | None = None

    def __post_init__(self):
        """Refuse what is no such thing."""
        if self.name != "none":
            check_resample(self.name)
        for key in ("n_resamples", "n_starts"):
            check_integer(f"resample.{key}", getattr(self, key), 1)
        if self.groups is not None and not isinstance(self.groups, str):
            raise RequestError(f"resample.groups is {self.groups!r}; possible: the path of a file")
        if self.name == "leave_group_out" and self.groups is None:
            raise RequestError(
                "resample=leave_group_out needs groups; add resample.groups=FILE, a label a line"
            )

    def draw(self, X, n_components):
        """All resamples of the data, see `nmfstudy.assess.resample.draw`.

        Raises
        ------
        RequestError
            If the labels cannot be read, or the data be drawn again in this way.
        """
        groups = None if self.groups is None else read_labels(self.groups)
        return draw(X, self.name, self.n_resamples, n_components=n_components, groups=groups)


def read_labels(path):
    """One label per line of a text file.

    Raises
    ------
    RequestError
        If it cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} cannot be read as labels ({error})") from None
    return [line.strip() for line in lines if line.strip()]


@dataclass(frozen=True)
class Job:
    """One problem × one search × a block of starts, as asked for.

    Parameters
    ----------
    dataset : mapping
        ``name`` and the parameters of `nmfstudy.datasets.load_dataset`.
    problem, search : Problem, Search
    seed : int
        First seed.
    n_starts : int or "auto"
    block : int
        Seeds per run folder.
    record : {"all", "solutions", "none"}
        Which factors are kept, see `nmfstudy.fitting.keeping`.
    analysis : Analysis
    resampling : Resampling
    study_name : str
    results_dir : str
    """

    dataset: Mapping
    problem: Problem
    search: Search
    seed: int = 0
    n_starts: int | str = 100
    block: int = 100
    record: str = "all"
    analysis: Analysis = field(default_factory=Analysis)
    resampling: Resampling = field(default_factory=Resampling)
    study_name: str = "menu"
    results_dir: str = "results"

    def __post_init__(self):
        """Refuse what cannot be run."""
        check_integer("block", self.block, 1)
        if isinstance(self.n_starts, str) and self.n_starts != AUTO:
            raise RequestError(
                f"n_starts is {short(self.n_starts)}; possible: an integer >= 1, {AUTO}"
            )
        check_seeds(self.seed, 1 if self.n_starts == AUTO else self.n_starts)
        if check_record(self.record) == "none" and self.n_starts == AUTO:
            raise RequestError(
                "n_starts is 'auto' and record is 'none', which leaves nothing to count; possible "
                "with auto: all, solutions"
            )
        if Path(self.study_name).name != self.study_name or self.study_name in ("", ".", ".."):
            raise RequestError(
                f"study_name is {short(self.study_name)}; possible: the name of one folder, "
                "without /"
            )

    @property
    def folder(self):
        """The study's folder."""
        return Path(self.results_dir) / self.study_name

    @property
    def n_blocks(self):
        """How many run folders it makes; of an adaptive job, how many before the first look."""
        if self.search.deterministic or self.n_starts == AUTO:
            return 1
        return (self.seed + self.n_starts - 1) // self.block - self.seed // self.block + 1

    def blocks(self):
        """``(first seed, number of starts)`` of each run folder, cut at multiples of `block`.

        A deterministic init has one start, whatever was asked for. ``n_starts=auto`` yields
        blocks without end.
        """
        if self.search.deterministic:
            yield 0, 1
            return
        first, last = self.seed, None if self.n_starts == AUTO else self.seed + self.n_starts
        while last is None or first < last:
            end = (first // self.block + 1) * self.block
            end = end if last is None else min(end, last)
            yield first, end - first
            first = end


_ROOT = (
    "study_name results_dir n_components loss seed n_starts block record analysis resample "
    "dataset init solver penalty"
).split()
_ANALYSIS = ("distance_tol", "objective_rtol", "kkt_tol")
_RESAMPLE = ("name", "n_resamples", "n_starts", "groups")


def job_from_config(config):
    """A `Job` from a resolved configuration (plain dicts, lists and scalars).

    Nothing is imported or built but the package's own dataclasses, so that a recorded
    configuration from elsewhere is data, not a program.

    Raises
    ------
    RequestError
        If a key is unknown or missing, or a value impossible; the sentence names it.
    """
    _refuse_unknown(config, _ROOT, "")
    missing = [key for key in ("dataset", "init", "solver", "n_components") if key not in config]
    if missing:
        raise RequestError(f"the configuration lacks {missing[0]}; possible keys: {_list(_ROOT)}")
    dataset = _section(config, "dataset")
    init = _section(config, "init")
    for name in ("W", "H"):
        if name in init and not isinstance(init[name], str):
            raise RequestError(f"init.{name} is {short(init[name])}; possible: the name of a file")
    penalty = _section({"penalty": {"name": "none"}, **config}, "penalty")
    analysis = config.get("analysis", {})
    if not isinstance(analysis, Mapping):
        raise RequestError(f"analysis is {short(analysis)}; possible: {_list(_ANALYSIS)}")
    analysis = dict(analysis)
    _refuse_unknown(penalty, "name alpha_W alpha_H l1_ratio strength".split(), "penalty.")
    _refuse_unknown(analysis, _ANALYSIS, "analysis.")
    for name, value in penalty.items():
        if value is None:
            raise RequestError(f"penalty.{name} is {value}; possible: a number >= 0")
    resample = config.get("resample", {})
    if not isinstance(resample, Mapping):
        raise RequestError(f"resample is {short(resample)}; possible: {_list(_RESAMPLE)}")
    _refuse_unknown(resample, _RESAMPLE, "resample.")
    loss = check_loss(config.get("loss", "frobenius"))
    solver = _section(config, "solver", default_solver(loss, _stop_of(config["solver"])))
    rule = {k: solver.pop(k) for k in ("tol", "max_iter", "stop") if k in solver}
    if rule.get("tol") is None:
        rule["tol"] = default_tol(loss, solver["name"])
    if analysis.get("kkt_tol", 0) is None:
        analysis["kkt_tol"] = rule["tol"]
    name = init.pop("name")
    search = Search(
        init=name,
        solver=solver.pop("name"),
        **rule,
        options={**init, **solver},
        deterministic=is_deterministic(name),
    )
    return Job(
        dataset=dataset,
        problem=Problem(config["n_components"], loss, make_penalty(**penalty)),
        search=search,
        analysis=Analysis(**analysis),
        resampling=Resampling(**resample),
        study_name=_folder("study_name", config.get("study_name"), _dataset_stem(dataset)),
        results_dir=_folder("results_dir", config.get("results_dir", "results")),
        **{k: config[k] for k in ("seed", "n_starts", "block", "record") if k in config},
    )


def config_of(job):
    """The configuration of a job as plain data: what ``config.yaml`` and ``run.json`` record."""
    penalty = asdict(job.problem.penalty)
    if "side" in penalty:
        penalty.pop("side")
    search = asdict(job.search)
    search.pop("deterministic")  # follows from the init
    search.pop("recorded")
    files = {k: v for k, v in search.pop("options").items() if k in ("W", "H")}
    options = {k: v for k, v in job.search.options.items() if k not in files}
    init = {"name": search.pop("init"), **files}
    solver = {"name": search.pop("solver"), **search, **options}
    return {
        "dataset": dict(job.dataset),
        "n_components": job.problem.n_components,
        "loss": job.problem.loss,
        "penalty": {"name": job.problem.penalty.name, **penalty},
        "init": init,
        "solver": solver,
        "seed": job.seed,
        "n_starts": job.n_starts,
        "block": job.block,
        "record": job.record,
        "analysis": asdict(job.analysis),
    }


def digest(value, length=16):
    """Hexadecimal sha256 of plain data in canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _dataset_stem(dataset):
    """The dataset's name without parameters: that of the file for ``dataset=file``."""
    if dataset["name"] == "file" and dataset.get("path"):
        return bare_name(str(dataset["path"])) or "file"
    return str(dataset["name"])


def _section(config, key, default=None):
    """A group's settings; ``default`` is what a name of null means."""
    given = config[key]
    if isinstance(given, str):
        given = {"name": given}
    if isinstance(given, Mapping) and given.get("name") is None and default is not None:
        given = {**given, "name": default}
    if not isinstance(given, Mapping) or "name" not in given:
        raise RequestError(f"{key} is {short(given)}; possible: a name, or a mapping with a name")
    if not isinstance(given["name"], str):
        raise RequestError(f"{key}.name is {short(given['name'])}; possible: a name")
    return dict(given)


def _stop_of(solver):
    return solver.get("stop", "kkt") if isinstance(solver, Mapping) else "kkt"


def _folder(key, given, default=None):
    """The name or path of a folder; a number is a name, too."""
    if given is None and default is not None:
        return default
    if not isinstance(given, str | int) or isinstance(given, bool) or given == "":
        raise RequestError(f"{key} is {short(given)}; possible: the name of a folder")
    text = str(given)
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise RequestError(f"{key} is {short(text)}; possible: a name without control characters")
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in Path(text).parts):
        raise RequestError(f"{key} is {short(text)}; possible: up to {_LONGEST_NAME} bytes")
    return text


def _refuse_unknown(mapping, known, prefix):
    unknown = [key for key in mapping if key not in known]
    if unknown:
        name = printable_path(f"{prefix}{unknown[0]}")
        raise RequestError(f"{name} is no setting; possible: {_list(known)}")


def _list(names):
    return ", ".join(names)
