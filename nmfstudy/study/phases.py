"""Where the factorization of random factors is the only one: counted, and proved.

Each matrix is drawn with a share of nonzeros, a size and noise (dataset ``planted``); many draws
alike are a cell of the diagram.
"""

from numbers import Real

import numpy as np
import pandas as pd

from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.certificates.supports import nested_pairs
from nmfstudy.solutions.coverage import wilson_interval

FEWEST_DRAWS = 50  # draws that make a diagram
CELL = ["n_components", "ratio", "density", "noise"]
DRAWS = [*CELL, "draw", "zeros", "possible", "counted", "certified", "kind", "proof"]
DRAWS += ["exact_starts"]
CELLS = [*CELL, "n_draws", "zeros"]
CELLS += [f"{what}{end}" for what in ("counted", "certified") for end in ("", "_low", "_high")]
CELLS += ["gap", "possible", "unsettled", "exact_starts"]
_ASKED = ("density", "noise", "seed")  # of the dataset, as recorded
LINES = ["n_components", "ratio", "noise", "counted", "certified", "possible"]


def draws_table(results):
    """A row for each matrix drawn.

    Parameters
    ----------
    results : iterable of ProblemResult

    Returns
    -------
    DataFrame
        ``ratio`` is n_samples / n_components, ``density`` the probability of a nonzero entry,
        ``zeros`` the share of zeros in the factors drawn, ``possible`` whether none of their
        supports lies in another, which is necessary. ``counted``: the starts find one solution,
        an exact one where there is no noise. ``certified``: it is proved to be the only
        factorization of its product, first by the certificate ``proof``. ``exact_starts`` is the
        share of starts with an exact fit.
    """
    return pd.DataFrame([_draw(result) for result in draws_of(results)], columns=DRAWS)


def draws_of(results):
    """The problems of random factors of known sparsity; none if they are too few for a diagram."""
    drawn = [result for result in results if _is_drawn(result)]
    return drawn if len(drawn) >= FEWEST_DRAWS else []


def _is_drawn(result):
    problem, truth = result.problem, result.dataset.truth
    plain = problem.penalty.is_zero and problem.loss == "frobenius"
    drawn = result.made_from.get("name") == "planted" and truth is not None
    sound = all(isinstance(result.made_from.get(name), Real) for name in _ASKED)
    return plain and drawn and sound and truth.n_components == problem.n_components


def _draw(result):
    truth, asked, solutions = result.dataset.truth, result.made_from, result.solutions
    k, verdict = truth.n_components, result.verdicts.get(0)
    errors = np.concatenate([fits.relative_error for fits in result.searches])
    exact = float((errors < EXACT_FIT).mean())
    one = solutions.kind == "one"
    if not asked["noise"]:
        one = one and solutions.representatives[0].relative_error < EXACT_FIT
    return {
        "n_components": k,
        "ratio": truth.W.shape[0] / k,
        "density": asked["density"],
        "noise": asked["noise"],
        "draw": asked["seed"],
        "zeros": float(np.mean([(factor == 0).mean() for factor in (truth.W, truth.H)])),
        "possible": not nested_pairs(truth.W, truth.H),
        "counted": bool(one),
        "certified": verdict is not None and verdict.status == "unique",
        "kind": solutions.kind,
        "proof": _proof(verdict),
        "exact_starts": exact,
    }


def _proof(verdict):
    """The first certificate that proves uniqueness."""
    certificates = () if verdict is None else verdict.certificates
    return next((outcome.name for outcome in certificates if outcome.unique), "")


def cells_table(draws):
    """Shares of the draws of each cell, with 95 % intervals.

    Parameters
    ----------
    draws : DataFrame
        Of `draws_table`.

    Returns
    -------
    DataFrame
        Columns `CELLS`; ``gap`` is counted minus certified, ``unsettled`` the share of draws
        whose count is not settled, ``exact_starts`` the mean over draws.
    """
    rows = []
    for cell, found in draws.groupby(CELL, sort=True):
        row = dict(zip(CELL, cell, strict=True)) | {"n_draws": len(found)}
        for what in ("counted", "certified"):
            interval = wilson_interval(int(found[what].sum()), len(found))
            row |= dict(zip((what, f"{what}_low", f"{what}_high"), interval, strict=True))
        row["gap"] = row["counted"] - row["certified"]
        row["unsettled"] = (found.kind == "unsettled").mean()
        row |= {name: found[name].mean() for name in ("zeros", "possible", "exact_starts")}
        rows.append(row)
    return pd.DataFrame(rows, columns=CELLS)


def half_lines(cells):
    """The density at which half of the draws are unique, along each row of the diagram.

    Parameters
    ----------
    cells : DataFrame
        Of `cells_table`.

    Returns
    -------
    DataFrame
        Columns `LINES`: densities where the shares counted, certified and possible fall through
        one half, between two cells by a straight line; NaN where they do not.
    """
    rows = []
    for key, row in cells.groupby(["n_components", "ratio", "noise"], sort=True):
        row = row.sort_values("density")
        found = {what: _crossing(row.density, row[what]) for what in LINES[3:]}
        rows.append(dict(zip(LINES[:3], key, strict=True)) | found)
    return pd.DataFrame(rows, columns=LINES)


def _crossing(density, share):
    """Where a share falls below one half for the last time; NaN if it never does."""
    x, y = np.asarray(density, dtype=float), np.asarray(share, dtype=float)
    falls = np.flatnonzero((y[:-1] >= 0.5) & (y[1:] < 0.5))
    if not falls.size or y[-1] >= 0.5:
        return float("nan")
    i = falls[-1]
    return float(x[i] + (x[i + 1] - x[i]) * (y[i] - 0.5) / (y[i] - y[i + 1]))
