"""The gallery's scripts: short, of public names only, and each ends in a figure."""

import ast
import runpy
from pathlib import Path

import pytest

import nmfstudy
from nmfstudy import plots

GALLERY = Path(__file__).resolve().parent.parent.parent / "docs" / "gallery"
SCRIPTS = sorted(GALLERY.rglob("*.py"))
PUBLIC = {"ns": nmfstudy.__all__, "plots": plots.__all__}
NAMES = "ax", "axes", "figure"  # what a script calls its figure
QUICK = [
    "concepts/1_problem.py",
    "concepts/3_solution.py",
    "checks/3_hidden_entries.py",
    "proofs/1_where_zeros_are.py",
    "fields/3_topics.py",
]


def name_of(path):
    return path.relative_to(GALLERY).as_posix()


def drawing(tree):
    """What the last assignment of a script calls, and under which name it keeps it."""
    last = [node for node in tree.body if isinstance(node, ast.Assign)][-1]
    return ast.unparse(last.value.func), last.targets[0].id


def test_there_are_at_least_twelve():
    assert len(SCRIPTS) >= 12
    assert all((path.parent / "GALLERY_HEADER.rst").is_file() for path in SCRIPTS)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_short_and_ends_in_a_figure(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    tree = ast.parse(text)
    title, underline, _, *words = ast.get_docstring(tree).splitlines()
    assert underline == "=" * len(title)
    assert 2 <= " ".join(words).count(". ") + 1 <= 4, "about three sentences"
    called, kept_as = drawing(tree)
    assert called.startswith(("plots.plot_", "plots.illustrate_")) and kept_as in NAMES


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_uses_public_names_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and "nmfstudy" in ast.unparse(node):
            assert ast.unparse(node) in ("import nmfstudy as ns", "from nmfstudy import plots")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.attr in PUBLIC.get(node.value.id, [node.attr])
            assert not node.attr.startswith("_")


@pytest.mark.parametrize("name", QUICK)
def test_a_script_runs(name):
    space = runpy.run_path(str(GALLERY / name))
    (drawn,) = (space[name] for name in NAMES if space.get(name) is not None)
    if isinstance(drawn, plots.Illustration):
        assert drawn.figure().axes
    else:
        first = drawn[0] if isinstance(drawn, list) else drawn
        assert first.get_figure(root=True).axes
