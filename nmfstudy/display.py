"""Results as short tables: text for a prompt, HTML for a notebook. Text is never markup."""

from html import escape
from math import inf, isnan


def number(value, digits=4):
    """A number in so many digits that matter; "–" for none."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return "–"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if value in (inf, -inf):
        return "∞" if value > 0 else "−∞"
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.{digits}g}"


def count(n, one, many=None):
    """``1 start``, ``2,000 starts``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def as_text(title, headers, rows):
    """Title and table, numbers to the right, words to the left.

    Parameters
    ----------
    title : str
        May have several lines.
    headers : sequence of str
    rows : sequence of sequences of str

    Returns
    -------
    str
    """
    rows = [list(map(_plain, row)) for row in rows]
    title = "\n".join(map(_plain, title.split("\n")))
    if not rows:
        return title
    table = [list(map(_plain, headers)), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    words = [any(_is_word(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if word else cell.rjust(width)
            for cell, width, word in zip(line, widths, words, strict=True)
        ).rstrip()
        for line in table
    ]
    return "\n".join([title, *lines])


def as_html(title, headers, rows):
    """The same as `as_text`, as a table for a notebook; every text is escaped."""
    head = "".join(f"<th>{escape(_plain(h))}</th>" for h in headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_plain(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    first, *more = (escape(_plain(line)) for line in title.split("\n"))
    said = "<br>".join([f"<strong>{first}</strong>", *more])
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    return f"<div><p>{said}</p>{table}</div>"


def _plain(cell):
    """A cell on one line, whatever it comes from."""
    text = " ".join(str(cell).split())
    return text if text.isprintable() else ascii(text)


def _is_word(cell):
    return bool(cell) and not (cell[0].isdigit() or cell[0] in "–−-∞<")


class Shown:
    """What prints as a table: a class that has ``_shown() -> (title, headers, rows)``."""

    def __repr__(self):
        return as_text(*self._shown())

    def _repr_html_(self):
        return as_html(*self._shown())
