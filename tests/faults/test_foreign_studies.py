"""A study from elsewhere runs nothing, opens nothing outside its folder, and ends no command."""

import ast
import contextlib
import csv
import json
import os
import shutil
import sys
import xml.dom.minidom
from pathlib import Path

import pytest
from small_sweeps import a_job, content

from nmfstudy.cli import main
from nmfstudy.model.problem import Problem, Search
from nmfstudy.store import find_runs
from nmfstudy.study import Study
from nmfstudy.sweep.execution import execute
from nmfstudy.sweep.verification import verify
from nmfstudy.util.errors import RequestError

ROOT = Path(__file__).resolve().parents[2]
OPENED = []
_WATCHING = []


def _audit(event, arguments):
    if not _WATCHING or event not in ("open", "os.listdir", "os.scandir", "os.remove", "os.rename"):
        return
    for path in arguments:
        if isinstance(path, str | bytes | os.PathLike):
            path = os.path.abspath(os.fsdecode(path))
            folder, name = os.path.split(path)
            if event in ("os.remove", "os.rename"):  # a link itself, not what it shows
                OPENED.append(os.path.join(os.path.realpath(folder), name))
            else:
                OPENED.append(os.path.realpath(path))


sys.addaudithook(_audit)


@contextlib.contextmanager
def nothing_opened_in(folder):
    """Every file opened, listed, renamed or removed within lies outside of this folder."""
    OPENED.clear()
    _WATCHING.append(True)
    try:
        yield
    finally:
        _WATCHING.clear()
    assert not [path for path in OPENED if Path(path).is_relative_to(folder)]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Seven runs of two starts each on one problem."""
    folder = tmp_path_factory.mktemp("original")
    execute(a_job(folder, n_components=2, n_starts=14, block=2))
    return folder / "small"


@pytest.fixture
def study(original, tmp_path):
    return shutil.copytree(original, tmp_path / "small")


@pytest.fixture
def outside(tmp_path):
    """A folder that no command may touch, with files that could be read."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in "WHX":
        (folder / f"{name}.csv").write_text("1,2\n3,4\n")
    return folder


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """The file that a module makes when it is imported; the module is found by its name."""
    mark = tmp_path / "IMPORTED"
    (tmp_path / "leaves_a_mark.py").write_text(
        "from pathlib import Path\n"
        f"Path({str(mark)!r}).touch()\n"
        "from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent as Solver\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield mark
    sys.modules.pop("leaves_a_mark", None)


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def foreign_searches(outside):
    """What the configurations of six runs say instead."""
    usual = {"tol": 1e-9, "max_iter": 20000, "stop": "kkt"}
    files = {name: str(outside / f"{name}.csv") for name in "WH"}
    call = {"_target_": "leaves_a_mark.Solver"}
    return [
        {"solver": {"name": "leaves_a_mark:Solver", **usual}},
        {"solver": {"name": "hydra.utils:instantiate", "config": call, **usual}},
        {"solver": {"name": "leaves_a_mark.sub:Solver", "path": str(outside / "X.csv"), **usual}},
        {"init": {"name": "custom", **files}},
        {"init": {"name": "leaves_a_mark:init"}},
        {"dataset": {"name": "file", "path": str(outside / "X.csv")},
         "solver": {"name": "coordinate_descent", "tol": 0.0, "max_iter": 10**15, "stop": "kkt"}},
    ]  # fmt: skip


@pytest.fixture
def foreign(study, outside, mark):
    """A study whose runs name modules and files; one of seven is as it was."""
    runs = sorted((study / "runs").iterdir())
    for run, changes in zip(runs, foreign_searches(outside), strict=False):
        edit(run / "run.json", lambda info, c=changes: info["config"].update(c))
    command = ["nmfstudy", "run", "solver.name=leaves_a_mark:Solver"]
    (study / "study.json").write_text(json.dumps({"command": command}))
    return study


@pytest.mark.parametrize("command", ["status", "report", "compare", "run"])
def test_nothing_that_is_recorded_is_imported_opened_or_fitted(
    command, foreign, original, outside, mark, capfd
):
    argv = {
        "compare": ["compare", str(foreign), str(original)],
        "run": ["run", "n_components=2", "n_starts=2", "block=2", "study_name=small",
                f"results_dir={foreign.parent}"],
    }.get(command, [command, str(foreign)])  # fmt: skip
    before = content(outside)
    with nothing_opened_in(outside):
        assert main(argv) in (0, 1)
    assert not mark.exists() and "leaves_a_mark" not in sys.modules
    assert content(outside) == before
    assert "Traceback" not in capfd.readouterr().err


def test_verify_imports_only_what_its_own_command_names(foreign, outside, mark):
    for path in foreign.glob("runs/*/run.json"):  # that a run may have no end is another matter
        edit(path, lambda info: info["config"]["solver"].update(tol=1e-9))
    with nothing_opened_in(outside):
        table = verify(foreign)
    assert not mark.exists()
    assert sorted(table.outcome) == ["equal"] * 2 + ["not possible"] * 5
    assert table.reason.str.contains("--allow leaves_a_mark:Solver").sum() == 1
    assert table.reason.str.contains("files outside the study").sum() == 1
    assert main(["verify", str(foreign), "--allow", "leaves_a_mark:Solver"]) == 1
    assert mark.exists()
    table = verify(foreign, allow=["leaves_a_mark:Solver"])
    assert sorted(table.outcome) == ["equal"] * 3 + ["not possible"] * 4


@pytest.mark.parametrize("given", ["leaves_a_mark", ":Solver", "leaves_a_mark:", ""])
def test_what_names_no_class_is_not_allowed(given, study, mark, capfd):
    assert main(["verify", str(study), "--allow", given]) == 2
    assert capfd.readouterr().err.count("\n") == 1 and not mark.exists()


def test_a_recorded_search_makes_no_solver_of_its_own(foreign, mark):
    from nmfstudy.fitting.multistart import fit_starts

    runs, _ = find_runs(foreign)
    searches = [run.job.search for run in runs]
    assert all(search.recorded for search in searches)
    named = [s for s in searches if ":" in s.solver or s.init == "custom"]
    assert len(named) == 4
    for search in named:
        with pytest.raises(RequestError, match="that a study records"):
            fit_starts([[1.0, 2.0]], Problem(1), search, [0])
    assert not Search().recorded and not mark.exists()


def test_no_module_that_draws_or_reports_can_fit():
    """Statically: no name that fits, or makes what fits, is imported there."""
    forbidden = {"fit", "fit_starts", "convergence_trace", "save_trace", "make_solver",
                 "load_dataset", "execute", "perform", "import_module"}  # fmt: skip
    for room in ("plots", "report", "study"):
        for path in (ROOT / "nmfstudy" / room).rglob("*.py"):
            # A package imports names of its own when they are asked for.
            allowed = {"import_module"} if path.name == "__init__.py" else set()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    names = {alias.name for alias in node.names} - allowed
                    assert not names & forbidden, f"{path.name}: {names & forbidden}"


FOLDERS = "runs data convergence certificates failures running tables figures factors".split()


@pytest.mark.parametrize("name", FOLDERS)
def test_nothing_is_read_or_written_through_a_linked_folder(name, study, outside, capfd):
    place, target = study / name, outside / name
    if place.is_dir():
        place.rename(target)
    else:
        target.mkdir()
        (target / "x.json").write_text("{}")
    place.symlink_to(target)
    before = content(outside)
    with nothing_opened_in(outside):
        assert main(["status", str(study)]) in (0, 1)
        assert main(["report", str(study)]) == 2
        argv = ["run", "n_components=2", "n_starts=2", "block=2", "study_name=small"]
        assert main([*argv, f"results_dir={study.parent}"]) == 2
        with contextlib.suppress(RequestError):
            for result in Study.load(study):
                assert result.verdicts and (name != "convergence" or result.convergence is None)
    assert content(outside) == before
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert said.count(f"{name} is a link, through which nothing is written") >= 1


@pytest.mark.parametrize("name", ["study.json", "report.html", "report.md", "methods.txt"])
def test_a_linked_file_is_replaced_and_not_what_it_shows(name, study, outside):
    from nmfstudy.store.files import write_atomically
    from nmfstudy.store.records import recorded_request

    (outside / "secret").write_text('{"command": ["nmfstudy", "run", "secret"]}')
    (study / name).unlink(missing_ok=True)
    (study / name).symlink_to(outside / "secret")
    with nothing_opened_in(outside):
        assert recorded_request(study).get("command") is None or name != "study.json"
        write_atomically(study / name, "new")
    assert (outside / "secret").read_text().startswith("{") and not (study / name).is_symlink()


ODD_NAMES = (
    "\x1b]0;owned\x07\x1b[31mred", "a\x00b", "\ud800half", "x\u202eevil", "\x9b31m", "\ufffe",
    "=cmd|' /C calc'!A0", "+x", "-x", "@SUM(1)", "\t=1", "line\nbreak",
)  # fmt: skip
UNSAFE = [chr(c) for c in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0xFFFE)]


def test_odd_names_reach_no_terminal_page_picture_or_formula(study, capfd):
    def change(about):
        about.update(name=ODD_NAMES[0], notes=["\ud800", *ODD_NAMES, 7, "n" * 10**5])
        n, d = about["shape"]
        about["row_names"] = [ODD_NAMES[i % len(ODD_NAMES)] for i in range(n)]
        about["column_names"] = [ODD_NAMES[-1 - i % len(ODD_NAMES)] for i in range(d)]

    (about,) = study.glob("data/*/data.json")
    edit(about, change)
    odd = study / "runs" / "\x1b[2Jodd"
    odd.mkdir()
    (odd / "error.json").write_text(
        json.dumps({"problem": "\x1b[2J\ud800", "errors": [{"seed": 1, "error": "\x1b]0;x\x07"}]})
    )
    assert main(["report", str(study)]) in (0, 1)
    assert main(["status", str(study)]) == 1
    said = capfd.readouterr()
    texts = {"stdout": said.out, "stderr": said.err}
    written = [p for p in study.rglob("*") if p.suffix in (".html", ".md", ".csv", ".svg", ".txt")]
    texts |= {str(p): p.read_text(encoding="utf-8") for p in written if "runs" not in p.parts}
    for name, text in texts.items():
        assert not [c for c in UNSAFE if c in text], name
    for path in study.glob("figures/*.svg"):
        xml.dom.minidom.parse(str(path))
    cells = [
        cell
        for path in study.glob("[tf]a*/*.csv")
        for row in csv.reader(path.read_text().splitlines())
        for cell in row
    ]
    assert any(cell == "'@SUM(1)" for cell in cells)
    for cell in cells:
        if cell[:1] in tuple("=+-@\t"):
            float(cell)
