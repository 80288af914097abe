"""What one holds: some starts on their way to a minimum."""

import numpy as np
import pandas as pd

from nmfstudy.assess.convergence import follow
from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_MOST, _SECONDS = 5, 0.8  # starts followed, and how long their fits may have taken together
_FLOOR = 1e-16


def convergence_table(convergence):
    """One row per start and look, and one per start that scikit-learn's rule ends.

    Parameters
    ----------
    convergence : nmfstudy.assess.convergence.Convergence

    Returns
    -------
    DataFrame
        seed, n_iter, kkt_residual, objective, stopped (by scikit-learn's rule).
    """
    n_looks = convergence.n_iter.shape[1]
    table = pd.DataFrame(
        {
            "seed": np.repeat(convergence.seed, n_looks),
            "n_iter": convergence.n_iter.ravel(),
            "kkt_residual": convergence.kkt_residual.ravel(),
            "objective": convergence.objective.ravel(),
            "stopped": False,
        }
    ).drop_duplicates(["seed", "n_iter"], ignore_index=True)
    fits = convergence.stopped
    if fits is None:
        return table
    columns = {n: getattr(fits, n) for n in ("seed", "n_iter", "kkt_residual", "objective")}
    return pd.concat([table, pd.DataFrame(columns).assign(stopped=True)], ignore_index=True)


def plot_convergence(table, *, tol=None, ax=None):
    """Optimality residual against sweeps, a curve per start.

    Parameters
    ----------
    table : DataFrame
        As `convergence_table` makes it. Rows that scikit-learn's rule ends are drawn as crosses.
    tol : float, optional
        The residual from which on a start counts as converged.

    Returns
    -------
    Axes
    """
    ax = style.new_axes() if ax is None else ax
    style.dress(ax, xlabel="sweeps over W and H", ylabel="distance from an optimum\n(KKT residual)")
    on_way, stopped = table[~table.stopped], table[table.stopped]
    for i, (_, curve) in enumerate(on_way.groupby("seed")):
        y = np.maximum(curve.kkt_residual, _FLOOR)
        ax.plot(curve.n_iter, y, color=style.BLUE, lw=1.4, marker=".", ms=4,
                label="a start" if i == 0 else None)  # fmt: skip
    if len(stopped):
        ax.plot(
            stopped.n_iter, stopped.kkt_residual, "X", color=style.STOPPED_EARLY, ms=9, mew=0,
            label="scikit-learn stops here", zorder=3,
        )  # fmt: skip
    if tol is not None:
        ax.axhline(tol, color=style.GREEN, lw=1.6, ls="--", label="converged below this line")
    lowest = min(np.maximum(table.kkt_residual, _FLOOR).min(), tol or 1.0)
    style.log_axis(ax.xaxis, 0.9, 1.3 * table.n_iter.max())
    style.log_axis(ax.yaxis, lowest / 3, 3 * table.kkt_residual.max())
    style.legend(ax, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, columnspacing=1.2)
    return ax


def illustrate_convergence(result):
    """Some starts of a problem on their way, fitted again for the figure.

    None where no search of random starts converges by the optimality residual, and where that
    takes longer than a figure should.
    """
    fits = _followed(result)
    if fits is None:
        return None
    convergence = follow(result.dataset.X, result.problem, fits.search, fits.seed)
    table = convergence_table(convergence)
    n, full = len(fits), int(np.median(convergence.n_iter[:, -1]))
    said = ""
    if convergence.stopped is not None:
        theirs = convergence.stopped
        said = (
            f" scikit-learn's usual rule (tol 10⁻⁴, at most 200 sweeps) ends after about "
            f"{np.median(theirs.n_iter):.0f} sweeps at a residual of about "
            f"{style.number(np.median(theirs.kkt_residual), 1)}."
        )
    return Illustration(
        name=f"convergence-{result.key}",
        caption=(
            f"How {n} start{'s' * (n > 1)} of {result.title} approach{'es' * (n == 1)} an optimum, "
            "where the residual is 0. A fit counts once it is below "
            f"{style.number(fits.search.tol, 1)}, here after about {full:,} sweeps.{said}"
        ),
        draw=lambda figure: plot_convergence(table, tol=fits.search.tol, ax=figure.add_subplot()),
        data=table,
        size=(7.0, 3.6),
    )


def _followed(result):
    """The first few converged starts of the largest random search that take little time."""
    if result.problem.penalty.one_sided:
        return None
    found = [f for f in result.searches if f.search.stop == "kkt" and not f.search.deterministic]
    if not found or ":" in found[0].search.solver:
        return None
    fits = max(found, key=len)
    fits = fits[np.flatnonzero(fits.converged)[:_MOST]]
    within = np.cumsum(fits.seconds) <= _SECONDS
    return fits[within] if within.any() else None
