import json
import os
import shutil

import pytest
from small_sweeps import a_job, content

from nmfstudy import Study
from nmfstudy.cli import main
from nmfstudy.report.words_on_status import status_lines
from nmfstudy.store import find_runs, is_finished, record_failure
from nmfstudy.store.files import sha256_of
from nmfstudy.store.status import status_of
from nmfstudy.sweep.execution import execute
from nmfstudy.util.errors import RequestError


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original")
    execute(a_job(folder, n_starts=8, block=4))
    (folder / "small" / "study.json").write_text("{}")
    return folder / "small"


@pytest.fixture
def study(original, tmp_path):
    """A study of two runs of its own."""
    return shutil.copytree(original, tmp_path / "small")


def first_run(study):
    return sorted((study / "runs").iterdir())[0]


@pytest.mark.parametrize("name", ["factors.npz", "starts.csv", "run.json"])
@pytest.mark.parametrize("outside", ["/etc/passwd", "copy", "missing", "loop"])
def test_links_out_of_a_run_are_never_followed(name, outside, study, tmp_path):
    """Not even to a copy with the right content: what a link shows is not the study's."""
    run = first_run(study)
    target = tmp_path / "copy"
    shutil.copy(run / name, target)
    (run / name).unlink()
    given = {"copy": str(target), "missing": str(tmp_path / "none"), "loop": name}
    (run / name).symlink_to(given.get(outside, outside))
    loaded = Study.load(study)
    ((skipped, reason),) = loaded.skipped
    assert skipped == run.name
    assert reason in (f"{name} is a link, which none of ours is", "it is not finished")
    assert len(loaded.starts) == 4


def test_a_run_that_is_a_link_is_skipped_and_made_again_in_the_study(study, tmp_path):
    run = first_run(study)
    outside = tmp_path / "outside"
    run.rename(outside)
    run.symlink_to(outside)
    before = content(outside)
    assert not is_finished(study, run.name)
    _, skipped = find_runs(study)
    assert skipped == [(run.name, f"{run.name} is a link, which none of ours is")]
    record_failure(study, run.name, "menu", ValueError("no"))
    assert content(outside) == before
    shutil.rmtree(run)
    run.symlink_to(outside)
    blocks = execute(a_job(tmp_path, n_starts=8, block=4))
    assert sorted(block.fitted for block in blocks) == [False, True]
    assert not run.is_symlink()
    assert content(outside) == before
    assert not list(study.rglob(".partial*"))


def test_linked_data_are_not_read(study, tmp_path):
    (data,) = (study / "data").iterdir()
    data.rename(tmp_path / "outside")
    data.symlink_to(tmp_path / "outside")
    with pytest.raises(RequestError):
        assert not len(Study.load(study))
        raise RequestError("nothing was read")


def test_a_pipe_is_not_waited_for(study):
    run = first_run(study)
    (run / "run.json").unlink()
    os.mkfifo(run / "run.json")
    other = study / "runs" / ("0" * 16)
    other.mkdir()
    os.mkfifo(other / "error.json")
    (study / "study.json").unlink()
    os.mkfifo(study / "study.json")
    assert main(["status", str(study)]) == 1
    assert len(Study.load(study).starts) == 4


ODD = [None, True, 7, -1.5, "x", "\x1b[31m<script>", [], [7], [[]], {}, {"a": 1}, [{}], 10**400]


def edited(value, path, new):
    """A copy of plain data with one part replaced, or left out if ``new`` is missing."""
    copy = json.loads(json.dumps(value))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return copy


def paths(value, depth=3):
    """Where the parts of nested data are."""
    if isinstance(value, dict | list) and depth:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield (key,)
            yield from ((key, *rest) for rest in paths(inner, depth - 1))


def survives(study):
    """Status, loading and all tables end with a result or with one sentence."""
    list(status_lines(status_of(study)))
    for code in (None, "mixed"):
        try:
            found = Study.load(study, code=code)
        except RequestError as error:
            assert "\n" not in str(error)
        else:
            assert len(found) in (0, 1)
            if len(found):
                assert found.starts.objective.notna().all()
            assert found.n_failed >= 0


def test_any_part_of_run_json_may_be_anything(study):
    path = first_run(study) / "run.json"
    info = json.loads(path.read_text())
    for i, where in enumerate(paths(info)):
        for new in ODD[i % 4 :: 4]:
            path.write_text(json.dumps(edited(info, where, new)))
            survives(study)


ERRORS = {"id": "x", "problem": "menu-k2", "errors": [{"seed": 3, "error": "Traceback\nNo"}]}
ASKED = {
    "command": ["nmfstudy"],
    "analysis": {"distance_tol": 1e-3},
    "code": "x",
    "adaptive": False,
    "runs": [{"run": "0" * 16, "problem": "menu-k2", "n_starts": 4}],
}


@pytest.mark.parametrize(("name", "value"), [("error.json", ERRORS), ("study.json", ASKED)])
def test_any_part_of_the_records_may_be_anything(name, value, study):
    path = study / name
    if name == "error.json":
        (study / "runs" / ("0" * 16)).mkdir()
        path = study / "runs" / ("0" * 16) / name
    texts = ["", "[", "[]", "7", "null", "[" * 100_000, '{"a":' * 100_000, "\x00", "{}", "NaN"]
    texts += [json.dumps(edited(value, at, new)) for at in paths(value) for new in ODD[::2]]
    for text in texts:
        path.write_text(text)
        survives(study)


def test_the_commands_end_well_on_odd_records(study, capfd):
    odd = study / "runs" / ("0" * 16)
    odd.mkdir()
    record = {"problem": "<b>\x1b[2J", "errors": [{"seed": "x", "error": "\x1b[2J<script>"}]}
    (odd / "error.json").write_text(json.dumps(record))
    (study / "study.json").write_text(
        '{"command": {"a": 1}, "runs": [{"run": 7}, 3], "analysis": []}'
    )
    other = study.with_name("other")
    shutil.copytree(study, other)
    for command, status in (
        (["status", str(study)], 1),
        (["report", str(study)], 1),
        (["verify", str(study)], 1),
        (["compare", str(study), str(other)], 0),
    ):
        assert main(command) == status, command
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    assert "\x1b" not in said.out
    page = (study / "report.html").read_text()
    assert "\x1b" not in page
    assert page.count("<script>") == 1  # the page's own
    assert "[2J&lt;script&gt;" in page


def test_factors_and_starts_that_are_none_are_skipped_whatever_their_hash_says(study):
    import numpy as np

    run = first_run(study)
    with np.load(run / "factors.npz") as arrays:
        good = dict(arrays)
    rows = (run / "starts.csv").read_text()
    info = json.loads((run / "run.json").read_text())
    for changes in (
        {"index": good["index"].astype(float)},
        {"index": good["index"] - 5},
        {"index": good["index"] + 1},
        {"index": good["index"].astype(str)},
        {"W": good["W"].astype(complex)},
        {"W": good["W"].astype(str)},
        {"W": -good["W"]},
        {"H": good["H"][:, :, :-1]},
        {"H": good["H"][0]},
        {"W": np.float64(3)},
    ):
        np.savez(run / "factors.npz", **{**good, **changes})
        info["files"]["factors.npz"] = sha256_of(run / "factors.npz")
        (run / "run.json").write_text(json.dumps(info))
        found = Study.load(study)
        assert len(found.starts) == 4, changes
        assert [name for name, _ in found.skipped] == [run.name]
    np.savez(run / "factors.npz", **good)
    info["files"]["factors.npz"] = sha256_of(run / "factors.npz")
    seed = rows.splitlines()[1].split(",")[11]
    for text in (
        rows.replace(f",{seed},", f",{10**30},", 1),
        rows.replace(f",{seed},", ",x,", 1),
        rows.replace(f",{seed},", ",-5,", 1),
        rows.replace("converged", "well"),
        rows.splitlines()[0] + "\n",
        rows.replace(",", ";"),
        "\x00",
    ):
        (run / "starts.csv").write_text(text)
        info["files"]["starts.csv"] = sha256_of(run / "starts.csv")
        (run / "run.json").write_text(json.dumps(info))
        found = Study.load(study)
        assert len(found.starts) == 4, text[:200]
