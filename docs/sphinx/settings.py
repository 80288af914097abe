"""What the files in ``conf/`` say: keys, defaults, and the comments beside them."""

import importlib
import inspect
import re
from pathlib import Path

CONF = Path(__file__).resolve().parent.parent.parent / "conf"
# Where the members of a group are described, if their file has no comment.
MEMBERS = {"init": ("nmfstudy.fitting.inits", "INITS")}
_KEY = re.compile(r"^(?P<indent> *)(?P<key>\w+):(?P<value>.*?)(?:\s+#\s*(?P<comment>.*))?$")
_NO_SETTINGS = "defaults", "hydra"


def keys_of(path):
    """``(key, default, meaning)`` of the settings of a file; keys of a section as ``a.b``.

    A key without a comment has that of its namesake in another file of the group.
    """
    own = _keys_of(path)
    others = {}
    for other in path.parent.glob("*.yaml"):
        others |= {key: meaning for key, _, meaning in _keys_of(other) if meaning}
    return [(key, value, meaning or others.get(key, "")) for key, value, meaning in own]


def _keys_of(path):
    rows, section = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _KEY.match(line)
        if not found:
            continue
        key, value = found["key"], found["value"].strip()
        if not found["indent"]:
            section = key if not value else ""
        if not value or section in _NO_SETTINGS or key in (*_NO_SETTINGS, "name"):
            continue
        rows.append((f"{section}.{key}" if section else key, value, found["comment"] or ""))
    return rows


def meaning_of(path):
    """What the comment at the head of a file says, or its member's docstring."""
    head = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if "@package" not in line:
            head.append(line.lstrip("# "))
    return " ".join(head) or _docstring(path) or _comment_of_name(path)


def _docstring(path):
    module, members = MEMBERS.get(path.parent.name, (None, None))
    if module is None:
        return ""
    member = getattr(importlib.import_module(module), members)[path.stem]
    return inspect.getdoc(member.draw).split("\n\n")[0].replace("\n", " ")


def _comment_of_name(path):
    found = re.search(r"^name: \S+\s+#\s*(.*)$", path.read_text(encoding="utf-8"), flags=re.M)
    return found[1] if found else ""


def table(rows, prefix=""):
    """Settings as a Markdown table."""
    cells = [[f"`{prefix}{key}`", f"`{value}`", meaning] for key, value, meaning in rows]
    lines = ["| key | default | meaning |", "|---|---|---|"]
    lines += ["| " + " | ".join(part.replace("|", r"\|") for part in row) + " |" for row in cells]
    return "\n".join(lines)
