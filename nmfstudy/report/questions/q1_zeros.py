"""Are all elements of W and H zero?"""

import pandas as pd

from nmfstudy.model.penalty_threshold import collapse_strength
from nmfstudy.plots import style
from nmfstudy.plots.example import plot_factor_zeros, zeros_size
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.penalties import plot_collapse
from nmfstudy.plots.problems import counts_size, plot_zeros
from nmfstudy.report.questions.answer import NOT_ASKED, Answer
from nmfstudy.report.questions.example import names_of, worked_example
from nmfstudy.report.questions.lookup import (
    NEARLY,
    alive,
    families,
    in_reading_order,
    lowest_fit,
    share_collapsed,
    zero_shares,
)
from nmfstudy.util.display import count, listed, percent

KEY = "zeros"
QUESTION = "Are all elements of the weights and components matrices zero? [True/False]"
ASKED = (
    "NMF writes the data as amounts W times patterns H, nothing negative. Results are known to "
    "hold many zeros: a part that is made of pizza alone has a zero for everything else. Are all "
    "entries zero, some, or none?"
)
CAVEAT = (
    "How many zeros there are depends on the data, on k and on the penalty; the numbers here are "
    "those of these matrices. With an exact fit some entries only tend to zero, so count zeros of "
    "fully converged fits."
)
_SWEEP = 4  # strengths from which a sweep is drawn
_MOST, _MOST_FACTS = 14, 6  # problems in the bar figure, and told one by one


def answer(study):
    """`Answer` with the shares of exact zeros, and where a penalty turns everything to zero."""
    table = zeros_table(study)
    if table.empty:
        return Answer(
            KEY, QUESTION, NOT_ASKED, "No run of this study kept its factors, so no zeros can be "
            "counted.", "",
        )  # fmt: skip
    sweeps = [s for family in families(study) for s in _sweeps(family)]
    plain = table[table.penalty == "none"]
    collapsed = table[table.components_alive == 0]
    return Answer(
        key=KEY,
        question=QUESTION,
        verdict=_verdict(table, collapsed),
        summary=_summary(table, plain, collapsed),
        facts=tuple(_facts(plain if len(plain) else table)),
        method=(
            "An entry counts as zero below a thousandth of its component's largest: where a fit is "
            "exact, entries tend to zero without getting there. Zeros are counted in the best "
            "fully converged fit of every problem (fully converged: the "
            "optimality conditions hold to the tolerance of the run), or in the all-zero pair "
            "where that has the lower objective. Where no fit counts, because a one-sided penalty "
            "has no minimum, the fit with the lowest objective is taken. The predicted strength is "
            "where all-zero factors become the best there is: for ridge the largest singular "
            "value of the data over √(n·d); for L1 the maximum of a formula over single terms."
        ),
        illustrations=tuple(
            [*_cells(study), *(s.illustration for s in sweeps[::-1]), *_bars(table)]
        ),
        tables={"zeros": table.drop(columns="penalty")}
        | (
            {"collapse": pd.concat([s.summary for s in sweeps], ignore_index=True)}
            if sweeps
            else {}
        ),
        notes=tuple(_notes(plain, sweeps)),
        asked=ASKED,
        caveat=CAVEAT,
        short="Are all entries zero?",
        openly=2,
    )


def zeros_table(study):
    """One row per problem: shares of exact zeros of its best fit, components alive.

    Returns
    -------
    DataFrame
        problem, title, penalty, n_starts, zeros_W, zeros_H (exact), nearly_W, nearly_H (below a
        thousandth of the component's largest entry), components, components_alive,
        share_collapsed.
    """
    rows = []
    for result in in_reading_order(study.results):
        fit = lowest_fit(result)
        if fit is None:
            continue
        live, exact, nearly = _best_or_zero(result, fit)
        rows.append(
            {
                "problem": result.key,
                "title": result.title,
                "penalty": result.problem.penalty.name,
                "n_starts": result.n_starts,
                "zeros_W": exact[0],
                "zeros_H": exact[1],
                "nearly_W": nearly[0],
                "nearly_H": nearly[1],
                "components": result.problem.n_components,
                "components_alive": live,
                "share_collapsed": share_collapsed(result),
            }
        )
    columns = (
        "problem title penalty n_starts zeros_W zeros_H nearly_W nearly_H components "
        "components_alive share_collapsed"
    ).split()
    return pd.DataFrame(rows, columns=columns)


def _best_or_zero(result, fit):
    """Components alive, shares of exact and of near zeros: of the fit, or of all zeros if cheaper.

    All zeros cost ``½‖X‖²`` whatever the penalty, so no start has to end there to know it.
    """
    if result.problem.loss == "frobenius" and fit.objective > result.searches[0].reference_loss:
        return 0, (1.0, 1.0), (1.0, 1.0)
    return alive(fit), zero_shares(fit), zero_shares(fit, NEARLY)


def _verdict(table, collapsed):
    if len(collapsed) == len(table):
        return "True here: the penalty is too strong"
    return "False in general; true only under too strong a penalty"


def _summary(table, plain, collapsed):
    some = plain if len(plain) else table[table.components_alive > 0]
    some = some if len(some) else table
    what = "Without a penalty" if len(plain) else "In this study"
    low_W, high_W = some.nearly_W.min(), some.nearly_W.max()
    low_H, high_H = some.nearly_H.min(), some.nearly_H.max()
    text = (
        f"{what}, {_range(low_W, high_W)} of the entries of W and {_range(low_H, high_H)} of those "
        "of H are zero, and never all of them."
        if max(low_W, low_H) < 1
        else f"{what}, all entries are zero."
    )
    if len(collapsed) and len(collapsed) < len(table):
        text += (
            f" In {len(collapsed)} of {count(len(table), 'problem')}, under a strong penalty, all "
            "zeros have the lowest objective, wherever the starts ended."
        )
    return text


def _facts(table):
    """Zeros of the first problems, of those without a penalty if there are any."""
    for row in table.head(_MOST_FACTS).itertuples():
        exact = percent(row.zeros_W, 0), percent(row.zeros_H, 0)
        zero = percent(row.nearly_W, 0), percent(row.nearly_H, 0)
        less = [f"{e} of {side}" for side, z, e in zip("WH", zero, exact, strict=True) if z != e]
        exactly = f" ({listed(less)} exactly)" if less else ""
        yield row.title, f"{zero[0]} of W and {zero[1]} of H are zero{exactly}."


def _range(low, high):
    first, last = percent(low, 0), percent(high, 0)
    return first if first == last else f"{first} to {last}"


def _cells(study):
    """The factors of the worked example, where there is one, with their zeros."""
    shown = worked_example(study)
    if shown is None:
        return
    result, (fit, _) = shown
    rows, columns = names_of(result.dataset)
    f = fit.factorization
    yield Illustration(
        name="zeros-counted",
        caption=(
            f"W and H of the best fit of {result.title}; zeros are hatched. Zero means below a "
            "thousandth of the component's largest entry: where a fit is exact, entries tend to "
            "zero without getting there."
        ),
        draw=lambda figure: plot_factor_zeros(
            f, threshold=NEARLY, row_names=rows, column_names=columns, figure=figure
        ),
        data=pd.DataFrame({"factor": ["W", "H"], "share_zero": zero_shares(fit, NEARLY)}),
        size=zeros_size(len(rows), f.n_components, len(columns)),
    )


def _bars(table):
    order = table.sort_values("penalty", key=lambda p: p != "none", kind="stable")
    plain = order[order.penalty == "none"]
    shown = (plain if len(plain) > 2 else order).head(_MOST)
    rest = f" ({len(shown)} of the {len(table)} problems)" if len(table) > len(shown) else ""
    yield Illustration(
        name="zeros",
        caption=(
            f"Share of exact zeros in the weights W and the components H of the best fit{rest}. "
            "Hollow, where that is more: with those that are nearly zero (below a thousandth of "
            "the component's largest entry), which a fit without error only approaches."
        ),
        draw=lambda figure: plot_zeros(shown, ax=figure.add_subplot()),
        data=shown,
        size=counts_size(len(shown)),
    )


class _Sweep:
    """One dataset and k under one penalty of growing strength, beside the predicted collapse."""

    def __init__(self, family, name, results):
        self.family, self.name = family, name
        self.word = results[0].problem.penalty.words
        self.predicted = collapse_strength(family.dataset.X, name)
        rows = []
        for result in results:
            fit = lowest_fit(result)
            if fit is None:
                continue
            live, _, (zeros_W, zeros_H) = _best_or_zero(result, fit)
            rows.append(
                {
                    "alpha": result.problem.penalty.alpha_W,
                    "nonzero_W": 1 - zeros_W,
                    "nonzero_H": 1 - zeros_H,
                    "share_alive": live / family.n_components,
                    "share_collapsed": share_collapsed(result),
                    "stuck": bool(result.solutions.n_minima),
                    "n_starts": result.n_starts,
                }
            )
        self.table = pd.DataFrame(rows)

    @property
    def alive_up_to(self):
        """Largest strength at which the best fit is not all zero; None if there is none."""
        strengths = self.table.alpha[self.table.share_alive > 0]
        return strengths.max() if len(strengths) else None

    @property
    def zero_from(self):
        """Smallest strength from which on the best fit found is always all zero; or None."""
        above = self.table.alpha[
            (self.table.share_alive == 0) & (self.table.alpha > (self.alive_up_to or 0))
        ]
        return above.min() if len(above) else None

    @property
    def first_collapse(self):
        """Smallest strength at which any start ended at all zeros; None if there is none."""
        strengths = self.table.alpha[self.table.share_collapsed > 0]
        return strengths.min() if len(strengths) else None

    @property
    def stuck_beyond(self):
        """Strengths beyond α* at which some starts did not end at all zeros."""
        return list(self.table.alpha[(self.table.alpha > self.predicted) & self.table.stuck])

    @property
    def summary(self):
        """The table with what it is of."""
        of = {"problem": self.family.title, "penalty": self.word, "predicted": self.predicted}
        return self.table.assign(**of)[[*of, *self.table]]

    @property
    def sentence(self):
        """What the sweep shows."""
        text = (
            f"{self.family.title}, {self.word} on both factors: α* = "
            f"{style.number(self.predicted, 5)} by the formula."
        )
        if self.alive_up_to is not None:
            text += (
                f" Measured: the best fit is not zero up to α = {style.number(self.alive_up_to)}"
            )
            text += (
                f" and zero from α = {style.number(self.zero_from)} on."
                if self.zero_from is not None
                else ", the strongest tried."
            )
        return text

    @property
    def illustration(self):
        """Curves against the strength."""
        return Illustration(
            name=f"collapse-{self.name}-{self.family.key}",
            caption=(
                f"What is left as the {self.word} penalty on both factors grows. {self.sentence}"
            ),
            draw=lambda figure: style.legend(
                plot_collapse(self.table, predicted=self.predicted, ax=figure.add_subplot()),
                loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, columnspacing=1.2,
            ),
            data=self.summary,
            size=(7.0, 4.2),
        )  # fmt: skip


def _sweeps(family):
    for name in ("ridge", "l1"):
        results = family.two_sided(name)
        if family.loss == "frobenius" and len(results) >= _SWEEP:
            sweep = _Sweep(family, name, results)
            if len(sweep.table) >= _SWEEP:
                yield sweep


def _notes(plain, sweeps):
    if len(plain):
        yield (
            "Why not all: if W and H are zero, so is their product, and the error is as large as "
            "the data. Any component that points along the data lowers it, so without a penalty no "
            "start ends there."
        )
    yield (
        "Why so many: if negative entries were allowed, the best fit would have some; since they "
        "are not, it stops at the border, where entries are exactly zero. This is what turns "
        "patterns into parts: a part has what it needs and nothing else."
    )
    if sweeps:
        parts = " ".join(sweep.sentence for sweep in sweeps)
        yield (
            "How strong is too strong: a penalty charges for every entry. Beyond a strength α*, "
            f"which a formula gives, no component is worth its price. {parts}"
        )
    l1 = [s for s in sweeps if s.name == "l1"]
    if l1:
        early = [
            f"{style.number(s.first_collapse)} ({s.family.title})"
            for s in l1
            if s.first_collapse is not None and s.first_collapse < s.predicted
        ]
        text = (
            "Under L1 all zero is a trap (a local minimum) for every α > 0, however small: a "
            "component of size t costs like √t, but lowers the error only like t. So single starts "
            "may be caught there below α*"
        )
        text += f"; some were from α = {listed(early)} on." if early else "; none was here."
        stuck = [a for s in l1 for a in s.stuck_beyond]
        if stuck:
            text += (
                " The other way round, starts may stop at nonzero local minima beyond α*, where "
                f"zero would be cheaper: some did up to α = {style.number(max(stuck))}."
            )
        yield text
