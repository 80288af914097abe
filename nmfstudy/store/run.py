"""One run folder: ``config.yaml``, ``factors.npz``, ``starts.csv``, ``run.json``."""

import csv
import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from nmfstudy.model.fits import STOP_REASONS, Fits
from nmfstudy.store.data import data_damage
from nmfstudy.store.failures import failure_record
from nmfstudy.store.files import (
    naming,
    new_folder,
    own,
    read_arrays,
    read_json,
    reading_safely,
    write_arrays,
    write_atomically,
    write_json,
)
from nmfstudy.store.identity import code_version, problem_key, run_folder
from nmfstudy.store.job import config_of
from nmfstudy.store.provenance import provenance
from nmfstudy.store.recorded import check_starts, recorded_job
from nmfstudy.store.run_info import check_info
from nmfstudy.store.whole import check_files, record_files, set_aside
from nmfstudy.util.plain_text import formula_free, printable

INFO_BYTES = 2**17  # of run.json, at most
RUN_COLUMNS = (
    "run problem dataset n_components loss alpha_W alpha_H l1_ratio init solver penalty seed "
    "objective relative_error kkt_residual step min_curvature n_iter converged stop_reason "
    "seconds zeros_W zeros_H n_dead"
).split()
_READ = ("factors.npz", "starts.csv")  # all that a run is read from, beside run.json
_FILES = ("config.yaml", *_READ)
_KINDS = {
    "seed": int,
    "n_iter": int,
    "n_dead": int,
    "converged": lambda text: text == "True",
    "stop_reason": str,
}
_DTYPES = {int: np.int64, float: np.float64}
_PER_START = (
    "seed objective relative_error kkt_residual step min_curvature n_iter converged stop_reason "
    "seconds zeros_W zeros_H n_dead"
).split()


def is_finished(study_folder, identifier):
    """Whether a whole run without failed starts is there; its data are `save_data`'s concern."""
    try:
        return Run.load(run_folder(study_folder, identifier)).info["n_failed"] == 0
    except (OSError, ValueError):
        return False


def set_aside_damaged(study_folder, identifier):
    """Move what is neither a whole run nor the record of a failure out of the run's place.

    Returns
    -------
    SetAside or None
        None if there was nothing to do.
    """
    folder = run_folder(study_folder, identifier)
    if folder.is_symlink() or not folder.exists():
        return None
    try:
        Run.load(folder)
    except (OSError, ValueError) as error:
        only_failed = folder.is_dir() and set(os.listdir(folder)) <= {"error.json"}
        return None if only_failed else set_aside(study_folder, folder, error)
    return None


@dataclass(frozen=True)
class Run:
    """A finished run as found on disk: all its files are as they were written.

    Attributes
    ----------
    folder : Path
    info : dict
        The content of ``run.json``: id, problem, dataset, config, code, provenance, counts,
        seconds and the sizes and sha256 of the other files.
    """

    folder: Path
    info: dict

    @staticmethod
    def save(study_folder, identifier, job, dataset, fits, *, errors=()):
        """Write a run as a whole and return it; ``run.json`` makes it complete.

        Parameters
        ----------
        errors : sequence of (seed, text)
            What went wrong with single starts; kept in ``error.json``.
        """
        folder = run_folder(study_folder, identifier)
        folder.parent.mkdir(parents=True, exist_ok=True)
        config = config_of(job)
        key = problem_key(job, dataset.name, dataset.sha256)
        is_whole = partial(is_finished, study_folder, identifier)
        with new_folder(folder, is_whole) as new:
            with naming(folder / "config.yaml"):
                (new / "config.yaml").write_text(_yaml(config), encoding="utf-8")
            kept = {"W": fits.W, "H": fits.H} if len(fits.W) else {}
            write_arrays(new / "factors.npz", **kept, index=fits.row)
            rows = _rows(identifier, key, dataset.name, fits)
            write_atomically(new / "starts.csv", _csv(rows))
            if errors:
                write_json(new / "error.json", failure_record(identifier, key, errors))
            info = {
                "id": identifier,
                "problem": key,
                "dataset": {
                    "name": dataset.name,
                    "sha256": dataset.sha256,
                    "shape": list(dataset.X.shape),
                },
                "config": config,
                "n_starts": len(fits),
                "n_failed": int((fits.stop_reason == "failed").sum()),
                "data_norm": fits.data_norm,
                "reference_loss": fits.reference_loss,
                "is_counts": fits.is_counts,
                "n_entries": fits.n_entries,
                "code": code_version(),
                "provenance": provenance(),
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": round(float(fits.seconds.sum()), 3),
                **record_files(new, _FILES),
            }
            write_json(new / "run.json", info)
        return Run(folder, info)

    @staticmethod
    def load(folder):
        """The run in a folder.

        Raises
        ------
        ValueError
            If it is incomplete, torn, altered, or not the run its name says.
        """
        folder = own(folder)
        if not (folder / "run.json").is_file():
            error = " (it failed)" if (folder / "error.json").is_file() else ""
            raise ValueError(f"it is not finished{error}")
        run = Run(folder, read_json(folder / "run.json", INFO_BYTES))
        check_info(run.info)
        if run.info["id"] != folder.name:
            raise ValueError(f"run.json is of another run, {run.info['id']!r:.40}")
        check_files(folder, run.info, _READ, _FILES)
        try:
            run.job  # noqa: B018 - a configuration that is none must be found out here
            dataset = run.info["dataset"]
            key = problem_key(run.job, dataset["name"], dataset["sha256"])
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"its configuration is none of ours ({error})") from None
        if key != run.info["problem"]:
            raise ValueError(f"its problem is {key} and not as run.json says")
        return run

    @property
    def id(self):
        """The run id."""
        return self.info["id"]

    @cached_property
    def job(self):
        """The `Job` it was a block of, as `recorded_job` reads it."""
        return recorded_job(self.info["config"], self.info["dataset"]["shape"])

    @property
    def fits(self):
        """All fits, with the factors that were kept; read anew every time.

        Raises
        ------
        ValueError
            If a file is torn or does not have the content recorded in ``run.json``.
        """
        check_files(self.folder, self.info, _READ, _FILES)
        columns = _read_csv(self.folder / "starts.csv")
        check_starts(columns, self.job.problem.n_components, self.info["reference_loss"])
        n_fits = len(columns["seed"])
        if n_fits != self.info["n_starts"]:
            raise ValueError(f"starts.csv holds {n_fits} starts, not those of run.json")
        arrays = read_arrays(self.folder / "factors.npz")
        W, H, row = _factors(arrays, n_fits, self.info, self.job)
        return Fits(
            W=W,
            H=H,
            row=row,
            problem=self.job.problem,
            search=self.job.search,
            data_norm=float(self.info["data_norm"]),
            reference_loss=float(self.info["reference_loss"]),
            is_counts=self.info.get("is_counts", False),
            n_entries=self.info.get("n_entries"),
            **{name: columns[name] for name in _PER_START},
        )


def find_runs(study_folder):
    """All runs of a study, and what was skipped.

    Returns
    -------
    runs : list of Run
        In the order of their ids.
    skipped : list of (str, str)
        Folder name and the reason, in words.
    """
    runs, skipped, damaged = [], [], {}
    parent = Path(study_folder) / "runs"
    try:
        folders = sorted(p for p in own(parent).glob("*") if p.is_dir())
    except (ValueError, OSError) as error:
        return [], [("runs", str(error))]
    for folder in folders:
        if folder.name.startswith("."):
            continue
        try:
            with reading_safely(folder.name):
                run = Run.load(folder)
        except (ValueError, OSError) as error:
            skipped.append((printable(folder.name), printable(str(error))))
            continue
        sha256 = run.info["dataset"]["sha256"]
        if sha256 not in damaged:
            damaged[sha256] = data_damage(study_folder, sha256)
        if damaged[sha256]:
            skipped.append((run.id, damaged[sha256]))
        else:
            runs.append(run)
    return runs, skipped


def _factors(arrays, n_fits, info, job):
    """W and H as they were kept, and the row of each fit: -1 where there is none."""
    n_samples, n_features = info["dataset"]["shape"]
    k = job.problem.n_components
    row = arrays.get("index")
    if row is None or row.shape != (n_fits,) or row.dtype.kind != "i":
        raise ValueError("factors.npz and starts.csv are not of the same starts")
    factors = []
    for name, shape in {"W": (n_samples, k), "H": (k, n_features)}.items():
        kept = arrays.get(name, np.empty((0, *shape)))
        if kept.shape[1:] != shape or not -1 <= row.min() <= row.max() < len(kept):
            raise ValueError(f"factors.npz holds a {name} of shape {kept.shape}")
        if kept.dtype != np.float64 or (kept < 0).any():
            raise ValueError(f"factors.npz holds a {name} that is no float64 >= 0")
        factors.append(kept)
    return *factors, row


def _rows(identifier, key, dataset_name, fits):
    """Rows of ``starts.csv`` as lists of cells in the order of `RUN_COLUMNS`."""
    problem, search = fits.problem, fits.search
    penalty = problem.penalty
    same = [identifier, key, dataset_name, problem.n_components, problem.loss]
    same += [penalty.alpha_W, penalty.alpha_H, penalty.l1_ratio]
    same += [search.init, search.solver_label, penalty.name]
    per_start = [getattr(fits, name).tolist() for name in _PER_START]
    return [[*same, *cells] for cells in zip(*per_start, strict=True)]


def _csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RUN_COLUMNS)
    writer.writerows([formula_free(cell) for cell in row] for row in rows)
    return text.getvalue()


def _read_csv(path):
    """The columns of ``starts.csv`` that `Fits` is made of, as arrays."""
    with open(path, newline="", encoding="utf-8") as handle:
        rows = csv.reader(handle)
        header = next(rows, None)
        if header != RUN_COLUMNS:
            raise ValueError("starts.csv has other columns than this version writes")
        table = list(rows)
    if any(len(row) != len(RUN_COLUMNS) for row in table) or not table:
        raise ValueError("starts.csv is torn")
    columns = {}
    for name in _PER_START:
        at = RUN_COLUMNS.index(name)
        kind = _KINDS.get(name, float)
        try:
            columns[name] = np.array([kind(row[at]) for row in table], dtype=_DTYPES.get(kind))
        except OverflowError:
            raise ValueError(f"starts.csv holds a {name} that is no number of 64 bits") from None
    if columns["seed"].min() < 0:
        raise ValueError("starts.csv holds a seed below 0")
    if not set(columns["stop_reason"]) <= set(STOP_REASONS):
        raise ValueError("starts.csv holds an unknown stop_reason")
    return columns


def _yaml(config):
    import yaml

    fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(config, Dumper=fast, sort_keys=False, allow_unicode=True)
