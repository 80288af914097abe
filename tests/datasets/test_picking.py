"""What of a file is wanted: columns, rows, names from elsewhere; and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from nmfstudy.cli import main
from nmfstudy.datasets import load_dataset
from nmfstudy.datasets.file import how_it_was_read
from nmfstudy.util.errors import RequestError

X = np.random.default_rng(0).integers(1, 90, (6, 4)).astype(float)
TABLE = pd.DataFrame(X, index=list("uvwxyz"), columns=["f0", "f1", "f2", "f3"])


def load(path, **options):
    return load_dataset("file", path=path, **options)


@pytest.fixture
def mixed(tmp_path):
    """A table with row names, numbers and a column of text in the middle."""
    TABLE.assign(group=list("ababab"))[["f0", "group", "f1", "f2", "f3"]].to_csv(tmp_path / "x.csv")
    return tmp_path / "x.csv"


@pytest.mark.parametrize(
    ("options", "rows", "columns"),
    [
        ({"drop": "group"}, "uvwxyz", ["f0", "f1", "f2", "f3"]),
        ({"drop": ["group", "f2", "v"]}, "uwxyz", ["f0", "f1", "f3"]),
        ({"select": ["f3", "f1"]}, "uvwxyz", ["f1", "f3"]),
        ({"select": ["f3", "f1", "u", "z"]}, "uz", ["f1", "f3"]),
        ({"select": ["f3", "f1"], "drop": "f1"}, "uvwxyz", ["f3"]),
    ],
)
@pytest.mark.parametrize("turned", [True, False])
def test_rows_and_columns_by_name(mixed, options, rows, columns, turned):
    orientation = "features_by_samples" if turned else "auto"
    data = load(mixed, orientation=orientation, **options)
    expected = TABLE.loc[list(rows), columns]
    found = (data.row_names, data.column_names) if not turned else (
        data.column_names, data.row_names)  # fmt: skip
    assert found == (tuple(rows), tuple(columns))
    assert np.array_equal(data.X.T if turned else data.X, expected)


def test_text_without_row_names_loses_its_column(tmp_path):
    frame = TABLE.assign(group="a")[["f0", "group", "f1", "f2", "f3"]]
    frame.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(RequestError, match=r"'a' in line 2, column 2 \('group'\); .*drop=group"):
        load(tmp_path / "x.csv")
    data = load(tmp_path / "x.csv", drop="group")
    assert np.array_equal(data.X, X) and data.column_names == tuple(TABLE.columns)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drop": ["group", "f9"]}, "has no 'f9'; possible in dataset.select= and drop=: 'f0'"),
        ({"drop": {"group": 1}}, "dataset.drop is .*possible: a name, or several"),
        ({"drop": ["f0", "f1", "f2", "f3", "group"]}, "has no column left; possible: fewer names"),
        ({"drop": "group", "select": "q"}, "has no 'q'"),
    ],
)
def test_names_that_are_none_are_refused(mixed, options, said):
    with pytest.raises(RequestError, match=said):
        load(mixed, **options)


def test_names_from_files_of_their_own(tmp_path):
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "words.txt").write_text("a\nb b\n\nc\nd\n", encoding="utf-8-sig")
    (tmp_path / "texts.tsv").write_text("".join(f"{i}\tt{i}\n" for i in range(6)))
    names = {"feature_names": tmp_path / "words.txt", "sample_names": tmp_path / "texts.tsv"}
    data = load(tmp_path / "x.npy", **names)
    assert data.column_names == ("a", "b b", "c", "d")
    assert data.row_names == tuple(f"t{i}" for i in range(6))
    assert "features named by words.txt" in how_it_was_read("x.npy", data)
    with pytest.raises(RequestError, match="sample_names is a file of 4 names; possible: 6"):
        load(tmp_path / "x.npy", sample_names=tmp_path / "words.txt")
    for wrong, said in (("none.txt", "is no file"), ("x.npy", "is not a text file")):
        with pytest.raises(RequestError, match=said):
            load(tmp_path / "x.npy", feature_names=tmp_path / wrong)
    with pytest.raises(RequestError, match="is 3; possible: the path"):
        load(tmp_path / "x.npy", feature_names=3)


def test_the_preview_is_one_line(tmp_path, capsys):
    frame = TABLE.copy()
    frame.loc[["v", "x"]] = 0.0
    frame.to_csv(tmp_path / "genes.tsv", sep="\t")
    assert main(["run", str(tmp_path / "genes.tsv"), "--check"]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("read ")]
    begun = "6 samples × 4 features, names from the first column, header yes, 2 empty rows."
    assert line.endswith(f"genes.tsv: {begun}")
    (tmp_path / "otus.csv").write_text("otu,10,20,30\n1,0,2,1\n2,1,0,4\n3,2,2,2\n4,1,5,1\n")
    assert main(["run", str(tmp_path / "otus.csv"), "dataset.header=yes", "--check"]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("read ")]
    assert "header yes" in line and "header=no" not in line


def test_catalogues_of_mutations_have_features_in_rows(tmp_path):
    kinds = [f"{a}[{s}]{b}" for s in ("C>A", "T>G") for a in "ACGT" for b in "ACGT"]
    values = np.random.default_rng(1).poisson(20, (len(kinds), 3))
    frame = pd.DataFrame(values, index=pd.Index(kinds, name="MutationType"), columns=list("pqr"))
    frame.to_csv(tmp_path / "b.SBS96.all", sep="\t")
    data = load(tmp_path / "b.SBS96.all")
    assert data.row_names == tuple("pqr") and data.column_names == tuple(kinds)
    assert "orientation=samples_by_features" in " ".join(data.notes)
    assert load(tmp_path / "b.SBS96.all", orientation="samples_by_features").X.shape == (32, 3)


def test_gct_files_have_two_lines_above_and_a_description(tmp_path):
    frame = TABLE.rename_axis("Name").reset_index()
    frame.insert(1, "Description", "some words")
    lines = f"#1.2\n6\t4\n{frame.to_csv(sep=chr(9), index=False)}"
    (tmp_path / "x.gct").write_text(lines)
    data = load(tmp_path / "x.gct")
    assert np.array_equal(data.X, X) and data.row_names == tuple("uvwxyz")
    assert data.column_names == tuple(TABLE.columns)
    assert "orientation=features_by_samples" in " ".join(data.notes)


def test_rounding_errors_below_zero_are_clipped_if_asked(tmp_path):
    for name, below in (("tiny.csv", -1e-9), ("large.csv", -3.0)):
        frame = TABLE.copy()
        frame.iloc[0, 0] = below
        frame.to_csv(tmp_path / name)
    with pytest.raises(RequestError, match="-1e-09 .* rounding error to 0, as dataset.clip=true"):
        load(tmp_path / "tiny.csv")
    data = load(tmp_path / "tiny.csv", clip=True)
    assert data.X[0, 0] == 0 and "1 negative entry set to 0" in data.reading
    with pytest.raises(RequestError, match="1 negative entries, the lowest -3"):
        load(tmp_path / "large.csv", clip=True)
    with pytest.raises(RequestError, match="dataset.clip is 'yes'; possible: true, false"):
        load(tmp_path / "tiny.csv", clip="yes")


def test_centred_data_get_advice(tmp_path):
    for frame in (TABLE - TABLE.mean(), np.log2(TABLE / TABLE.median())):
        frame.to_csv(tmp_path / "x.csv")
        with pytest.raises(RequestError, match="centred or log-ratios, give them as they were"):
            load(tmp_path / "x.csv")
