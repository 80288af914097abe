"""A page as one HTML file that needs nothing beside it: no script, no font, no request."""

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def _template():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2")


def render(page):
    """The whole report as HTML."""
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    return _template().render(page=page, style=style) + "\n"
