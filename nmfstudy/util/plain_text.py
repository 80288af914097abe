"""Text of any origin without what could steer a terminal, break a file or start a formula."""

import re

# Control characters but newline and tab, line and paragraph separators, embeddings and overrides
# of the writing direction, halves of surrogate pairs, and what XML does not know.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_FORMULA = re.compile(r"[=+\-@\t\r\n]")


def printable(text):
    """The text with a replacement character for each that is unsafe; lines stay lines."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text):
    """The text as `printable` gives it, with a space for each newline and tab."""
    return re.sub(r"[\n\t]", " ", printable(text))


def formula_free(value):
    """A text that a spreadsheet does not take for a formula; anything else unchanged.

    A text that begins with ``=``, ``+``, ``-``, ``@`` or white space other than a blank, and is no
    number, gets an apostrophe in front, which spreadsheets read as "this is text".

    >>> [formula_free(value) for value in ("=1+1", "-0.5", "burger", -3)]
    ["'=1+1", '-0.5', 'burger', -3]
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
