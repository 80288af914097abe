"""The components under each way of asking for sparsity, side by side."""

from dataclasses import replace
from functools import partial

import pandas as pd

from nmfstudy.model.matching import match
from nmfstudy.plots import style
from nmfstudy.plots.example import panels_size, plot_panels
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.questions.lookup import NEARLY, alive, kept, lowest_fit, zero_shares
from nmfstudy.util.display import percent


def illustrate_panels(families):
    """H without a penalty, with L1 on one factor, and on both, for families that have all three.

    On both factors the strength is taken at which most components live, and of those the one with
    the most zeros.
    """
    for family in families:
        both = [r for r in family.two_sided("l1") if _usable(r)]
        one = [r for r in family.one_sided if r.problem.penalty.name == "l1" and _usable(r)]
        if family.plain is None or not both or not one or not _usable(family.plain):
            continue
        best = max(both, key=lambda r: (alive(lowest_fit(r)), _zeros(lowest_fit(r))))
        if not _zeros(lowest_fit(best)) > _zeros(lowest_fit(family.plain)):
            continue  # nothing to be seen
        shown = {"none": family.plain} | {_side(r): r for r in one} | {"L1 on both": best}
        first = lowest_fit(family.plain).factorization
        fits = {name: _in_order(lowest_fit(result), first) for name, result in shown.items()}
        yield Illustration(
            name=f"panels-{family.key}",
            caption=_caption(family, one[0].problem.penalty, best.problem.penalty),
            draw=partial(_draw, fits, family.dataset.column_names),
            data=pd.concat([_rows(name, fit) for name, fit in fits.items()], ignore_index=True),
            size=panels_size(len(fits), family.n_components, family.dataset.column_names),
        )


def _in_order(fit, first):
    """The fit with its components beside those of the first."""
    order, _ = match(first, fit.factorization)
    return replace(fit, W=fit.W[:, order], H=fit.H[order])


def _usable(result):
    fit = lowest_fit(result)
    return fit is not None and kept(fit)


def _side(result):
    penalty = result.problem.penalty
    return f"L1 on {'H' if penalty.alpha_H else 'W'} only"


def _zeros(fit):
    return float(zero_shares(fit, NEARLY)[1])


def _caption(family, one, both):
    return (
        f"Components (H) of {family.title} under each penalty. On one factor alone "
        f"(α = {style.number(max(one.alpha_W, one.alpha_H))}) L1 changes scales only; on both "
        f"(α = {style.number(both.alpha_W)}) entries become zero and the error grows."
    )


def _rows(name, fit):
    return pd.DataFrame(fit.factorization.normalize("max").H).assign(penalty=name)


def _draw(fits, names, figure):
    titles = [
        f"{name}: {percent(_zeros(fit), 0)} zeros, error {style.number(fit.relative_error, 2)}"
        for name, fit in fits.items()
    ]
    factors = [fit.factorization for fit in fits.values()]
    plot_panels(factors, titles, column_names=names, figure=figure)
