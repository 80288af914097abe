"""Runs and data that were damaged: every command says so, and the next `run` makes them whole."""

import shutil

import pytest
from small_sweeps import argv, content, tables

from nmfstudy import Study
from nmfstudy.cli import main
from nmfstudy.store import find_runs, load_data
from nmfstudy.store.status import status_of
from nmfstudy.store.whole import DAMAGED
from nmfstudy.sweep.execution import execute
from nmfstudy.sweep.launching import launch
from nmfstudy.sweep.verification import verify

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def without_a_row(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))


DAMAGES = {
    "cut factors": ("factors.npz", cut),
    "a bit in the factors": ("factors.npz", flip),
    "a git-lfs pointer": ("factors.npz", lambda path: path.write_text(POINTER)),
    "no factors": ("factors.npz", lambda path: path.unlink()),
    "no starts": ("starts.csv", lambda path: path.unlink()),
    "a start is missing": ("starts.csv", without_a_row),
    "another configuration": ("config.yaml", lambda path: path.write_text("n_components: 9\n")),
    "no run.json": ("run.json", lambda path: path.unlink()),
    "cut run.json": ("run.json", cut),
}


@pytest.fixture
def study(undisturbed, tmp_path):
    return shutil.copytree(undisturbed, tmp_path / "small")


def damage(study, what):
    """Damage the first run; its id."""
    name, how = DAMAGES[what]
    run = min((study / "runs").iterdir())
    how(run / name)
    return run.name


@pytest.mark.parametrize("what", DAMAGES)
def test_every_reader_leaves_out_a_damaged_run_and_lists_it(study, what):
    run = damage(study, what)
    status = status_of(study)
    assert (status.finished, status.asked) == (2, 3)
    assert [name for name, _ in status.skipped] == [run]
    loaded = Study.load(study)
    assert [name for name, _ in loaded.skipped] == [run]
    assert run not in set(loaded.starts.run) and len(set(loaded.starts.run)) == 2
    outcomes = verify(study).set_index("run").outcome
    assert outcomes[run] == "not possible" and (outcomes.drop(run) == "equal").all()


@pytest.mark.parametrize("what", ["cut factors", "a start is missing", "no run.json"])
def test_the_same_command_makes_a_damaged_run_again_and_says_so(study, what, expected, capsys):
    run = damage(study, what)
    damaged = {path.name: path.read_bytes() for path in (study / "runs" / run).iterdir()}
    assert main(["status", str(study)]) == 1
    assert main(["report", str(study)]) == 1
    capsys.readouterr()
    assert main(argv(study.parent)) == 0
    said = " ".join(capsys.readouterr().err.split())
    (kept,) = (study / DAMAGED).iterdir()
    assert f"runs/{run}: " in said and f"set aside as {DAMAGED}/{kept.name}, fitted again" in said
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == damaged
    assert tables(study) == expected
    assert main(["status", str(study)]) == 0
    assert "1 damaged folder" in capsys.readouterr().out
    before = content(study / "runs")
    assert main(argv(study.parent)) == 0
    assert content(study / "runs") == before


DATA_DAMAGES = {
    "emptied": lambda folder: (folder / "data.npz").write_bytes(b""),
    "cut": lambda folder: cut(folder / "data.npz"),
    "a bit": lambda folder: flip(folder / "data.npz"),
    "no data.npz": lambda folder: (folder / "data.npz").unlink(),
    "no data.json": lambda folder: (folder / "data.json").unlink(),
    "torn data.json": lambda folder: (folder / "data.json").write_text('{"name": "me'),
    "a file in its place": lambda folder: (shutil.rmtree(folder), folder.write_text("")),
}


@pytest.mark.parametrize("what", DATA_DAMAGES)
def test_damaged_data_are_listed_by_every_reader_and_written_again(study, what, expected):
    (folder,) = (study / "data").iterdir()
    sha256 = Study.load(study).results[0].dataset.sha256
    DATA_DAMAGES[what](folder)
    runs, skipped = find_runs(study)
    assert not runs and len(skipped) == 3
    assert status_of(study).finished == 0 and len(status_of(study).skipped) == 3
    before = content(study / "runs")
    (job, *_) = jobs(study.parent)
    execute(job)
    assert load_data(study, sha256).sha256 == sha256
    assert len(list((study / DAMAGED).iterdir())) == 1
    assert content(study / "runs") == before  # the runs themselves were whole
    assert verify(study).outcome.tolist() == ["equal"] * 3


def test_a_folder_of_an_earlier_version_is_read_and_completed(study):
    """Its records name no files of the data, and no sizes."""
    from nmfstudy.store.files import read_json, write_json

    for path in [*study.glob("data/*/data.json"), *study.glob("runs/*/run.json")]:
        about = read_json(path)
        files = about.pop("files")
        about.pop("sizes"), about.pop("source", None)
        if path.name == "run.json":
            about["files"] = {n: files[n] for n in ("factors.npz", "starts.csv")}
        write_json(path, about)
    assert verify(study).outcome.tolist() == ["equal"] * 3
    (job, *_) = jobs(study.parent)
    assert not any(block.fitted for block in execute(job))
    (path,) = study.glob("data/*/data.json")
    assert set(read_json(path)["sizes"]) == {"data.npz"}
    assert not (study / DAMAGED).exists()


def test_what_failed_and_links_are_not_set_aside(study, tmp_path):
    from nmfstudy.store import record_failure
    from nmfstudy.store.run import set_aside_damaged

    first, second, third = sorted((study / "runs").iterdir())
    shutil.rmtree(first)
    record_failure(study, first.name, "menu", ValueError("no"))
    second.rename(tmp_path / "outside")
    second.symlink_to(tmp_path / "outside")
    for run in (first, second, third):
        assert set_aside_damaged(study, run.name) is None
    assert set_aside_damaged(study, "0" * 16) is None
    assert not (study / DAMAGED).exists()


def test_damage_is_not_set_aside_through_a_link(study, tmp_path):
    from nmfstudy.store.run import set_aside_damaged

    (tmp_path / "outside").mkdir()
    (study / DAMAGED).symlink_to(tmp_path / "outside")
    assert set_aside_damaged(study, damage(study, "no starts"))
    assert not list((tmp_path / "outside").iterdir())
    assert len(list((study / DAMAGED).iterdir())) == 1


def test_a_launcher_with_nothing_left_to_do_is_not_begun(study):
    asked = plan_of(study.parent, "hydra/launcher=joblib")
    assert launch(asked, [], study) == []
    before = content(study / "runs")
    assert main(argv(study.parent, "hydra/launcher=joblib")) == 0
    assert content(study / "runs") == before


def plan_of(folder, *more):
    from nmfstudy.sweep.composing import plan

    overrides = [word for word in argv(folder, *more)[1:] if word != "-m"]
    return plan(overrides, multirun=True)


def jobs(folder):
    return plan_of(folder).jobs
