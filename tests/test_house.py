"""The house rules: layers, sizes, packaging, quick start."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "nmfstudy").rglob("*.py"))
# The rooms from the ground up, as CONTRIBUTING.md draws them; the package's face is above all.
MAP = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1]
ROOMS = [line.split("/")[0] for line in MAP.splitlines() if re.match(r"[a-z]+/ ", line)]
FACE = ["__init__", "cli", "sklearn"]


def room_of(module):
    """The folder below `nmfstudy` that a module lies in."""
    return module.split(".")[1] if "." in module else "__init__"


def modules_named_in(path):
    """Modules of the package that a file imports, wherever in the file and by whatever means."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nmfstudy":
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from inside if node.module == "nmfstudy" else [node.module]
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("nmfstudy."))
        if isinstance(node, ast.Constant) and re.fullmatch(r"nmfstudy\.[\w.]+", str(node.value)):
            yield node.value


def test_the_map_names_every_room():
    found = {p.name for p in (ROOT / "nmfstudy").iterdir() if p.is_dir() and p.name[0] != "_"}
    assert found == set(ROOMS) and len(ROOMS) == len(found)
    loose = {p.stem for p in (ROOT / "nmfstudy").glob("*.py")}
    assert loose == set(FACE)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_imports_only_from_its_room_and_those_below(path):
    room = path.relative_to(ROOT / "nmfstudy").parts[0].removesuffix(".py")
    if room in FACE:
        return
    below = ROOMS[: ROOMS.index(room) + 1]
    for module in modules_named_in(path):
        other = room_of(module)
        known = other in below or module == "nmfstudy.__version__"
        assert known, f"{room} imports {module}, which lies above it"


@pytest.mark.parametrize(
    "path",
    [
        p
        for folder in ("nmfstudy", "experiments", "tests", "benchmarks", "examples", "results")
        for p in (ROOT / folder).rglob("*.py")
    ],
    ids=lambda p: p.relative_to(ROOT).as_posix(),
)
def test_no_file_passes_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def public_names(path):
    """What a module defines at its top that others may use: functions, classes and values."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        yield from (name for name in names if not name.startswith("_"))


def modules_used_alike():
    """Sets of modules that one statement imports as modules: members of one protocol."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nmfstudy"):
                folder = ROOT / node.module.replace(".", "/")
                yield {folder / f"{alias.name}.py" for alias in node.names}


def test_a_public_name_is_defined_in_one_module():
    """A name means one thing; what modules that are used alike must all define is one thing."""
    homes = {}
    for path in SOURCES:
        for name in set(public_names(path)):
            homes.setdefault(name, set()).add(path)
    protocols = list(modules_used_alike())
    twice = {
        name: sorted(path.relative_to(ROOT).as_posix() for path in paths)
        for name, paths in homes.items()
        if len(paths) > 1 and not any(paths <= members for members in protocols)
    }
    assert twice == {}


# What fits, certifies or counts, and the classes that a record may name.
WORK = (
    "fit fit_starts fit_batch refit certify distinct_solutions stability holdout evidence_over_k "
    "make_solver import_module __import__"
).split()


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if p.parent.name in ("plots", "page", "questions", "report")],
    ids=lambda p: p.relative_to(ROOT).as_posix(),
)
def test_figures_and_pages_come_from_results_that_exist(path):
    """Nothing under plots/ or report/ fits, certifies, counts or imports a recorded class."""
    if path.name == "__init__.py" and "_HOME" in path.read_text(encoding="utf-8"):
        return  # its own modules on first use
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")[-1]
            assert called not in WORK, f"{path.name}:{node.lineno} calls {called}"


def texts_in(path, pattern):
    """Texts of a module, but for docstrings and errors, that look like this."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    idle = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            idle |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in idle:
            if re.search(pattern, node.value):
                yield node.lineno, node.value


FULL_STOP, CLAUSE = r"\s(.|\n)*[a-z\d)][.!](\s|$)", r"\b([a-z]+ ){5}[a-z]"


@pytest.mark.parametrize(
    ("room", "pattern"), [("plots", FULL_STOP), ("solutions", CLAUSE), ("assess", CLAUSE)]
)
def test_results_and_figures_hold_no_sentences(room, pattern):
    """They carry codes, numbers and labels; captions and reasons are written in report/."""
    for path in (ROOT / "nmfstudy" / room).rglob("*.py"):
        found = list(texts_in(path, pattern))
        assert found == [], f"{path.name}: {found}"


def test_what_counts_as_a_sentence_is_seen(tmp_path):
    for text, pattern in (
        ("It stays the same.", FULL_STOP),
        ("only one of the random starts converged", CLAUSE),
    ):
        (tmp_path / "a.py").write_text(f'"""What it holds."""\nx = f"{{x}} {text}"\n')
        assert [value for _, value in texts_in(tmp_path / "a.py", pattern)] == [f" {text}"]


def test_every_figure_of_a_result_has_a_caption():
    from nmfstudy import plots
    from nmfstudy.report.captions import CAPTIONS

    makes = {getattr(plots, name) for name in plots.__all__ if name.startswith("illustrate_")}
    assert set(CAPTIONS) == makes


def test_every_package_is_shipped():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "packages"
    ]
    choices = [ROOT / "nmfstudy" / p.relative_to(ROOT) for p in (ROOT / "conf").rglob("*.yaml")]
    folders = {p.parent.relative_to(ROOT) for p in [*SOURCES, *choices]}
    found = {folder.as_posix().replace("/", ".") for folder in folders}
    assert found | {"nmfstudy.experiments"} == set(packages)


def test_only_the_grammar_and_the_launchers_of_a_sweep_know_hydra():
    knowing = {
        p.relative_to(ROOT / "nmfstudy").as_posix()
        for p in SOURCES
        if re.search(r"(import|from) hydra", p.read_text(encoding="utf-8"))
    }
    assert knowing == {"sweep/overrides.py", "sweep/composing.py", "sweep/launching.py"}


def test_private_modules_of_hydra_are_left_alone():
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "experiments").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(import|from) hydra[\w.]*\._", text), path.name


@pytest.mark.parametrize("heavy", "numba pandas matplotlib sklearn scipy hydra".split())
def test_importing_the_package_imports_nothing_heavy(heavy):
    code = f"import nmfstudy, nmfstudy.cli, sys; sys.exit({heavy!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    import nmfstudy

    for name in nmfstudy.__all__:
        assert getattr(nmfstudy, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nmfstudy.nothing  # noqa: B018


def test_every_test_module_can_fail():
    """Closeness that is computed and not asserted is no test."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                function = ast.unparse(node.value.func)
                idle = ("np.allclose", "np.array_equal", "np.isclose", "pytest.approx")
                assert function not in idle, f"{path.name}:{node.lineno} asserts nothing"


def test_test_modules_have_names_of_their_own():
    """Without packages pytest takes two files of one name for the same module."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
