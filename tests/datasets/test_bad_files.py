"""Files that are no matrix: one sentence each, no memory taken, nothing written, nothing run."""

import gzip
import os
import re
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from bad_files import BAD, GOOD, GOOD_GZ, NOT_DATA, header, mtx, npz, sparse_npz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from nmfstudy.datasets import load_dataset, read_matrix, read_table
from nmfstudy.datasets.files import largest
from nmfstudy.util.errors import RequestError


def refusal(call, *args, **kwargs):
    """The one sentence with which a call is refused."""
    with pytest.raises(RequestError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.isprintable() and len(sentence) < 500
    assert caught.value.__cause__ is None
    return sentence


@pytest.mark.parametrize("name", [*BAD, *NOT_DATA])
def test_what_is_no_matrix_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a trap that goes off would show here
    content, pattern = {**BAD, **NOT_DATA}[name]
    content = content() if callable(content) else content
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    sentence = refusal(load_dataset, "file", path=path)
    assert re.search(pattern, sentence), sentence
    assert str(path) in sentence
    assert [p.name for p in tmp_path.iterdir()] == [name]
    if name in BAD:
        assert refusal(read_matrix, path) == sentence


def test_there_are_many():
    assert len(BAD) + len(NOT_DATA) >= 150


@pytest.mark.parametrize("value", [None, 3, 2.5, "", b"x.csv", ["x.csv"], {}, True, np.ones(2)])
def test_what_is_no_path_is_refused(value):
    assert "possible: the name of a file" in refusal(read_table, value)


def test_paths_that_lead_nowhere(tmp_path):
    folder = tmp_path / "x.csv"
    folder.mkdir()
    assert "is a folder" in refusal(read_table, folder)
    assert "does not exist" in refusal(read_table, tmp_path / "no.csv")
    assert "does not exist" in refusal(read_table, folder / "no" / "no.csv")
    assert "does not exist" in refusal(read_table, "https://example.org/x.csv")
    assert "cannot be opened" in refusal(read_table, "x" * 5000 + ".csv")
    assert "~nobody-of-this-name" in refusal(read_table, "~nobody-of-this-name/x.csv")
    assert "\\x00" in refusal(read_table, "a\0b.csv")
    assert "\\n" in refusal(read_table, "two\nlines.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a device or pipe" in refusal(read_table, tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    refusal(read_table, tmp_path / "loop.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "gone.csv")
    assert "does not exist" in refusal(read_table, tmp_path / "dangling.csv")


def test_files_that_may_not_be_read(tmp_path):
    root = os.geteuid() == 0
    if root:  # root may read everything
        os.seteuid(65534)
    try:
        for name in ("x.csv", "x.npy", "x.npz", "x.mtx", "x.csv.gz"):
            if not root:
                (tmp_path / name).write_text("1,2\n")
                (tmp_path / name).chmod(0)
            assert "Permission denied" in refusal(read_table, tmp_path / name)
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(
    "options",
    [
        *[{"header": v} for v in ("maybe", 1, 0, None, "", 2.5, ["yes"])],
        *[{"index": v} for v in ("first", 0, None)],
        *[{"delimiter": v} for v in ("", ",,", "commas", "a", "1", '"', "\n", ".", "-", None, 3)],
    ],
)
def test_options_that_are_none(options, tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    (name,) = options
    assert f"dataset.{name} is" in refusal(read_table, tmp_path / "x.csv", **options)


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.mtx"])
def test_options_of_text_are_refused_for_other_files(name, tmp_path):
    (tmp_path / name).write_bytes(GOOD)
    for option in ({"header": "yes"}, {"index": False}, {"delimiter": "tab"}):
        assert "is no text file; possible: auto" in refusal(read_table, tmp_path / name, **option)


def test_an_encrypted_archive_is_refused(tmp_path):
    blob = bytearray(npz(X=[[1.0]]))
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        blob[blob.index(signature) + offset] |= 1
    (tmp_path / "x.npz").write_bytes(blob)
    assert "cannot be read" in refusal(read_table, tmp_path / "x.npz")


def peak_memory(call, *args):
    tracemalloc.start()
    try:
        call(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_that_hides_its_size_is_refused_at_the_limit(tmp_path):
    small = gzip.compress(b"1,2\n")  # its size is the one told at the end of the file
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 70_000_000) + small)
    assert "more than a file of" in refusal(read_table, path)
    assert peak_memory(refusal, read_table, path) < 8 * largest(path)


def test_a_bomb_takes_no_memory(tmp_path):
    rows = 10_000_000
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("X.npy", "w", force_zip64=True) as member:
            member.write(header(f"({rows}, 1)"))
            for _ in range(rows // 2**17 + 1):
                member.write(bytes(2**20))
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"0,1\n" * 18_000_000))
    (tmp_path / "x.npy").write_bytes(header("(12500000000, 1)") + bytes(800))
    (tmp_path / "x.mtx").write_text(mtx("12500000000 12500000000 1\n1 1 1\n"))
    for name in ("x.npz", "x.npy", "x.mtx", "x.csv.gz"):
        assert peak_memory(refusal, read_table, tmp_path / name) < 2**21


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    """The directory of the archive says 128 bytes where 80 MB come out."""
    true = header("(10000000, 1)") + bytes(80_000_000)
    blob = npz(zipfile.ZIP_DEFLATED, X=true)
    size = struct.pack("<I", len(true))
    (tmp_path / "x.npz").write_bytes(blob.replace(size, struct.pack("<I", 208)))
    assert peak_memory(refusal, read_table, tmp_path / "x.npz") < 2**21


def test_files_that_pack_well_are_no_bombs(tmp_path):
    X = np.zeros((2000, 1000))
    X[::50, ::40] = 3
    np.savez_compressed(tmp_path / "x.npz", X)
    assert np.array_equal(read_matrix(tmp_path / "x.npz"), X)
    assert (tmp_path / "x.npz").stat().st_size * 100 < X.nbytes


SEEDS = [
    ("x.csv", b"name,a,b\nx,1,2\ny,3,4.5\n"),
    ("x.txt", b"# said\n1 2 3\n4 5 6\n"),
    ("x.csv.gz", GOOD_GZ),
    ("x.npy", GOOD),
    ("x.npz", npz(zipfile.ZIP_DEFLATED, X=[[1.0, 2], [3, 4]])),
    ("x.npz", sparse_npz()),
    ("x.mtx", mtx("% said\n2 3 2\n1 1 1.5\n2 3 2\n").encode()),
    ("x.mtx", mtx("2 2\n1\n2\n3\n4\n", "array real general").encode()),
]


@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 3), st.binary(max_size=4))),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_are_read_or_refused_and_nothing_else(tmp_path, seed, edits):
    name, blob = seed
    for at, cut, put in edits:
        at %= len(blob) + 1
        blob = blob[:at] + put + blob[at + cut :]
    path = tmp_path / name
    path.write_bytes(blob)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = read_table(path).values
        except RequestError as error:
            assert str(error).isprintable()
            return
    assert values.ndim == 2 and values.dtype == np.float64 and 0 not in values.shape


@given(name=st.sampled_from([name for name, _ in SEEDS]), blob=st.binary(max_size=300))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_noise_is_read_or_refused_and_nothing_else(tmp_path, name, blob):
    (tmp_path / name).write_bytes(blob)
    try:
        values = read_table(tmp_path / name).values
        assert not sparse.issparse(values) and np.isfinite(values).all()
    except RequestError as error:
        assert str(error).isprintable()
