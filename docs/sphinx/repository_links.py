"""Links that leave ``docs/`` lead to the repository; pages included from there lead back."""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = {  # files outside docs/ that a page includes
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "benchmarks/README.md": "benchmarks",
}


class RepositoryLinks(SphinxTransform):
    """Give every link to a file of the repository that is no page here its address there."""

    default_priority = 5  # before myst's references are resolved

    def apply(self, **kwargs):
        """Replace the references of one document."""
        page = Path(self.env.doc2path(self.env.docname))
        for node in list(self.document.findall(addnodes.download_reference)):
            self._replace(node, page.parent / node["reftarget"])
        for node in list(self.document.findall(addnodes.pending_xref)):
            target = node.get("reftarget", "")
            if node.get("refdomain") == "doc" and target not in self.env.found_docs:
                self._replace(node, ROOT / "docs" / f"{target}.md")
            elif node.get("reftype") == "myst" and target.startswith("../"):
                self._replace(node, page.parent / target)

    def _replace(self, node, path):
        path = path.resolve()
        if not path.exists():
            return  # Sphinx warns
        name = path.relative_to(ROOT).as_posix()
        if name in PAGES:
            address = self.env.app.builder.get_relative_uri(self.env.docname, PAGES[name])
        else:
            kind = "tree" if path.is_dir() else "blob"
            address = f"{self.config.repository}/{kind}/main/{name}"
        text = [child.deepcopy() for child in node.children]
        node.replace_self(nodes.reference("", "", *text, refuri=address))


def setup(app):
    """Register the transform."""
    app.add_config_value("repository", "", "env")
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
