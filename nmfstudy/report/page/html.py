"""A page as one HTML file that needs nothing beside it: its style, script and data are inside."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from nmfstudy.report.page.page import OPENINGS

_HERE = Path(__file__).parent
_NO_BREAK = "\N{NO-BREAK SPACE}"


def render(page):
    """The whole report as HTML.

    Its policy lets no script run but ours, whatever the names in the data are.
    """
    style, script = ((_HERE / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    script_hash = "sha256-" + b64encode(sha256(script.encode()).digest()).decode()
    values = {"style": style, "script": script, "script_hash": script_hash, "openings": OPENINGS}
    return _template().render(page=page, **values) + "\n"


def foldable(text):
    """Text that folds well in a narrow column: not around ``=``, but within very long names."""
    from markupsafe import Markup, escape

    text = re.sub(r" ([=×]) ", rf"{_NO_BREAK}\1{_NO_BREAK}", str(text))
    parts = re.split(r"(?<=,)(?=[^\s\d])|(?<=\w\()(?=\w)", text)
    return Markup("<wbr>").join(map(escape, parts))


@cache
def _template():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["foldable"] = foldable
    return environment.get_template("page.html.j2")
