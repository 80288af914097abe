"""What the terminal shows at the end of a sweep."""

from collections import Counter

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nmfstudy.report.dominance import dominance_sentence
from nmfstudy.report.over_k import advised, chosen, question, sentences
from nmfstudy.report.page.numbers import cell_text, count, label, number
from nmfstudy.report.phrases import coverage_text, distinct_text, kind_cell
from nmfstudy.report.questions.answer import NOT_ASKED
from nmfstudy.report.questions.lookup import in_reading_order, outcome
from nmfstudy.report.words_on_k import advice_sentence, doubts, reasons
from nmfstudy.report.words_on_trust import trusted_sentence
from nmfstudy.util.plain_text import one_line

SHOWN_PROBLEMS = 24
SHOWN_FAILURES = 5
_AGREE = {("one", "unique")} | {
    (kind, status)
    for kind in ("several", "continuum")
    for status in ("not_unique", "partially_identifiable")
}
_STYLES = {"good": "green", "caution": "yellow", "bad": "bold red", "quiet": "dim", "": ""}


def terminal_table(study):
    """Problem, starts, distinct solutions, coverage and verdict of a study, for `rich`.

    It fits into 60 columns: long names of problems are folded. "certified": a certificate says
    the same of the best product, that it has one factorization or that it has more.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("problem", overflow="fold", ratio=1)
    table.add_column("starts", justify="right", no_wrap=True)
    table.add_column("distinct", justify="right", no_wrap=True)
    table.add_column("coverage", justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold", min_width=12)
    for result in shown_problems(study):
        verdict = kind_cell(result)
        style = _STYLES[verdict.tone]
        said = f"[{style}]{escape(verdict.text)}[/]" if style else escape(verdict.text)
        proved = result.verdicts.get(0)
        if proved is not None and (outcome(result), proved.status) in _AGREE:
            said += ", certified"
        table.add_row(
            escape(result.title),
            f"{result.n_starts:,}",
            distinct_text(result),
            coverage_text(result),
            said,
        )
    return table


def shown_problems(study, most=SHOWN_PROBLEMS):
    """The problems of the table; if they are many, those without a penalty only."""
    results = in_reading_order(study)
    if len(results) <= most:
        return results
    plain = [r for r in results if r.problem.penalty.is_zero]
    return (plain or results)[:most]


def _rest(study):
    """What the problems that are not shown came to, in a line; empty if all are shown."""
    shown = {result.key for result in shown_problems(study)}
    rest = [r for r in study if r.key not in shown]
    if not rest:
        return ""
    kinds = Counter(kind_cell(r).text for r in rest)
    listed_kinds = ", ".join(f"{kind} ({n})" for kind, n in kinds.most_common())
    what = "" if any(r.problem.penalty.is_zero for r in rest) else "with a penalty "
    return f"{count(len(rest), 'more problem')} {what}in the report: {listed_kinds}"


def short_answers(answers):
    """Two lines per question that the study has something on: the question, its verdict."""
    lines = []
    for answer in answers:
        if answer.verdict == NOT_ASKED:
            continue
        verdict = answer.verdict[:1].upper() + answer.verdict[1:]
        lines += [answer.question, f"  {verdict.rstrip('.')}."]
    return lines


def short_advice(study):
    """Some lines per dataset with several k: the question, the advice, doubt and trust."""
    lines = []
    for results, _, advice in advised(study):
        if advice is None:
            continue
        reason = sentences(reasons(advice, results[0].dataset)[:1])
        lines += [
            question(results),
            f"  {advice_sentence(advice)} {reason}",
            *(f"  But {doubt}." for doubt in doubts(advice)[:1] if advice.doubts),
        ]
        if (result := chosen(results, advice)) is not None:
            lines.append(f"  {trusted_sentence(result)}")
    return lines


def short_warnings(study):
    """One line for each matrix in which a few numbers outweigh all others."""
    return list(dict.fromkeys(filter(None, map(dominance_sentence, study))))


def failure_lines(study, most=SHOWN_FAILURES):
    """Problem and last line of what is recorded, each once; at most so many."""
    lines = {}
    for failure in study.failures:
        said = failure["errors"][0]["error"].strip().splitlines()
        lines[f"  {failure['problem']}: {said[-1] if said else 'no message'}"] = None
    rest = len(lines) - most
    return [*list(lines)[:most], *([f"  and {rest} more"] if rest > 0 else [])]


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
    if rest := _rest(study):
        console.print(rest, markup=False, highlight=False, style="dim")
    if answers is None:
        from nmfstudy.report.build import answers_of

        answers = answers_of(study)
    advice = short_advice(study) or short_warnings(study)
    lines = short_answers(answers), advice
    lines = [line for part in (lines if study.has_penalties else lines[::-1]) for line in part]
    if lines:
        console.print()
        for line in lines:
            indent = len(line) - len(line.lstrip())
            console.print(Padding(Text(line.strip()), (0, 0, 0, indent)))
    if study.n_failed:
        console.print(f"{count(study.n_failed, 'start')} failed; see the report", style="bold red")
        for line in failure_lines(study):
            console.print(line, markup=False, highlight=False, overflow="fold")
    if study.skipped:
        console.print(f"{count(len(study.skipped), 'run folder')} skipped; see the report")
    console.print()
    console.print(f"report: {one_line(str(path))}", markup=False, highlight=False, soft_wrap=True)


def print_trouble(sentence, console=None):
    """Print a sentence on something that went wrong."""
    console = console or Console()
    console.print(sentence, style="bold red", markup=False, highlight=False, overflow="fold")


def print_frame(frame, console=None):
    """Print a data frame as a table."""
    rows = (
        [cell_text(n, v) for n, v in zip(frame.columns, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    )
    _print_rows(console or Console(), map(label, frame.columns), rows)


def print_comparison(comparison, console=None):
    """Print what differs between studies, a row per problem and a sentence per study of it.

    Parameters
    ----------
    comparison : Comparison
    console : rich.console.Console, optional
    """
    from nmfstudy.report.compared import agreement_cell, compared_sentences, result_cell

    console = console or Console()
    differs = comparison.settings[comparison.settings.differs].drop(columns="differs")
    if len(differs):
        _print_rows(console, differs.columns, differs.itertuples(index=False, name=None))
        console.print()
    rows = (
        [c.row.title, *(result_cell(r).text for r in c.row.results), agreement_cell(c).text]
        for c in comparison.compared[:SHOWN_PROBLEMS]
    )
    _print_rows(console, ("problem", *comparison.names, "same solutions?"), rows)
    console.print()
    for c in comparison.compared[:SHOWN_PROBLEMS]:
        console.print(Text(c.row.title, style="bold"))
        for sentence in compared_sentences(comparison, c):
            console.print(Padding(Text(sentence), (0, 0, 0, 2)))
    console.print()


def _print_rows(console, headers, rows):
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    for name in headers:
        table.add_column(escape(str(name)), overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(text)) for text in row))
    console.print(table)


def print_displacement(found, path):
    """The widest bands of each component, and where all of them are."""
    print(found)
    print(f"bands of all entries: {one_line(str(path))}")


def print_applied(applied, path):
    """Where the weights of new samples are, and how well the components explain them."""
    error = applied.transformed.relative_error
    of_study = applied.result.best.relative_error
    print(
        f"weights of {count(len(error), 'sample')} on the components of "
        f"“{applied.result.title}”: {one_line(str(path))}"
    )
    print(
        f"relative error of a sample: median {number(float(np.median(error)))}, largest "
        f"{number(float(error.max()))}; of the study's data {number(of_study)}"
    )
