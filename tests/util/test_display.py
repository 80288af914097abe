"""What results print as: short, aligned, on one line a row, and never markup."""

import re

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy import plots
from nmfstudy.store.job import Analysis
from nmfstudy.util.display import as_html, as_text, listed, number, percent, spelt, without_lineage
from nmfstudy.util.errors import RequestError

DATA = ns.load_dataset("menu")


@pytest.fixture(scope="module")
def fits():
    return ns.fit(DATA, 3, n_starts=30)


@pytest.fixture(scope="module")
def study(fits):
    one = ns.fit(DATA, 3, init="nndsvda")
    return ns.Study.of(DATA, fits, one, ns.fit(DATA, 4, n_starts=60))


def results(fits, study):
    solutions = ns.distinct_solutions(fits)
    best = solutions.representatives[0]
    return [fits, fits[0], fits[:2], solutions, ns.certify(best.W, best.H), study, *study]


def test_results_print_as_short_tables(fits, study):
    for result in results(fits, study):
        text, page = repr(result), result._repr_html_()
        assert len(text.splitlines()) <= 14 and "array(" not in text and "nan" not in text
        assert "<table>" in page and page.count("<tr>") == page.count("</tr>")
    assert "30 starts, 30 converged" in repr(fits)
    assert "one" in repr(study) and "continuum" in repr(study)


def test_nothing_that_is_shown_is_markup():
    evil = "<img src=x onerror=alert(1)>\x1b[2J\n"
    page = as_html(evil, (evil,), [(evil,)])
    assert "<img" not in page and "\x1b" not in page
    assert "\x1b" not in as_text("", ("a",), [(evil,)])
    named = ns.Study.of(ns.load_dataset("basket"), ns.fit(ns.load_dataset("basket"), 2, n_starts=3))
    object.__setattr__(named.results[0].dataset, "name", "<script>")
    assert "<script>" not in named._repr_html_() and "&lt;script&gt;" in named._repr_html_()


def test_columns_stand_in_line():
    lines = as_text("t", ("name", "n"), [("a", "1"), ("bcd", "200")]).splitlines()
    assert lines == ["t", "name    n", "a       1", "bcd   200"]
    assert as_text("only", ("a",), []) == "only"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (np.inf, "∞"), (True, "yes"), (np.False_, "no"),
     (12345, "12,345"), (0.123456, "0.1235"), (2.0, "2"), (1e-18, "10⁻¹⁸")],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(9.99e-7, 1, "10⁻⁶"), (9.99e-7, 3, "9.99·10⁻⁷"), (-2e-5, 2, "−2·10⁻⁵"), (1e-3, 4, "0.001"),
     (9.996e-4, 2, "0.001"), (12345.6, 2, "12,346"), (1.5e7, 4, "1.5·10⁷"), (-0.25, 4, "−0.25"),
     (10**9, 1, "1,000,000,000"), (np.int64(-3), 4, "−3"), (np.float32(0.5), 4, "0.5"),
     ("word", 4, "word")],
)  # fmt: skip
def test_digits_that_matter(value, digits, text):
    assert number(value, digits) == text


def test_numbers_are_what_they_were():
    """Read back, the text is the value to the digits that were asked for."""
    plain = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", ",")
    for value in np.random.default_rng(0).lognormal(0, 9, 500):
        for digits in (1, 2, 4):
            text = number(value, digits)
            back = re.sub(r"^10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", "1·10", text).replace("·10", "e")
            assert float(back.translate(plain)) == pytest.approx(
                value, rel=0.51 * 10 ** (1 - digits)
            )


def test_labels_are_spelt_with_the_same_numbers():
    assert spelt("x(tol=1e-12, rate=2.5e-05)") == "x(tol=10⁻¹², rate=2.5·10⁻⁵)"
    for name in ("gene1e-05", "v1.1e-3", "k3-1e-9f", "abc"):
        assert spelt(name) == name


def test_fits_at_hand_are_a_study_like_that_of_a_folder(fits, study):
    assert list(study.problems.n_components) == [3, 4]
    assert list(study.problems.n_starts) == [31, 60]
    assert study.problems.verdict[0] == "unique"
    assert len(study.starts) == 91 and set(study.shares.init) == {"random", "nndsvda"}
    twice = ns.Study.of(DATA, fits, fits)
    assert twice.results[0].n_starts == 30
    wide = ns.Study.of(DATA, fits, analysis=Analysis(distance_tol=0.5))
    assert wide.problems.distance_tol[0] == 0.5


def test_fits_of_other_data_are_no_study(fits):
    with pytest.raises(RequestError, match="of a 6×4 matrix; possible: of X, which is 3×3"):
        ns.Study.of(ns.load_dataset("basket"), fits)
    with pytest.raises(RequestError, match="no fits given"):
        ns.Study.of(DATA)


def test_a_report_of_fits_at_hand(study, tmp_path):
    from dataclasses import replace

    from nmfstudy.report import write_report

    page = write_report(replace(study, folder=tmp_path / "mine")).read_text()
    assert "menu, k = 3" in page and "not recorded" in page
    assert (tmp_path / "mine" / "factors" / "menu-k3-W.csv").is_file()


def test_an_illustration_shows_itself(study):
    shown = plots.illustrate_count(study.results[0])
    assert "data:image/png;base64," in shown._repr_html_()
    assert shown.png().startswith(b"\x89PNG")
    assert repr(shown).startswith("Illustration count-menu-k3")
    assert shown.figure().axes and plots.illustrate_map(study.results[1]) is not None


def test_every_plot_is_there_by_name():
    import re
    from pathlib import Path

    folder = Path(plots.__file__).parent
    named = r"^def ((?:plot|illustrate)_\w+|[a-z]\w*_table)\("
    found = {n for p in folder.glob("*.py") for n in re.findall(named, p.read_text(), re.M)}
    assert found | {"Illustration"} == set(plots.__all__)
    for name in plots.__all__:
        assert getattr(plots, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'plot_nothing'"):
        plots.plot_nothing  # noqa: B018


@pytest.mark.parametrize(
    "share, digits, text",
    [
        (0, 0, "0 %"),
        (1, 0, "100 %"),
        (0.004, 0, "< 1 %"),
        (0.996, 0, "> 99 %"),
        (0.42, 0, "42 %"),
        (0.695, 1, "69.5 %"),
        (0.7, 1, "70 %"),
        (0.0004, 1, "< 0.1 %"),
        (0.9996, 1, "> 99.9 %"),
        (float("nan"), 1, "–"),
    ],
)
def test_only_none_and_all_are_written_as_0_and_100_per_cent(share, digits, text):
    assert percent(share, digits) == text


@pytest.mark.parametrize(
    "words, text", [((), ""), ("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")]
)
def test_a_list_ends_with_and(words, text):
    assert listed(words) == text


def test_of_a_lineage_the_last_known_rank_stands_on_a_figure():
    taxa = [
        "k__Bacteria; p__Firmicutes; g__Blautia; s__",
        "k__Bacteria; p__Firmicutes; g__; s__",
        "k__Bacteria; p__Bacteroidetes; g__Prevotella; s__copri",
        "k__Archaea; p__X; g__Prevotella; s__copri",
    ]
    last = "g__Prevotella;s__copri"
    assert without_lineage(taxa) == ["g__Blautia", "p__Firmicutes", last, last]
    for plain in (["a;b", "c"], ["x"], [], ["A[C>A]A", "A[C>G]T"]):
        assert without_lineage(plain) == plain
