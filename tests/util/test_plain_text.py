"""Text of any origin, made harmless for terminals, files and spreadsheets."""

import unicodedata

import pytest

from nmfstudy.util.plain_text import formula_free, one_line, printable

EVERY = [chr(c) for c in range(0x110000)]


def test_no_control_character_is_left_and_every_letter_of_any_script_is():
    text = printable("".join(EVERY))
    assert len(text) == len(EVERY)
    left = {c for c in text if unicodedata.category(c) in ("Cc", "Cs")}
    assert left == {"\n", "\t"}
    changed = {c for c, d in zip(EVERY, text, strict=True) if c != d}
    assert not {c for c in changed if unicodedata.category(c)[0] in "LMNPS"}
    assert {"\u202e", "\u2066", "\u2028", "\x1b", "\x9b", "\x7f", "\ud800", "\ufffe"} <= changed
    # Joiners and marks that scripts and emoji need, and spaces of any kind but separators of lines.
    assert not changed & {"\u200d", "\u200c", "\u200f", "\u00a0", "\u3000", "\u00ad"}


def test_what_is_printable_stays_so_and_can_be_written():
    text = printable("".join(EVERY))
    assert printable(text) == text
    text.encode("utf-8")
    assert len(one_line("a\nb\tc\rd").splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["=1", "+x", "-x", "@a", "\t=1", "\r=1", "\n=1", "--1", "=", "+-1"]
)
def test_no_text_begins_as_a_formula_does(text):
    assert formula_free(text) == f"'{text}"
    assert formula_free(formula_free(text)) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=b", "-1", "+1.5e-3", "-inf", " =1", 1, -1.5, None, True])
def test_numbers_and_other_texts_stay_as_they_are(value):
    assert formula_free(value) is value
