"""What pyproject.toml promises."""

import re
import tomllib
from pathlib import Path

import nmfstudy

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_oldest_versions_tested_are_those_allowed():
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    for requirement in PROJECT["dependencies"]:
        name, bound = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()
        assert tested[name] == bound + ".0" * (2 - bound.count(".")), name


def test_every_place_says_the_same_version():
    assert PROJECT["version"] == nmfstudy.__version__
    assert f"version: {nmfstudy.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_every_python_that_may_install_is_listed():
    first, last = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    said = "Programming Language :: Python :: 3."
    listed = [c.removeprefix(said) for c in PROJECT["classifiers"] if c.startswith(said)]
    assert listed == [str(minor) for minor in range(int(first), int(last))]


def test_type_checkers_see_the_public_names():
    assert set(nmfstudy.__all__) == {"__version__", *nmfstudy._HOME}
    face = (ROOT / "nmfstudy" / "__init__.py").read_text(encoding="utf-8")
    seen = re.findall(r"^    from nmfstudy\.([\w.]+) import (.*)$", face, flags=re.M)
    homes = {name: home for home, names in seen for name in names.split(", ")}
    assert homes == nmfstudy._HOME
