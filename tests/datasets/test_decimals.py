"""Decimal commas and grouped thousands in text files: read where sure, else refused."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmfstudy.datasets.formats.cells import is_written, to_float
from nmfstudy.datasets.reading import read_table
from nmfstudy.util.errors import RequestError

RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
TOLD = "Numbers were read with decimal commas: 1.234,5 is 1234.5."
GERMAN = str.maketrans(".,", ",.")


def table_of(tmp_path, text, **options):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, **options)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,5;2,5\n3;4", [[1.5, 2.5], [3, 4]]),
        ("1,5\t2,5\n3\t1.234,5", [[1.5, 2.5], [3, 1234.5]]),
        ("1,5 2,5\n3 4,25", [[1.5, 2.5], [3, 4.25]]),
        ("0,123;1,234\n2;3", [[0.123, 1.234], [2, 3]]),  # no thousands begin with 0
        ("1.234;1,5\n-1;1,5e-3", [[1234, 1.5], [-1, 0.0015]]),
        ("1;2\n" * 99 + "1,5;2\n", [[1, 2]] * 99 + [[1.5, 2]]),
    ],
)
def test_decimal_commas_that_can_be_nothing_else(tmp_path, text, values):
    table = table_of(tmp_path, text)
    assert table.values.tolist() == values
    assert table.row_names is None and table.column_names is None
    assert TOLD in table.notes


def test_names_keep_their_commas_and_points(tmp_path):
    table = table_of(tmp_path, "id;a,b;y;x.5\nu 1,5;1,5;2;3\nv;1;2;3\n")
    assert table.column_names == ("a,b", "y", "x.5") and table.row_names == ("u 1,5", "v")
    table = table_of(tmp_path, "m/z;1,5;2,5\nu;1;2\n", header="yes", index="yes")
    assert table.column_names == ("1,5", "2,5") and table.notes == ()


def test_points_are_as_ever(tmp_path):
    assert table_of(tmp_path, "1.234;5.678\n2;3\n").values.tolist() == [[1.234, 5.678], [2, 3]]
    assert table_of(tmp_path, "1.234;5.678\n").notes == ()
    assert table_of(tmp_path, "1,234\n5,678\n").values.tolist() == [[1, 234], [5, 678]]


def test_what_only_the_user_can_know(tmp_path):
    text = "1,234;5,678\n3;1,000\n"
    with pytest.raises(RequestError, match="group thousands.*decimal=comma or decimal=point"):
        table_of(tmp_path, text)
    table = table_of(tmp_path, text, decimal="comma")
    assert table.values.tolist() == [[1.234, 5.678], [3, 1]] and table.notes == ()
    table = table_of(tmp_path, text, decimal="point")
    assert table.values.tolist() == [[1234, 5678], [3, 1000]]
    quoted = '"1,5","1.234,5"\n"3","4"\n'
    with pytest.raises(RequestError, match="decimal=comma"):
        table_of(tmp_path, quoted)
    assert table_of(tmp_path, quoted, decimal="comma").values.tolist() == [[1.5, 1234.5], [3, 4]]
    with pytest.raises(
        RequestError, match="dataset.decimal is 'dot'; possible: auto, point, comma"
    ):
        table_of(tmp_path, text, decimal="dot")
    np.save(tmp_path / "x.npy", np.eye(2))
    with pytest.raises(RequestError, match="dataset.decimal is 'comma' and .* is no text file"):
        read_table(tmp_path / "x.npy", decimal="comma")


@given(
    X=st.lists(
        st.lists(
            st.floats(0, 1e7, allow_nan=False).map(lambda x: round(x, 2)), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=60,
    ),
    grouped=st.booleans(),
    delimiter=st.sampled_from([";", "\t", "|"]),
)
@RELAXED
def test_german_tables_are_read_as_english_ones(tmp_path, X, grouped, delimiter):
    """With two decimals in every cell there is no doubt."""
    style = ",.2f" if grouped else ".2f"
    lines = (delimiter.join(format(x, style).translate(GERMAN) for x in row) for row in X)
    assert table_of(tmp_path, "\n".join(lines)).values.tolist() == X


@pytest.mark.parametrize(
    ("cell", "point", "comma"),
    [
        ("1", 1, 1),
        ("1.5", 1.5, None),
        ("1,5", None, 1.5),
        ("1.234", 1.234, 1234),
        ("1,234", 1234, 1.234),
        ("-1,234,567.5", -1234567.5, None),
        ("+1.234.567,5e2", None, 123456750),
        ("12.34,5", None, None),
        ("1234,567.5", None, None),
        ("0,123", None, 0.123),
        (",5", None, 0.5),
        (" 5, ", None, 5),
        (",", None, None),
        ("", None, None),
        ("e5", None, None),
        ("1_000", None, None),
        ("1,5,", None, None),
    ],
)
def test_one_cell_in_both_writings(cell, point, comma):
    for decimal, value in ((".", point), (",", comma)):
        if value is None:
            with pytest.raises(ValueError):
                to_float(cell, decimal)
        else:
            assert to_float(cell, decimal) == value
        assert is_written(cell, decimal) == (value is not None)
