"""A page of at most so many bytes: what does not fit stands beside it, and the page says where."""

from dataclasses import replace

from nmfstudy.report.page import html
from nmfstudy.report.page.page import Figure, Page, Paragraph, Section, Widget

FOLDER = "explore"  # of the pages beside the report


def within(page, limit):
    """A page as HTML of at most so many bytes.

    Pictures have room first, for they show what was found; if they alone are too many, the last
    ones become links to their files. What is left goes to what can be moved, smallest first, so
    that as many problems as possible have theirs; the rest stand on pages of their own.

    Parameters
    ----------
    page : Page
    limit : int
        Bytes.

    Returns
    -------
    str
        The page.
    dict of str to str
        The pages that stand beside it, by their path relative to the report.
    """
    text = html.render(page)
    if len(text.encode()) <= limit:
        return text, {}
    widgets = sorted(_found(page, Widget), key=_size)
    page, size = _linked_pictures(_changed(page, _aside(widgets)), limit)
    n = 0
    while n < len(widgets) and (size := size + _size(widgets[n])) <= limit:
        n += 1
    page = _changed(page, _inside(widgets[:n]))
    return html.render(page), {_path(widget): _alone(widget) for widget in widgets[n:]}


def _linked_pictures(page, limit):
    """The page with so few pictures that it fits, and its bytes."""
    names = [figure.name for figure in _found(page, Figure) if figure.svg]
    while (size := len(html.render(page).encode())) > limit and names:
        drop = set(names[-max(1, len(names) // 4) :])
        names = [name for name in names if name not in drop]
        page = _changed(page, _linked(drop))
    return page, size


def _linked(names):
    def change(block):
        linked = isinstance(block, Figure) and block.name in names
        return replace(block, svg="") if linked else block

    return change


def _aside(widgets):
    paths = {widget.id: _path(widget) for widget in widgets}
    return lambda block: (
        replace(block, file=paths[block.id]) if isinstance(block, Widget) else block
    )


def _inside(widgets):
    kept = {widget.id for widget in widgets}

    def change(block):
        inside = isinstance(block, Widget) and block.id in kept
        return replace(block, file="") if inside else block

    return change


def _path(widget):
    return f"{FOLDER}/{widget.id}.html"


def _size(widget):
    """Bytes that a widget takes in the page."""
    return len(html.render(_page(widget)).encode()) - len(html.render(_page()).encode())


def _alone(widget):
    """A widget as a page of its own."""
    return html.render(_page(widget, title=widget.problem))


def _page(*blocks, title=""):
    said = Paragraph("This belongs to report.html, which it would make too large.")
    return Page(title, said, (Section("explore", "Explore", blocks),))


def _found(part, kind):
    """All blocks of a kind in a part of the page, from top to bottom."""
    if isinstance(part, kind):
        yield part
    for field in ("blocks", "sections"):
        for inner in getattr(part, field, ()):
            yield from _found(inner, kind)


def _changed(part, change):
    """The same part of a page with every block as ``change`` makes it."""
    part = change(part)
    inner = {
        field: tuple(_changed(block, change) for block in getattr(part, field))
        for field in ("blocks", "sections")
        if getattr(part, field, None)
    }
    return replace(part, **inner) if inner else part
