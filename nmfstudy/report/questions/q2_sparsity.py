"""In which matrix should sparsity be encouraged?"""

from functools import partial

import numpy as np
import pandas as pd

from nmfstudy.assess.component_trust import EQUAL_CONGRUENCE
from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.plots import style
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.penalties import drift_size, plot_drift, plot_variants, variants_size
from nmfstudy.report.questions.answer import NOT_ASKED, Answer
from nmfstudy.report.questions.lookup import (
    NEARLY,
    alive,
    families,
    lowest_fit,
    truth_match,
    zero_shares,
)
from nmfstudy.report.questions.panels import illustrate_panels
from nmfstudy.util.display import percent

KEY = "sparsity"
QUESTION = "In which matrix should sparsity be encouraged: W, H, or both?"
ASKED = (
    "A factor is sparse if most of its entries are zero. Sparse patterns (H) hold few features and "
    "are easy to name; sparse weights (W) say that a sample needs few patterns. An L1 penalty, α "
    "times the sum of the entries, encourages that. On which factor should it be put?"
)
CAVEAT = (
    "Sparser is not truer. Every penalty that works raises the error and may distort "
    "components or remove them; which factor should be sparse is a question about the data that "
    "NMF cannot answer. Even without a penalty there are many zeros."
)
GIST = (
    "A plain penalty on one factor can be dodged: shrink that factor, let the other grow, and the "
    "product is the same. With a price on both, or on one at a fixed length of the other (a "
    "scale-free penalty), entries really become zero, at the cost of a larger error."
)
_L1_SHOWN = 4  # two-sided strengths drawn: those that leave components alive, and one more
_GROWS = 2.0  # a norm that changes by more than this factor is said to drift


def answer(study):
    """`Answer` that sets one-sided penalties beside two-sided and scale-free ones."""
    found = [f for f in families(study) if f.one_sided or f.two_sided("l1") or f.scale_free]
    if not found:
        return Answer(
            KEY,
            QUESTION,
            NOT_ASKED,
            "This study has no run with a penalty that makes factors sparse, so it says nothing on "
            "this question; try penalty=l1, penalty=scale_free_W or penalty=scale_free_H.",
            "",
        )
    drifts = {f: drift_table(f) for f in found}
    variants = {f: variant_table(f, drifts[f]) for f in found}
    tables = {"sparsity": pd.concat(variants.values(), ignore_index=True)}
    if any(len(table) for table in drifts.values()):
        tables["one_sided"] = pd.concat(drifts.values(), ignore_index=True)
    some = _one_per_dataset(found)
    facts = [fact for f in some for fact in _facts(f, drifts[f], variants[f])]
    return Answer(
        key=KEY,
        question=QUESTION,
        verdict="Both, or one by a scale-free penalty; a plain one on one side does nothing",
        summary=" ".join([GIST, *_verdicts(found, variants)]),
        facts=tuple(facts),
        method=(
            "An entry counts as zero below a thousandth of its component's largest, since runs "
            "that drift never quite arrive. Numbers are of the best fully converged fit (fully "
            "converged: the optimality conditions hold to the tolerance of the run); of one-sided "
            "penalties, which never converge, they are the median over the starts of the longest "
            "search. The match with the truth "
            "is the congruence (product of the two cosines) of the worst recovered component: 1 is "
            "perfect, 0.95 counts as equal. Scale-free penalties charge λ·Σ‖w_r‖₁‖h_r‖₂ to make W "
            "sparse, and λ·Σ‖w_r‖₂‖h_r‖₁ to make H sparse; rescaling a component does not change "
            "them."
        ),
        illustrations=tuple([*illustrate_panels(some), *_illustrations(some, drifts, variants)]),
        tables=tables,
        notes=tuple(_notes()),
        asked=ASKED,
        caveat=CAVEAT,
        short="Where to ask for sparsity?",
    )


def drift_table(family):
    """How one-sided fits change with the sweeps: medians over the starts of every search.

    Returns
    -------
    DataFrame
        problem, penalty, penalised, alpha, max_iter, n_iter, norm_W, norm_H, zeros_W, zeros_H,
        relative_error, scale_escape (share of the starts), n_starts.
    """
    rows = []
    for result in family.one_sided:
        penalty = result.problem.penalty
        side = "W" if penalty.alpha_W > 0 else "H"
        for fits in result.searches:
            some = fits[fits.has_factors]
            if not len(some):
                continue
            zeros_W, zeros_H = (share[some.row] for share in zero_shares(some, NEARLY))
            norm_W, norm_H = (np.linalg.norm(f, axis=(1, 2))[some.row] for f in (some.W, some.H))
            rows.append(
                {
                    "problem": family.title,
                    "penalty": penalty.name,
                    "penalised": side,
                    "alpha": max(penalty.alpha_W, penalty.alpha_H),
                    "max_iter": fits.search.max_iter,
                    "n_iter": float(np.median(some.n_iter)),
                    "norm_W": float(np.median(norm_W)),
                    "norm_H": float(np.median(norm_H)),
                    "zeros_W": float(np.median(zeros_W)),
                    "zeros_H": float(np.median(zeros_H)),
                    "relative_error": float(np.median(some.relative_error)),
                    "scale_escape": float((fits.stop_reason == "scale_escape").mean()),
                    "n_starts": len(fits),
                }
            )
    columns = (
        "problem penalty penalised alpha max_iter n_iter norm_W norm_H zeros_W zeros_H "
        "relative_error scale_escape n_starts"
    ).split()
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["penalty", "penalised", "alpha", "max_iter"], ignore_index=True)


def variant_table(family, drifts):
    """Every penalty on one dataset and k: zeros, error, truth recovered, distinct solutions.

    Parameters
    ----------
    family : Family
    drifts : DataFrame
        Its `drift_table`.

    Returns
    -------
    DataFrame
        problem, label, kind, alive, zeros_W, zeros_H, relative_error, truth, distinct, n_starts.
    """
    rows = []
    if family.plain is not None:
        rows.append(_variant(family, family.plain, "none", "no penalty"))
    for side in "WH":
        some = drifts[(drifts.penalised == side) & (drifts.penalty == "l1")]
        for alpha, group in some.groupby("alpha"):
            last = group.iloc[-1]
            rows.append(
                {
                    "problem": family.title,
                    "label": f"L1 on {side} only, α = {style.number(alpha)}",
                    "kind": "one-sided",
                    "alive": family.n_components,
                    "zeros_W": last.zeros_W,
                    "zeros_H": last.zeros_H,
                    "relative_error": last.relative_error,
                    "truth": _one_sided_truth(family, side, alpha),
                    "distinct": "no minimum",
                    "n_starts": last.n_starts,
                }
            )
    for result in family.two_sided("l1"):
        alpha = result.problem.penalty.alpha_W
        rows.append(_variant(family, result, "two-sided", f"L1 on both, α = {style.number(alpha)}"))
    for result in family.scale_free:
        penalty = result.problem.penalty
        label = f"scale-free on {penalty.side}, λ = {style.number(penalty.strength)}"
        rows.append(_variant(family, result, "scale-free", label))
    columns = (
        "problem label kind alive zeros_W zeros_H relative_error truth distinct n_starts"
    ).split()
    return pd.DataFrame([row for row in rows if row], columns=columns)


def _variant(family, result, kind, label):
    fit = lowest_fit(result)
    if fit is None:
        return None
    live = alive(fit)
    zeros_W, zeros_H = zero_shares(fit, NEARLY)
    return {
        "problem": family.title,
        "label": label,
        "kind": kind,
        "alive": live,
        "zeros_W": zeros_W,
        "zeros_H": zeros_H,
        "relative_error": fit.relative_error,
        "truth": truth_match(result, fit),
        "distinct": _distinct(result.assessed, live),
        "n_starts": result.n_starts,
    }


def _distinct(solutions, live):
    if live == 0:
        return "all zero"
    return "continuum" if solutions.kind == "continuum" else str(solutions.n_distinct)


def _one_sided_truth(family, side, alpha):
    """Median over the starts of the longest search."""
    for result in family.one_sided:
        penalty = result.problem.penalty
        if penalty.name == "l1" and getattr(penalty, f"alpha_{side}") == alpha:
            fits = max(result.searches, key=lambda f: f.search.max_iter)
            return float(np.median([truth_match(result, fit) for fit in fits]))
    return float("nan")


def _shown(table):
    """Rows that are drawn: two-sided ones as long as components live, and the first that kills."""
    two = table[table.kind == "two-sided"]
    full = two[two.alive == two.alive.max()]
    weakest = full.tail(_L1_SHOWN - 1)
    dying = two[two.alive < two.alive.max()].head(1)
    keep = (table.kind != "two-sided") | table.index.isin([*weakest.index, *dying.index])
    return table[keep]


def _illustrations(found, drifts, variants):
    for family in found:
        table = drifts[family]
        several = table.groupby(["penalty", "penalised", "alpha"]).n_iter.transform("nunique") > 1
        drawn = table[several]
        if (drawn.penalty == "l1").any():
            drawn = drawn[drawn.penalty == "l1"]
        if len(drawn):
            drawn = drawn[drawn.alpha == drawn.alpha.iloc[0]]
            yield Illustration(
                name=f"one-sided-{family.key}",
                caption=(
                    f"A penalty on one factor alone, {family.title}, after more and more sweeps "
                    "(median over the starts). Left: the penalised factor shrinks and the other "
                    f"grows to make up for it. {_ending(family)}"
                ),
                draw=partial(_draw_drift, drawn, _plain_zeros(family)),
                data=drawn,
                size=drift_size(drawn),
            )
    for family in found:
        table = variants[family]
        if len(table) > 1:
            shown = _shown(table)
            truth = (
                " Right: how well the worst component of the truth is recovered (1 is perfect)."
                if shown.truth.notna().any()
                else ""
            )
            yield Illustration(
                name=f"sparsity-{family.key}",
                caption=(
                    f"What each way of asking for sparsity does on {family.title}: share of zeros "
                    f"in W and H, and the error paid for it.{truth}"
                ),
                draw=lambda figure, shown=shown: plot_variants(shown, figure=figure),
                data=shown,
                size=variants_size(len(shown)),
            )


def _one_per_dataset(found):
    """The family with the most penalties of each dataset, three at most, in their order."""
    of = {}
    for family in sorted(found, key=lambda f: -len(f.penalised)):
        of.setdefault(family.dataset.sha256, family)
    return [family for family in found if family in of.values()][:3]


def _draw_drift(table, plain, figure):
    plot_drift(table, plain=plain, figure=figure)


def _plain_zeros(family):
    """Shares of zeros without a penalty, or None if it was not run."""
    fit = lowest_fit(family.plain) if family.plain is not None else None
    return None if fit is None else zero_shares(fit, NEARLY)


def _ending(family):
    if _plain_zeros(family) is None:
        return "Right: what it does to zeros and error."
    return (
        "Right: zeros and error, with the zeros of a fit without penalty as thin lines. Where they "
        "meet in the end, the penalty has gained nothing."
    )


def _facts(family, drifts, table):
    plain = table[table.kind == "none"]
    for row in plain.itertuples():
        yield f"{family.title}: no penalty", _effect(row)
    if len(drifts):
        yield _drift_fact(family, drifts, plain)
    two = table[table.kind == "two-sided"]
    full = two[two.alive == family.n_components]
    two = full if len(full) else two.head(1)
    faithful = two[~(two.truth < EQUAL_CONGRUENCE)]  # the truth may be unknown
    if len(two):
        row = (faithful if len(faithful) else two).iloc[-1]
        yield f"{family.title}: {row.label}", _effect(row)
    for row in _strongest_scale_free(table).values():
        yield f"{family.title}: {row.label}", _effect(row)


def _strongest_scale_free(table):
    """By factor, the row of the strongest scale-free penalty on it."""
    found = {}
    for side in "WH":
        rows = table[(table.kind == "scale-free") & table.label.str.contains(f"on {side},")]
        if len(rows):
            found[side] = rows.iloc[-1]
    return found


def _verdicts(found, variants):
    """Where the truth is known: which factor keeps it when it is made sparse."""
    for family in _one_per_dataset(found):
        matches = {s: row.truth for s, row in _strongest_scale_free(variants[family]).items()}
        if len(matches) == 2 and max(matches.values()) >= EQUAL_CONGRUENCE > min(matches.values()):
            side = max(matches, key=matches.get)
            other = "W" if side == "H" else "H"
            yield (
                f"In {family.title}, {side} is the factor to make sparse: the true parts are found "
                f"again, which a penalty on {other} loses."
            )


def _zeros(row):
    return f"{percent(row.zeros_W, 0)} zeros in W and {percent(row.zeros_H, 0)} in H"


def _effect(row):
    text = f"{_zeros(row)} at a relative error of {_error(row.relative_error)}"
    return (
        f"{text}, match with the truth {row.truth:.2f}." if row.truth == row.truth else f"{text}."
    )


def _error(value):
    return "0" if value < EXACT_FIT else style.number(value, 2)


def _drift_fact(family, drifts, plain):
    groups = [g for _, g in drifts.groupby(["penalty", "penalised", "alpha"], sort=False)]
    # L1 on W, if it is there: the usual wish.
    first_group = min(groups, key=lambda g: (g.penalty.iloc[0] != "l1", g.penalised.iloc[0] != "W"))
    first, last = first_group.iloc[0], first_group.iloc[-1]
    side = first.penalised
    other = "H" if side == "W" else "W"
    word = "L1" if first.penalty == "l1" else first.penalty
    growth = last[f"norm_{other}"] / first[f"norm_{other}"]
    if len(first_group) == 1 or growth < _GROWS:
        text = (
            f"The norms are {style.number(last.norm_W)} for W and {style.number(last.norm_H)} for H"
        )
    else:
        text = (
            f"Only the scale moves: from {style.number(first.n_iter)} to "
            f"{style.number(last.n_iter)} sweeps the norm of "
            f"{other} grew from {style.number(first[f'norm_{other}'])} to "
            f"{style.number(last[f'norm_{other}'])} while that of {side} shrank from "
            f"{style.number(first[f'norm_{side}'])} to {style.number(last[f'norm_{side}'])}"
        )
    text += f". It ends at {_zeros(last)}"
    same = len(plain) and _zeros(plain.iloc[0]) == _zeros(last)
    name = f"{family.title}: {word} on {side} alone, α = {style.number(first.alpha)}"
    return name, f"{text}, just as without a penalty." if same else f"{text}."


def _notes():
    yield (
        "Why one side does nothing: replace a component (w, h) by (c·w, h/c). The product stays "
        "the same, and with a small c a price on W alone becomes as small as one likes. So there "
        "is no best pair, the factors drift for ever, and in the limit the solution is the one "
        "without a penalty. Such runs are called scale escape here and never count as converged."
    )
    yield (
        "With a price on both factors, every component has one cheapest scale, at which both sides "
        "cost the same. What is left of the penalty at that scale is a price per component: for L1 "
        "the square root of |w|₁·|h|₁. It presses on the entries of both factors; when it is too "
        "strong, it removes whole components, and what is left fits badly."
    )
    yield (
        "If only one factor is to be sparse (H for parts that are easy to name, W for samples that "
        "use few parts), charge it at unit length of the other: scale-free penalties do that, and "
        "rescaling cannot dodge them."
    )
