"""Numbers that are names: read as names where that is sure, else refused or noted, never silent."""

import io

import numpy as np
import pandas as pd
import pytest

import nmfstudy as ns
from nmfstudy.datasets import Dataset, load_dataset, read_table
from nmfstudy.datasets.formats.layout import is_index_title
from nmfstudy.util.errors import RequestError

X = np.random.default_rng(0).integers(1, 90, (8, 6))
WAVES = ("400", "402.5", "405", "407.5", "410", "412.5")
FALLING = ("9.99", "9.98", "9.97", "9.96", "9.95", "9.94")
GENES = ("57", "672", "75", "4", "5290", "11")
CODES = ("7157", "672", "675", "4609", "5290", "1956", "207", "3845")
TIMES = ("0.5", "1", "1.5", "2", "3", "4", "6", "12")
TITLES = ("wavelength", "time", "m/z", "Temp (°C)", "x", "gene", "Zeit", "dose 1")
KEYS = ("#OTU ID", "sample_id", "SampleID", "Gene.Name", "barcode", "rownames", "Unnamed: 0", "No.")


def read(tmp_path, rows, **options):
    text = io.StringIO()
    pd.DataFrame(rows).to_csv(text, header=False, index=False)
    (tmp_path / "x.csv").write_text(text.getvalue(), encoding="utf-8")
    return read_table(tmp_path / "x.csv", **options)


def with_row(title, names):
    """Rows of text names and numbers below a title and other numbers."""
    return [[title, *names], *([f"s{i}", *row] for i, row in enumerate(X.tolist()))]


def with_column(title, names):
    """Text names above columns of numbers, the first of them a title above other numbers."""
    return [[title, *"abcdef"], *([n, *row] for n, row in zip(names, X.tolist(), strict=True))]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("names", [WAVES, FALLING])
def test_a_row_of_numbers_in_order_is_refused(tmp_path, title, names):
    with pytest.raises(RequestError, match="header=yes if it holds names, or header=no"):
        read(tmp_path, with_row(title, names))
    table = read(tmp_path, with_row(title, names), header="yes")
    assert np.array_equal(table.values, X) and table.column_names == names
    assert read(tmp_path, with_row(title, names), header="no").row_names[0] == title


@pytest.mark.parametrize("title", TITLES)
def test_a_column_of_numbers_in_order_is_refused(tmp_path, title):
    rows = with_column(title, TIMES)
    with pytest.raises(RequestError, match="index=yes if it holds names, or index=no"):
        read(tmp_path, rows)
    table = read(tmp_path, rows, index="yes")
    assert np.array_equal(table.values, X) and table.row_names == TIMES
    assert read(tmp_path, rows, index="no").column_names == (title, *"abcdef")


@pytest.mark.parametrize("title", TITLES)
def test_other_numbers_below_a_title_are_noted(tmp_path, title):
    (note,) = [n for n in read(tmp_path, with_row(title, GENES)).notes if "header=yes" in n]
    assert repr(title) in note and "part of the data" in note
    (note,) = [n for n in read(tmp_path, with_column(title, CODES)).notes if "index=yes" in n]
    assert repr(title) in note


def test_numbers_in_order_above_all_others_are_noted_without_any_title(tmp_path):
    rows = [list(WAVES), *X.tolist()]
    (note,) = read(tmp_path, rows).notes
    assert "first row is in order" in note and "header=yes" in note
    (note,) = read(tmp_path, np.array(rows).T).notes
    assert "first column is in order" in note and "index=yes" in note
    assert read(tmp_path, rows, header="no").notes == ()


def test_what_everything_else_is_in_order_too_is_no_name(tmp_path):
    """The negative control: growth curves over time are data."""
    curves = np.cumsum(X, axis=0)
    rows = [["t", *"abcdef"], *(list(r) for r in np.column_stack([range(3, 11), curves]).tolist())]
    assert read(tmp_path, rows).values.shape == (8, 7)


@pytest.mark.parametrize("title", KEYS)
def test_numbers_below_the_title_of_an_identifier_are_names(tmp_path, title):
    table = read(tmp_path, with_column(title, CODES))
    assert np.array_equal(table.values, X) and table.row_names == CODES
    both = read(tmp_path, [[title, *GENES], *with_column(title, CODES)[1:]])
    assert np.array_equal(both.values, X)
    assert (both.row_names, both.column_names) == (CODES, GENES)
    assert any("index=no" in note for note in both.notes)


@pytest.mark.parametrize("title", ["", "grid", "hybrid", "valid", "wavelength", "fluid", "x1"])
def test_other_titles_are_no_identifiers(title):
    assert not is_index_title(title)


def test_an_empty_corner_says_that_both_are_names(tmp_path):
    frame = pd.DataFrame(X, index=CODES, columns=WAVES)
    frame.to_csv(tmp_path / "x.csv")
    table = read_table(tmp_path / "x.csv")
    assert np.array_equal(table.values, X)
    assert (table.row_names, table.column_names) == (CODES, WAVES)
    assert len(table.notes) == 2
    for option in ("header", "index"):
        with pytest.raises(RequestError, match="an empty cell in line 1, column 1"):
            read_table(tmp_path / "x.csv", **{"header": "no", "index": "no", option: "auto"})


@pytest.mark.parametrize("ids", [CODES, tuple(f"n{i}" for i in range(8))])
def test_a_commented_title_stands_above_names(tmp_path, ids):
    lines = ["# made from a table", "\t".join(["#OTU ID", *GENES])]
    lines += ["\t".join(map(str, [n, *row])) for n, row in zip(ids, X.tolist(), strict=True)]
    (tmp_path / "x.tsv").write_text("\n".join(lines))
    table = read_table(tmp_path / "x.tsv")
    assert np.array_equal(table.values, X)
    assert (table.row_names, table.column_names) == (ids, GENES)


FRAMES = [
    pd.DataFrame(X, index=list("abcdefgh"), columns=["1", "2", "3", "4", "X", "Y"]),
    pd.DataFrame(X, columns=pd.MultiIndex.from_product([["X", "iloc"], list("abc")])),
    pd.DataFrame(X, index=range(10, 18)).rename(columns={0: "shape"}),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_data_frame_is_its_values_and_its_labels(frame):
    fits = ns.fit(frame, 2, n_starts=2)
    assert np.array_equal(fits.W, ns.fit(X, 2, n_starts=2).W)
    data = ns.Study.of(frame, fits).results[0].dataset
    assert np.array_equal(data.X, X)
    for names, labels in ((data.row_names, frame.index), (data.column_names, frame.columns)):
        if list(labels) == list(range(len(labels))):
            assert names is None
        else:
            joined = (", ".join(x) if isinstance(x, tuple) else str(x) for x in labels)
            assert names == tuple(joined)


def test_names_that_are_given_win_over_labels():
    assert Dataset("x", FRAMES[0], column_names="abcdef").column_names == tuple("abcdef")
    assert Dataset("x", pd.DataFrame(X)).row_names is None


@pytest.mark.parametrize("ending", [".all", ".counts", ".matrix.v2", ".all.gz"])
def test_text_is_read_whatever_its_ending(tmp_path, ending):
    frame = pd.DataFrame(X, index=list("abcdefgh"), columns=list("uvwxyz"))
    frame.to_csv(tmp_path / f"toy.SBS96{ending}", sep="\t", compression="infer")
    data = load_dataset("file", path=tmp_path / f"toy.SBS96{ending}")
    assert np.array_equal(data.X, X) and data.column_names == tuple("uvwxyz")
    assert data.name.startswith("toy.SBS96")
