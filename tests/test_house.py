"""The house rules: layers, sizes, packaging, quick start."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "nmfstudy").rglob("*.py"))
# A module imports only from its own layer and those before it.
LAYERS = [
    "errors __init__ streams compiling threads kernels_random display",
    "factorization",
    "penalties objective problem fits collapse datasets inits matching distances saturation",
    "solvers keeping fitting convergence certificates solutions components structure selection",
    "config runs sweep request progress watching",
    "study verdicts comparison verification",
    "plots",
    "questions",
    "report",
    "cli",
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names.split()}
# Called from below by name only when asked for, so that tables can carry verdicts.
ALLOWED = {("study", "verdicts"), ("runs", "__init__")}


def imports_of(path):
    """First parts of the nmfstudy modules that a file imports, deferred imports included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nmfstudy"):
            parts = node.module.split(".")
            yield parts[1] if len(parts) > 1 else "__init__"
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("nmfstudy."))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_imports_only_from_below(path):
    name = path.relative_to(ROOT / "nmfstudy").parts[0].removesuffix(".py")
    assert name in LEVEL, f"{name} has no layer yet"
    for other in imports_of(path):
        assert LEVEL[other] <= LEVEL[name] or (name, other) in ALLOWED, f"{name} imports {other}"


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


def test_only_the_apps_know_hydra():
    knowing = [
        p for p in SOURCES if "import hydra" in p.read_text() or "from hydra" in p.read_text()
    ]
    assert knowing == []


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
