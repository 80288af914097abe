"""What is written is read back: every format, every layout of names."""

import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from scipy.io import mmwrite

from nmfstudy.datasets import load_dataset, read_matrix, read_table
from nmfstudy.util.errors import RequestError

RELAXED = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
FINITE = st.one_of(
    st.floats(0, 1e300, allow_subnormal=True), st.integers(0, 9).map(float), st.just(-1.5)
)
MATRICES = hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=FINITE)
COUNTS = hnp.arrays(
    st.sampled_from(["i1", "<i4", ">i8", "u2", "?", "f2", ">f4"]),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=7),
    elements=st.integers(0, 1),
)
NAMES = st.text("abcÄß αβ,;\t\"'|#-&<>", min_size=1, max_size=8).map(lambda s: "n" + s.strip())

PLAIN_NAMES = st.text("abcÄß-_.#", max_size=8).map(lambda s: "x" + s)


def values_of(path, **options):
    values = read_table(path, **options).values
    assert values.dtype == np.float64
    return values.toarray() if sparse.issparse(values) else values


@given(X=MATRICES | COUNTS, fortran=st.booleans(), packed=st.booleans())
@RELAXED
def test_npy_and_npz(tmp_path, X, fortran, packed):
    X = np.asfortranarray(X) if fortran else X
    np.save(tmp_path / "x.npy", X)
    save = np.savez_compressed if packed else np.savez
    save(tmp_path / "one.npz", X)
    save(tmp_path / "named.npz", other=np.ones(3), X=X)
    for name in ("x.npy", "one.npz", "named.npz"):
        assert np.array_equal(values_of(tmp_path / name), X.astype(float))


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("kind", [sparse.coo_matrix, sparse.coo_array])
@pytest.mark.parametrize("packed", [True, False])
def test_sparse_npz(tmp_path, form, kind, packed):
    X = np.where(np.random.default_rng(1).random((12, 17)) < 0.2, 2.5, 0)
    sparse.save_npz(tmp_path / "x.npz", kind(X).asformat(form), compressed=packed)
    assert isinstance(read_matrix(tmp_path / "x.npz"), sparse.csr_array)
    assert np.array_equal(values_of(tmp_path / "x.npz"), X)


@given(X=MATRICES, coordinate=st.booleans(), packed=st.booleans())
@RELAXED
def test_matrix_market(tmp_path, X, coordinate, packed):
    text = io.BytesIO()
    mmwrite(text, sparse.coo_array(X) if coordinate else X, precision=17, comment="said")
    path = tmp_path / ("x.mtx.gz" if packed else "x.mtx")
    path.write_bytes(gzip.compress(text.getvalue()) if packed else text.getvalue())
    assert np.array_equal(values_of(path), X)
    assert sparse.issparse(read_matrix(path)) == coordinate


@pytest.mark.parametrize("symmetry", ["symmetric", "skew-symmetric"])
@pytest.mark.parametrize("coordinate", [True, False])
def test_symmetric_matrix_market(tmp_path, symmetry, coordinate):
    X = np.tril(np.random.default_rng(0).integers(1, 9, (6, 6)), -1).astype(float)
    X = X + X.T + np.eye(6) if symmetry == "symmetric" else X - X.T
    mmwrite(tmp_path / "x.mtx", sparse.coo_array(X) if coordinate else X, symmetry=symmetry)
    assert np.array_equal(values_of(tmp_path / "x.mtx"), X)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i4", "i8", "f4"])
@pytest.mark.parametrize("make", [sparse.csr_array, np.asarray])
def test_counts_of_every_type_in_matrix_market(tmp_path, dtype, make):
    X = np.arange(12).reshape(3, 4).astype(dtype)
    mmwrite(tmp_path / "x.mtx", make(X))
    assert np.array_equal(values_of(tmp_path / "x.mtx"), X)


def test_matrix_market_patterns_and_integers(tmp_path):
    X = sparse.coo_array(np.array([[0, 1], [3, 0]]))
    mmwrite(tmp_path / "x.mtx", X, field="pattern")
    assert values_of(tmp_path / "x.mtx").tolist() == [[0, 1], [1, 0]]
    mmwrite(tmp_path / "x.mtx", X)
    assert values_of(tmp_path / "x.mtx").tolist() == [[0, 1], [3, 0]]


@given(data=st.data())
@settings(RELAXED, max_examples=250)
def test_text_with_every_delimiter_and_with_or_without_names(tmp_path, data):
    X = data.draw(MATRICES)
    name, delimiter = data.draw(
        st.sampled_from(
            [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("space", " "), ("bar", "|")]
        )
    )
    header, index, title = (data.draw(st.booleans()) for _ in range(3))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    bom, packed, told = (data.draw(st.booleans()) for _ in range(3))
    names = NAMES if told else PLAIN_NAMES
    columns = data.draw(st.lists(names, min_size=X.shape[1], max_size=X.shape[1]))
    rows = data.draw(st.lists(names, min_size=X.shape[0], max_size=X.shape[0]))
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if name == "space" else csv.QUOTE_MINIMAL  # tabs are blanks too
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    if header:  # without a title: as R writes it
        writer.writerow([*([data.draw(st.sampled_from(["", "id"]))] * (index and title)), *columns])
    for row_name, row in zip(rows, X.tolist(), strict=True):
        writer.writerow([*([row_name] * index), *map(repr, row)])
    path = tmp_path / ("x.txt.gz" if packed else "x.txt")
    blob = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
    path.write_bytes(gzip.compress(blob) if packed else blob)
    options = {}
    if told or X.shape[1] + index == 1:
        options = {"delimiter": name, "header": header, "index": index}
    table = read_table(path, **options)
    assert np.array_equal(table.values, X) and table.name == "x"

    def kept(names):
        return tuple(" ".join(n.split()) if name == "space" else n.strip() for n in names)

    assert table.column_names == (kept(columns) if header else None)
    assert table.row_names == (kept(rows) if index else None)
    told_of = " ".join(table.notes)
    if not options:
        assert "header=no" not in told_of and "index=no" not in told_of  # texts are no guess


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("sep", [",", "\t", ";"])
def test_what_pandas_writes(tmp_path, index, named, sep):
    frame = pd.DataFrame([[5.5, 0, 1], [2, 3, 4]])
    if named:
        frame.columns, frame.index = ["a", "b", "c"], ["x", "y"]
    frame.to_csv(tmp_path / "x.csv", index=index, sep=sep)
    told = {} if index or named else {"header": "yes"}
    table = read_table(tmp_path / "x.csv", **told)
    assert table.values.tolist() == frame.to_numpy().tolist()
    assert table.column_names == tuple(str(c) for c in frame.columns)
    assert table.row_names == (tuple(str(i) for i in frame.index) if index else None)


def test_what_numpy_writes(tmp_path):
    X = np.array([[0.5, 2, 1], [3, 4, 1e-20]])
    for options in ({}, {"delimiter": ","}, {"header": "a b c"}, {"header": "made\nby us"}):
        np.savetxt(tmp_path / "x.txt", X, **options)
        table = read_table(tmp_path / "x.txt")
        assert np.array_equal(table.values, X)
        assert table.column_names == (("a", "b", "c") if "a b" in str(options) else None)


LAYOUTS = [
    ("1,2\n3,4\n", None, None),
    ("1,2\n3,4", None, None),
    ("\n\n1,2\n3,4\n\n\n", None, None),
    ("1,2\n\n3,4\n", None, None),
    (" 1 , 2\n3,  4\n", None, None),
    ("  1   2\n  3\t 4 \n", None, None),
    ("a,b\n1,2\n3,4", None, ("a", "b")),
    ("'a','b'\n1,2\n3,4", None, ("'a'", "'b'")),
    ('"a, or b", "c ""d"""\n1,2\n3,4', None, ("a, or b", 'c "d"')),
    ('"two\nlines",b\n1,2\n3,4', None, ("two\nlines", "b")),
    ("a,\n1,2\n3,4", None, ("a", "")),
    ("x,1,2\ny,3,4", ("x", "y"), None),
    ("x\t1\t2\ny y\t3\t4", ("x", "y y"), None),
    (",a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
    ("name,a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
    ("gene,a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
    ("a,b\nx,1,2\ny,3,4", ("x", "y"), ("a", "b")),
    ("a b\nx 1 2\ny 3 4", ("x", "y"), ("a", "b")),
    ('"a" "b"\n"x 1" 1 2\n"y 2" 3 4', ("x 1", "y 2"), ("a", "b")),
    (",0,1\n0,1,2\n1,3,4", ("0", "1"), ("0", "1")),
    ("id,a,b\n7,1,2\n9,3,4", ("7", "9"), ("a", "b")),
    ("Unnamed: 0,a,b\n0,1,2\n1,3,4", ("0", "1"), ("a", "b")),
    ("name,2023,2024\nx,1,2\ny,3,4", ("x", "y"), ("2023", "2024")),
    ("# by hand\n#OTU ID\tS1\tS2\nx\t1\t2\ny\t3\t4", ("x", "y"), ("S1", "S2")),
    ("# a, b\n1,2\n3,4", None, ("a", "b")),
    ("# 2, 2\n1,2\n3,4", None, None),
    ("# 2 × 2\n\n1,2\n3,4", None, None),
    ("1e0;2.\n+3;4.0E+0", None, None),
    ("a;b,c\n1;2\n3;4", None, ("a", "b,c")),
    ("sep=;\r\na;b\r\n1;2\r\n3;4", None, ("a", "b")),
    ('"sep=\t"\n1\t2\n3\t4', None, None),
    ("1,2,\n3,4,\n", None, None),
    ("id;a;b;;\nx;1;2;;\ny;3;4; ;\n;;;;\n\n;;;;\n", ("x", "y"), ("a", "b")),
    ("a , b \n1,2\n3,4", None, ("a", "b")),
    ("No.,a,b\n1,1,2\n2,3,4", ("1", "2"), ("a", "b")),
    ("year,a,b\n1990,1,2\n1991,3,4", ("1990", "1991"), ("a", "b")),
]


@pytest.mark.parametrize(("text", "rows", "columns"), LAYOUTS)
def test_layouts_of_text(tmp_path, text, rows, columns):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    assert table.values.tolist() == [[1, 2], [3, 4]]
    assert (table.row_names, table.column_names) == (rows, columns)


def test_told_beats_guessed(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1,2,3\n4,5,6\n")
    assert read_table(path, header="yes").column_names == ("1", "2", "3")
    table = read_table(path, header=True, index="yes")
    assert table.values.tolist() == [[5, 6]]
    assert (table.row_names, table.column_names) == (("4",), ("2", "3"))
    assert read_table(path, header=False, index=False).notes == ()
    path.write_text("a,b\nx,1\ny,2\n")
    assert read_table(path, index="auto").row_names == ("x", "y")
    with pytest.raises(RequestError, match="'x' in line 2, column 1"):
        read_table(path, index="no")
    with pytest.raises(RequestError, match="'a' in line 1"):
        read_table(path, header="no", index="no")


def test_guesses_and_oddities_are_said(tmp_path):
    path = tmp_path / "x.csv"

    def notes(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return " ".join(read_table(path).notes)

    assert notes("3,1\n4,9\n") == ""
    assert notes("3,4,5\n1,5,6\n") == (
        "The first row counts upwards; if it holds names, say header=yes."
    )
    assert notes("1,5\n2,6\n3,0\n") == (
        "The first column counts upwards; if it holds names, say index=yes."
    )
    totals = "is the sum of the others; if it holds totals, leave it out."
    assert notes("1,5,9\n2,6,1\n3,0,1\n6,11,11\n") == f"The last row {totals}"
    assert notes("s,1,5,9,15\nt,2,6,1,9\nu,1,0,1,2\n").endswith(f"The last column {totals}")
    assert notes("1,5,9\n2,6,1\n3,0,1\n6,11,12\n") == ""
    huge = "-1e308,1e308,1e308\n"
    assert notes(huge * 5) == ""  # their sum and their differences are no numbers
    assert "Of the column names, 1 occurs more than once." in notes("a,a\n3,4\n")
    assert "Of the row names, 2 occur more than once." in notes("x,1\ny,2\nx,3\ny,4\nx,6\n")
    assert "read as Latin-1" in notes("grün,b\n3,4\n".encode("latin-1"))
    assert "Leading lines with #" in notes("# said\n3,4\n")


def test_years_are_names_or_numbers_as_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1990,1991,1992\n1,5,6\n")
    assert read_table(path, header="no").values.shape == (2, 3)
    assert read_table(path, header="yes").column_names == ("1990", "1991", "1992")


def test_windows_writes_a_euro(tmp_path):
    (tmp_path / "x.csv").write_bytes("€,b\n1,2\n".encode("cp1252"))
    assert read_table(tmp_path / "x.csv").column_names == ("€", "b")
    (tmp_path / "x.csv").write_bytes(b"\x81,b\n1,2\n")  # nothing in Windows' table
    assert "as Latin-1." in " ".join(read_table(tmp_path / "x.csv").notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "x.csv"
    path.write_bytes("größe,b\n1,2\n".encode(encoding))
    assert read_table(path).column_names == ("größe", "b")
    assert read_matrix(path).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("delimiter", "text"),
    [("tab", "1\t2"), ("\\t", "1\t2"), ("\t", "1\t2"), (":", "1:2"), ("semicolon", "1;2")],
)
def test_delimiters_by_name_and_by_character(tmp_path, delimiter, text):
    (tmp_path / "x.txt").write_text(text)
    assert read_table(tmp_path / "x.txt", delimiter=delimiter).values.tolist() == [[1, 2]]


def test_a_file_is_a_dataset(tmp_path):
    path = tmp_path / "visits.2024.csv"
    path.write_text("who,pizza,fries\nann,1,0\nbob,2,0\n")
    data = load_dataset("file", path=str(path))
    assert data.name == "visits.2024" and data.truth is None
    assert data.X.tolist() == [[1, 0], [2, 0]]
    assert data.row_names == ("ann", "bob") and data.column_names == ("pizza", "fries")
    assert "1 column is all zero." in data.notes
    turned = load_dataset("file", path=path, orientation="features_by_samples")
    assert np.array_equal(turned.X, data.X.T) and turned.row_names == data.column_names
    assert turned.X.flags.c_contiguous and "1 row is all zero." in turned.notes
    sparse.save_npz(tmp_path / "x.npz", sparse.csr_array(data.X))
    turned = load_dataset("file", path=tmp_path / "x.npz", orientation="features_by_samples")
    assert isinstance(turned.X, sparse.csr_array)
    assert np.array_equal(turned.X.toarray(), data.X.T)


def test_the_home_folder_is_known_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.csv").write_text("1,2\n")
    assert read_matrix("~/x.csv").tolist() == [[1, 2]]


def test_content_decides_the_hash_and_not_the_format(tmp_path):
    X = np.array([[0.1, 2], [3, 0]])
    np.save(tmp_path / "a.npy", np.asfortranarray(X))
    np.savetxt(tmp_path / "b.csv", X, delimiter=",")
    np.savez(tmp_path / "c.npz", X)
    hashes = {load_dataset("file", path=p).sha256 for p in tmp_path.iterdir()}
    assert len(hashes) == 1


def test_long_files_are_read_to_their_end(tmp_path):
    X = np.random.default_rng(0).random((3000, 5))
    np.savetxt(tmp_path / "x.csv", X, delimiter=",", fmt="%.17g")
    assert np.array_equal(read_matrix(tmp_path / "x.csv"), X)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    lines[2500] = "1,2,x,4,5"
    (tmp_path / "x.csv").write_text("\n".join(lines))
    with pytest.raises(RequestError, match="'x' in line 2501, column 3"):
        read_matrix(tmp_path / "x.csv")
