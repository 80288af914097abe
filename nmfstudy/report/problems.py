"""The part of the report on single problems: one table of all, a section or a line for each."""

import math

from nmfstudy.model.problem import Search
from nmfstudy.plots.convergence import illustrate_convergence
from nmfstudy.plots.fits import illustrate_map, illustrate_objectives
from nmfstudy.plots.overview import illustrate_component_ranges
from nmfstudy.plots.solutions import illustrate_count, illustrate_objective_gate
from nmfstudy.report.certified import certificate_blocks
from nmfstudy.report.explore import explore_blocks
from nmfstudy.report.overview import FEW_MATRICES
from nmfstudy.report.page.numbers import ABSENT, cell, label, percent, spelt
from nmfstudy.report.page.page import Cell, Details, Facts, Paragraph, Section, Table
from nmfstudy.report.phrases import (
    certificate_cell,
    coverage_text,
    distinct_text,
    kind_cell,
    rank_text,
    result_sentences,
    section_id,
)
from nmfstudy.report.questions.lookup import counted_text, in_reading_order, outcome
from nmfstudy.report.solvers import solver_blocks
from nmfstudy.report.trust import trust_blocks
from nmfstudy.report.words_on_certificates import contradiction_sentence
from nmfstudy.report.words_on_data import data_line
from nmfstudy.report.words_on_kind import kind_sentence
from nmfstudy.study.phases import draws_of
from nmfstudy.study.verdicts import contradictions

FEW = 12  # so many problems are all shown in full
MANY = 60  # a table of more opens
FULL_PROBLEMS = 20  # otherwise so many are
PROBLEM_ROWS = 300  # of the table of problems
_SOLUTION_COLUMNS = (
    "minimum n_starts objective relative_error zeros_W zeros_H nearest verdict seed"
).split()


def problems_section(study, files):
    """The table of all problems, as the terminal shows it."""
    shown = {p.key for p in full_problems(study)}
    pairs = sorted(paired(study), key=lambda pair: pair[1]["penalty"] != "none")
    n_plain = sum(row["penalty"] == "none" for _, row in pairs)
    file = files.file("problems", study.problems)
    if len(pairs) > MANY and n_plain in (0, len(pairs)):
        tables = (Details(f"{len(pairs):,} problems", (_problems_table(pairs, shown, file),)),)
    elif len(pairs) <= FEW or not 0 < n_plain < len(pairs):
        tables = (_problems_table(pairs, shown, file),)
    else:
        penalised = _problems_table(pairs[n_plain:], shown, file)
        title = f"{len(pairs) - n_plain} problems with a penalty"
        tables = (_problems_table(pairs[:n_plain], shown, file), Details(title, (penalised,)))
    return Section("problems", "All problems", (*tables, *_data_notes(study)))


def _data_notes(study):
    """What is worth knowing of each matrix, once; of few it is on the first screen."""
    if not study.has_penalties and len({r.dataset.sha256 for r in study}) <= FEW_MATRICES:
        return ()
    lines = {r.dataset.name: data_line(r.dataset, r.problem.loss) for r in study}
    return (Details("The data", (Facts(tuple(lines.items())),)),)


def _problems_table(pairs, shown, file):
    rows = tuple(
        (
            Cell(result.title, target=section_id(result.key) if result.key in shown else ""),
            kind_cell(result),
            cell("n_distinct", _sorted_by(result), distinct_text(result)),
            cell("n_starts", row["n_starts"], counted_text(result)),
            cell("coverage", row["coverage"], coverage_text(result)),
            _certificate(result),
        )
        for result, row in pairs[:PROBLEM_ROWS]
    )
    headers = ("problem", "result", "distinct solutions", "starts", "coverage", "best product W H")
    numeric = (False, False, True, True, True, False)
    return Table("", headers, rows, numeric, file, len(pairs) - len(rows))


def _sorted_by(result):
    return math.inf if outcome(result) == "continuum" else result.assessed.n_known


def problem_sections(study, files):
    """The section with one folded part per problem that has one."""
    rows = dict((result.key, row) for result, row in paired(study))
    parts = [_full(study, result, rows[result.key], files) for result in full_problems(study)]
    return Section("each", "Problem by problem", (), tuple(parts))


def full_problems(study):
    """Which problems get a section of their own.

    All while they are few. Otherwise those without a penalty, since a sweep over penalties is
    summed up in the answers, as are the draws of a diagram; the others stand in the table.
    """
    results = in_reading_order(study)
    if len(results) <= FEW:
        return results
    drawn = {result.key for result in draws_of(results)}
    results = [p for p in results if p.key not in drawn]
    plain = [p for p in results if p.problem.penalty.is_zero]
    return (plain or results)[:FULL_PROBLEMS]


def paired(study):
    """Each problem with its row of the table, in the order of reading."""
    rows = {row["problem"]: row for row in study.problems.to_dict("records")}
    return [(result, rows[result.key]) for result in in_reading_order(study)]


def _trivial(result):
    """A note where a fit of so many components teaches nothing."""
    (n, d), k = result.dataset.X.shape, result.problem.n_components
    if k < min(n, d):
        return []
    note = (
        f"k = {k} is no less than the {min(n, d)} {'columns' if d <= n else 'rows'} of X, so one "
        "component for each fits any data exactly (X = X·I), and nothing can be learned from how "
        "well it fits."
    )
    return [Paragraph(note, "note")]


def _contradictions(result):
    return [
        Paragraph(contradiction_sentence(c, result.title), "error") for c in contradictions(result)
    ]


def _certificate(result):
    if not result.problem.penalty.is_zero:
        return Cell(ABSENT)
    return certificate_cell(result.verdicts.get(0), bool(contradictions(result)))


def _full(study, result, row, files):
    identifier = section_id(result.key)
    blocks = _result(row, result, "lead")
    blocks += _contradictions(result)
    blocks += _trivial(result)
    blocks += files.figures(illustrate_component_ranges, result)
    blocks += explore_blocks(result, identifier, files)
    found = [solutions_table(study, result)]
    for illustrate in (illustrate_map, illustrate_objectives):
        found += files.figures(illustrate, result)
    blocks.append(Details("The solutions found", tuple(found)))
    shares = (shares_table(result), *solver_blocks(result, files))
    blocks.append(Details("Which way of starting reaches which solution", shares))
    # A count that is 1 throughout needs no picture.
    several = row["n_minima"] > 1 or row["kind"] != "one"
    curves = files.figures(illustrate_count, result) if several else []
    if result.robustness is not None and len(result.robustness.table) > 1:
        curves += files.figures(illustrate_objective_gate, result)
    curves += files.figures(illustrate_convergence, result) or [
        Paragraph("How a start converged is not drawn: no such curve is stored with it.", "note")
    ]
    blocks.append(
        Details("Can the count be trusted?", (Paragraph(kind_sentence(result.assessed)), *curves))
    )
    trusted = trust_blocks(result, files)
    blocks.append(Details("The components, and which of them to trust", trusted))
    certified = certificate_blocks(result, row, files)
    blocks.append(Details("Proof: the certificate beside the count", certified))
    return Section(identifier, result.title, tuple(blocks), badge=kind_cell(result), folded=True)


def _result(row, result, role=""):
    """The result in one sentence with a link to its table, and what stands behind it."""
    sentence, behind = result_sentences(row, result)
    links = (("Table of its solutions", _table_id(result)),) if row["n_minima"] else ()
    return [Paragraph(sentence, role, links), *([Paragraph(behind)] if behind else [])]


def _table_id(result):
    return f"{section_id(result.key)}-solutions"


def solutions_table(study, result, shown=12):
    """The minima of a problem, best first."""
    found = study.solutions[study.solutions.problem == result.key]
    numeric = tuple(name != "verdict" for name in _SOLUTION_COLUMNS)
    rows = []
    for row in found.head(shown).to_dict("records"):
        rank = rank_text(row["best"], row["near_optimal"])
        minimum = Cell(f"{row['minimum'] + 1}{rank}", value=row["minimum"] + 1)
        row["nearest"] = None if row["nearest"] == float("inf") else row["nearest"]
        cells = [cell(name, row[name]) for name in _SOLUTION_COLUMNS[1:-2]]
        verdict = result.verdicts.get(row["minimum"])
        proved = Cell(ABSENT) if verdict is None else certificate_cell(verdict)
        rows.append((minimum, *cells, proved, Cell(str(row["seed"]), value=row["seed"])))
    return Table(
        "Minima found, lowest objective first",
        tuple(label(name) for name in _SOLUTION_COLUMNS),
        tuple(rows),
        (False, *numeric[1:]),
        "tables/solutions.csv",
        max(0, len(found) - shown),
        id=_table_id(result),
    )


def _search_name(search):
    """Init, and of the solver what is not usual."""
    usual = Search().solver
    settings = spelt(search.solver_label.removeprefix(usual))
    settings = settings[1:-1] if settings.startswith("(") else settings
    return f"{search.init}, {settings}" if settings else search.init


def shares_table(result, shown=12):
    """How often each search ends in each minimum of a problem: a column per search."""
    searches = [fits.search for fits in result.searches]
    cells = {}
    for share in result.solutions.shares():
        text = f"{percent(share['share'])} ({share['n_starts']})"
        if share["n_starts"] and share["share_low"] < share["share_high"]:
            text += f", {percent(share['share_low'])} to {percent(share['share_high'])}"
        cells[share["minimum"], share["init"], share["solver"]] = (
            text if share["n_starts"] else ABSENT
        )
    n_minima = result.solutions.n_minima
    rows = tuple(
        (
            Cell(f"minimum {m + 1}"),
            *(Cell(cells.get((m, s.init, s.solver_label), ABSENT)) for s in searches),
        )
        for m in range(min(n_minima, shown))
    )
    return Table(
        "Share of the starts that end in each minimum (their number), with 95 % intervals",
        ("", *map(_search_name, searches)),
        rows,
        (False,) + (True,) * len(searches),
        "tables/shares.csv",
        max(0, n_minima - shown),
    )
