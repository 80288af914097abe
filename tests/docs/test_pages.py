"""The site's pages hang together; Sphinx, which is not needed here, builds them in `make docs`."""

import re
import sys
from pathlib import Path

import pytest
import yaml

import nmfstudy
from nmfstudy import plots

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
INCLUDED = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md")]
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?\)")

sys.path.insert(0, str(DOCS / "sphinx"))
import settings  # noqa: E402

sys.path.pop(0)


def contents(name):
    """Names in the tables of contents of one page."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for block in re.findall(r"```\{toctree\}\n(.*?)```", text, flags=re.S):
        yield from (line for line in block.splitlines() if line and line[0] != ":")


def test_every_page_is_in_the_contents():
    found, new = set(), ["index"]
    while new:
        name = new.pop()
        found.add(name)
        if name != "auto_gallery/index":  # sphinx-gallery writes it
            new += contents(name)
    assert found == {path.stem for path in PAGES} | {"auto_gallery/index"}
    elsewhere = {path.parent.name for path in DOCS.rglob("*.md") if not built(path)}
    assert elsewhere <= {"docs", "paper"}


def built(path):
    return path.relative_to(DOCS).parts[0] in ("_build", "auto_gallery", "api")


def headings(path):
    """Anchors of a page, as GitHub and MyST make them."""
    text = path.read_text(encoding="utf-8")
    if included := re.match(r"```\{include\} (\S+)", text):
        text = (path.parent / included[1]).read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    for title in re.findall(r"^#+ (.*)$", text, flags=re.M):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def exists(page, link):
    """Whether what a link names is there, or is made by the gallery from what is there."""
    name, _, anchor = link.partition("#")
    made = re.fullmatch(r"auto_gallery/(\w+)/(?:images/sphx_glr_)?(\w+?)(_001\.png|\.rst)", name)
    if made:
        return (DOCS / "gallery" / made[1] / f"{made[2]}.py").is_file()
    path = page.parent / name if name else page
    if not path.exists():
        return name == "auto_gallery/index.rst"
    return not anchor or anchor in headings(path)


@pytest.mark.parametrize("page", [*PAGES, *INCLUDED], ids=lambda path: path.name)
def test_every_link_between_pages_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not exists(page, link)]
    assert dead == []


def test_a_dead_link_is_seen():
    assert exists(PAGES[0], "tables.md") and exists(PAGES[0], "tables.md#tables")
    assert not exists(PAGES[0], "nothing.md") and not exists(PAGES[0], "tables.md#nothing")
    assert not exists(PAGES[0], "auto_gallery/concepts/nothing.rst")


def test_the_api_pages_hold_every_public_name():
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^   ([A-Za-z]\w*)$", text, flags=re.M)
    public = {name for name in nmfstudy.__all__ if name[0] != "_"}
    assert len(listed) == len(set(listed))
    assert set(listed) == public | set(plots.__all__) | {"StableNMF"}


@pytest.mark.parametrize("name", ["starts", "solutions", "shares", "problems"])
def test_every_column_of_a_table_is_explained_once(name):
    text = (DOCS / "tables.md").read_text(encoding="utf-8")
    section = re.split(r"\n## ", text.partition(f"## {name}.csv")[2])[0]
    cells = re.findall(r"^\| ([a-z][^|]*) \|", section, flags=re.M)
    listed = [column for cell in cells if cell != "column" for column in re.split(", | ≤ ", cell)]
    menu = nmfstudy.load_dataset("menu")
    made = nmfstudy.Study.of(menu, nmfstudy.fit(menu, 2, n_starts=3)).tables[name]
    assert sorted(listed) == sorted(made.columns)


def leaves(mapping, prefix=""):
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        elif prefix or key not in ("defaults", "name"):
            yield prefix + key


@pytest.mark.parametrize(
    "path",
    [p for p in sorted((ROOT / "conf").rglob("*.yaml")) if p.parent.name != "study"],
    ids=lambda path: path.stem,
)
def test_every_key_is_on_the_page_and_explained(path):
    """As a YAML parser sees them, which the page's own reading of comments must agree with."""
    asked = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked.pop("hydra", None)
    found = settings.keys_of(path)
    assert [key for key, _, _ in found] == list(leaves(asked))
    assert [key for key, _, meaning in found if not meaning] == []
    assert path.stem == "config" or settings.meaning_of(path)
