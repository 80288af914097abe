import errno
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_sweeps import N_RUNS, argv, content, last_line, tables

from nmfstudy.cli import main
from nmfstudy.store import find_runs


@contextmanager
def full_disk(monkeypatch, where):
    """Whatever is written under a path that contains ``where`` is torn and refused."""
    fsync, write_text, write_bytes = os.fsync, Path.write_text, Path.write_bytes

    def refuse(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def torn_fsync(handle):
        path = os.readlink(f"/proc/self/fd/{handle}")
        if where in path:
            os.ftruncate(handle, os.fstat(handle).st_size // 2)
            refuse(path)
        fsync(handle)

    def torn_text(path, text, **options):
        if where in str(path):
            write_text(path, text[: len(text) // 2], **options)
            refuse(path)
        return write_text(path, text, **options)

    def torn_bytes(path, content):
        if where in str(path):
            write_bytes(path, content[: len(content) // 2])
            refuse(path)
        return write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", torn_fsync)
        patch.setattr(Path, "write_bytes", torn_bytes)
        patch.setattr(Path, "write_text", torn_text)
        yield


def test_a_full_disk_ends_in_a_sentence_and_the_same_command_goes_on(
    tmp_path, monkeypatch, capfd, expected
):
    study, command = tmp_path / "small", argv(tmp_path)
    finished = {}
    for where, n_runs in (
        ("study.json", 0),
        ("data.npz", 0),
        ("config.yaml", 0),
        ("factors.npz", 0),
        ("starts.csv", 0),
        ("run.json", 0),
        ("tables", N_RUNS),
        ("report.html", N_RUNS),
    ):
        with full_disk(monkeypatch, where):
            assert main(command) == 1, where
        said = capfd.readouterr().err
        assert "Traceback" not in said
        assert last_line(said).startswith("nmfstudy: No space left on device ("), said
        assert last_line(said).endswith("the same command goes on")
        runs, skipped = find_runs(study)
        assert (len(runs), skipped) == (n_runs, [])
        now = content(study / "runs") if n_runs else {}
        assert all(now[name] == before for name, before in finished.items())
        finished = now
        assert not (study / "report.html").exists()
    assert main(command) == 0
    assert content(study / "runs") == finished
    assert tables(study) == expected
    assert not list(study.rglob(".partial*"))


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of its own, and what gives it another size or makes it read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True).returncode == 0

    if not mount("size=8k"):
        pytest.skip("only root may mount file systems")
    yield folder, lambda options: mount(f"remount,{options}")
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full(tiny_disk, capfd, expected):
    folder, resize = tiny_disk
    states = []
    for size in (8, 44, 120, 10000):
        assert resize(f"size={size}k")
        status = main(argv(folder))
        said = capfd.readouterr()
        runs, skipped = find_runs(folder / "small")
        assert not skipped
        for run in runs:
            run.fits  # noqa: B018 - raises if a torn one counted as finished
        states.append((status, len(runs)))
        if status:
            assert "No space left on device" in last_line(said.err)
            assert "Traceback" not in said.err
    assert states[0] == (1, 0)
    assert (1, N_RUNS) in states  # full while reporting
    assert states[-1] == (0, N_RUNS)
    assert tables(folder / "small") == expected


def test_a_read_only_folder_is_answered_in_a_sentence(tiny_disk, capfd, undisturbed):
    folder, remount = tiny_disk
    assert remount("size=10000k")
    shutil.copytree(undisturbed, folder / "small")
    shutil.copytree(undisturbed, folder / "again")
    before = content(folder)
    assert remount("ro")
    study = str(folder / "small")
    capfd.readouterr()
    for command, status in (
        (argv(folder, "n_starts=30"), 1),
        (["report", study], 1),
        (["status", study], 0),
        (["verify", study], 0),
        (["compare", study, str(folder / "again")], 1),
    ):
        assert main(command) == status, command
        said = capfd.readouterr().err
        assert "Traceback" not in said
        if status:
            assert last_line(said).startswith("nmfstudy: Read-only file system (")
    assert content(folder) == before


@pytest.mark.parametrize("blocked", ["results", "results/small", "results/small/runs"])
def test_a_file_where_a_folder_is_needed(blocked, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / blocked
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert main(argv("results")) in (1, 2)
    said = capfd.readouterr().err
    assert last_line(said).startswith("nmfstudy: ")
    assert Path(blocked).name in last_line(said)
    assert "Traceback" not in said
    assert path.read_text() == "mine"
