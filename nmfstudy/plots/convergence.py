"""What one holds: a start on its way to a minimum."""

import numpy as np
import pandas as pd

from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration

_FLOOR = 1e-16


def convergence_table(convergence):
    """One row per look, and one where scikit-learn's rule ends the start.

    Parameters
    ----------
    convergence : nmfstudy.assess.convergence.Convergence

    Returns
    -------
    DataFrame
        seed, n_iter, kkt_residual, objective, stopped (by scikit-learn's rule).
    """
    names = ["n_iter", "kkt_residual", "objective"]
    table = pd.DataFrame({name: getattr(convergence, name) for name in names})
    table = table.drop_duplicates("n_iter", ignore_index=True).assign(stopped=False)
    if convergence.stopped is not None:
        end = pd.DataFrame([convergence.stopped], columns=names).assign(stopped=True)
        table = pd.concat([table, end], ignore_index=True)
    table.insert(0, "seed", convergence.seed)
    return table


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
    """A start of a problem on its way, as the study has stored it; None if it has not."""
    convergence = result.convergence
    if convergence is None:
        return None
    table, tol = convergence_table(convergence), convergence.tol
    return Illustration(
        name=f"convergence-{result.key}",
        draw=lambda figure: plot_convergence(table, tol=tol, ax=figure.add_subplot()),
        data=table,
        size=(7.0, 3.6),
    )
