"""All runs of a folder as tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from nmfstudy.datasets.base import Dataset
from nmfstudy.datasets.typing import Matrix
from nmfstudy.model.fits import Fits
from nmfstudy.store import find_runs
from nmfstudy.store.job import Analysis
from nmfstudy.store.recorded import within_memory
from nmfstudy.store.records import recorded_request
from nmfstudy.study.grouping import (
    failures_of_problems,
    group_fits,
    group_problems,
    of_code,
    of_data,
    recorded_analysis,
    recorded_resampling,
    tolerances_of,
)
from nmfstudy.study.problem_result import ProblemResult
from nmfstudy.study.tables import (
    PROBLEMS,
    SHARES,
    SOLUTIONS,
    problem_row,
    solution_rows,
    start_rows,
)
from nmfstudy.util.display import Shown, count, number
from nmfstudy.util.errors import RequestError
from nmfstudy.util.plain_text import one_line


@dataclass(frozen=True, eq=False, repr=False)
class Study(Shown):
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

    Examples
    --------
    >>> import nmfstudy as ns
    >>> menu = ns.load_dataset("menu")
    >>> study = ns.Study.of(menu, ns.fit(menu.X, n_components=3, n_starts=20))
    >>> study.results[0].assessed.kind
    'one'
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
        """The folder's name, printable."""
        return one_line(self.folder.name)

    @property
    def has_penalties(self):
        """Whether any problem has a penalty."""
        return any(not result.problem.penalty.is_zero for result in self)

    @staticmethod
    def load(
        folder: str | Path,
        *,
        analysis: Analysis | None = None,
        code: str | None = None,
        may_fit: bool = False,
    ) -> Study:
        """Read every finished run of a study.

        If the last sweep found other data under a name than earlier ones, theirs are left out.

        Parameters
        ----------
        folder : path
        analysis : Analysis, optional
            Tolerances; by default those of the sweep.
        code : str, optional
            Take only runs of this code version, as `nmfstudy.store.code_version` gives it; "mixed"
            takes all. None takes all if they are of one version and refuses otherwise.
        may_fit : bool
            Whether what the report needs and the folder lacks is fitted and kept: how hidden
            entries are predicted, and the data drawn again. Only for a folder of your own making.

        Raises
        ------
        RequestError
            If the folder holds no finished run, or runs of several code versions.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise RequestError(f"{folder} is no folder; possible: a study's folder under results")
        runs, skipped = find_runs(folder)
        runs, left_out = of_code(runs, code)
        skipped = skipped + left_out
        about = recorded_request(folder)
        runs, left_out = of_data(runs, about, folder)
        skipped = skipped + left_out
        runs, left_out = within_memory(runs)
        skipped = skipped + left_out
        analysis = analysis or recorded_analysis(about, runs)
        problems = group_problems(folder, runs, analysis, skipped)
        resampling = recorded_resampling(about)
        problems = [replace(p, resampling=resampling, may_fit=may_fit) for p in problems]
        without = {name for name, _ in skipped}
        infos = tuple(run.info for run in runs if run.id not in without)
        if not infos:
            first = f" ({len(skipped)} skipped, {': '.join(skipped[0])})" if skipped else ""
            raise RequestError(
                f"{folder} holds no finished run{first:.500}; possible: a folder that nmfstudy run "
                "has filled"
            )
        return Study(
            folder,
            tuple(problems),
            tuple((one_line(name), one_line(reason)) for name, reason in skipped),
            tuple(failures_of_problems(folder, about)),
            analysis,
            about,
            infos,
        )

    @staticmethod
    def of(
        data: Matrix,
        *fits: Fits,
        analysis: Analysis | None = None,
        folder: str | Path = "study",
    ) -> Study:
        """Fits at hand as a study, for its tables, figures and report.

        Parameters
        ----------
        data : Dataset, array, DataFrame or sparse matrix
            What the fits are of; the labels of a DataFrame name its rows and columns.
        *fits : Fits
            As `nmfstudy.fit` returns them: of one or several problems, one or several searches.
        analysis : Analysis, optional
            Tolerances.
        folder : path
            Where a report would go; nothing is read from there or written now.

        Raises
        ------
        RequestError
            If there are no fits, or they are not of this data.
        """
        if not isinstance(data, Dataset):
            data = Dataset("X", data)
        analysis = analysis or Analysis()
        results = [replace(r, may_fit=True) for r in group_fits(data, fits, analysis)]
        return Study(Path(folder), tuple(results), (), (), analysis, {}, ())

    def _shown(self):
        """One row per problem."""
        title = f"Study {self.name}: {count(len(self), 'problem')}"
        headers = ("problem", "starts", "distinct", "minima", "kind", "coverage")
        return title, headers, [
            (
                r.title, f"{r.n_starts:,}", r.solutions.n_distinct, r.solutions.n_minima,
                r.assessed.kind, number(r.solutions.coverage),
            )
            for r in self
        ]  # fmt: skip

    def with_analysis(self, analysis):
        """The same runs counted with other tolerances."""
        results = (
            replace(result, analysis=tolerances_of(analysis, result.searches))
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
    def starts(self) -> pd.DataFrame:
        """One row per start; columns as in ``starts.csv`` of a run and four more."""
        return pd.concat([start_rows(p) for p in self], ignore_index=True)

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Share of each search's starts that ends in each minimum, with 95 % Wilson limits."""
        rows = [{"problem": p.key, **row} for p in self for row in p.solutions.shares()]
        return pd.DataFrame(rows, columns=SHARES)

    @cached_property
    def solutions(self) -> pd.DataFrame:
        """One row per minimum of each problem."""
        return pd.DataFrame([row for p in self for row in solution_rows(p)], columns=SOLUTIONS)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """One row per problem."""
        return pd.DataFrame([problem_row(p) for p in self], columns=PROBLEMS)

    @property
    def tables(self):
        """The four tables by file name."""
        return {n: getattr(self, n) for n in ("problems", "solutions", "shares", "starts")}

    @property
    def n_failed(self):
        """Starts that failed; a run without any results counts as one."""
        runs = sum(any(e.get("seed") is None for e in f.get("errors", [])) for f in self.failures)
        return int((self.starts.stop_reason == "failed").sum()) + runs
