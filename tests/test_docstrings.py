"""Examples in docstrings run, and every public name has one."""

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import nmfstudy

PACKAGE = Path(nmfstudy.__file__).parent
MODULES = [
    ".".join(("nmfstudy", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PUBLIC = [getattr(nmfstudy, name) for name in nmfstudy.__all__ if name[0] != "_"]
CALLED = [thing for thing in PUBLIC if thing is not nmfstudy.RequestError]


@pytest.mark.parametrize("module", MODULES)
def test_examples_come_out_as_printed(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(import_module(module.removesuffix(".__init__")), optionflags=FLAGS)
    assert result.attempted and not result.failed


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_every_public_name_has_an_example(thing):
    assert ">>> " in inspect.getdoc(thing)


@pytest.mark.parametrize("thing", CALLED, ids=lambda thing: thing.__name__)
def test_every_parameter_is_described(thing):
    described = inspect.getdoc(thing)
    for name in inspect.signature(thing).parameters:
        if name not in ("args", "kwargs", "cls"):
            assert name in described, f"{thing.__name__} says nothing of {name}"
