"""What failed, what the words mean, and where the results come from."""

import shlex

from nmfstudy.report.gate import gate_words
from nmfstudy.report.glossary import GLOSSARY, READING
from nmfstudy.report.page.numbers import count, number
from nmfstudy.report.page.page import Cell, Command, Details, Facts, Paragraph, Section, Table
from nmfstudy.report.words_on_sweep import stop_clause
from nmfstudy.sweep.execution import stop_of

MOST_TROUBLES = 50


def troubles_section(study, files):
    """Failed starts and runs, folders left out, figures not drawn; None if all went well."""
    blocks = []
    failed = [
        (f.get("problem", ""), e.get("seed"), _last_line(e.get("error", "")))
        for f in study.failures
        for e in f.get("errors") or [{}]
    ]
    if failed:
        rows = [
            (Cell(str(problem)), Cell("all" if seed is None else str(seed)), Cell(line))
            for problem, seed, line in failed
        ]
        blocks.append(Paragraph("The next run will try these again.", "note"))
        blocks.append(_table("Failed", ("problem", "seed", "what happened"), rows))
    if study.skipped:
        rows = [(Cell(str(name)), Cell(str(reason))) for name, reason in study.skipped]
        blocks.append(_table("Run folders left out", ("folder", "reason"), rows))
    if files.troubles:
        rows = [(Cell(name), Cell(line)) for name, line in files.troubles]
        blocks.append(_table("Figures not drawn", ("figure", "what happened"), rows))
    if not blocks:
        return None
    return Section("troubles", "What failed or was left out", tuple(blocks))


def _table(title, headers, rows):
    shown = tuple(rows[:MOST_TROUBLES])
    return Table(title, headers, shown, (False,) * len(headers), "", len(rows) - len(shown))


def _last_line(text):
    lines = [line for line in str(text).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"


def reading_section():
    """How to read the parts that come up again and again, and the words; said once."""
    words = Details("All words, in plain language", (Facts(GLOSSARY),), "words")
    return Section("reading", "How to read this", (Facts(READING), words), folded=True)


def provenance_section(study):
    """Command, tolerances, code and data; what changes with the machine is in a file."""
    analysis = study.analysis
    pairs = [
        ("Runs", count(len(study.infos), "run folder")),
        (
            "Tolerances",
            f"distance {number(analysis.distance_tol)}, convergence (KKT residual) "
            f"{number(analysis.kkt_tol)}; as good as the best means "
            f"{gate_words(analysis.objective_rtol)}",
        ),
        ("nmfstudy", _values(_made(study), lambda p: p.get("package"))),
        ("Code version of the fits", _values(study.infos, lambda info: info.get("code"))),
        ("Machine", "commit, Python, libraries, processor and time of fitting: provenance.json"),
    ]
    pairs += _adaptive(study) + _data(study)
    blocks = [*_again(study), Facts(tuple((term, str(meaning)) for term, meaning in pairs))]
    versions = {info.get("code") for info in study.infos}
    if len(versions) > 1:
        mixed = f"The runs were made by {len(versions)} versions of the code and are mixed here."
        blocks.insert(0, Paragraph(mixed, "error"))
    return Section("provenance", "Where this comes from", tuple(blocks), folded=len(versions) <= 1)


def machine(study):
    """What another machine, or another day, would give otherwise with the same results.

    Returns
    -------
    dict of str to str
        All different values of the runs, in order.
    """
    made = _made(study)
    return {
        "commit": _values(made, _commit),
        "python": _values(made, lambda p: p.get("python")),
        "libraries": _values(made, _libraries),
        "blas": _values(made, lambda p: ", ".join(p.get("blas") or [])),
        "cpu": _values(made, lambda p: f"{p.get('cpu')}, {p.get('cores')} cores"),
        "system": _values(made, lambda p: p.get("platform")),
        "seconds_of_fitting": number(_seconds(study)),
    }


def _made(study):
    return [info.get("provenance") or {} for info in study.infos]


def _again(study):
    """The command that makes the study again."""
    command = [str(word) for word in study.about.get("command", [])]
    if not command:
        return [Paragraph("The command of this study was not recorded.")]
    sentence = "This command, with the versions below, makes the same starts, tables and figures:"
    return [Paragraph(sentence), Command(shlex.join(command))]


def _adaptive(study):
    """Why adaptive searches stopped where they did."""
    if not study.about.get("adaptive"):
        return []
    stops = ((r, stop_of(r.solutions, max(map(len, r.searches)))) for r in study)
    return [
        (f"Adaptive: {r.title}", "not finished" if stop is None else stop_clause(stop))
        for r, stop in stops
    ]


def _data(study):
    seen = {}
    for result in study:
        n, d = result.dataset.X.shape
        text = f"{n:,} × {d:,}, sha256 {result.dataset.sha256}"
        seen.setdefault((result.dataset.name, text), None)
    return [(f"Data “{name}”", text) for name, text in seen]


def _seconds(study):
    return round(sum(float(info.get("seconds") or 0) for info in study.infos), 1)


def _values(items, get, most=4):
    """All different values in order; more than a few are counted."""
    values = list(dict.fromkeys(str(v) for v in map(get, items) if v not in (None, "")))
    if not values:
        return "not recorded"
    rest = f"; and {len(values) - most} others" if len(values) > most else ""
    return "; ".join(values[:most]) + rest


def _commit(made):
    commit = made.get("commit")
    if not commit:
        return None
    return f"{commit}, with changes not committed" if made.get("dirty") else commit


def _libraries(made):
    return ", ".join(f"{n} {v}" for n, v in (made.get("libraries") or {}).items() if v)
