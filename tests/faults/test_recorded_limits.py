"""What a file of a study announces is bounded before it is used; the file is left out, no more."""

import json
import os
import shutil
import time

import numpy as np
import pytest
from small_sweeps import a_job

from nmfstudy.cli import main
from nmfstudy.report.words_on_status import status_lines
from nmfstudy.store import find_runs, problem_key
from nmfstudy.store.files import JSON_BYTES, read_arrays, read_json, sha256_of, write_arrays
from nmfstudy.store.job import job_from_config
from nmfstudy.store.recorded import CONFIG_LETTERS, within_memory
from nmfstudy.store.status import status_of
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute
from nmfstudy.sweep.verification import verify
from nmfstudy.util.errors import RequestError


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Two runs of two starts each."""
    folder = tmp_path_factory.mktemp("original")
    execute(a_job(folder, n_components=2, n_starts=4, block=2))
    (folder / "small" / "study.json").write_text("{}")
    return folder / "small"


@pytest.fixture
def study(original, tmp_path):
    return shutil.copytree(original, tmp_path / "small")


def first_run(study):
    return sorted((study / "runs").iterdir())[0]


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def left_out(study):
    """Name and reason of the one run that is left out, in the study and in its verification."""
    begun = time.monotonic()
    list(status_lines(status_of(study)))
    ((name, reason),) = Study.load(study).skipped
    table = verify(study, seconds=20.0)
    assert sorted(table.outcome) == ["equal", "not possible"]
    assert time.monotonic() - begun < 60
    assert "\n" not in reason and len(reason) < 400
    return name, reason


@pytest.mark.parametrize("name", ["run.json", "factors.npz", "starts.csv"])
@pytest.mark.parametrize("size", [500 << 30, 9 << 40])
def test_a_file_of_a_size_that_no_memory_has_is_left_out(name, size, study):
    run = first_run(study)
    os.truncate(run / name, size)
    assert left_out(study)[0] == run.name


@pytest.mark.parametrize("name", ["factors.npz", "starts.csv", "config.yaml"])
def test_a_file_of_such_a_size_is_not_even_hashed_if_it_is_what_was_announced(name, study):
    run = first_run(study)
    os.truncate(run / name, 500 << 30)
    edit(run / "run.json", lambda info: info.setdefault("sizes", {}).update({name: 500 << 30}))
    assert "takes too much memory" in left_out(study)[1]


@pytest.mark.parametrize("keep", [True, False])
def test_data_of_such_a_size_are_not_read_either(keep, study):
    (folder,) = (study / "data").iterdir()
    os.truncate(folder / "data.npz", 500 << 30)

    def change(about):
        about["sizes"] = {"data.npz": 500 << 30}
        if not keep:  # as earlier versions wrote it
            del about["files"], about["sizes"]

    edit(folder / "data.json", change)
    list(status_lines(status_of(study)))
    with pytest.raises(RequestError, match="takes too much memory"):
        Study.load(study)


@pytest.mark.parametrize("name", ["study.json", "data/x/data.json", "running/x.json"])
def test_other_records_of_such_a_size_are_passed_over(name, study):
    path = study / name.replace("x/", f"{next((study / 'data').iterdir()).name}/")
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, 500 << 30)
    list(status_lines(status_of(study)))
    if name.startswith("data"):
        with pytest.raises(RequestError, match="holds no finished run"):
            Study.load(study)
    else:
        assert len(Study.load(study).starts) == 4


def info_changes():
    """Changes of run.json, each of which says something that no run of this machine can be."""
    wide = {"shape": [2, 2 * 10**11]}
    return {
        "wide data": lambda i: i["dataset"].update(wide),
        "tall data": lambda i: i["dataset"].update(shape=[10**15, 4]),
        "many components": lambda i: i["config"].update(n_components=10**11),
        "more components": lambda i: i["config"].update(n_components=2**40),
        "sweeps without end": lambda i: i["config"]["solver"].update(max_iter=10**17),
        "more sweeps": lambda i: i["config"]["solver"].update(max_iter=10**400),
        "a long option": lambda i: i["config"]["solver"].update(x="a" * CONFIG_LETTERS),
        "many options": lambda i: i["config"]["solver"].update({str(n): n for n in range(9999)}),
        "a deep option": lambda i: i["config"]["solver"].update(x=json.loads("[" * 90 + "]" * 90)),
        "a long name": lambda i: i["dataset"].update(name="n" * 10**4),
        "a long problem": lambda i: i.update(problem="n" * 10**4),
        "no files": lambda i: i.update(files={}),
        "one file": lambda i: i["files"].pop("starts.csv"),
        "other files": lambda i: i["files"].update({"../../study.json": "0" * 64}),
        "another norm": lambda i: i.update(data_norm=1e-300),
        "a long place": lambda i: i["provenance"].update(cpu="x" * 10**4),
        "a nested place": lambda i: i["provenance"].update(cpu=[[[1]]]),
        "many libraries": lambda i: i["provenance"].update(libraries={"x": {"y": "z"}}),
        "starts beyond count": lambda i: i.update(n_starts=10**17),
    }


@pytest.mark.parametrize("what", info_changes())
def test_what_run_json_announces_beyond_all_bounds_leaves_it_out(what, study):
    path = first_run(study) / "run.json"

    def change(info):
        info_changes()[what](info)
        data = info["dataset"]
        if what not in ("a long problem", "more sweeps"):  # the latter is no job at all
            job = job_from_config(info["config"])
            info["problem"] = problem_key(job, data["name"], data["sha256"])

    edit(path, change)
    if what == "another norm":  # which no fit depends on
        assert [name for name, _ in Study.load(study).skipped] == [path.parent.name]
    else:
        assert left_out(study)[0] == path.parent.name


ODD_STARTS = {
    "seed": ["-1", str(2**32), str(10**30), "x", "", "1.5", "1" * 5000],
    "objective": ["nan", "inf", "-1", "-1e300", "", "x" * 200_000],
    "relative_error": ["nan", "inf", "-0.5"],
    "kkt_residual": ["nan", "-1"],
    "n_iter": ["-1", str(10**17), str(10**25)],
    "stop_reason": ["", "well", "\x1b[2J"],
    "seconds": ["nan", "-1", "1e12", "inf"],
    "zeros_W": ["2", "-0.1", "nan"],
    "zeros_H": ["1.01"],
    "n_dead": ["3", "-1", "99999999999"],
}


@pytest.mark.parametrize("name", ODD_STARTS)
def test_starts_that_no_fit_has_leave_their_run_out_whatever_its_hash(name, study):
    run = first_run(study)
    header, first, *rest = (run / "starts.csv").read_text().splitlines()
    at = header.split(",").index(name)
    for odd in ODD_STARTS[name]:
        cells = first.split(",")
        cells[at] = odd
        (run / "starts.csv").write_text("\n".join([header, ",".join(cells), *rest]) + "\n")
        sha256 = sha256_of(run / "starts.csv")
        edit(run / "run.json", lambda i, s=sha256: i["files"].update({"starts.csv": s}))
        loaded = Study.load(study)
        assert [skipped for skipped, _ in loaded.skipped] == [run.name], odd
        assert len(loaded.starts) == 2


def test_a_seed_given_twice_leaves_the_run_out(study):
    run = first_run(study)
    lines = (run / "starts.csv").read_text().splitlines()
    (run / "starts.csv").write_text("\n".join([*lines[:2], lines[1]]) + "\n")
    sha256, size = sha256_of(run / "starts.csv"), (run / "starts.csv").stat().st_size
    edit(run / "run.json", lambda i: i["files"].update({"starts.csv": sha256}))
    edit(run / "run.json", lambda i: i["sizes"].update({"starts.csv": size}))
    assert left_out(study) == (run.name, "starts.csv holds a seed twice")


def sparse_data(study, n_columns):
    """Let the study's data be a sparse matrix of two entries and so many columns."""
    import hashlib

    parts = {
        "indptr": np.array([0, 1, 2], dtype=np.int64),
        "indices": np.array([0, 1], dtype=np.int64),
        "data": np.array([1.0, 2.0]),
    }
    total = hashlib.sha256(f"{(2, n_columns)} True".encode())
    for part in parts.values():
        total.update(memoryview(part).cast("B"))
    sha256 = total.hexdigest()
    folder = study / "data" / sha256[:16]
    folder.mkdir()
    write_arrays(folder / "data.npz", **parts)
    about = {"name": "wide", "shape": [2, n_columns], "sha256": sha256, "known": None}
    (folder / "data.json").write_text(json.dumps(about))
    for path in study.glob("runs/*/run.json"):
        info = json.loads(path.read_text())
        info["dataset"] = {"name": "wide", "sha256": sha256, "shape": [2, n_columns]}
        info["problem"] = problem_key(job_from_config(info["config"]), "wide", sha256)
        path.write_text(json.dumps(info))


@pytest.mark.parametrize("n_columns", [10**10, 2 * 10**11, 2**53, 10**30])
def test_a_sparse_matrix_of_more_columns_than_memory_has_is_not_made(n_columns, study, capfd):
    sparse_data(study, n_columns)
    for command in ("report", "verify", "status"):
        assert main([command, str(study)]) in (0, 1, 2)
        assert "Traceback" not in capfd.readouterr().err
    with pytest.raises(RequestError, match="holds no finished run"):
        Study.load(study)


ABOUT = {
    "row_names": [
        7,
        "x",
        [[1]],
        {"a": 1},
        ["a"],
        ["n" * 10**5] * 6,
        [1, 2, 3, 4, 5, 6],
        [None] * 6,
    ],
    "notes": [7, "x", {"a": 1}, [7], ["n" * 10**6], ["a"] * 10**5],
    "known": [7, "x", [1], ["1" * 4000, "2"], [2, "1" * 4000], [-1, "inf"], [2, 7], [2, "x"]],
}


@pytest.mark.parametrize("name", ABOUT)
def test_what_is_told_of_the_data_is_left_out_where_it_is_no_such_thing(name, study):
    (path,) = study.glob("data/*/data.json")
    for odd in ABOUT[name]:
        edit(path, lambda about, o=odd: about.update({name: o}))
        loaded = Study.load(study)
        assert len(loaded.starts) == 4
        data = loaded.results[0].dataset
        if name == "row_names" and odd != []:
            assert data.row_names is None
            assert any("Its row names are left out" in note for note in data.notes)
        assert sum(map(len, data.notes)) < 50_000


def test_deep_and_large_records_are_refused_and_others_read(tmp_path):
    path = tmp_path / "x.json"
    for text in ('{"a":' * 40 + "1" + "}" * 40, "[" * 10**6, '{"a": ' + "[" * 99 + "]" * 99 + "}"):
        path.write_text(text)
        with pytest.raises(ValueError):
            read_json(path)
    path.write_text('{"a": "' + "x" * JSON_BYTES + '"}')
    with pytest.raises(ValueError, match="bytes; at most"):
        read_json(path)
    path.write_text('{"\\ud800a\\u001b": ["\\u009bb\\n", {"c": 1.5}, null, true]}')
    assert read_json(path) == {"\ufffda\ufffd": ["\ufffdb\n", {"c": 1.5}, None, True]}


def test_an_archive_whose_members_overlap_is_refused(tmp_path):
    """Many members that are one stretch of the file would take many times its size."""
    path = tmp_path / "x.npz"
    write_arrays(path, a=np.zeros(1000))
    whole = path.read_bytes()
    at, end = whole.index(b"PK\x01\x02"), whole.rindex(b"PK\x05\x06")
    entry, tail = whole[at:end], bytearray(whole[end:])
    tail[8:12] = 2 * (5).to_bytes(2, "little")
    tail[12:16] = (5 * len(entry)).to_bytes(4, "little")
    path.write_bytes(whole[:at] + entry * 5 + bytes(tail))
    with pytest.raises(ValueError, match="announces more than it has"):
        read_arrays(path)


def test_runs_that_do_not_fit_into_memory_together_are_left_out_one_by_one(study):
    runs, _ = find_runs(study)
    assert within_memory(runs) == (runs, [])
    os.truncate(runs[1].folder / "factors.npz", 9 << 40)
    kept, out = within_memory(runs)
    assert kept == runs[:1] and out[0][0] == runs[1].id and "too much memory" in out[0][1]


def test_a_command_that_is_none_of_ours_is_not_shown_for_copying(study):
    for command in (
        ["bash", "-c", "x"],
        ["nmfstudy"],
        ["nmfstudy", "run", 7],
        "nmfstudy run",
        [[]],
    ):
        (study / "study.json").write_text(json.dumps({"command": command}))
        assert "command" not in Study.load(study).about
    (study / "study.json").write_text(json.dumps({"command": ["nmfstudy", "run", "seed=1"]}))
    assert Study.load(study).about["command"] == ["nmfstudy", "run", "seed=1"]


@pytest.mark.parametrize("count", [10**400, 2**60, -1, 0, 1.5, "7", None, True])
def test_counts_of_study_json_beyond_bounds_are_passed_over(count, study):
    block = {"run": "a" * 16, "problem": "x", "n_starts": count, "most": count, "family": "f"}
    (study / "study.json").write_text(json.dumps({"runs": [block]}))
    assert status_of(study).asked == 0


def test_a_request_that_could_not_be_read_again_is_refused_before_anything_is_done(tmp_path, capfd):
    argv = ["run", f"+solver.weights=[{','.join(['0.123456789'] * 2000)}]", "n_components=2"]
    assert main([*argv, f"results_dir={tmp_path}"]) == 2
    assert capfd.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())
