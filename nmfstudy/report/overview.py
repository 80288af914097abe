"""The first screen of the report: which k, which components, how sure, what next."""

import shlex

from nmfstudy.assess.choice_of_k import support, table_over_k
from nmfstudy.plots.overview import illustrate_component_ranges, illustrate_k
from nmfstudy.report.gate_slider import gate_slider
from nmfstudy.report.over_k import chosen, results_title
from nmfstudy.report.page.page import Card, Cards, Columns, Command, Paragraph, Section
from nmfstudy.report.phrases import distinct_text
from nmfstudy.report.words_on_data import data_line
from nmfstudy.report.words_on_k import advice_sentence, next_step
from nmfstudy.report.words_on_trust import short_trust

FEW_MATRICES = 3  # whose remarks stand on the first screen


def overview_section(study, answers, advised, files):
    """What a reader wants first; None of a study without answers and without several k.

    A study with penalties asks the questions and shows them as cards; one without is somebody's
    data, and shows which k to take and what its components are.
    """
    blocks = []
    if study.has_penalties:
        blocks += _example(answers, files)
        blocks += _cards(answers, files)
    else:
        for one in advised:
            blocks += _data(study, *one, files)
        blocks += _others(study, advised)
        if len(study) == 1:
            blocks += files.figures(illustrate_component_ranges, study.results[0])
    return Section("overview", "At a glance", tuple(blocks)) if blocks else None


def overview_headline(advised):
    """The advice on every matrix in a line each; empty without any."""
    return " ".join(
        f"{results_title(results)}: {headline(results, advice)}"
        for results, _, advice in advised
        if advice is not None
    )


def headline(results, advice):
    """``take k = 3; components 1 and 2 are stable, 3 is not``."""
    text = advice_sentence(advice)
    text = text[:1].lower() + text[1:].rstrip(".")
    result = chosen(results, advice)
    return f"{text}; {short_trust(result)}." if result is not None else f"{text}."


def _data(study, results, evidence, advice, files):
    """One matrix: what it is like, k beside the components, and the next command."""
    dataset = results[0].dataset
    blocks = [Paragraph(data_line(dataset, results[0].problem.loss), "note")]
    if evidence is None:
        return blocks
    left = files.figures(illustrate_k, _over_k(results, evidence, advice), dataset.name)
    shown = chosen(results, advice) if advice is not None else None
    right = files.figures(illustrate_component_ranges, shown) if shown is not None else []
    blocks.append(Columns(tuple(tuple(column) for column in (left, right) if column)))
    if command := next_step(study.about.get("command", ()), advice):
        words, line = command
        blocks += [Paragraph(f"{words}:"), Command(shlex.join(line))]
    if right and (slider := gate_slider(results, shown, right[0].name)) is not None:
        blocks.append(files.widget(slider))
    return blocks


def _others(study, advised):
    """What the matrices are like that were fitted with one number of components, if few."""
    if len({result.dataset.sha256 for result in study}) > FEW_MATRICES:
        return []
    shown = {results[0].dataset.sha256 for results, *_ in advised}
    others = {r.dataset.sha256: r for r in study if r.dataset.sha256 not in shown}
    return [
        Paragraph(f"{r.dataset.name}: {data_line(r.dataset, r.problem.loss)}", "note")
        for r in others.values()
    ]


def _over_k(results, evidence, advice):
    table = table_over_k([r.candidate for r in results], evidence)
    known = {r.problem.n_components: distinct_text(r) for r in results}
    return table[["n_components", "relative_error"]].assign(
        support=support(table.fillna({"within_one": False})),
        chosen=table.n_components == (advice.n_components if advice else None),
        solutions=[known.get(k, "") for k in table.n_components],  # one alone is not counted
    )


def _example(answers, files):
    """The worked example as pictures: X = W × H."""
    for answer in answers:
        if answer.key == "example" and answer.banner is not None:
            return [files.figure(answer.banner)]
    return []


def _cards(answers, files):
    """A card for each question that has a section with a picture."""
    cards = []
    for answer in answers:
        picture = next(iter(answer.illustrations), None)
        if answer.key == "example" or not answer.target or picture is None:
            continue
        verdict = f"{answer.verdict.rstrip('.')}."
        cards.append(Card(answer.short, verdict, answer.target, files.thumbnail(picture)))
    return [Cards(tuple(cards))] if cards else []
