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
FACE = ["__init__", "cli"]


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


def test_every_package_is_shipped():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "packages"
    ]
    found = {p.parent.relative_to(ROOT).as_posix().replace("/", ".") for p in SOURCES}
    assert found | {"nmfstudy.experiments", "nmfstudy.conf"} == set(packages)


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
