"""Are all NMF results similar modulo permutation and scaling, and how many are there?"""

from functools import partial
from itertools import islice

import numpy as np
import pandas as pd

from nmfstudy.plots import style
from nmfstudy.plots.fits import map_table, maps_size, plot_maps
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.penalties import plot_count_curves
from nmfstudy.report.dominance import dominance_sentence
from nmfstudy.report.gate import gate_words
from nmfstudy.report.questions.answer import Answer
from nmfstudy.report.questions.lookup import (
    KNOWN,
    covered,
    in_reading_order,
    kept,
    lowest_fit,
    outcome,
    outcomes_text,
    starts_text,
)
from nmfstudy.report.questions.polygons import illustrate_triangles
from nmfstudy.report.words_on_kind import kind_clause, kind_sentence
from nmfstudy.study.stopping import stopping_rules
from nmfstudy.study.verdicts import SAME_PRODUCT
from nmfstudy.util.display import count, listed

KEY = "distinct"
QUESTION = (
    "With permutation and scaling, are all NMF results similar: "
    "how many distinct results are there?"
)
ASKED = (
    "Every start of NMF may end in other factors. Some differences mean nothing: the components "
    "come in another order, or w is doubled and h halved. With those set aside, are all results "
    "the same, and if not, how many different ones are there?"
)
CAVEAT = (
    "A count is what the starts have found: more of them may find others, and the coverage says "
    "how likely that is. Fits that stopped early must not be counted; each would pass for a "
    "result of its own."
)
_TOLERANCES = np.logspace(-7, 0, 141)
_SHOWN = (1e-6, 1e-4, 1e-3, 1e-2, 1e-1)  # tolerances in the table
_MOST_CURVES, _MOST_SENTENCES = 4, 8


def answer(study):
    """`Answer` with the count of every problem, and what stopping early makes of it."""
    table = pd.DataFrame([_row(result) for result in in_reading_order(study.results)])
    found = (stopping_table(result) for result in study.results)
    comparison = list(islice((table for table in found if table is not None), _MOST_CURVES))
    shown = _to_show(study)
    pictures = [picture for picture in _pictures(shown) if picture is not None]
    tables = {"distinct": table}
    if comparison:
        tables["stopping"] = pd.concat([_at_tolerances(c) for c in comparison], ignore_index=True)
    return Answer(
        key=KEY,
        question=QUESTION,
        verdict=_verdict(shown),
        summary=_summary(shown),
        facts=tuple((result.title, count_sentence(result)) for result in shown[:_MOST_SENTENCES]),
        method=(
            "Two results are the same if their terms w·h are, whatever their order and scale: the "
            "distance matches the terms and adds up their differences, relative to the size of the "
            f"data; below {style.number(study.analysis.distance_tol)} two results are one. Only "
            "fully converged fits are counted: those whose optimality conditions (known as the KKT "
            "conditions) hold up to the tolerance of the run. “As good as the best” means "
            f"{gate_words(study.analysis.objective_rtol)}. The "
            "other minima are worse and no evidence that the problem has several solutions."
        ),
        illustrations=(*pictures, *map(_stopping, comparison)),
        openly=max(1, len(pictures)),
        tables=tables,
        notes=tuple(_notes(shown, comparison)),
        asked=ASKED,
        caveat=CAVEAT,
        short="How many distinct results?",
    )


def count_sentence(result):
    """How many solutions a problem has, in one plain sentence with what beside it matters."""
    s = result.assessed
    starts = starts_text(result)
    if result.known_optimum:
        return KNOWN[result.known_optimum]
    if result.dominance is not None:
        return dominance_sentence(result)
    if s.n_minima == 0 or s.kind == "unsettled":
        return f"Not settled: {kind_clause(s.evidence)}."
    worse = s.n_minima - s.n_distinct
    beside = f", beside {count(worse, 'worse minimum', 'worse minima')}" if worse else ""
    if s.kind == "continuum":
        same = product_spread(result)
        product = (
            "all with one and the same product W·H"
            if same <= SAME_PRODUCT
            else "with products W·H that differ, too"
        )
        return f"A continuum of solutions, {product} ({starts}{beside})."
    if s.n_distinct == 1:
        return f"One solution ({starts}{beside})."
    gap = (s.objective[s.near_optimal].max() - s.objective[0]) / max(s.objective[0], 1e-300)
    apart = np.min(s.nearest[s.near_optimal])
    fit = (
        f"their objectives differ by {style.number(gap, 2)} of the best"
        if s.n_best < s.n_distinct
        else "their objectives are equal"
    )
    return (
        f"{s.n_distinct} solutions that fit equally well ({fit}) and yet are at least "
        f"{style.number(apart, 2)} of the size of the data apart ({starts}{beside})."
    )


def product_spread(result):
    """Largest ``‖WH − W'H'‖/‖X‖`` of near-optimal representatives to the first."""
    s = result.solutions
    near = [f for f, good in zip(s.representatives, s.near_optimal, strict=True) if good]
    first = near[0].W @ near[0].H
    apart = [np.linalg.norm(f.W @ f.H - first) for f in near[1:200]]
    return float(max(apart, default=0.0) / result.searches[0].data_norm)


def _row(result):
    s = result.solutions
    low, high = s.plateau or (None, None)
    return {
        "problem": result.key,
        "title": result.title,
        "n_starts": result.n_starts,
        "n_converged": s.n_converged,
        "n_best": s.n_best,
        "n_distinct": s.n_distinct,
        "n_minima": s.n_minima,
        "kind": result.assessed.kind,
        "coverage": covered(result),
        "plateau_low": low,
        "plateau_high": high,
        "reason": KNOWN.get(result.known_optimum, kind_sentence(result.assessed)),
    }


def _to_show(study):
    """Problems without a penalty; all of them if there are none."""
    results = in_reading_order(study.results)
    return [r for r in results if r.problem.penalty.is_zero] or results


def _summary(shown):
    penalty = "" if all(not r.problem.penalty.is_zero for r in shown) else " without a penalty"
    return (
        f"With the order and scale of the components set aside, of {count(len(shown), 'problem')}"
        f"{penalty}, {outcomes_text(shown)}."
    )


def _verdict(results):
    names = {
        "one": "one", "zero": "one", "several": "several", "continuum": "infinitely many",
    }  # fmt: skip
    came = set(map(outcome, results))
    if came == {"none"}:
        return "None: with a penalty on one factor only there is no minimum"
    seen = list(dict.fromkeys(name for what, name in names.items() if what in came))
    if not seen and came <= {"dominated", "none"}:
        return "Not judged: a few numbers outweigh all the rest of the data"
    if not seen:
        return "Not settled: too few starts, or too few that converged"
    some = " where settled" if came & {"unsettled", "dominated"} else ""
    some = " where there is a minimum" if "none" in came and not some else some
    if seen == ["one"]:
        return f"One solution{some}" if some else "Yes, here: one solution per problem"
    if len(seen) == 1:
        return f"No: {seen[0]}{some}"
    return f"Not in general: {', '.join(seen[:-1])} or {seen[-1]}, depending on the problem"


def stopping_table(result):
    """Number of distinct fits against the distance tolerance, stopped early and fully converged.

    Returns
    -------
    DataFrame or None
        problem, title, label, n_starts, distance_tol, n. None where only one rule was run.
    """
    rules = stopping_rules(result)
    if rules is None:
        return None
    parts = [
        pd.DataFrame(
            {
                "problem": result.key,
                "title": result.title,
                "label": f"{label} ({count(found.n_converged, 'start')})",
                "n_starts": found.n_converged,
                "distance_tol": _TOLERANCES,
                "n": found.minima_curve(_TOLERANCES)[1],
            }
        )
        for label, found in (
            ("scikit-learn's stopping rule", rules.early),
            ("fully converged", rules.full),
        )
    ]
    return pd.concat(parts, ignore_index=True)


def _at_tolerances(table):
    """The table at a few round tolerances, one column each."""
    nearest = [_TOLERANCES[np.argmin(abs(np.log(_TOLERANCES / t)))] for t in _SHOWN]
    some = table[table.distance_tol.isin(nearest)]
    wide = some.pivot(index=["title", "label"], columns="distance_tol", values="n")
    wide.columns = [f"at {t:g}" for t in _SHOWN]
    order = list(dict.fromkeys(zip(some.title, some.label, strict=True)))
    return wide.loc[order].reset_index()


def _pictures(shown):
    """Maps of the starts and nested polygons, where there is something to see."""
    of_kind = {}
    for result in shown:
        if result.solutions.n_minima and result.n_starts > 1 and kept(lowest_fit(result)):
            of_kind.setdefault(outcome(result), []).append(result)
    # The clearest of each: one spot, a few, a cloud.
    clearest = {"one": min, "several": max, "continuum": max}
    mapped = [
        best(of_kind[kind], key=lambda r: r.solutions.n_minima)
        for kind, best in clearest.items()
        if kind in of_kind
    ]
    if mapped:
        tables = [map_table(result) for result in mapped]
        titles = [f"{r.title}:\n{_many(r)}" for r in mapped]
        data = pd.concat([_places(t, r.title) for t, r in zip(tables, mapped, strict=True)])
        yield Illustration(
            name="distinct-map",
            caption=(
                "Maps of the starts: equal results lie on one spot, the axes are distances between "
                "results relative to the size of the data. " + _MAPS[len(mapped) > 1]
            ),
            draw=lambda figure: plot_maps(tables, titles, figure=figure),
            data=data,
            size=maps_size(len(mapped)),
        )
    yield illustrate_triangles(shown)


def _stopping(table):
    """The count against the tolerance under both stopping rules."""
    return Illustration(
        name=f"stopping-{table.problem[0]}",
        caption=(
            f"{table.title[0]}: different minima of the same starts, stopped by scikit-learn's "
            f"rule, and converged. {_stopping_sentence(table)}"
        ),
        draw=partial(_draw_curves, table),
        data=table,
        size=(7.0, 3.6),
    )


def _places(table, title):
    return table[["init", "seed", "minimum", "x", "y"]].assign(title=title)


def _many(result):
    return _MANY.get(outcome(result)) or count(result.assessed.n_known, "solution")


_MANY = {"one": "one solution", "continuum": "infinitely many"}
_MAPS = (
    "Colours and shapes are minima.",
    "All starts on one spot are one solution; a few spots are a few; a cloud is a continuum.",
)


def _draw_curves(table, figure):
    plot_count_curves(table, counted="different minima", ax=figure.add_subplot())


def _stopping_sentence(table):
    (_, early), (_, full) = table.groupby("label", sort=False)
    counts_early = sorted(set(_count_at(early, t) for t in (1e-6, 1e-1)), reverse=True)
    counts_full = sorted(set(_count_at(full, t) for t in (1e-6, 1e-1)), reverse=True)
    return (
        f"Between the distances 10⁻⁶ and 0.1 their number goes from {_ends(counts_early)} if one "
        f"stops early; fully converged it {_stays(counts_full)}."
    )


def _count_at(curve, tolerance):
    return int(curve.n.iloc[np.argmin(abs(np.log(curve.distance_tol / tolerance)))])


def _ends(counts_found):
    if len(counts_found) == 1:
        return f"{counts_found[0]} to {counts_found[0]}"
    return f"{counts_found[0]} down to {counts_found[1]}"


def _stays(counts_found):
    if len(counts_found) == 1:
        return f"is {counts_found[0]} throughout"
    return f"goes from {counts_found[0]} to {counts_found[1]}"


def _notes(shown, comparison):
    if comparison:
        yield (
            "Why convergence decides the count: a start that stops early ends somewhere near its "
            "minimum, each start somewhere else. A fine tolerance then sees as many results as "
            "starts, a coarse one merges minima that are different, and no tolerance is right. "
            "Fully converged fits are either the same to many digits or far apart, so "
            "the count does not depend on the tolerance."
        )
    yield (
        "Permutation and scaling make no difference: a component is the term w·h, and the same "
        "terms in another order, or written as (c·w, h/c), are the same result. They are never "
        "counted twice here."
    )
    many = [r.title for r in shown if r.assessed.kind == "continuum"]
    if many:
        yield (
            f"A continuum ({listed(many, comma='; ')}) has no number of solutions: the "
            "more starts, the more results, each as good as the next. There, only what all of "
            "them share can be trusted, or a penalty has to choose."
        )
