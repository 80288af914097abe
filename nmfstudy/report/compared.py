"""The report of a comparison: several studies side by side."""

import shlex
from pathlib import Path

import pandas as pd

from nmfstudy.plots.comparison import illustrate_studies
from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.penalties import plot_count_curves
from nmfstudy.plots.solutions import count_table
from nmfstudy.report.foot import reading_section
from nmfstudy.report.page import html, markdown
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.page.numbers import ABSENT, count, number, percent
from nmfstudy.report.page.page import Cell, Command, Details, Page, Paragraph, Section, Table
from nmfstudy.report.phrases import kind_cell
from nmfstudy.store.files import write_atomically
from nmfstudy.study.comparison.differences import QUANTITIES, RATIOS
from nmfstudy.study.comparison.rows import OTHER_DATA, PENALTY, SAME
from nmfstudy.util.display import listed
from nmfstudy.util.errors import RequestError

FULL_COMPARISONS = 12  # problems with a section and a figure; the others stand in the tables
MOST_TITLES = 6
LEAST_DIFFERENCE = 1e-12  # differences below it are none
_RELATIONS = {
    PENALTY: "another penalty: objectives are not compared",
    OTHER_DATA: "other data of the same name: only the components (rows of H) are compared",
}
_WORDS = {
    "objective": "best objective (relative difference)",
    "n_distinct": "solutions, among as many starts",
    "best_share": "starts that reach the best",
    "sweeps": "sweeps per start",
    "seconds": "seconds per start",
}


def write_comparison(comparison, folder, *, say=None):
    """Write ``report.html``, ``report.md``, ``tables/`` and ``figures/`` of a comparison.

    Parameters
    ----------
    comparison : Comparison
    folder : path
        Made if need be; not that of a study.
    say : callable, optional
        Called with a sentence if figures could not be drawn.

    Returns
    -------
    Path
        Of ``report.html``.

    Raises
    ------
    RequestError
        If the folder is a study's.
    """
    folder, files = Path(folder), FigureFiles()
    if any((folder / name).exists() for name in ("runs", "study.json")):
        raise RequestError(
            f"{folder} is a study's folder, whose own report would be lost; possible: another one"
        )
    page = comparison_page(comparison, files)
    files.write(folder)
    write_atomically(folder / "report.md", markdown.render(page))
    path = folder / "report.html"
    write_atomically(path, html.render(page))
    files.say_troubles(say)
    return path


def comparison_page(comparison, files):
    """The comparison as a page; tables and figures are left on the files."""
    sections = [
        _problems_section(comparison, files),
        _settings_section(comparison, files),
        Section("each", "Problem by problem", (), tuple(_each(comparison, files))),
        _alone_section(comparison),
        reading_section(),
        _again_section(comparison),
    ]
    return Page(
        f"Comparison of {listed([f'“{name}”' for name in comparison.names])}",
        Paragraph(comparison_headline(comparison), "headline"),
        tuple(s for s in sections if s is not None),
    )


def _again_section(comparison):
    folders = (str(study.folder) for study in comparison.studies)
    sentence = Paragraph(f"All differences are to “{comparison.names[0]}”. The command:")
    command = Command(shlex.join(["nmfstudy", "compare", *folders]))
    return Section("provenance", "Make this again", (sentence, command))


def comparison_headline(comparison):
    """The comparison in one sentence."""
    verdicts = [verdict for c in comparison.compared for verdict in c.same if verdict]
    others = sum(
        PENALTY in c.row.relations or OTHER_DATA in c.row.relations for c in comparison.compared
    )
    parts = []
    if verdicts:
        same = verdicts.count("yes")
        parts.append(
            f"{same} of {count(len(verdicts), 'problem')} that are the same "
            f"{'has' if same == 1 else 'have'} the same solutions in the studies compared"
        )
    if others:
        differ = "differs" if others == 1 else "differ"
        parts.append(f"{count(others, 'problem')} {differ} in penalty or data")
    return "; ".join(parts) + "."


def _problems_section(comparison, files):
    files.file("differences", comparison.differences)
    rows = tuple(
        (
            Cell(c.row.title, target=_identifier(i) if i < FULL_COMPARISONS else ""),
            agreement_cell(c),
            *(result_cell(result) for result in c.row.results),
        )
        for i, c in enumerate(comparison.compared)
    )
    table = Table(
        "",
        ("problem", "same solutions?", *comparison.names),
        rows,
        (False,) * (len(comparison.names) + 2),
        files.file("problems", comparison.problems),
    )
    return Section(
        "problems", "All problems", (table, *files.figures(illustrate_studies, comparison))
    )


def result_cell(result):
    """What a study found for one problem, as a cell."""
    if result is None:
        return Cell(ABSENT)
    cell = kind_cell(result)
    return Cell(f"{cell.text} ({count(result.n_starts, 'start')})", cell.tone)


def agreement_cell(c):
    """Whether a row's solutions are the same, or why that is not asked."""
    verdicts = [v for v in c.same if v]
    if not verdicts:
        other = next(r for r in c.row.relations[1:] if r not in ("", SAME))
        return Cell("another penalty" if other == PENALTY else "other data", "quiet")
    if "no" in verdicts:
        return Cell("no", "caution")
    return Cell("not settled", "quiet") if "open" in verdicts else Cell("yes", "good")


def _settings_section(comparison, files):
    table = comparison.settings
    file, differs = files.file("settings", table), table[table.differs]
    if not len(differs):
        sentence = "Nothing: the same settings, versions and machine."
        return Section("settings", "What differs between the studies", (Paragraph(sentence),))
    rows = tuple(
        (Cell(row[0].replace(".", ".\u200b")), *(Cell(str(v)) for v in row[1:]))  # may break there
        for row in differs.drop(columns="differs").itertuples(index=False, name=None)
    )
    headers = ("setting", *comparison.names)
    shown = Table("", headers, rows, (False,) * len(headers), file, int((~table.differs).sum()))
    sentence = Paragraph("Settings, versions and machines that are not the same in all:")
    return Section("settings", "What differs between the studies", (sentence, shown))


def _each(comparison, files):
    files.file("shares", comparison.shares)
    for i, c in enumerate(comparison.compared[:FULL_COMPARISONS]):
        tables = list(_difference_tables(comparison, c, _identifier(i)))
        blocks = [
            Paragraph(text, "lead", (("Table of the differences", table.id),))
            for text, table in zip(compared_sentences(comparison, c), tables, strict=True)
        ]
        for relation in dict.fromkeys(c.row.relations):
            if relation in _RELATIONS:
                blocks.append(Paragraph(f"Note: {_RELATIONS[relation]}.", "note"))
        blocks += files.figures(_count_figure, comparison, c)
        blocks += tables
        if (shares := _share_table(comparison, c)) is not None:
            blocks.append(Details("Which solution is reached how often", (shares,)))
        yield Section(_identifier(i), c.row.title, tuple(blocks), badge=agreement_cell(c))


def _identifier(i):
    return f"compared-{i + 1}"


def compared_sentences(comparison, c):
    """One plain sentence per other study on a problem."""
    for i in range(1, len(comparison.names)):
        if c.row.results[i] is not None:
            yield _sentence(comparison.names, c, i)


def _sentence(names, c, i):
    a, b = c.row.results[0], c.row.results[i]
    A, B, relation = f"“{names[0]}”", f"“{names[i]}”", c.row.relations[i]
    found = f"{A} has {_count(a)}, {B} {_count(b)}"
    if relation == OTHER_DATA:
        closeness = ""
        if c.distance[i] is not None:
            closeness = f"; the best components of the two match with a cosine of at least " \
                        f"{number(1 - c.distance[i])}"  # fmt: skip
        return f"{found}, on different data{closeness}."
    apart = ""
    if c.distance[i] is not None:
        tol = max(r.analysis.distance_tol for r in (a, b))
        same_best = c.distance[i] <= tol
        apart = f", their best ones {number(c.distance[i])} apart"
        apart = ", the best one the same" if same_best else apart
    if relation == PENALTY:
        return f"{found}, under different penalties{apart}; {_time(c, i)}."
    if c.same[i] == "yes":
        kind = a.assessed.kind
        what = {"one": "the same solution", "continuum": "a continuum of solutions"}.get(kind)
        what = what or f"the same {count(a.solutions.n_distinct, 'solution')}"
        return f"{A} and {B} have {what}{_best_shares(c, i)}; {_time(c, i)}."
    opening = "They disagree" if c.same[i] == "no" else "Not settled whether they agree"
    value = c.difference(i, "objective").gap.value
    better = ""
    if abs(value) > 1e-9:
        how = "worse" if value > 0 else "better"
        better = f"; the best of {B} is {number(abs(value))} (relative) {how}"
    return f"{opening}: {found}{apart}{better}; {_time(c, i)}."


def _count(result):
    s = result.assessed
    if not s.n_minima:
        return "none, as no start converged"
    if s.kind == "continuum":
        return "a continuum"
    # A certificate may know how many there are where the starts were too few to find them.
    if s.kind == "unsettled" or (s.kind == "several" and s.n_distinct == 1):
        return f"no settled count ({number(s.n_distinct)} found)"
    return count(s.n_distinct, "solution")


def _best_shares(c, i):
    found = c.difference(i, "best_share")
    if found.gap.value != found.gap.value or c.row.results[0].assessed.kind == "continuum":
        return ""
    shares = f", reached by {percent(found.first)} and {percent(found.other)} of the starts"
    if found.gap.low <= 0 <= found.gap.high:
        return shares
    return f"{shares}: a difference that other starts would show as well"


def _time(c, i):
    sweeps, seconds = (c.difference(i, name).gap for name in RATIOS)
    low, high = _ratio(sweeps.low), _ratio(sweeps.high)
    spread = f" (95 %: {low} to {high})" if sweeps.low == sweeps.low else ""
    return f"sweeps per start × {_ratio(sweeps.value)}{spread}, seconds × {_ratio(seconds.value)}"


def _ratio(value):
    """Three digits that matter."""
    return number(float(f"{value:.3g}"))


def _difference_tables(comparison, c, identifier):
    """A table for every other study that has the problem."""
    first = comparison.names[0]
    for i, name in enumerate(comparison.names[1:], start=1):
        if c.row.results[i] is None:
            continue
        rows = []
        for quantity in QUANTITIES:
            d = c.difference(i, quantity)
            tell = percent if quantity == "best_share" else number
            low, high = (_signed(end, quantity) for end in d.gap[1:])
            ends = f"{low} to {high}" if ABSENT not in (low, high) else ABSENT
            texts = (tell(d.first), tell(d.other), _signed(d.gap.value, quantity), ends)
            rows.append((Cell(_WORDS[quantity]), *map(Cell, texts)))
        yield Table(
            f"“{name}” beside “{first}”",
            ("", first, name, "difference", "95 % interval"),
            tuple(rows),
            (False, True, True, True, True),
            "tables/differences.csv",
            id=f"{identifier}-{i}",
        )


def _signed(value, quantity):
    if value != value:
        return ABSENT
    if quantity in RATIOS:
        return f"× {_ratio(value)}"
    value = 0.0 if abs(value) < LEAST_DIFFERENCE else value
    text = percent(abs(value)) if quantity == "best_share" else number(abs(value))
    return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def _share_table(comparison, c):
    shares = comparison.shares
    part = shares[(shares.problem == c.row.results[0].key) & (shares.title == c.row.title)]
    if not len(part) or c.row.results[0].assessed.kind == "continuum":
        return None
    rows = []
    for minimum, of in part.groupby("minimum"):
        by = {row.study: row for row in of.itertuples()}
        rows.append(
            (Cell(f"minimum {minimum + 1}"), *(_share_cell(by.get(n)) for n in comparison.names))
        )
    return Table(
        "Share of the starts that ends in each minimum",
        ("", *comparison.names),
        tuple(rows),
        (False,) + (True,) * len(comparison.names),
        "tables/shares.csv",
    )


def _share_cell(row):
    if row is None:
        return Cell(ABSENT)
    return Cell(f"{percent(row.share)} ({percent(row.low)} to {percent(row.high)})")


def _count_figure(comparison, c):
    """The count against the tolerance, a curve per study; None without a fit that counts."""
    there = [(n, r) for n, r in zip(comparison.names, c.row.results, strict=True) if r is not None]
    title = there[0][1].title
    curves = [
        count_table(r.solutions).assign(
            label=name if r.title == title else f"{name} ({r.title.removeprefix(f'{title}, ')})"
        )  # fmt: skip
        for name, r in there
        if r.solutions.n_minima
    ]
    if not curves:
        return None
    table = pd.concat(curves, ignore_index=True).rename(columns={"n_distinct": "n"})
    return Illustration(
        name=f"count-{c.row.results[0].key}",
        caption=(
            f"How many solutions of {c.row.title} each study counts, by how close two may be to "
            "pass as the same (distance relative to the data)."
        ),
        draw=lambda figure: plot_count_curves(table, ax=figure.add_subplot()),
        data=table,
        size=(7.0, 3.6),
    )


def _alone_section(comparison):
    rows = []
    for name, alone in zip(comparison.names, comparison.alone, strict=True):
        titles = [r.title for r in alone]
        more = f" and {len(titles) - MOST_TITLES} more" if len(titles) > MOST_TITLES else ""
        if titles:
            rows.append((Cell(name), Cell("; ".join(titles[:MOST_TITLES]) + more)))
    if not rows:
        return None
    table = Table("", ("study", "problems of it alone"), tuple(rows), (False, False))
    return Section("alone", "Problems of one study only", (table,))
