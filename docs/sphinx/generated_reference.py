"""The command line and the configuration, as pages: read from the program and from ``conf/``.

Nothing is written twice: ``{commands}`` shows what ``--help`` says, ``{settings} NAME`` the keys of
``conf/NAME.yaml`` with their comments, and ``{choices} GROUP`` the members of a group.
"""

import contextlib
import io
import re

from settings import CONF, keys_of, meaning_of, table
from sphinx.util.docutils import SphinxDirective

from nmfstudy import cli


def help_of(command):
    """What ``nmfstudy COMMAND --help`` prints, without the configuration that ends that of run."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
    said = re.split(r"\n# |\nWhere jobs run", text.getvalue())[0].strip()
    return said.replace("configuration below", "configuration")  # which has a page of its own


class Commands(SphinxDirective):
    """A section for each command."""

    def run(self):
        """Write Markdown and have it parsed."""
        parts = [
            f"## nmfstudy {name}\n\n{what[0].upper()}{what[1:]}.\n\n```text\n{help_of(name)}\n```"
            for name, what in cli.APPS.items()
        ]
        return self.parse_text_to_nodes("\n\n".join(parts), allow_section_headings=True)


class Settings(SphinxDirective):
    """The keys of one file, as a table."""

    required_arguments = 1

    def run(self):
        """Write Markdown and have it parsed."""
        path = CONF / f"{self.arguments[0]}.yaml"
        return self.parse_text_to_nodes(table(keys_of(path)))


class Choices(SphinxDirective):
    """The members of a group, each with what it is and what it can be given."""

    required_arguments = 1

    def run(self):
        """Write Markdown and have it parsed."""
        group, parts = self.arguments[0], []
        for path in sorted((CONF / group).glob("*.yaml")):
            rows = keys_of(path) if group != "study" else []
            meaning = re.sub(r"docs/(\w+)\.md", r"[\1](\1.md)", meaning_of(path))
            parts.append(f"### {group}={path.stem}\n\n{meaning}")
            parts += [table(rows, f"{group}.")] if rows else []
        return self.parse_text_to_nodes("\n\n".join(parts), allow_section_headings=True)


def setup(app):
    """Register the directives."""
    app.add_directive("commands", Commands)
    app.add_directive("settings", Settings)
    app.add_directive("choices", Choices)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
