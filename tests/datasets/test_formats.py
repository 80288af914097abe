"""Names and values of small files as their own libraries write them; whatever is wrong is said."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.io import mmwrite, savemat

from nmfstudy.cli import main
from nmfstudy.datasets import load_dataset, read_table
from nmfstudy.datasets.file import how_it_was_read
from nmfstudy.datasets.formats import FORMATS
from nmfstudy.util.errors import RequestError

ANNDATA = Path(__file__).with_name("anndata.h5ad")  # by anndata 0.12, layers and raw too
COUNTS = [[1, 0, 0, 3, 3], [1, 1, 2, 1, 0], [2, 3, 2, 0, 2], [3, 1, 1, 1, 0], [1, 2, 1, 0, 0],
          [1, 0, 0, 1, 0]]  # fmt: skip
FRAME = pd.DataFrame(
    COUNTS,
    index=[f"cell {i}" for i in range(6)],
    columns=["CD3D", "β-actin", "MT-CO1", "GAPDH", "X"],
).astype(float)
TABLE = FRAME / 2  # as a table of halves


def load(path, **options):
    data = load_dataset("file", path=path, **options)
    values = data.X.toarray() if sparse.issparse(data.X) else data.X
    return pd.DataFrame(values, index=data.row_names, columns=data.column_names)


def write_mtx(path, packed=False):
    buffer = io.BytesIO()
    mmwrite(buffer, sparse.coo_array(np.array(COUNTS, dtype=np.uint16).T))
    pack = gzip.compress if packed else bytes
    end = ".gz" if packed else ""
    path.with_name(f"a_matrix.mtx{end}").write_bytes(pack(buffer.getvalue()))
    genes = "".join(f"ENSG{j}\t{name}\tGene\n" for j, name in enumerate(FRAME.columns))
    path.with_name(f"a_features.tsv{end}").write_bytes(pack(genes.encode()))
    cells = "".join(f"{name}\n" for name in FRAME.index)
    path.with_name(f"a_barcodes.tsv{end}").write_bytes(pack(cells.encode()))
    return path.with_name(f"a_matrix.mtx{end}")


def write_zip(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", content)


def excel(path, **options):
    pytest.importorskip("openpyxl")
    FRAME.to_excel(path, **options)


def arrow(path, frame=FRAME):
    pytest.importorskip("pyarrow")
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_feather(path)


WRITERS = {
    "x.csv": FRAME.to_csv,
    "x.csv.gz": lambda p: p.write_bytes(gzip.compress(FRAME.to_csv().encode())),
    "x.csv.bz2": lambda p: p.write_bytes(bz2.compress(FRAME.to_csv().encode())),
    "x.tsv.xz": lambda p: p.write_bytes(lzma.compress(FRAME.to_csv(sep="\t").encode())),
    "x.csv.zip": lambda p: write_zip(p, FRAME.to_csv()),
    "x.zip": lambda p: write_zip(p, FRAME.to_csv()),
    "x.xlsx": excel,
    "x.parquet": arrow,
    "x.feather": arrow,
}


@pytest.mark.parametrize("name", WRITERS)
def test_names_and_values_come_back(tmp_path, name):
    WRITERS[name](tmp_path / name)
    pd.testing.assert_frame_equal(load(tmp_path / name), FRAME)
    assert load_dataset("file", path=tmp_path / name).name == "x"


@pytest.mark.parametrize("name", [n for n in WRITERS if n not in ("x.zip",)])
def test_a_format_can_be_named_where_the_ending_is_another(tmp_path, name):
    WRITERS[name](tmp_path / name)
    chosen = next(m for m in FORMATS if name[1:] in m.ENDINGS)
    packed = name[name.index(".", 2) :] if name.count(".") > 1 else ""
    other = (tmp_path / name).rename(tmp_path / f"y.strange{packed}")
    pd.testing.assert_frame_equal(load(other, format=chosen.FORMAT), FRAME)


@pytest.mark.parametrize("packed", [True, False])
def test_single_cell_matrices_have_the_names_beside_them(tmp_path, packed):
    path = write_mtx(tmp_path / "a", packed)
    pd.testing.assert_frame_equal(load(path), FRAME)
    said = how_it_was_read(path, load_dataset("file", path=path))
    assert "6 samples × 5 features" in said and "features from a_features.tsv" in said
    assert "orientation=samples_by_features" in said
    turned = load(path, orientation="samples_by_features")
    pd.testing.assert_frame_equal(turned, FRAME.T)
    tmp_path.joinpath(f"a_barcodes.tsv{'.gz' * packed}").write_bytes(
        gzip.compress(b"one\n") if packed else b"one\n"
    )
    with pytest.raises(RequestError, match="has 6 columns and a_barcodes.* 1 names; possible"):
        load(path)


def test_genes_of_one_symbol_keep_their_identifiers(tmp_path):
    path = write_mtx(tmp_path / "a")
    path.with_name("a_features.tsv").write_text("E0\tA\nE1\tB\nE2\tA\nE3\tC\nE4\tD\n")
    assert list(load(path).columns) == ["A (E0)", "B", "A (E2)", "C", "D"]


def test_what_anndata_writes():
    pytest.importorskip("h5py")
    pd.testing.assert_frame_equal(load(ANNDATA), TABLE)
    pd.testing.assert_frame_equal(load(ANNDATA, part="raw"), TABLE)
    pd.testing.assert_frame_equal(load(ANNDATA, part="counts"), FRAME)
    data = load_dataset("file", path=ANNDATA)
    assert sparse.issparse(data.X) and "names from obs and var" in data.reading
    variable = load(ANNDATA, part="counts", select="highly_variable", drop=["cell 1"])
    expected = FRAME[["CD3D", "MT-CO1", "GAPDH"]].drop(index="cell 1")
    pd.testing.assert_frame_equal(variable, expected)
    for options, said in (
        ({"part": "spliced"}, "no layer 'spliced'; possible: 'X', 'raw', 'counts'"),
        ({"select": "CD4"}, "has no 'CD4'; possible .*'CD3D'"),
        ({"header": "yes"}, "is no text file"),
    ):
        with pytest.raises(RequestError, match=said):
            load(ANNDATA, **options)


@pytest.mark.parametrize("damage", ["external", "link", "short", "indices", "text", "names"])
def test_h5ad_files_that_lie_are_refused(tmp_path, damage):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "x.h5ad"
    path.write_bytes(ANNDATA.read_bytes())
    (tmp_path / "secret").write_bytes(bytes(8 * 30))
    with h5py.File(path, "r+") as file:
        if damage == "external":
            del file["X"]
            file.create_dataset("X", (6, 5), "f8", external=[(str(tmp_path / "secret"), 0, 240)])
        if damage == "link":
            del file["X"]
            file["X"] = h5py.ExternalLink(str(ANNDATA), "layers/counts")
        if damage == "short":
            file["X"].attrs["shape"] = [6, 50_000_000_000]
        if damage == "indices":
            file["X/indices"][0] = 99
        if damage == "text":
            del file["X"]
            file["X"] = np.array([[b"a"] * 5] * 6)
        if damage == "names":
            del file["obs"][file["obs"].attrs["_index"]]
            file["obs"][file["obs"].attrs["_index"]] = [b"one"]
    with pytest.raises(RequestError) as caught:
        load(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("compressed", [True, False])
def test_matlab_files(tmp_path, compressed):
    path, X = tmp_path / "x.mat", FRAME.to_numpy()
    savemat(path, {"X": X, "Y": 2 * X}, do_compression=compressed)
    assert np.array_equal(load(path), X) and np.array_equal(load(path, part="Y"), 2 * X)
    savemat(path, {"counts": sparse.csc_array(X), "title": "a"}, do_compression=compressed)
    assert np.array_equal(load(path), X)
    savemat(path, {"A": X, "B": X})
    with pytest.raises(RequestError, match="no single matrix; possible: dataset.part= .*'A', 'B'"):
        load(path)


def test_arrays_of_an_archive_are_parts(tmp_path):
    np.savez(tmp_path / "x.npz", A=np.eye(2), B=np.ones((2, 3)))
    assert load(tmp_path / "x.npz", part="B").shape == (2, 3)
    with pytest.raises(RequestError, match="has no array 'C'; possible: A, B"):
        load(tmp_path / "x.npz", part="C")
    np.save(tmp_path / "x.npy", np.eye(2))
    with pytest.raises(RequestError, match="dataset.part is 'C' .* has but one"):
        load(tmp_path / "x.npy", part="C")


def test_sheets_of_a_workbook_are_parts(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as book:
        FRAME.to_excel(book, sheet_name="all")
        FRAME.assign(kind="a").iloc[:3].to_excel(book, sheet_name="few")
    assert load(path).shape == (6, 5)
    assert "'all', 'few'" in " ".join(load_dataset("file", path=path).notes)
    pd.testing.assert_frame_equal(load(path, part="few", drop="kind"), FRAME.iloc[:3])
    with pytest.raises(RequestError, match="'a' in line 2, column 7 .*dataset.drop=kind"):
        load(path, part="few")
    with pytest.raises(RequestError, match="no sheet 'none'; possible: 'all', 'few'"):
        load(path, part="none")


def test_a_column_of_text_names_rows_or_is_dropped(tmp_path):
    table = FRAME.reset_index(names="cell").assign(kind="a")
    for name in ("x.parquet", "x.feather"):
        arrow(tmp_path / name, table)
        with pytest.raises(RequestError, match="'kind' of type .*dataset.drop=kind"):
            load(tmp_path / name)
        pd.testing.assert_frame_equal(load(tmp_path / name, drop="kind"), FRAME)
        with pytest.raises(RequestError, match="'cell' of type"):
            load(tmp_path / name, drop="kind", index="no")


BINARY = [n for n in WRITERS if n not in ("x.csv",)] + ["x.mat", "x.h5ad"]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("change", ["cut", "start", "flipped", "noise"])
def test_damaged_files_are_read_or_refused_in_a_sentence(tmp_path, name, change, capsys):
    path = tmp_path / name
    if name == "x.mat":
        savemat(path, {"X": FRAME.to_numpy()}, do_compression=True)
    elif name == "x.h5ad":
        pytest.importorskip("h5py")
        path.write_bytes(ANNDATA.read_bytes())
    else:
        WRITERS[name](path)
    blob = bytearray(path.read_bytes())
    generator = np.random.default_rng(0)
    for trial in range(4):
        damaged = bytearray(blob)
        if change == "cut":
            damaged = damaged[: len(blob) * (trial + 1) // 5]
        elif change == "start":
            damaged[: 8 * (trial + 1)] = bytes(8 * (trial + 1))
        elif change == "flipped":
            for at in generator.integers(0, len(blob), 20):
                damaged[at] ^= 0xFF
        else:
            damaged = bytearray(generator.bytes(200))
        path.write_bytes(damaged)
        try:
            found = load(path)
        except RequestError as error:
            assert "\n" not in str(error) and str(error).isprintable()
        else:  # some formats are read from their end
            assert change == "flipped" or np.array_equal(found, FRAME)
    path.write_bytes(blob[:50])
    assert main(["run", str(path), f"results_dir={tmp_path / 'results'}"]) == 2
    heard = capsys.readouterr()
    assert heard.err.count("\n") == 1 and not (tmp_path / "results").exists()


def test_a_library_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch):
    import sys

    for module, name in {"openpyxl": "x.xlsx", "pyarrow": "x.parquet", "h5py": "x.h5ad"}.items():
        monkeypatch.setitem(sys.modules, module, None)
        (tmp_path / name).write_bytes(b"some")
        with pytest.raises(RequestError, match=rf"{module}, .*pip install 'nmfstudy\[files\]'"):
            read_table(tmp_path / name)


def test_every_extra_that_a_refusal_names_exists():
    import tomllib

    root = Path(__file__).resolve().parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for path in (root / "nmfstudy" / "datasets" / "formats").glob("*.py"):
        for module, extra in re.findall(r'needs\("(\w+)", "(\w+)"', path.read_text()):
            required = extras["optional-dependencies"][extra]
            assert any(line.startswith(module) for line in required), path.name


def test_the_page_on_files_tells_of_every_format():
    page = (Path(__file__).resolve().parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    for module in FORMATS:
        assert f"`{module.FORMAT}`" in page and f"`{module.ENDINGS[0]}`" in page, module.FORMAT


def test_formats_are_told_apart_by_name_and_ending():
    names = [module.FORMAT for module in FORMATS]
    ends = [ending for module in FORMATS for ending in module.ENDINGS]
    assert len(set(names)) == len(names) and len(set(ends)) == len(ends)
    with pytest.raises(RequestError, match=f"possible: auto, {', '.join(names)}"):
        read_table(__file__, format="bmp")
