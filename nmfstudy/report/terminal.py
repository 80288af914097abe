"""What the terminal shows at the end of a sweep."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nmfstudy.report.numbers import cell_text, count, label, percent
from nmfstudy.report.words import certificate_cell, distinct_text, kind_cell

SHOWN_PROBLEMS = 24
_STYLES = {"good": "green", "caution": "yellow", "bad": "bold red", "quiet": "dim", "": ""}


def terminal_table(study):
    """Problem, starts, distinct solutions, coverage and verdict of a study, for `rich`.

    It fits into 60 columns: long names of problems are folded.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("problem", overflow="fold", ratio=1)
    table.add_column("starts", justify="right", no_wrap=True)
    table.add_column("distinct", justify="right", no_wrap=True)
    table.add_column("coverage", justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold", min_width=12)
    titles = {p.key: p.title for p in study}
    for row in shown_rows(study):
        verdict = kind_cell(row)
        style = _STYLES[verdict.tone]
        said = f"[{style}]{escape(verdict.text)}[/]" if style else escape(verdict.text)
        if row["verdict"]:
            said += f", {escape(certificate_cell(row['verdict']).text)}"
        table.add_row(
            escape(titles[row["problem"]]),
            f"{row['n_starts']:,}",
            distinct_text(row),
            percent(row["coverage"]),
            said,
        )
    return table


def shown_rows(study, most=SHOWN_PROBLEMS):
    """Rows of the problems' table, those without a penalty first if not all can be shown."""
    rows = study.problems.to_dict("records")
    if len(rows) > most:
        rows = sorted(rows, key=lambda row: row["penalty"] != "none")[:most]
    return rows


def short_answers(answers):
    """One line per question: the question and its verdict."""
    return [f"{a.question} {a.verdict}." if a.verdict[-1:] != "." else f"{a.question} {a.verdict}"
            for a in answers]  # fmt: skip


def print_summary(study, path, *, answers=None, console=None):
    """Print the table, the answers, what failed, and where the report is.

    Parameters
    ----------
    study : Study
    path : Path
        Of the report.
    answers : sequence of Answer, optional
        None takes those of the study.
    console : rich.console.Console, optional
    """
    console = console or Console()
    console.print(terminal_table(study))
    left = len(study) - SHOWN_PROBLEMS
    if left > 0:
        console.print(f"{left} more problems are in the report", style="dim")
    if answers is None:
        from nmfstudy.report.build import answers_of

        answers = answers_of(study)
    if answers:
        console.print()
        for line in short_answers(answers):
            console.print(line, markup=False, highlight=False)
    if study.n_failed:
        console.print(f"{count(study.n_failed, 'start')} failed; see the report", style="bold red")
    if study.skipped:
        console.print(f"{count(len(study.skipped), 'run folder')} skipped; see the report")
    console.print()
    console.print(f"report: {path}", markup=False, highlight=False, soft_wrap=True)


def print_frame(frame, console=None):
    """Print a data frame as a table."""
    console = console or Console()
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    for name in frame.columns:
        table.add_column(escape(label(name)), overflow="fold")
    for row in frame.itertuples(index=False, name=None):
        cells = (cell_text(n, v) for n, v in zip(frame.columns, row, strict=True))
        table.add_row(*(escape(text) for text in cells))
    console.print(table)
