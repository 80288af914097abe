"""Numbers as people read them."""

import numpy as np
import pandas as pd
import pytest

from nmfstudy.report.page.numbers import (
    SHOWN_ROWS,
    cell_text,
    count,
    csv_text,
    label,
    number,
    percent,
    table_of,
)


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (True, "yes"),
        (np.False_, "no"),
        (0.0, "0"),
        (1797, "1,797"),
        (np.int64(12), "12"),
        (576594.03, "576,594"),
        (0.31838, "0.3184"),
        (12.0, "12"),
        (0.459261, "0.4593"),
        (5.63e-9, "5.63·10⁻⁹"),
        (1e-3, "0.001"),
        ("text", "text"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    "value, text",
    [
        (1.0, "100 %"),
        (0.9999, "> 99.9 %"),
        (0.0, "0 %"),
        (1e-5, "< 0.1 %"),
        (0.125, "12.5 %"),
        (float("nan"), "–"),
    ],
)
def test_percent_is_never_rounded_to_all_or_nothing(value, text):
    assert percent(value) == text


def test_count():
    assert count(1, "start") == "1 start"
    assert count(2000, "start") == "2,000 starts"
    assert count(2, "minimum", "minima") == "2 minima"


def test_a_table_says_what_it_leaves_out():
    frame = pd.DataFrame({"n_starts": range(40), "share": np.linspace(0, 1, 40), "kind": "one"})
    table = table_of(frame, "title")
    assert len(table.rows) == SHOWN_ROWS and table.left_out == 40 - SHOWN_ROWS
    assert table.headers == ("starts", "share", "kind")
    assert table.numeric == (True, True, False)
    assert table.rows[0][1].text == "0 %"


def test_words_of_the_tables_are_spelt_as_people_write_them():
    assert cell_text("certificate", "partially_identifiable") == "partially identifiable"
    assert cell_text("solver", "accelerated(tol=1e-12)") == "accelerated(tol=10⁻¹²)"
    assert cell_text("title", "gene_1e-5") == "gene_1e-5"
    assert cell_text("n", pd.NA) == "–" and label("at 1e-06") == "at 10⁻⁶"


def test_csv_is_exact():
    values = [0.1 + 0.2, 1e-300, 1 / 3, 2**0.5 * 1e17]
    frame = pd.DataFrame({"x": values})
    assert [float(line) for line in csv_text(frame).split()[1:]] == values
