"""Why should we decrease the Frobenius norm?"""

from functools import partial

import numpy as np
import pandas as pd

from nmfstudy.model.objective import objective
from nmfstudy.plots import style
from nmfstudy.plots.fits import norms_table, plot_norms
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.penalties import plot_bars, plot_count_curves, plot_rescaling
from nmfstudy.report.questions.answer import NOT_ASKED, Answer
from nmfstudy.report.questions.lookup import alive, families, lowest_fit
from nmfstudy.util.display import count

KEY = "frobenius"
QUESTION = "Why should we decrease the Frobenius norm?"
ASKED = (
    "The Frobenius norm of a matrix is the root of the sum of its squared entries. NMF "
    "programs make such norms small in two places: of the error X − W·H, and, if asked, of W and H "
    "themselves (a ridge). What is gained by either?"
)
CAVEAT = (
    "A ridge makes no entries zero, and it pulls the product towards zero, so the error grows with "
    "α: take the smallest that settles the question. That it leaves one solution is a choice it "
    "makes, not a discovery about the data."
)
MEANINGS = (
    "Two things go by that name: the error ½‖X − W·H‖², made small so that the product looks like "
    "the data, and the ridge penalty ‖W‖² + ‖H‖², made small to settle what the data leave open."
)
_TOLERANCES = np.logspace(-8, 0, 161)


def answer(study):
    """`Answer` on what a ridge does: scale, choice among solutions, components, iterations."""
    found = [f for f in families(study) if f.two_sided("ridge") and f.loss == "frobenius"]
    if not found:
        return Answer(
            KEY,
            QUESTION,
            NOT_ASKED,
            f"{MEANINGS} This study has no run with a ridge on both factors, so it measures "
            "nothing on the second; try penalty=ridge.",
            "",
        )
    tables = {f: ridge_table(f) for f in found}
    pick = next((f for f in found if _picks(f)), None)
    return Answer(
        key=KEY,
        question=QUESTION,
        verdict="To fit the data; and, as a ridge, to fix the scale and choose among solutions",
        summary=MEANINGS,
        facts=tuple(_facts(found, pick, tables)),
        method=(
            "All numbers are of fully converged fits (the optimality conditions hold to the "
            "tolerance of the run). The spread is the ratio of the largest to the smallest "
            "length of a component's row of H among the random starts that found the best "
            "solution, for the component where it is largest. Parallel components count as one."
        ),
        illustrations=tuple(_illustrations(found, pick, tables)),
        tables={"ridge": pd.concat(tables.values(), ignore_index=True)},
        notes=tuple(_notes()),
        asked=ASKED,
        caveat=CAVEAT,
        short="Why the Frobenius norm?",
    )


def ridge_table(family):
    """No penalty and every ridge on one dataset and k.

    Returns
    -------
    DataFrame
        problem, alpha, n_starts, n_converged, components_alive, spread, n_distinct, n_minima, kind,
        relative_error, n_iter (median of the converged random starts).
    """
    rows = []
    results = family.two_sided("ridge")
    for result in ([family.plain] if family.plain is not None else []) + results:
        fit, solutions = lowest_fit(result), result.solutions
        rows.append(
            {
                "problem": family.title,
                "alpha": result.problem.penalty.alpha_W,
                "n_starts": result.n_starts,
                "n_converged": solutions.n_converged,
                "components_alive": alive(fit) if fit is not None else None,
                "spread": norm_spread(result),
                "n_distinct": solutions.n_distinct,
                "n_minima": solutions.n_minima,
                "kind": result.assessed.kind,
                "relative_error": fit.relative_error if fit is not None else None,
                "n_iter": median_iterations(result),
            }
        )
    return pd.DataFrame(rows)


def norm_spread(result):
    """Largest over smallest ``‖h_r‖`` over the starts, of the worst component; NaN if unknown.

    Taken over random starts that found the best solution, so that only the scale can differ, and
    only while all its components are alive and different: a dead one has no length, and of one
    split in two the shares are free.
    """
    fit = lowest_fit(result)
    if fit is None or alive(fit) < result.problem.n_components:
        return float("nan")
    table = lengths({"": result})
    if table.seed.nunique() < 2:
        return float("nan")
    of = table.groupby("component").norm_H
    return float((of.max() / of.min()).max())


def lengths(groups):
    """The table of `nmfstudy.plots.fits.norms_table`: random starts in the best minimum.

    Parameters
    ----------
    groups : mapping of str to ProblemResult
    """
    fits, reference = {}, {}
    for name, result in groups.items():
        begin = 0
        for found in result.searches:
            labels = result.solutions.labels[begin : begin + len(found)]
            begin += len(found)
            some = found.has_factors & (labels == 0)
            if name not in fits and some.any() and not found.search.deterministic:
                fits[name] = found[some]
                reference[name] = result.solutions.representatives[0].factorization
    return norms_table(fits, reference)


def median_iterations(result):
    """Median sweeps of the random starts that converge, of the plain search; NaN without any."""
    for fits in result.searches:
        if fits.search.stop == "kkt" and not fits.search.deterministic:
            done = fits.converged
            return float(np.median(fits.n_iter[done])) if done.any() else float("nan")
    return float("nan")


def _picks(family):
    """Whether a continuum without penalty becomes finitely many under some ridge."""
    if family.plain is None or family.plain.assessed.kind != "continuum":
        return False
    return any(r.assessed.kind in ("one", "several") for r in family.two_sided("ridge"))


def _scale_family(found):
    """The first family with fits without a penalty whose scale can be shown; or None."""
    return next((f for f in found if f.plain is not None and norm_spread(f.plain) > 0), None)


def _some_ridge(family):
    """The strongest ridge that leaves all components alive, else the weakest."""
    results = family.two_sided("ridge")
    fits = [(r, lowest_fit(r)) for r in results]
    full = [r for r, fit in fits if fit is not None and alive(fit) == family.n_components]
    mild = [r for r in full if r.problem.penalty.alpha_W <= 0.01]
    return (mild or full[:1] or results[:1])[-1]


def rescaling_table(family, result, n_points=81):
    """The objective as the largest component is rescaled by c, without and with a ridge.

    Returns
    -------
    DataFrame
        label, c, objective (relative to the lowest of its curve).
    """
    rows = []
    X = family.dataset.X
    for r in (family.plain, result):
        fit = lowest_fit(r)
        at = int(np.argmax(fit.factorization.sizes))
        penalty = r.problem.penalty
        label = "no penalty" if penalty.is_zero else f"ridge, α = {style.number(penalty.alpha_W)}"
        values, steps = [], np.geomspace(1 / 8, 8, n_points)
        for c in steps:
            W, H = fit.W.copy(), fit.H.copy()
            W[:, at] *= c
            H[at] /= c
            values.append(objective(X, W, H, penalty=penalty))
        values = np.array(values)
        # An exact fit has no error to divide by: it stays as flat as it is.
        unit = values.min() if values.min() > 1e-9 * fit_reference(r) else fit_reference(r)
        relative = 1 + (values - values.min()) / unit
        rows.append(pd.DataFrame({"label": label, "c": steps, "objective": relative}))
    return pd.concat(rows, ignore_index=True)


def fit_reference(result):
    """``½‖X‖²``, by weight."""
    return result.searches[0].reference_loss


def _illustrations(found, pick, tables):
    family = _scale_family(found)
    if family is not None:
        yield from _of_scale(family, _some_ridge(family))
    if pick is not None:
        counts = _curves(pick)
        yield Illustration(
            name="frobenius-choice",
            caption=(
                f"How many solutions as good as the best {pick.title} has, by how close two may "
                "be and still count as the same. Without a penalty every start is a solution of "
                "its own; a ridge chooses among them."
            ),
            draw=partial(_draw_counts, counts),
            data=counts,
            size=(7.0, 4.0),
        )
    longest = max(found, key=lambda f: len(f.two_sided("ridge")))
    table = tables[longest].dropna(subset="components_alive")
    if len(table) > 1:
        yield _components_left(longest, table)


def _components_left(family, table):
    """How many components live under every ridge of one family."""
    labels = ["no penalty" if alpha == 0 else f"α = {style.number(alpha)}" for alpha in table.alpha]
    bars = table[["problem", "alpha"]].assign(label=labels, value=table.components_alive)
    return Illustration(
        name="frobenius-components",
        caption=(
            f"{family.title}: a ridge is a price per component (‖w‖·‖h‖ at the best scale), so the "
            "stronger it is, the fewer components are worth it; parallel ones count as one."
        ),
        draw=partial(_draw_bars, bars),
        data=bars,
        size=(7.0, 1.0 + 0.34 * len(bars)),
    )


def _of_scale(family, ridge):
    if lowest_fit(ridge) is None:
        return
    strength = f"ridge,\nα = {style.number(ridge.problem.penalty.alpha_W)}"
    points = lengths({"no penalty": family.plain, strength: ridge})
    yield Illustration(
        name="frobenius-scale",
        caption=(
            f"Length of every component's row of H, a point for each start of {family.title} that "
            "found the best solution. Without a penalty it is where the start left it, though the "
            "solution is the same; with a ridge all starts agree."
        ),
        draw=partial(_draw_lengths, points),
        data=points,
        size=(7.0, 1.5 + 0.9 * points.group.nunique()),
    )
    curves = rescaling_table(family, ridge)
    yield Illustration(
        name="frobenius-rescaling",
        caption=(
            f"The best fit of {family.title} with its largest component rescaled: w times c, h "
            "divided by c. Without a penalty the objective does not notice; with a ridge there is "
            "one cheapest scale, where both sides cost the same."
        ),
        draw=partial(_draw_rescaling, curves),
        data=curves,
        size=(7.0, 3.4),
    )


def _draw_bars(table, figure):
    plot_bars(table, xlabel="components alive in the best fit", ax=figure.add_subplot())


def _draw_counts(table, figure):
    plot_count_curves(table, ax=figure.add_subplot())


def _draw_lengths(table, figure):
    plot_norms(table, ax=figure.add_subplot())


def _draw_rescaling(table, figure):
    plot_rescaling(table, ax=figure.add_subplot())


def _curves(family):
    parts = []
    for result in [family.plain, *family.two_sided("ridge")]:
        alpha = result.problem.penalty.alpha_W
        n = result.solutions.curve(_TOLERANCES)[1]
        label = "no penalty" if alpha == 0 else f"ridge, α = {style.number(alpha)}"
        parts.append(pd.DataFrame({"label": label, "distance_tol": _TOLERANCES, "n": n}))
    return pd.concat(parts, ignore_index=True)


def _facts(found, pick, tables):
    shown = set()
    for family in found:
        if family.dataset.name not in shown and _scale_family([family]):
            shown.add(family.dataset.name)
            yield from _scale_fact(family)
    if pick is not None:
        settled = [r for r in pick.two_sided("ridge") if r.assessed.kind in ("one", "several")]
        result = settled[-1]
        yield (
            f"{pick.title}: choice",
            "A continuum of solutions without a penalty, "
            f"{count(result.solutions.n_distinct, 'solution')} with a ridge of "
            f"α = {style.number(result.problem.penalty.alpha_W)}.",
        )
    longest = max(found, key=lambda f: len(f.two_sided("ridge")))
    table = tables[longest].dropna(subset="components_alive")
    fewer = table[table.components_alive < longest.n_components]
    if len(fewer) and len(table) > len(fewer):
        first = fewer.sort_values("alpha").iloc[0]
        yield (
            f"{longest.title}: price",
            f"A ridge costs components: {int(first.components_alive)} of {longest.n_components} "
            f"are left at α = {style.number(first.alpha)}.",
        )
    changes = [change for t in tables.values() if (change := _change_of_sweeps(t)) is not None]
    if changes:
        title, before, after, alpha, _ = max(changes, key=lambda change: change[-1])
        yield (
            f"{title}: speed",
            f"The number of sweeps needed goes from {style.number(before)} to "
            f"{style.number(after)} at α = {style.number(alpha)}.",
        )


def _change_of_sweeps(table):
    """The largest change against no penalty: title, before, after, alpha, size; or None."""
    table = table[table.n_iter.notna() & (table.components_alive > 0)]
    plain = table[table.alpha == 0].n_iter
    if len(table) < 2 or plain.empty:
        return None
    size = np.abs(np.log(table.n_iter / plain.iloc[0]))
    most = table.loc[size.idxmax()]
    return most.problem, plain.iloc[0], most.n_iter, most.alpha, size.max()


def _scale_fact(family):
    ridge = _some_ridge(family)
    plain, priced = norm_spread(family.plain), norm_spread(ridge)
    if priced == priced:
        beyond = 100 * (priced - 1)
        digits = "less than 0.001 %" if beyond < 1e-3 else f"{style.number(beyond, 2)} %"
        yield (
            f"{family.title}: scale",
            "Between starts that found the same solution, the length of one component differs by a "
            f"factor of up to {style.number(plain, 2)} without a penalty, and by {digits} with a "
            f"ridge of α = {style.number(ridge.problem.penalty.alpha_W)}.",
        )


def _notes():
    yield (
        "Why a ridge fixes the scale: (c·w, h/c) has the same product for every c > 0, but "
        "c²‖w‖² + ‖h‖²/c² has one lowest point, where both sides cost the same. At that point the "
        "ridge is a price of ‖w‖·‖h‖ per component, a relative of the nuclear norm, which prefers "
        "few and small components. Only their order is left open."
    )
