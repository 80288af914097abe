"""Where is NMF unique, and where can that be proved?"""

from functools import partial

from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.phases import phases_size, plot_half_lines, plot_phases
from nmfstudy.report.page.numbers import number, percent
from nmfstudy.report.questions.answer import Answer
from nmfstudy.study.phases import cells_table, draws_table, half_lines
from nmfstudy.util.display import count, listed

QUESTION = "Where is NMF unique, and where can that be proved?"
ASKED = (
    "Whether a matrix has one factorization or many depends on how many zeros the factors have, on "
    "their number and on the size of the matrix. For random factors: in which share of the cases "
    "do many starts find one solution, in which can it be proved that there is no other, and how "
    "far are the two apart?"
)
CAVEAT = (
    "Random factors with independent zeros are no model of real data, whose zeros come in "
    "patterns. With noise the certificate speaks of the product of the best fit, as the data "
    "themselves have no exact factorization."
)
_METHOD = (
    "Entries of W and H are nonzero with the probability given (share not zero) and then uniform; "
    "no row or column is left all zero, so that few nonzeros are somewhat more than asked for. "
    "Counted: the starts find one solution, and its relative error is below "
    f"{number(EXACT_FIT)} if there is no noise. Certified: it is proved to be the only "
    "factorization of its product. The condition on supports is necessary: no component may be "
    "zero wherever another one is, in W nor in H (Laurberg et al. 2008). Intervals are of 95 % "
    "(Wilson). Draws that are equal are counted once."
)


_EITHER = (("counted", "counted", "certified"), ("certified", "certified", "counted"))


def answer(study):
    """The answer; None if the study has not many matrices of random factors.

    Parameters
    ----------
    study : Study
    """
    draws = draws_table(study.results)
    if draws.empty:
        return None
    cells = cells_table(draws)
    lines = half_lines(cells)
    return Answer(
        key="phases",
        leads=True,
        question=QUESTION,
        verdict=_verdict(draws),
        summary=_summary(draws),
        method=_METHOD,
        illustrations=tuple(_illustrations(cells, lines)),
        tables={"phases": cells, "half_lines": lines, "draws": draws},
        facts=tuple(_facts(draws, lines)),
        asked=ASKED,
        caveat=CAVEAT,
        short="Where is NMF unique?",
        openly=2,
    )


def _verdict(draws):
    exact = draws[draws.noise == 0]
    counted, certified = exact.counted.mean(), exact.certified.mean()
    return (
        f"Without noise the starts find one solution in {percent(counted)} of the matrices drawn, "
        f"and it is proved to be the only one in {percent(certified)}"
    )


def _summary(draws):
    exact = draws[draws.noise == 0]
    fulfil, others = exact[exact.possible], exact[~exact.possible]
    return (
        f"Of {count(len(exact), 'matrix', 'matrices')} without noise "
        f"{percent(exact.possible.mean())} fulfil the necessary condition on supports; of these "
        f"{percent(fulfil.counted.mean())} are counted as having one solution and "
        f"{percent(fulfil.certified.mean())} are certified. Of the others "
        f"{percent(others.counted.mean())} are counted as having one, wrongly."
    )


def _illustrations(cells, lines):
    for noise, found in cells.groupby("noise", sort=True):
        noisy = f"with noise of {number(noise)} of the product" if noise else "without noise"
        yield Illustration(
            name=f"phases-{noise:g}",
            caption=(
                f"Random factors {noisy}: shares in percent of the draws that the starts count as "
                "having one solution, that are certified to have no other, and the difference. To "
                "the right the factors have fewer zeros."
            ),
            draw=partial(_draw_phases, found),
            data=found,
            size=phases_size(found),
        )
        if noise == 0:
            of_noise = lines[lines.noise == noise]
            yield Illustration(
                name="phases-half",
                caption=(
                    "Where uniqueness is lost: the share of nonzeros at which half of the draws "
                    "have one solution, by count, by proof, and by the condition on supports, "
                    "above which none can be unique."
                ),
                draw=partial(_draw_lines, of_noise),
                data=of_noise,
                size=(9.0, 3.2),
            )


def _draw_phases(table, figure):
    plot_phases(table, figure=figure)


def _draw_lines(table, figure):
    plot_half_lines(table, figure=figure)


def _facts(draws, lines):
    exact = draws[draws.noise == 0]
    for k, found in exact.groupby("n_components"):
        of_k = lines[(lines.n_components == k) & (lines.noise == 0)].sort_values("ratio")
        at = listed(f"{number(r.counted, 2)} (n = {int(r.ratio * k)})" for r in of_k.itertuples())
        only = {way: (found[a] & ~found[b]).mean() for way, a, b in _EITHER}
        yield (
            f"k = {k}",
            f"Half of the draws have one solution at a share of nonzeros of {at}; "
            f"{percent(only['counted'])} of all draws are counted as one and not certified, "
            f"{percent(only['certified'])} certified and not counted.",
        )
    proofs = exact.proof[exact.certified].value_counts()
    if len(proofs):
        shares = (f"{name} {percent(n / proofs.sum())}" for name, n in proofs.items())
        yield "Which proof comes first", f"Of the draws certified: {listed(shares)}."
    missed = exact[exact.possible & (exact.exact_starts < 1)]
    yield (
        "Starts that mislead",
        f"In {percent(len(missed) / max(len(exact), 1))} of the draws some starts end in a worse "
        "minimum, although an exact factorization exists; there "
        f"{percent(1 - missed.exact_starts.mean())} of the starts do so on average.",
    )
    for noise, found in draws[draws.noise > 0].groupby("noise"):
        yield (
            f"Noise of {number(noise)}",
            f"One solution is counted in {percent(found.counted.mean())} of the draws; the product "
            f"of the best fit is certified in {percent(found.certified.mean())}.",
        )
