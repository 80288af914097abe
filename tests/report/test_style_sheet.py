"""Contrast of the style sheet's colours by the definition of WCAG 2, in every scheme."""

import re
from pathlib import Path

import pytest

from nmfstudy.report import html

CSS = (Path(html.__file__).parent / "page.css").read_text(encoding="utf-8")
BLOCKS = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in
          re.findall(r":root \{(.*?)\}", CSS, flags=re.S)]  # fmt: skip
SCHEMES = dict(zip(("light", "dark", "print"), BLOCKS, strict=True))
TEXT = [("ink", "paper"), ("ink", "panel"), ("soft", "paper"), ("soft", "panel"), ("link", "paper"),
        ("link", "panel"), ("good", "good-paper"), ("caution", "caution-paper"),
        ("bad", "bad-paper"), ("soft", "quiet-paper")]  # fmt: skip
DRAWN = "blue vermillion green purple orange sky grey".split()


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    rgb = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_definition():
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=5e-3)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("front, back", TEXT)
def test_text_can_be_read(scheme, front, back):
    assert contrast(SCHEMES[scheme][front], SCHEMES[scheme][back]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("colour", DRAWN)
def test_marks_and_lines_can_be_seen(scheme, colour):
    assert contrast(SCHEMES[scheme][colour], SCHEMES[scheme]["paper"]) >= 3
