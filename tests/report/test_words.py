"""What the report says of a problem must hold of it, and must be said in the overview too."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nmfstudy import Study, fit, load_dataset
from nmfstudy.plots.solutions import (
    count_table,
    illustrate_count,
)
from nmfstudy.report.captions import continuum_sentence, illustrated
from nmfstudy.report.methods import methods_text
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.phrases import (
    certificate_cell,
    coverage_text,
    distinct_text,
    kind_cell,
    result_sentences,
    study_headline,
)
from nmfstudy.report.problems import problems_section
from nmfstudy.report.questions import answer_all
from nmfstudy.report.questions.q4_distinct import count_sentence
from nmfstudy.report.words_on_kind import kind_sentence

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def menu():
    """The menu: a settled count, an edge with ends, penalties too strong and on one side."""
    data = load_dataset("menu")
    fits = [
        fit(data, n_components=3, n_starts=20),
        fit(data, n_components=2, n_starts=60),
        fit(data, n_components=4, n_starts=40),
        fit(data, n_components=3, n_starts=10, alpha_W=1.3),
        fit(data, n_components=3, n_starts=20, alpha_W=0.47, l1_ratio=1.0),
        fit(data, n_components=3, n_starts=4, alpha_W=0.01, alpha_H=0.0, max_iter=300),
    ]
    return Study.of(data, *fits)


def of(study, **wanted):
    (found,) = (
        r
        for r in study
        if r.problem.n_components == wanted["k"] and r.problem.penalty.alpha_W == wanted["alpha"]
    )
    return found


def test_optima_that_are_known_are_not_counted_as_not_settled(menu):
    said = study_headline(menu)
    assert "2 have all zeros as the best there is" in said
    assert "1 has no minimum" in said and "not settled" not in said
    for alpha, text, distinct in ((1.3, "all zero", "1"), (0.01, "no minimum", "none")):
        result = of(menu, k=3, alpha=alpha)
        assert result.assessed.kind == "unsettled"
        assert kind_cell(result).text == text
        assert (distinct_text(result), coverage_text(result)) == (distinct, "–")


def test_where_every_penalty_is_on_one_factor_there_is_nothing_to_settle(menu):
    only = replace(menu, results=(of(menu, k=3, alpha=0.01),))
    (answer,) = (a for a in answer_all(only) if a.key == "distinct")
    assert answer.verdict.startswith("None") and "1 has no minimum" in answer.summary
    assert dict(answer.facts)[only.results[0].title].startswith("There is no minimum")


def test_all_zeros_are_the_best_however_few_starts_end_there(menu):
    result = of(menu, k=3, alpha=0.47)
    assert result.known_optimum == "zero"
    assert all((fits.objective >= 0.5 * fits.data_norm**2 * (1 - 1e-9)).all()
               for fits in result.searches)  # fmt: skip
    row = menu.problems[menu.problems.problem == result.key].iloc[0].to_dict()
    ended = sum((fits.stop_reason == "collapsed").sum() for fits in result.searches)
    assert 0 < ended < 20 and f"20 starts {ended} ended there" in result_sentences(row, result)[1]


def test_a_weaker_penalty_leaves_the_optimum_open(menu):
    assert of(menu, k=3, alpha=0.0).known_optimum is None
    data = load_dataset("menu")
    weak = Study.of(data, fit(data, n_components=3, n_starts=4, alpha_W=1.1))
    assert weak.results[0].known_optimum is None


def test_a_known_second_factorization_is_never_hidden(menu):
    edge = of(menu, k=2, alpha=0.0)
    verdict = edge.verdicts[0]
    assert verdict.status == "partially_identifiable" and verdict.witness is not None
    assert certificate_cell(verdict).text.startswith("not unique")
    (cells,) = (row for row in _overview(menu) if row[0].text == edge.title)
    assert cells[-1].text == certificate_cell(verdict).text
    assert f"product: {certificate_cell(verdict).text}" in methods_text(menu)


def _overview(study):
    blocks = problems_section(study, FigureFiles()).blocks
    return [row for block in blocks for row in getattr(block, "rows", ())]


def test_the_sentence_on_a_continuum_is_what_its_curve_does(menu):
    ends, every = of(menu, k=2, alpha=0.0).assessed, of(menu, k=4, alpha=0.0).assessed
    assert ends.kind == every.kind == "continuum"
    table = count_table(ends)
    fine = table.n_distinct[table.distance_tol >= ends.noise_floor].iloc[0]
    assert fine == ends.curve([10 * ends.noise_floor])[1][0] < ends.counts.sum()
    assert f"stays at {fine}:" in continuum_sentence(table, ends)
    assert "every start" in continuum_sentence(count_table(every), every)
    grown = table.assign(n_distinct=range(40, 40 - len(table), -1))
    assert "keeps growing" in continuum_sentence(grown, ends)


def test_a_continuum_has_no_coverage_and_never_levels_off(menu):
    result = of(menu, k=2, alpha=0.0)
    assert coverage_text(result) == "–" and distinct_text(result) == "∞"
    assert coverage_text(of(menu, k=3, alpha=0.0)) == "100 %"
    (answer,) = (a for a in answer_all(menu) if a.key == "distinct")
    table = answer.tables["distinct"].set_index("title")
    assert np.isnan(table.coverage["menu, k = 2"]) and table.coverage["menu, k = 3"] == 1


def test_where_looking_ends_is_not_passed_off_as_the_end_of_the_plateau(menu):
    result = of(menu, k=3, alpha=0.0)
    assert result.solutions.plateau[1] == 0.5
    for text in (kind_sentence(result.assessed), illustrated(illustrate_count, result).caption):
        assert "to the largest distance looked at (0.5)" in text


def test_methods_speak_of_the_searches_that_count(menu):
    data = load_dataset("menu")
    early = fit(data, n_components=3, n_starts=17, stop="scikit_learn", tol=1e-4, max_iter=200)
    text = methods_text(Study.of(data, fit(data, n_components=3, n_starts=12), early))
    assert "Of 12 starts 12 converged" in text and "17" not in text.split("References")[0]
    assert text.count("Fits began at") == 1 and "stopping rule" not in text
    alone = methods_text(Study.of(data, early))
    assert "Of 17 starts" in alone and "stopping rule" in alone


def test_starts_that_do_not_count_are_not_passed_off_as_evidence():
    data = load_dataset("menu")
    early = fit(data, n_components=3, n_starts=17, stop="scikit_learn", tol=1e-4, max_iter=200)
    study = Study.of(data, fit(data, n_components=3, n_starts=12), early)
    assert count_sentence(study.results[0]) == "One solution (12 of 29 starts)."
    (cells,) = _overview(study)
    assert [c.text for c in cells][3] == "12 of 29"


def test_methods_say_once_what_holds_for_all_data(menu):
    two = (menu.results[0], Study.of(load_dataset("basket"), fit(load_dataset("basket"), 2)))
    text = methods_text(replace(menu, results=(two[0], *two[1].results)))
    assert text.count("taken as one solution") == text.count("Good–Turing") == 1
    assert text.count("Found:") == 2


def test_the_software_is_cited_as_the_citation_file_has_it(menu):
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    last = methods_text(menu).strip().splitlines()[-1]
    wanted = re.findall(r"^(?:title|url): \"?(.+?)\"?$|^  - name: (.+)$", cited, flags=re.M)
    assert len(wanted) >= 2 and all("".join(found) in last for found in wanted)
    assert f"({re.search(r'date-released: (....)', cited)[1]})" in last


def test_the_first_figure_of_the_readme_says_what_its_numbers_are():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    alt, name = re.search(
        r"!\[(.+?)\]\(results/discussion/figures/(\S+)\.png\)", readme, re.S
    ).groups()
    low, high, first, last, full = (
        float(n.replace("10⁻⁶", "1e-6"))
        for n in re.search(
            r"between (\S+) and (\S+) it\s+goes from (\d+) down to (\d+) .+ is (\d+) throughout",
            alt, re.S,
        ).groups()
    )  # fmt: skip
    table = pd.read_csv(ROOT / "results" / "discussion" / "tables" / f"{name}.csv")
    within = table[table.distance_tol.between(low * 0.99, high * 1.01)]
    (_, early), (_, converged) = within.groupby("label", sort=False)
    assert (early.n.iloc[0], early.n.iloc[-1]) == (first, last)
    assert set(converged.n) == {full}
    caption = readme.partition(f"{name}.png)")[2][:600]
    assert "between 10⁻⁶ and 0.1" in " ".join(caption.split())
