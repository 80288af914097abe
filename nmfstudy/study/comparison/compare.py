"""Rows of problems with their numbers, differences and agreement."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nmfstudy.model.distance import distance
from nmfstudy.solutions.gate import near_limit
from nmfstudy.study import Study
from nmfstudy.study.comparison.bootstrap import (
    QUANTITIES,
    Numbers,
    draws,
    interval,
    n_runs,
    numbers,
)
from nmfstudy.study.comparison.rows import DATA, SAME, Row, match_rows
from nmfstudy.study.comparison.settings import settings_table
from nmfstudy.util.errors import RequestError

_MINIMA = 12  # of each problem that are matched


@dataclass(frozen=True, eq=False)
class Compared:
    """One row of problems with all that is said of it.

    Attributes
    ----------
    row : Row
    numbers, draws : tuples of Numbers or None
        One per study; draws are the bootstrap's.
    partners : tuple of int arrays or None
        Per study and minimum of the first, the equal minimum, −1 if there is none.
    distance : tuple of float or None
        Of the best solutions, to the first: of the terms, in units of ``‖X‖``; on other data,
        ``1 −`` the lowest cosine of matched rows of H.
    same : tuple of str
        Where the problem is the same, whether both have the same solutions as good as the best,
        within the larger distance tolerance: "yes", "no", or "open" where one of the counts is
        not settled, unless its best fit is worse than ``objective_rtol`` allows; else empty.
    """

    row: Row
    numbers: tuple[Numbers | None, ...]
    draws: tuple[Numbers | None, ...]
    partners: tuple
    distance: tuple
    same: tuple[str, ...]

    def difference(self, study, quantity):
        """``(value, low, high)`` of a study minus the first; sweeps and seconds as a ratio.

        Seconds have no interval (NaN) where a search has too few runs to draw from.
        Objectives are relative to the first's, or to ``½‖X‖²`` where that one is exact; NaN where
        the objectives are not the same function.
        """
        if quantity == "objective" and self.row.relations[study] != SAME:
            return (float("nan"),) * 3
        a, b = (getattr(self.numbers[i], quantity) for i in (0, study))
        many_a, many_b = (getattr(self.draws[i], quantity) for i in (0, study))
        n = min(len(many_a), len(many_b))
        many_a, many_b = many_a[:n], many_b[:n]
        with np.errstate(divide="ignore", invalid="ignore"):
            if quantity in ("sweeps", "seconds"):
                return float(b / a), *interval(many_b / many_a)
            unit = 1.0
            if quantity == "objective":
                reference = self.row.results[0].solutions.reference_loss
                unit = a if a > 1e-9 * reference else reference
            return float((b - a) / unit), *interval((many_b - many_a) / unit)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several studies side by side; all differences are to the first.

    Attributes
    ----------
    studies : tuple of Study
    names : tuple of str
    compared : tuple of Compared
    alone : list of tuples of ProblemResult
        Per study, the problems that no other one has.
    settings : DataFrame
        See `nmfstudy.study.comparison.settings.settings_table`.
    """

    studies: tuple[Study, ...]
    names: tuple[str, ...]
    compared: tuple[Compared, ...]
    alone: list
    settings: pd.DataFrame

    @property
    def agree(self):
        """Whether no problem that is the same has other solutions in another study."""
        return not any("no" in c.same for c in self.compared)

    @property
    def problems(self):
        """One row per problem and study: numbers with their bootstrap intervals."""
        rows = []
        for c in self.compared:
            for i, result in enumerate(c.row.results):
                if result is None:
                    continue
                row = {
                    "problem": result.key,
                    "title": result.title,
                    "study": self.names[i],
                    "relation": c.row.relations[i],
                    "n_starts": result.n_starts,
                    "n_runs": n_runs(result),
                    "n_converged": result.solutions.n_converged,
                    "kind": result.judged.kind,
                    "n_minima": result.solutions.n_minima,
                }
                for name in QUANTITIES:
                    row[name] = float(getattr(c.numbers[i], name))
                    row[f"{name}_low"], row[f"{name}_high"] = interval(getattr(c.draws[i], name))
                best = result.solutions.representatives[:1]
                row["relative_error"] = best[0].relative_error if best else np.nan
                row["best_distance"], row["same"] = c.distance[i], c.same[i]
                rows.append(row)
        return pd.DataFrame(rows)

    @property
    def differences(self):
        """One row per problem, other study and quantity: difference, low, high."""
        rows = [
            (c.row.results[i].key, c.row.title, self.names[i], name, *c.difference(i, name))
            for c in self.compared
            for i in range(1, len(self.names))
            if c.row.results[i] is not None
            for name in QUANTITIES
        ]
        columns = ["problem", "title", "study", "quantity", "difference", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def shares(self):
        """Shares of the starts by minimum of the first study, with those of the others beside it.

        Returns
        -------
        DataFrame
            problem, title, minimum, study, share, low, high, difference, difference_low,
            difference_high.
        """
        rows = []
        for c in self.compared:
            for i, result in enumerate(c.row.results):
                if result is None or c.partners[i] is None:
                    continue
                for minimum, partner in enumerate(c.partners[i].tolist()):
                    key = (c.row.results[0].key, c.row.title, minimum, self.names[i])
                    rows.append((*key, *_share_row(c, i, minimum, partner)))
        columns = "problem title minimum study share low high difference difference_low"
        return pd.DataFrame(rows, columns=[*columns.split(), "difference_high"])


def _share_row(c, i, minimum, partner):
    value, many = _share(c, i, partner)
    value_a, many_a = _share(c, 0, minimum)
    n = min(len(many), len(many_a))
    gap = (np.nan,) * 3 if i == 0 else (value - value_a, *interval(many[:n] - many_a[:n]))
    return value, *interval(many), *gap


def _share(c, i, minimum):
    """Share of a study's starts in a minimum, and in all draws; 0 if it does not have it."""
    if minimum < 0:
        return 0.0, np.zeros(len(c.draws[i].seconds))
    return float(c.numbers[i].shares[minimum]), c.draws[i].shares[:, minimum]


def compare(*studies):
    """Put studies side by side.

    Parameters
    ----------
    *studies : Study
        Two or more; all are compared with the first.

    Returns
    -------
    Comparison

    Raises
    ------
    RequestError
        If one has no problem in common with the first, or is the same folder as another.
    """
    folders = [study.folder.resolve() for study in studies]
    if len(studies) < 2:
        raise RequestError(f"{len(studies)} study given; possible: two or more")
    twice = [s.folder for s, f in zip(studies, folders, strict=True) if folders.count(f) > 1]
    if twice:
        raise RequestError(f"{twice[0]} is given twice; possible: two or more different studies")
    names = [study.name for study in studies]
    if len(set(names)) < len(names):
        names = [str(study.folder) for study in studies]
    rows, alone = match_rows(studies)
    return Comparison(
        tuple(studies),
        tuple(names),
        tuple(_compare_row(row, names) for row in rows),
        alone,
        settings_table(studies, names),
    )


def _compare_row(row, names):
    first = row.results[0]
    found = [_beside(first, r, rel) for r, rel in zip(row.results, row.relations, strict=True)]
    partners, apart, same = zip(*found, strict=True)
    return Compared(
        row,
        tuple(None if r is None else numbers(r) for r in row.results),
        tuple(
            None if r is None else draws(r, f"{i} {name}")
            for i, (r, name) in enumerate(zip(row.results, names, strict=True))
        ),
        partners,
        apart,
        same,
    )


def _beside(first, result, relation):
    """Equal minima, distance of the best solutions, and whether the solutions agree."""
    if result is None:
        return None, None, ""
    n = min(first.solutions.n_minima, _MINIMA)
    if result is first:
        return np.arange(n), 0.0 if n else None, ""
    if relation == DATA:
        return None, _apart_in_H(first, result), ""
    mine, theirs = _factors(first), _factors(result)
    if mine is None or theirs is None:
        return None, None, ""
    scale = first.searches[0].data_norm
    apart = np.array([[distance(f, g, scale) for g in theirs] for f in mine])
    apart = apart.reshape(len(mine), len(theirs))
    tol = max(first.analysis.distance_tol, result.analysis.distance_tol)
    partners = np.full(n, -1)
    if apart.size:
        near = apart.argmin(axis=1)
        partners = np.where(apart.min(axis=1) <= tol, near, -1)
    best = float(apart[0, 0]) if apart.size else None
    return partners, best, _same(first, result, tol) if relation == SAME else ""


def _factors(result):
    """Of the first minima; None if they were not kept."""
    fits = result.solutions.representatives[:_MINIMA]
    if not all(np.isfinite(f.W).all() and np.isfinite(f.H).all() for f in fits):
        return None
    return [f.factorization for f in fits]


def _same(a, b, tol):
    """Whether two studies have equal sets of near-optimal solutions; open if one is unsettled."""
    kinds = {a.judged.kind, b.judged.kind}
    if "unsettled" in kinds:
        best = [r.solutions.best_objective for r in (a, b)]
        rtol = max(a.analysis.objective_rtol, b.analysis.objective_rtol)
        limit = near_limit(min(best), rtol, a.solutions.reference_loss)
        return "open" if max(best) <= limit else "no"
    if kinds == {"continuum"}:
        return "yes"
    near = [
        [f.factorization for f, ok in zip(s.representatives, s.near_optimal, strict=True) if ok]
        for s in (a.solutions, b.solutions)
    ]
    if len(near[0]) != len(near[1]):
        return "no"
    scale = a.searches[0].data_norm
    equal = all(min(distance(f, g, scale) for g in near[1]) <= tol for f in near[0])
    return "yes" if equal else "no"


def _apart_in_H(a, b):
    """``1 −`` the lowest cosine of the best solutions' rows of H, matched; None without any."""
    from scipy.optimize import linear_sum_assignment

    if not (a.solutions.n_minima and b.solutions.n_minima and _factors(a) and _factors(b)):
        return None
    units = []
    for result in (a, b):
        H = result.solutions.representatives[0].H
        norm = np.linalg.norm(H, axis=1, keepdims=True)
        units.append(H / np.where(norm > 0, norm, 1.0))
    cosines = units[0] @ units[1].T
    return float(1 - cosines[linear_sum_assignment(-cosines)].min())
