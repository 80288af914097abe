"""Numbers as people read them, and results as short tables: text, or HTML for a notebook.

Text is never markup.
"""

import re
from html import escape
from math import isinf, isnan
from numbers import Integral, Real

ABSENT = "–"
_DECIMALS = range(-3, 7)  # exponents that are written out: 0.001 to 9,999,999
_SUPERSCRIPTS = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value, digits=4):
    """A number in so many digits that matter: ``1,797``, ``0.0124``, ``3·10⁻⁷``, ``–`` for none.

    Digits before the point are never rounded away; truth is yes or no; what is no number is its
    own text.
    """
    if value is None:
        return ABSENT
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):  # numpy's
        return "yes" if value else "no"
    if not isinstance(value, Real):
        return str(value)
    if isinstance(value, Integral):
        return f"{int(value):,}".replace("-", "−")
    value = float(value)
    if isnan(value):
        return ABSENT
    if isinf(value):
        return "∞" if value > 0 else "−∞"
    head, exponent = f"{value:.{digits - 1}e}".split("e")  # rounded: 9.99 in one digit is 1e+01
    if int(exponent) in _DECIMALS:
        text = f"{value:,.{max(0, digits - 1 - int(exponent))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace("-", "−")
    return _power(head, exponent)


def _power(head, exponent):
    """``3·10⁻⁷`` from ``3.0`` and ``-07``; a leading 1 alone is left out."""
    head = (head.rstrip("0").rstrip(".") if "." in head else head).replace("-", "−")
    if head.strip("−") == "1":
        head = head.strip("1")
    else:
        head += "·"
    return f"{head}10{superscript(int(exponent))}"


def superscript(integer):
    """``-6`` as ``⁻⁶``."""
    return str(integer).translate(_SUPERSCRIPTS)


def percent(value, digits=1):
    """``69.5 %``, without digits ``70 %``; never 100 % or 0 % when it is not quite."""
    if value is None or value != value:
        return ABSENT
    unit = 10.0**-digits
    text = f"{100 * value:.{digits}f}".removesuffix(".0")
    if text == "0" and value > 0:
        return f"< {unit:g} %"
    if text == "100" and value < 1:
        return f"> {100 - unit:g} %"
    return f"{text} %"


def small_percent(value):
    """``0.1 %``, ``0.0033 %``: a percentage in two digits that matter."""
    return ABSENT if value is None or value != value else f"{number(100 * float(value), 2)} %"


def spelt(text):
    """A label with numbers as Python writes them, ``tol=1e-12``, with those as `number` does."""
    found = r"(?<![\w.])(-?\d+(?:\.\d+)?)e([-+]\d+)(?!\w)"
    return re.sub(found, lambda m: _power(m[1], m[2]), text)


def count(n, one, many=None):
    """``1 start``, ``2,000 starts``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(words, comma=", "):
    """``a``, ``a and b``, ``a, b and c``."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return comma.join(words[:-1]) + comma.rstrip(", ") + " and " + words[-1]


_UNRANKED = re.compile(r"[a-z]__|", re.IGNORECASE)  # a rank without a name, as s__


def without_lineage(names):
    """Names for a figure: of a lineage the last known rank, with the one before if names repeat.

    Parameters
    ----------
    names : list of str
        With at least three ranks each, between ``;`` or ``|``; others stay as they are.

    Examples
    --------
    >>> without_lineage(["k__Bacteria;p__Firmicutes;g__Blautia", "k__Bacteria;p__Firmicutes;g__"])
    ['g__Blautia', 'p__Firmicutes']
    """
    lineages = [[rank.strip() for rank in re.split("[;|]", name)] for name in names]
    if not names or min(map(len, lineages)) < 3:
        return names
    known = [
        [rank for rank in lineage if not _UNRANKED.fullmatch(rank)] or lineage
        for lineage in lineages
    ]
    last = [ranks[-1] for ranks in known]
    return [
        name if last.count(name) == 1 else ";".join(ranks[-2:])
        for name, ranks in zip(last, known, strict=True)
    ]


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
    sentence = "<br>".join([f"<strong>{first}</strong>", *more])
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    return f"<div><p>{sentence}</p>{table}</div>"


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
