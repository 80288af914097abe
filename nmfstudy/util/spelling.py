"""Text for streams whose encoding lacks some of its characters, such as ASCII or cp1252."""

import codecs
import re

_SPELT = {
    "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "−": "-",
    "×": "x", "·": "*", "±": "+-", "∞": "inf", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->",
    "‖": "||", "∈": "in", "█": "#", "━": "-", "╸": "-", "╺": "-", "•": "*", "✓": "yes",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_RUNS = re.compile("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|.", re.DOTALL)


def spell(error):
    r"""Spell out in ASCII what cannot be encoded: an error handler for `codecs`.

    Characters of our own sentences get their usual ASCII writing, all others, such as those of a
    name, an escape.

    Examples
    --------
    >>> "10⁻⁷ … ∞ é".encode("ascii", "nmfstudy-spell")
    b'10^-7 ... inf \\xe9'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    runs = _RUNS.findall(error.object[error.start : error.end])
    return "".join(map(_spelt, runs)), error.end


def _spelt(text):
    if text in _SPELT:
        return _SPELT[text]
    digits = text.translate(_SUPERSCRIPTS)
    return f"^{digits}" if digits != text else text.encode("ascii", "backslashreplace").decode()


codecs.register_error("nmfstudy-spell", spell)


def spell_out(*streams):
    """Let text streams take any text; what is no text stream of Python's own stays as it is."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="nmfstudy-spell")
