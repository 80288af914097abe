import ast
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy.store import code_version
from nmfstudy.util import sources
from nmfstudy.util.sources import PACKAGE, hash_of_sources, sources_behind

FIT = "nmfstudy.fitting.multistart"


def closure(module):
    """The same by parsing, from the definition."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        place = PACKAGE.joinpath(*name.split(".")[1:])
        path = next(p for p in (place / "__init__.py", place.with_suffix(".py")) if p.is_file())
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nmfstudy"):
                for alias in node.names:
                    inner = PACKAGE.joinpath(*node.module.split(".")[1:], alias.name)
                    is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                    names.append(f"{node.module}.{alias.name}" if is_module else node.module)
            elif isinstance(node, ast.Import):
                names = [a.name for a in node.names if a.name.startswith("nmfstudy.")]
            waiting += names
    return tuple(sorted(found))


@pytest.mark.parametrize("module", [FIT, "nmfstudy.certificates.verdict", "nmfstudy.report.build"])
def test_the_sources_are_all_modules_that_are_imported(module):
    assert sources_behind(module) == closure(module)


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated", "scikit_learn"])
def test_every_function_that_a_fit_calls_lies_in_its_sources(solver):
    called = set()

    def note(frame, event, argument):
        called.add(frame.f_code.co_filename)

    X = np.random.default_rng(0).random((8, 6))

    def fit():
        ns.fit(X, 2, n_starts=3, solver=solver, tol=1e-4, record="solutions")

    fit()  # what runs while modules are imported is no part of it
    sys.setprofile(note)
    try:
        fit()
    finally:
        sys.setprofile(None)
    ours = {Path(name) for name in called if name.startswith(str(PACKAGE))}
    faces = {path for path in ours if path.name == "__init__.py"}
    assert len(ours) > 10 and ours - faces <= set(sources_behind(FIT))


def version_of(package, monkeypatch):
    for cached in (sources_behind, code_version):
        cached.cache_clear()
    monkeypatch.setattr(sources, "PACKAGE", package)
    try:
        return code_version()
    finally:
        monkeypatch.undo()
        for cached in (sources_behind, code_version):
            cached.cache_clear()


def test_one_byte_in_any_of_them_changes_the_code_version(tmp_path, monkeypatch):
    copy = tmp_path / "nmfstudy"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = version_of(copy, monkeypatch)
    assert before == code_version()
    for path in sources_behind(FIT):
        file = copy / path.relative_to(PACKAGE)
        text = file.read_bytes()
        file.write_bytes(text + b"#")
        assert version_of(copy, monkeypatch) != before, path
        file.write_bytes(text)
    for other in ("plots/style.py", "report/build.py", "solutions/kind.py", "store/run.py"):
        with open(copy / other, "ab") as handle:
            handle.write(b"#")
    assert version_of(copy, monkeypatch) == before


def test_a_moved_file_is_another_source(tmp_path, monkeypatch):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(sources, "PACKAGE", tmp_path)
    assert hash_of_sources([tmp_path / "a.py"]) != hash_of_sources([tmp_path / "b.py"])
