"""Rows of problems with their numbers, differences and agreement."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nmfstudy.model.distance import distance
from nmfstudy.solutions.coverage import difference_of_shares
from nmfstudy.solutions.gate import near_limit
from nmfstudy.study import Study
from nmfstudy.study.comparison.differences import NO_INTERVAL, QUANTITIES, of_all_starts
from nmfstudy.study.comparison.minima import Minima, shared_minima
from nmfstudy.study.comparison.rows import OTHER_DATA, SAME, Row, match_rows
from nmfstudy.study.comparison.settings import settings_table
from nmfstudy.util.errors import RequestError

_LISTED = 12  # minima of each problem in the table of shares


@dataclass(frozen=True, eq=False)
class Compared:
    """One row of problems with all that is compared of it.

    Attributes
    ----------
    row : Row
    minima : Minima
        Those of the studies in which the problem is the same.
    at : tuple of int or None
        Each study's place among the studies of `minima`; None where it has none.
    distance : tuple of float or None
        Of the best solutions, to the first: of the terms, in units of ``‖X‖``; on other data,
        ``1 −`` the lowest cosine of matched rows of H.
    same : tuple of str
        Where the problem is the same, whether both have the same solutions as good as the best,
        within the larger distance tolerance: "yes", "no", or "open" where one of the counts is
        not settled, unless its best fit is worse than the gate on the objective allows; else empty.
    """

    row: Row
    minima: Minima
    at: tuple[int | None, ...]
    distance: tuple
    same: tuple[str, ...]

    def difference(self, study, quantity):
        """How far a study is from the first in one of `QUANTITIES`, a `Difference`."""
        return QUANTITIES[quantity](self, study)


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
        """One row per problem and study, with its numbers."""
        rows = []
        for c in self.compared:
            for i, result in enumerate(c.row.results):
                if result is None:
                    continue
                solutions, share = result.solutions, result.solutions.best_share
                best = solutions.representatives[:1]
                rows.append(
                    {
                        "problem": result.key,
                        "title": result.title,
                        "study": self.names[i],
                        "relation": c.row.relations[i],
                        "n_starts": result.n_starts,
                        "n_converged": solutions.n_converged,
                        "kind": result.assessed.kind,
                        "n_minima": solutions.n_minima,
                        "n_distinct": solutions.n_distinct,
                        "objective": float(solutions.objective[0]) if best else np.nan,
                        "relative_error": best[0].relative_error if best else np.nan,
                        "coverage": solutions.coverage,
                        "best_share": share.value,
                        "best_share_low": share.low,
                        "best_share_high": share.high,
                        "sweeps": float(
                            np.mean(np.concatenate([f.n_iter for f in result.searches]))
                        ),
                        "seconds": float(of_all_starts(result, "seconds").mean()),
                        "best_distance": c.distance[i],
                        "same": c.same[i],
                    }
                )
        return pd.DataFrame(rows)

    @property
    def differences(self):
        """One row per problem, other study and quantity: first, other, difference, low, high."""
        rows = []
        for c in self.compared:
            for i in range(1, len(self.names)):
                if c.row.results[i] is None:
                    continue
                for name in QUANTITIES:
                    d = c.difference(i, name)
                    key = (c.row.results[i].key, c.row.title, self.names[i], name)
                    rows.append((*key, d.first, d.other, *d.gap))
        columns = "problem title study quantity first other difference low high".split()
        return pd.DataFrame(rows, columns=columns)

    @property
    def shares(self):
        """Shares of the starts by minimum, of all studies in which the problem is the same.

        Returns
        -------
        DataFrame
            problem, title, minimum (0 has the lowest objective of all studies), study, share, low,
            high, difference (to the first study), difference_low, difference_high.
        """
        rows = []
        for c in self.compared:
            for minimum in range(min(c.minima.counts.shape[1], _LISTED)):
                first = c.minima.share(0, [minimum])
                for i, place in enumerate(c.at):
                    if place is None:
                        continue
                    share = c.minima.share(place, [minimum])
                    gap = difference_of_shares(first, share) if i else NO_INTERVAL
                    key = (c.row.results[0].key, c.row.title, minimum, self.names[i])
                    rows.append((*key, *share, *gap))
        columns = "problem title minimum study share low high difference difference_low"
        return pd.DataFrame(rows, columns=[*columns.split(), "difference_high"])


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
        tuple(_compare_row(row) for row in rows),
        alone,
        settings_table(studies, names),
    )


def _compare_row(row):
    first = row.results[0]
    there = [i for i, r in enumerate(row.relations) if r == SAME and row.results[i] is not None]
    minima = shared_minima([row.results[i] for i in there])
    at = tuple(there.index(i) if i in there else None for i in range(len(row.results)))
    return Compared(
        row,
        minima,
        at,
        tuple(_apart(first, r, rel) for r, rel in zip(row.results, row.relations, strict=True)),
        tuple(
            _same(first, r, minima.own[[0, place]]) if place else ""
            for r, place in zip(row.results, at, strict=True)
        ),
    )


def _apart(first, result, relation):
    """Distance of the best solutions; None where a study has none."""
    if result is None or not (first.solutions.n_minima and result.solutions.n_minima):
        return None
    if relation == OTHER_DATA:
        return _apart_in_H(first, result)
    best = (r.solutions.representatives[0].factorization for r in (first, result))
    return float(distance(*best, first.searches[0].data_norm))


def _same(a, b, own):
    """Whether two studies have the same solutions; open if one is unsettled."""
    kinds, equal = {a.assessed.kind, b.assessed.kind}, (own[0] == own[1]).all()
    # A certificate knows how many there are, not that the starts were enough to find them.
    few = any(r.solutions.kind == "unsettled" for r in (a, b)) and not equal
    if "unsettled" in kinds or few:
        best = [r.solutions.best_objective for r in (a, b)]
        rtol = max(a.solutions.objective_rtol, b.solutions.objective_rtol)
        limit = near_limit(min(best), rtol, a.solutions.reference_loss)
        return "open" if max(best) <= limit else "no"
    return "yes" if kinds == {"continuum"} or equal else "no"


def _apart_in_H(a, b):
    """``1 −`` the lowest cosine of the best solutions' rows of H, matched."""
    from scipy.optimize import linear_sum_assignment

    units = []
    for result in (a, b):
        H = result.solutions.representatives[0].H
        norm = np.linalg.norm(H, axis=1, keepdims=True)
        units.append(H / np.where(norm > 0, norm, 1.0))
    cosines = units[0] @ units[1].T
    return float(1 - cosines[linear_sum_assignment(-cosines)].min())
