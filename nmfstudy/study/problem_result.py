"""One problem with the fits of all its searches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from nmfstudy.assess.choice_of_k import candidate
from nmfstudy.assess.component_ranges import component_ranges
from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.convergence import Convergence
from nmfstudy.assess.dominance import dominance
from nmfstudy.assess.robustness import robustness
from nmfstudy.datasets.base import Dataset
from nmfstudy.model.fits import Fit, Fits
from nmfstudy.model.penalty_threshold import zero_is_best
from nmfstudy.model.problem import Problem
from nmfstudy.solutions import Solutions, distinct_solutions
from nmfstudy.store.job import Analysis, Resampling
from nmfstudy.store.traces import load_trace
from nmfstudy.study.ambiguity import ambiguity_of
from nmfstudy.study.verdicts import verdicts_of
from nmfstudy.util.display import Shown, count, number


@dataclass(frozen=True, eq=False, repr=False)
class ProblemResult(Shown):
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
        The study's, where verdicts and resamples are kept.
    may_fit : bool
        Whether data may be fitted for what the folder lacks: by the command that fits the study
        and of fits at hand, never of a folder that is only read.
    resampling : Resampling
        How the data are drawn again.
    made_from : mapping
        Name and parameters of the dataset as the sweep gave them; empty of fits at hand.
    """

    key: str
    dataset: Dataset
    problem: Problem
    searches: tuple[Fits, ...]
    run_of: tuple[np.ndarray, ...]
    analysis: Analysis
    folder: Path | None = None
    resampling: Resampling = Resampling()
    may_fit: bool = False
    made_from: Mapping = field(default_factory=dict)

    @cached_property
    def solutions(self) -> Solutions:
        """Distinct solutions of all searches together, by the fits alone; see `assessed`."""
        return distinct_solutions(
            list(self.searches),
            distance_tol=self.analysis.distance_tol,
            objective_rtol=self.analysis.objective_rtol,
            kkt_tol=self.analysis.kkt_tol,
        )

    @cached_property
    def assessed(self) -> Solutions:
        """The same `solutions`, their kind and reason settled by a certificate where it can.

        Verdicts need solutions, so these are two: labels and counts never hang on a certificate.
        """
        return self.solutions.with_verdict(self.verdicts.get(0))

    @property
    def best(self) -> Fit | None:
        """What stands for the best solution; None if no fit counts that fits as well as any."""
        if not len(self.solutions) or not self.solutions.near_optimal[0]:
            return None
        fit = self.solutions.representatives[0]
        return fit if np.isfinite(fit.W).all() and np.isfinite(fit.H).all() else None

    @property
    def title(self):
        """For people: ``menu, k = 3, ridge α = 0.01``."""
        parts = [self.dataset.name, f"k = {self.problem.n_components}"]
        if self.problem.loss != "frobenius":
            parts.append(self.problem.loss.replace("-", "–").title())
        penalty = self.problem.penalty
        if not penalty.is_zero:
            alpha_W, alpha_H = number(penalty.alpha_W, 6), number(penalty.alpha_H, 6)
            if alpha_W == alpha_H:
                parts.append(f"{penalty.words} α = {alpha_W}")
            elif penalty.name.startswith("scale_free"):
                parts.append(f"{penalty.words} λ = {number(penalty.strength, 6)}")
            else:
                parts.append(f"{penalty.words} α_W = {alpha_W}, α_H = {alpha_H}")
        return ", ".join(parts)

    def _shown(self):
        """Its solutions under its name."""
        title, headers, rows = self.assessed._shown()
        return f"{self.title}, {count(self.n_starts, 'start')}\n{title}", headers, rows

    @property
    def n_starts(self):
        """Starts of all searches."""
        return sum(len(fits) for fits in self.searches)

    @cached_property
    def known_optimum(self):
        """What is known of the optimum without any start, under a penalty; None if nothing is.

        Returns
        -------
        str or None
            "none": a penalty on one factor only has no minimum, since ``(cW, H/c)`` gets ever
            cheaper. "zero": the penalty is so strong that all zeros are the best there is, by
            `nmfstudy.model.penalty_threshold`, and no fit found anything better.
        """
        if self.problem.penalty.one_sided:
            return "none"
        zero = self.searches[0].reference_loss
        lowest = self.solutions.best_objective
        beaten = lowest < zero * (1 - 1e-9)
        return "zero" if not beaten and zero_is_best(self.dataset.X, self.problem) else None

    @cached_property
    def convergence(self) -> Convergence | None:
        """How a start of the largest search with a stored trace approached its optimum."""
        for fits in sorted(self.searches, key=len, reverse=True) if self.folder else ():
            asked = self.folder, self.dataset.sha256, self.problem, fits.search
            if (trace := load_trace(*asked)) is not None:
                return trace
        return None

    @cached_property
    def trust(self):
        """`nmfstudy.assess.component_trust.Trust` in the components of the best solution."""
        return component_trust(self.assessed, self._witnesses, self.dominance)

    @property
    def _witnesses(self):
        """Other factorizations of near-optimal products, as the certificates found them."""
        found = (verdict.witness for verdict in self.verdicts.values())
        return [witness for witness in found if witness is not None]

    @cached_property
    def ranges(self):
        """How much the components differ, see `nmfstudy.assess.component_ranges`; or None."""
        if not self.trust.components:
            return None
        return component_ranges(self.assessed, self._witnesses)

    @cached_property
    def trust_codes(self):
        """For each component of the best solution whether it can be trusted.

        Returns
        -------
        list of {"stable", "fragile", "not_trusted"}
            "fragile": it would be another with a tenth or ten times the gate, see `robustness`.
        """
        if not self.trust.components:
            return []
        trusted = self.trust.trusted
        if self.stability is not None:
            trusted = self.stability.components.verdict.to_numpy() == "trust"
        fragile = self.robustness.fragile_components
        return [
            ("fragile" if r in fragile else "stable") if good else "not_trusted"
            for r, good in enumerate(trusted.tolist())
        ]

    @cached_property
    def robustness(self):
        """`nmfstudy.assess.robustness.Robustness` of that trust; None without a solution."""
        return robustness(self.assessed, self.trust) if self.trust.components else None

    @cached_property
    def dominance(self):
        """Which numbers of the data outweigh all others, see `nmfstudy.assess.dominance`."""
        return dominance(self.dataset.X)

    @cached_property
    def stability(self):
        """`nmfstudy.assess.stability.Stability` of the best solution; None if not asked for."""
        from nmfstudy.study.resampling import stability_of

        return stability_of(self)

    @cached_property
    def candidate(self):
        """The row of the table over k, see `nmfstudy.assess.choice_of_k`."""
        return candidate(self.assessed, list(self.searches), self.trust)

    @cached_property
    def verdicts(self):
        """Verdict by minimum for the near-optimal representatives (see `study.verdicts`)."""
        return verdicts_of(self, folder=self.folder)

    def ambiguity(self, minimum=0):
        """`study.ambiguity.Ambiguity` of a minimum's product; None if there is nothing to show."""
        return ambiguity_of(self.verdicts.get(minimum))
