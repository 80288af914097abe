"""Colours of the style sheet in every scheme, and their contrast by the definition of WCAG 2."""

import re
from pathlib import Path

from nmfstudy.report.page import html

CSS = (Path(html.__file__).parent / "page.css").read_text(encoding="utf-8")
BLOCKS = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in
          re.findall(r":root \{(.*?)\}", CSS, flags=re.S)]  # fmt: skip
SCHEMES = dict(zip(("light", "dark", "print"), BLOCKS, strict=True))


def rgb(colour):
    """Red, green and blue from 0 to 255 of a colour as the style sheet has it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]


def luminance(colour):
    shares = [v / 255 for v in colour]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def over(front, back):
    """A colour with its opacity on another one."""
    *colour, opacity = front
    return [opacity * a + (1 - opacity) * b for a, b in zip(colour, back, strict=True)]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
