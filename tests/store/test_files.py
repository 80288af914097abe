import contextlib
import os
import resource
import socket
import time

import numpy as np
import pytest

from nmfstudy.store import files
from nmfstudy.store.files import (
    ABANDONED,
    PARTIAL,
    clean_up,
    new_folder,
    read_arrays,
    read_json,
    remove_leftovers,
    write_arrays,
    write_atomically,
    write_json,
)
from nmfstudy.util.errors import RequestError


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": np.float64(0.1), "y": (1, 2), "z": np.arange(2)})
    assert read_json(path) == {"x": 0.1, "y": [1, 2], "z": [0, 1]}
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert read_json(path)["x"] == 0.1
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_folder_appears_as_a_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError), new_folder(tmp_path / "run") as partial:
        (partial / "half").write_text("x")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    with new_folder(tmp_path / "run") as partial:
        (partial / "a").write_text("1")
        assert not (tmp_path / "run").exists()
    with new_folder(tmp_path / "run") as partial:  # a second writer replaces it
        (partial / "a").write_text("2")
    assert (tmp_path / "run" / "a").read_text() == "2"
    assert os.listdir(tmp_path) == ["run"]


def age(path, seconds=2 * ABANDONED):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_leftovers_go_when_nothing_in_them_has_changed_for_long(tmp_path):
    with new_folder(tmp_path / "run") as slow, new_folder(tmp_path / "run") as fresh:
        (slow / "factors.npz").write_text("being written")
        age(slow)
        left, file = (slow.with_name(f"{PARTIAL}{name}") for name in ("left", "file"))
        left.mkdir()
        (left / "factors.npz").write_text("torn")
        file.write_text("torn")
        for path in (left / "factors.npz", left, file):
            age(path)
        remove_leftovers(tmp_path)
        assert slow.exists() and fresh.exists()
        assert not left.exists() and not file.exists()
    assert not list(tmp_path.glob(f"{PARTIAL}*"))


def test_writers_of_one_name_never_share_a_folder(tmp_path, monkeypatch):
    """Whatever hosts and processes are called: containers may agree in both."""
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with new_folder(tmp_path / "run") as first:
        (first / "factors.npz").write_text("first")
        with new_folder(tmp_path / "run") as second:
            clean_up(tmp_path)
            assert first != second and not list(second.iterdir())
            (second / "factors.npz").write_text("second")
        assert (first / "factors.npz").read_text() == "first"
    assert (tmp_path / "run" / "factors.npz").read_text() == "first"  # the last to finish
    assert not list(tmp_path.glob(f"{PARTIAL}*"))


def test_arrays_come_back_and_pickles_do_not(tmp_path):
    path = tmp_path / "a.npz"
    arrays = {
        "W": np.random.default_rng(0).random((3, 2)),
        "index": np.arange(3),
        "empty": np.zeros((0, 2)),
    }
    write_arrays(path, **arrays)
    back = read_arrays(path)
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    evil = tmp_path / "b.npz"
    np.savez(evil, a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(ValueError, match="no array of numbers of the size"):
        read_arrays(evil)


def test_torn_empty_and_boasting_archives_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, W=np.zeros((50, 50)))
    whole = path.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError):
            read_arrays(path)
    for shape in (b"(50,10**9)"[:8], b"(9e9,50)", b"(50, 51)", b"(-1, 50)", b"('a', 1)"):
        path.write_bytes(whole.replace(b"(50, 50)", shape))
        with pytest.raises(ValueError):
            read_arrays(path)
    bomb = tmp_path / "bomb.npz"
    np.savez_compressed(bomb, W=np.zeros(4_000_000))
    with pytest.raises(ValueError, match="compressed, which none of ours is"):
        read_arrays(bomb)


def test_altered_bytes_never_crash_the_reader(tmp_path, rng):
    path = tmp_path / "a.npz"
    write_arrays(path, W=np.arange(12.0), index=np.arange(3))
    whole = path.read_bytes()
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(len(data), size=3):
            data[at] = rng.integers(256)
        path.write_bytes(bytes(data))
        with contextlib.suppress(ValueError):
            read_arrays(path)


def test_read_json_refuses_what_is_no_object(tmp_path):
    path = tmp_path / "a.json"
    for text in ("", "[1]", "{", "nul"):
        write_atomically(path, text)
        with pytest.raises(ValueError):
            read_json(path)


def test_a_writer_that_cannot_put_its_folder_in_place_says_so_and_leaves_no_litter(tmp_path):
    (tmp_path / "run").write_text("a file of that name")
    with new_folder(tmp_path / "run") as partial:
        (partial / "a").write_text("1")
    assert (tmp_path / "run" / "a").read_text() == "1"
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "gone" / "run") as partial:
        partial.rmdir()
    assert not list(tmp_path.rglob(f"{PARTIAL}*"))


def test_errors_of_writing_name_the_file(tmp_path):
    path = tmp_path / "full.json"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        for write in (
            lambda: write_json(path, list(range(1000))),
            lambda: write_arrays(path, W=np.zeros(1000)),
        ):
            with pytest.raises(OSError, match="File too large") as caught:
                write()
            assert caught.value.filename == str(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_only_temporary_names_are_leftovers(tmp_path):
    names = {f"{PARTIAL}x": False, ".partial": True, "partial-x": True, "x.partial-": True}
    for name in names:
        (tmp_path / name).write_text("torn")
        age(tmp_path / name)
    remove_leftovers(tmp_path)
    assert {name: (tmp_path / name).exists() for name in names} == names


def test_leftovers_are_found_all_over_a_study_and_nowhere_else(tmp_path):
    name = f"{PARTIAL}run-0123"
    study, outside = tmp_path / "study", tmp_path / "outside"
    places = [study, study / "runs", study / "data", study / "certificates", study / "failures"]
    deeper = study / "runs" / "0123456789abcdef"
    for place in (*places, deeper, outside):
        place.mkdir(exist_ok=True)
        (place / name).write_text("torn")
        age(place / name)
    (study / "evidence").symlink_to(outside)
    (study / f"{PARTIAL}link").symlink_to(outside)
    with pytest.raises(RequestError, match="evidence is a link, through which nothing is written"):
        clean_up(study)
    (study / "evidence").unlink()
    (study / "linked").symlink_to(outside)  # no folder of ours: left alone
    clean_up(study)
    assert not any((place / name).exists() for place in places)
    assert (outside / name).exists() and (deeper / name).exists()
    clean_up(tmp_path / "none")


def test_what_is_no_plain_data_is_refused_and_paths_are_text(tmp_path):
    write_json(tmp_path / "a.json", {"path": tmp_path})
    assert read_json(tmp_path / "a.json") == {"path": str(tmp_path)}


def test_temporary_names_of_one_path_never_meet(tmp_path, monkeypatch):
    path = tmp_path / ("ü" * 120)
    names = {files._temporary(path).name for _ in range(1000)}
    assert len(names) == 1000
    monkeypatch.setattr(files.socket, "gethostname", lambda: "c1-12" + "a" * 59)
    other = files._temporary(path)
    assert "-c1-12aaa" in other.name and other.parent == tmp_path
    other.touch()  # no longer than file systems allow
