"""All runs of a folder as tables. pandas begins here."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from nmfstudy.config import Analysis
from nmfstudy.datasets.base import Dataset
from nmfstudy.errors import RequestError
from nmfstudy.fits import Fits, concatenate
from nmfstudy.problem import Problem
from nmfstudy.runs import find_runs, load_data
from nmfstudy.runs.files import read_json
from nmfstudy.runs.run import COLUMNS
from nmfstudy.solutions import Solutions, distinct_solutions


@dataclass(frozen=True, eq=False)
class ProblemResult:
    """One problem with the fits of all its searches.

    Attributes
    ----------
    key : str
        As in the tables.
    dataset : Dataset
    problem : Problem
    searches : tuple of Fits
        One per search, seeds ascending, one fit per seed.
    run_of : tuple of str arrays
        Which run each fit of each search comes from.
    analysis : Analysis
    folder : Path or None
        The study's, where verdicts are kept.
    """

    key: str
    dataset: Dataset
    problem: Problem
    searches: tuple[Fits, ...]
    run_of: tuple[np.ndarray, ...]
    analysis: Analysis
    folder: Path | None = None

    @cached_property
    def solutions(self) -> Solutions:
        """Distinct solutions of all searches together."""
        return distinct_solutions(
            list(self.searches),
            distance_tol=self.analysis.distance_tol,
            objective_rtol=self.analysis.objective_rtol,
            kkt_tol=self.analysis.kkt_tol,
        )

    @property
    def title(self):
        """For people: ``menu, k = 3, ridge α = 0.01``."""
        parts = [self.dataset.name, f"k = {self.problem.n_components}"]
        if self.problem.loss != "frobenius":
            parts.append(self.problem.loss.replace("-", "–").title())
        penalty = self.problem.penalty
        if not penalty.is_zero:
            sides = {f"{penalty.alpha_W:g}", f"{penalty.alpha_H:g}"}
            if len(sides) == 1:
                parts.append(f"{penalty.name} α = {sides.pop()}")
            elif penalty.name.startswith("scale_free"):
                parts.append(f"{penalty.name.replace('_', ' ')} λ = {penalty.strength:g}")
            else:
                parts.append(f"{penalty.name} α_W = {penalty.alpha_W:g}, α_H = {penalty.alpha_H:g}")
        return ", ".join(parts)

    @property
    def n_starts(self):
        """Starts of all searches."""
        return sum(len(fits) for fits in self.searches)

    @cached_property
    def verdicts(self):
        """Verdict by minimum for the near-optimal representatives (see `nmfstudy.verdicts`)."""
        from nmfstudy.verdicts import verdicts_of

        return verdicts_of(self, folder=self.folder)


@dataclass(frozen=True, eq=False)
class Study:
    """All runs of one folder.

    Attributes
    ----------
    folder : Path
    results : tuple of ProblemResult
        In the order of their keys' datasets, numbers of components and penalties.
    skipped : tuple of (str, str)
        Run folders left out, with the reason.
    failures : tuple of dict
        What ``error.json`` files say.
    analysis : Analysis
    about : dict
        What the sweep recorded in ``study.json``; empty if it did not.
    infos : tuple of dict
        ``run.json`` of every run that is in.
    """

    folder: Path
    results: tuple[ProblemResult, ...]
    skipped: tuple
    failures: tuple
    analysis: Analysis
    about: dict
    infos: tuple

    @property
    def name(self):
        """The folder's name."""
        return self.folder.name

    @staticmethod
    def load(folder, *, analysis=None, code=None):
        """Read every finished run of a study.

        Parameters
        ----------
        folder : path
        analysis : Analysis, optional
            Tolerances; by default those of the sweep.
        code : str, optional
            Take only runs of this code version, as `nmfstudy.runs.code_version` gives it; "mixed"
            takes all. None takes all if they are of one version and refuses otherwise.

        Raises
        ------
        RequestError
            If the folder holds no finished run, or runs of several code versions.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise RequestError(f"{folder} is no folder; possible: a study's folder under results")
        runs, skipped = find_runs(folder)
        runs, left_out = _of_code(runs, code)
        readable, skipped = _readable(runs, skipped + left_out)
        if not readable:
            raise RequestError(
                f"{folder} holds no finished run ({len(skipped)} skipped); possible: a folder that "
                "nmfstudy run has filled"
            )
        about = _about(folder)
        analysis = analysis or _analysis(about, readable)
        problems = _problems(folder, readable, analysis, skipped)
        return Study(
            folder,
            tuple(problems),
            tuple(skipped),
            tuple(_failures(folder)),
            analysis,
            about,
            tuple(run.info for run in readable),
        )

    def with_analysis(self, analysis):
        """The same runs counted with other tolerances."""
        results = (
            replace(result, analysis=_tolerances(analysis, result.searches))
            for result in self.results
        )
        return replace(self, results=tuple(results), analysis=analysis)

    def __len__(self):
        """Number of problems."""
        return len(self.results)

    def __iter__(self):
        """One `ProblemResult` after the other."""
        return iter(self.results)

    @cached_property
    def starts(self):
        """One row per start; columns as in ``starts.csv`` of a run and four more."""
        return pd.concat([_starts(p) for p in self], ignore_index=True)

    @cached_property
    def shares(self):
        """Share of each search's starts that ends in each minimum, with 95 % Wilson limits."""
        columns = "problem minimum init solver n_starts share share_low share_high".split()
        rows = [{"problem": p.key, **row} for p in self for row in p.solutions.shares()]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def solutions(self):
        """One row per minimum of each problem."""
        return pd.DataFrame([row for p in self for row in _solution_rows(p)], columns=_SOLUTIONS)

    @cached_property
    def problems(self):
        """One row per problem."""
        return pd.DataFrame([_problem_row(p) for p in self], columns=_PROBLEMS)

    @property
    def tables(self):
        """The four tables by file name."""
        return {n: getattr(self, n) for n in ("problems", "solutions", "shares", "starts")}

    @property
    def n_failed(self):
        """Starts that failed, those of runs without results included."""
        return int((self.starts.stop_reason == "failed").sum()) + sum(
            1 for f in self.failures if any(e.get("seed") is None for e in f.get("errors", []))
        )


_SOLUTIONS = (
    "problem minimum near_optimal best n_starts objective relative_error zeros_W zeros_H nearest "
    "verdict local_dimension seed"
).split()
_PROBLEMS = (
    "problem dataset n_components loss alpha_W alpha_H l1_ratio n_starts n_converged n_saddle "
    "n_near_optimal n_best n_distinct n_minima penalty objective_rtol distance_tol plateau_low "
    "plateau_high kind coverage chao1 starts_for_99 best_share verdict reason"
).split()


def _of_code(runs, code):
    versions = sorted({run.info["code"] for run in runs})
    if code == "mixed" or (code is None and len(versions) <= 1):
        return runs, []
    if code is None:
        raise RequestError(
            f"the runs are of {len(versions)} code versions ({', '.join(versions)}); possible: "
            "--code VERSION for one of them, or --code mixed"
        )
    kept = [run for run in runs if run.info["code"] == code]
    out = [(run.id, f"made by code version {run.info['code']}") for run in runs if run not in kept]
    return kept, out


def _readable(runs, skipped):
    kept = []
    for run in runs:
        try:
            run.fits  # noqa: B018 - read now, so that a torn file is listed and not met later
            kept.append(run)
        except (ValueError, OSError) as error:
            skipped = [*skipped, (run.id, str(error))]
    return kept, skipped


def _about(folder):
    try:
        return read_json(folder / "study.json")
    except (OSError, ValueError):
        return {}


def _analysis(about, runs):
    recorded = about.get("analysis") or runs[0].info["config"].get("analysis") or {}
    try:
        return Analysis(**recorded)
    except (TypeError, RequestError):
        return Analysis()


def _failures(folder):
    for path in sorted((folder / "runs").glob("*/error.json")):
        try:
            yield read_json(path)
        except (OSError, ValueError):
            yield {"id": path.parent.name, "problem": "", "errors": []}


def _problems(folder, runs, analysis, skipped):
    """Group runs by problem and search; one fit per seed."""
    groups = {}
    for run in runs:
        search = (run.job.search.init, run.job.search.solver_label)
        groups.setdefault(run.info["problem"], {}).setdefault(search, []).append(run)
    results = []
    for key, searches in groups.items():
        first = next(iter(searches.values()))[0]
        try:
            dataset = load_data(folder, first.info["dataset"]["sha256"])
        except ValueError as error:
            skipped.extend((r.id, str(error)) for s in searches.values() for r in s)
            continue
        pooled = [_pool(found) for _, found in sorted(searches.items())]
        fits, run_of = zip(*pooled, strict=True)
        results.append(
            ProblemResult(
                key, dataset, first.job.problem, fits, run_of, _tolerances(analysis, fits), folder
            )
        )
    return sorted(results, key=_order)


def _order(result):
    penalty = result.problem.penalty
    return (
        result.dataset.name,
        result.problem.n_components,
        result.problem.loss,
        penalty.name != "none",
        penalty.name,
        penalty.alpha_W,
        penalty.alpha_H,
        result.key,
    )


def _tolerances(analysis, fits):
    """The study's tolerances; another loss is converged at its own solver tolerance."""
    if fits[0].problem.loss == "frobenius":
        return analysis
    asked = max((f.search.tol for f in fits if f.search.stop == "kkt"), default=analysis.kkt_tol)
    return Analysis(analysis.distance_tol, analysis.objective_rtol, max(asked, analysis.kkt_tol))


def _pool(runs):
    """Fits of one search with seeds ascending, the first run's fit where two have one seed."""
    runs = sorted(runs, key=lambda run: (run.fits.seed[0], run.id))
    fits = runs[0].fits if len(runs) == 1 else concatenate(run.fits for run in runs)
    of = np.concatenate([np.full(len(run.fits), run.id) for run in runs])
    _, first = np.unique(fits.seed, return_index=True)
    return (fits, of) if len(first) == len(fits) else (fits[first], of[first])


def _starts(result):
    """Rows of the study's ``starts.csv`` of one problem."""
    problem, penalty, solutions = result.problem, result.problem.penalty, result.solutions
    frames = []
    for fits, run in zip(result.searches, result.run_of, strict=True):
        frames.append(
            pd.DataFrame(
                {
                    "run": run,
                    "problem": result.key,
                    "dataset": result.dataset.name,
                    "n_components": problem.n_components,
                    "loss": problem.loss,
                    "alpha_W": penalty.alpha_W,
                    "alpha_H": penalty.alpha_H,
                    "l1_ratio": penalty.l1_ratio,
                    "init": fits.search.init,
                    "solver": fits.search.solver_label,
                    "penalty": penalty.name,
                    **{n: getattr(fits, n) for n in _FIT_COLUMNS},
                }
            )[COLUMNS]
        )
    frame = pd.concat(frames, ignore_index=True)
    labels = solutions.labels
    near = np.append(solutions.near_optimal, False)
    best = np.append(solutions.best, False)
    return frame.assign(
        n_merged=solutions.n_merged, near_optimal=near[labels], best=best[labels], minimum=labels
    )


_FIT_COLUMNS = (
    "seed objective relative_error kkt_residual n_iter converged stop_reason seconds zeros_W "
    "zeros_H n_dead"
).split()


def _solution_rows(result):
    solutions = result.solutions
    for m, fit in enumerate(solutions.representatives):
        verdict = result.verdicts.get(m)
        yield {
            "problem": result.key,
            "minimum": m,
            "near_optimal": bool(solutions.near_optimal[m]),
            "best": bool(solutions.best[m]),
            "n_starts": int(solutions.counts[m]),
            "objective": solutions.objective[m],
            "relative_error": fit.relative_error,
            "zeros_W": float((fit.W == 0).mean()),
            "zeros_H": float((fit.H == 0).mean()),
            "nearest": solutions.nearest[m],
            "verdict": verdict.status if verdict else "",
            "local_dimension": verdict.local_dimension if verdict else None,
            "seed": fit.seed,
        }


def _problem_row(result):
    solutions, penalty = result.solutions, result.problem.penalty
    low, high = solutions.plateau or (None, None)
    return {
        "problem": result.key,
        "dataset": result.dataset.name,
        "n_components": result.problem.n_components,
        "loss": result.problem.loss,
        "alpha_W": penalty.alpha_W,
        "alpha_H": penalty.alpha_H,
        "l1_ratio": penalty.l1_ratio,
        "n_starts": result.n_starts,
        "n_converged": solutions.n_converged,
        "n_saddle": solutions.n_saddle,
        "n_near_optimal": int(solutions.counts[solutions.near_optimal].sum()),
        "n_best": solutions.n_best,
        "n_distinct": solutions.n_distinct,
        "n_minima": solutions.n_minima,
        "penalty": penalty.name,
        "objective_rtol": result.analysis.objective_rtol,
        "distance_tol": result.analysis.distance_tol,
        "plateau_low": low,
        "plateau_high": high,
        "kind": solutions.kind,
        "coverage": solutions.coverage,
        "chao1": solutions.chao1,
        "starts_for_99": solutions.starts_for_99,
        "best_share": solutions.best_share[0] if solutions.best_share is not None else None,
        "verdict": result.verdicts[0].status if 0 in result.verdicts else "",
        "reason": solutions.reason,
    }
