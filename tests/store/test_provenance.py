"""What is recorded of where a result comes from, whatever a machine lacks."""

import json
import os
import platform
import subprocess
from pathlib import Path

import numpy as np
import pytest

import nmfstudy
from nmfstudy.store import provenance as module
from nmfstudy.store.provenance import provenance


def test_everything_is_said_as_plain_data():
    said = provenance()
    assert json.loads(json.dumps(said)) == said
    assert said["package"] == nmfstudy.__version__
    assert said["python"] == platform.python_version()
    assert said["libraries"]["numpy"] == np.__version__
    assert all(isinstance(version, str) for version in said["libraries"].values())
    assert said["cores"] >= 1 and said["cpu"] and said["platform"]
    assert said["blas"] and all(isinstance(name, str) for name in said["blas"])


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with one file, as which the module is taken."""
    path = tmp_path / "module.py"
    path.write_text("1\n")
    git(tmp_path, "init", "-q")
    monkeypatch.setattr(module, "__file__", str(path))
    return tmp_path


def test_the_commit_is_told_and_whether_something_was_changed(checkout):
    nothing = {"commit": None, "dirty": None}
    assert module._commit() == nothing  # lies in a repository that does not know it: a wheel
    git(checkout, "add", "module.py")
    git(checkout, "commit", "-q", "-m", "one")
    commit = git(checkout, "rev-parse", "HEAD")
    assert module._commit() == {"commit": commit, "dirty": False}
    (checkout / "notes").write_text("not ours")
    assert module._commit() == {"commit": commit, "dirty": False}
    (checkout / "module.py").write_text("2\n")
    assert module._commit() == {"commit": commit, "dirty": True}


def test_without_git_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert module._commit() == {"commit": None, "dirty": None}


def test_what_a_machine_does_not_tell_is_absent_and_no_error(monkeypatch):
    assert module._version("no-package-of-this-name") is None

    def refuse(*_, **__):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse)
        assert isinstance(module._cpu(), str)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_, **__: "processor: 0\n")
        assert isinstance(module._cpu(), str)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert provenance.__wrapped__()["cores"] == os.cpu_count()
