"""Put the report together and write it."""

from nmfstudy.report.fingerprint import fingerprint
from nmfstudy.report.foot import (
    machine,
    provenance_section,
    reading_section,
    troubles_section,
)
from nmfstudy.report.methods import methods_text
from nmfstudy.report.over_k import advised, over_k_section
from nmfstudy.report.overview import overview_headline, overview_section
from nmfstudy.report.page import html, markdown
from nmfstudy.report.page.files import FigureFiles, plain_name
from nmfstudy.report.page.numbers import csv_text
from nmfstudy.report.page.page import Details, Facts, Page, Paragraph, Section
from nmfstudy.report.phrases import study_headline
from nmfstudy.report.problems import problem_sections, problems_section
from nmfstudy.store.files import clean_up, write_atomically, write_json


def write_report(study, *, answers=None, progress=None, pictures=("svg",), say=None):
    """Write the report into the study's folder: a page, its Markdown, and the files beside it.

    ``report.html``, ``report.md``, ``tables/``, ``figures/``, ``factors/`` (W and H of the best
    solutions), ``methods.txt`` (a paragraph for a paper) and ``provenance.json`` (machine, commit
    and time; all else is the same bytes wherever and whenever it is made). Folders are put in place
    as a whole, the page last: a killed report leaves the one before or none.

    Parameters
    ----------
    study : Study
    answers : sequence of Answer, optional
        None takes `answers_of` the study.
    progress : callable, optional
        Called with the name of each figure before it is drawn.
    pictures : sequence of {"png", "svg"}
        Files of each figure; the page has them all anyway. PNG takes half of the time again.
    say : callable, optional
        Called with a sentence if figures could not be drawn.

    Returns
    -------
    Path
        Of ``report.html``, one file that opens offline.
    """
    clean_up(study.folder)
    files = FigureFiles(on_figure=progress, kinds=tuple(pictures))
    page = build_page(study, answers_of(study) if answers is None else answers, files)
    files.write(study.folder)
    write_json(study.folder / "provenance.json", machine(study))
    write_atomically(study.folder / "methods.txt", methods_text(study))
    write_atomically(study.folder / "report.md", markdown.render(page))
    path = study.folder / "report.html"
    write_atomically(path, html.render(page))
    files.say_troubles(say)
    return path


def answers_of(study):
    """The answers to the questions that the study asks.

    Without any penalty it does not ask what a penalty does: whether all may become zero.
    """
    from nmfstudy.report.questions import answer_all

    asked = (answer for answer in answer_all(study) if answer.target)
    return tuple(a for a in asked if a.key != "zeros" or study.has_penalties)


def build_page(study, answers, files):
    """The report as data; figures and tables are left on the files."""
    for name in ("solutions", "shares", "starts"):
        files.tables[name] = csv_text(getattr(study, name))
    # What the study is about first, else the worked example, which the others are about.
    leading = [answer for answer in answers if answer.leads]
    rest = [a for a in answers if not a.leads and not (leading and a.key == "example")]
    ordered = leading + sorted(rest, key=lambda answer: answer.key != "example")
    early = study.has_penalties or bool(leading)
    # Drawn before the cards of the first screen, which show these pictures again.
    answered = [_answer_section(answer, files) for answer in ordered if answer.target]
    advice = advised(study)
    sections = [
        overview_section(study, ordered, advice, files),
        *(answered if early else []),
        over_k_section(advice, files),
        problems_section(study, files),
        *([] if early else answered),
        problem_sections(study, files),
        troubles_section(study, files),
        reading_section(),
        provenance_section(study),
    ]
    headline = overview_headline(advice) if not study.has_penalties else ""
    return Page(
        f"How many NMF solutions? Study “{study.name}”",
        Paragraph(headline or study_headline(study), "headline"),
        tuple(section for section in sections if section is not None),
        # A report that lacks figures is written again by the next command.
        fingerprint="" if files.troubles else fingerprint(study),
    )


def _answer_section(answer, files):
    """The answer in a sentence and a picture; the rest opens."""
    identifier = answer.target
    figures = [f for i in answer.illustrations for f in files.figures(lambda made: made, i)]
    tables = tuple(
        files.table(name, frame, _title(name), id=plain_name(f"{identifier}-{name}"))
        for name, frame in answer.tables.items()
    )
    blocks = (
        Paragraph(f"{answer.verdict.rstrip('.')}.", "lead"),
        *figures[: answer.openly],
    )
    more = [
        *([Paragraph(answer.asked, "asked")] if answer.asked else []),
        Paragraph(answer.summary),
        *([Facts(answer.facts)] if answer.facts else []),
        *([Paragraph(answer.caveat, "caveat")] if answer.caveat else []),
        *map(Paragraph, answer.notes),
        *figures[answer.openly :],
        *tables,
        *([Paragraph(answer.method, "method")] if answer.method else []),
    ]
    opens = Details("Why, with numbers, figures and method", tuple(more))
    return Section(identifier, answer.question, (*blocks, opens), short=answer.short)


_TITLES = {
    "alike": "Components that two starts have in common",
    "collapse": "Where everything becomes zero",
    "distinct": "Solutions of each problem",
    "draws": "Every matrix drawn",
    "half_lines": "Share of nonzeros at which half of the draws are unique",
    "known_answers": "Known answers, counts and proofs",
    "one_sided": "Penalties on one factor alone",
    "phases": "Cells of the diagram",
    "published": "Published and found here",
    "ridge": "With and without a ridge",
    "sparsity": "What each penalty does",
    "stopping": "Counts at several tolerances, stopped early and fully converged",
    "zeros": "Zeros of each problem",
}


def _title(name):
    """Of an answer's table."""
    if name in _TITLES:
        return _TITLES[name]
    text = str(name).replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]
