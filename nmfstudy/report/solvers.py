"""What becomes of the same start under different solvers."""

from nmfstudy.report.page.numbers import number, percent, spelt
from nmfstudy.report.page.page import Cell, Paragraph, Table
from nmfstudy.study.agreement import same_starts


def solver_blocks(result, files):
    """A table of pairs of solvers and how to read it; nothing where there is one solver."""
    pairs = same_starts(result)
    if not len(pairs):
        return ()
    sentence = Paragraph(
        "From the same start solvers take different ways down, so they may end in different "
        "minima. That does no harm as long as equally many starts find the same set of minima.",
        "note",
    )
    rows = tuple(
        (
            Cell(spelt(f"{row.solver} and {row.other}, {row.init}")),
            Cell(number(row.n_starts), value=row.n_starts),
            Cell(f"{percent(row.same)} of {number(row.n_both)}", value=row.same),
            Cell(f"{row.n_minima} and {row.n_minima_other}"),
            Cell(number(row.n_minima_both), value=row.n_minima_both),
            Cell(f"{percent(row.best_share)} and {percent(row.best_share_other)}"),
        )
        for row in pairs.itertuples(index=False)
    )
    headers = (
        "solvers", "same starts", "same minimum", "minima found", "by both",
        "starts that reach the best",
    )  # fmt: skip
    numeric = (False, True, True, True, True, True)
    file = files.file(f"same_starts-{result.key}", pairs)
    return (Table("The same starts by two solvers", headers, rows, numeric, file), sentence)
