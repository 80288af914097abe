"""A page has at most so many bytes; what does not fit stands beside it and is linked to."""

import re

import pytest

from nmfstudy.report.build import MAX_HTML
from nmfstudy.report.page.budget import within
from nmfstudy.report.page.page import Details, Figure, Page, Paragraph, Section, Widget

BIG = Figure("big", "a caption", "<svg>" + "x" * 10_000 + "</svg>", {"png": "b.png"})
SMALL = Figure("small", "a caption", "<svg>y</svg>", {"png": "s.png"})


def widget(name, n_bytes):
    return Widget("slider", name, "Move", {"note": "é" + "x" * n_bytes}, f"menu & {name}")


def page_of(*blocks):
    return Page("t", Paragraph("h"), (Section("s", "t", (), (Section("in", "t", blocks),)),))


def size(text):
    return len(text.encode())


def shown(text):
    return set(re.findall(r'<section class="widget slider" id="(\w+)"', text))


def test_a_small_page_has_everything():
    text, aside = within(page_of(SMALL, BIG, widget("a", 900)), MAX_HTML)
    assert aside == {} and shown(text) == {"a"}
    assert text.count("<svg>") == 2


def test_pictures_become_links_the_last_ones_first():
    page = page_of(SMALL, BIG, BIG)
    bare = size(within(page, 0)[0])
    text, aside = within(page, bare + 9_000)
    assert size(text) <= bare + 9_000 and aside == {}
    assert "<svg>y" in text and "xxx" not in text and 'href="b.png"' in text


@pytest.mark.parametrize("room", [3_000, 9_000, 25_000, 70_000])
def test_what_moves_shares_the_room_smallest_first(room):
    sizes = {"c": 40_000, "a": 400, "d": 80_000, "b": 8_000}
    widgets = [widget(*item) for item in sizes.items()]
    # One is within a line that opens, where it is found too.
    page = page_of(SMALL, widgets[0], Details("more", tuple(widgets[1:])))
    limit = size(within(page, 0)[0]) + room
    text, aside = within(page, limit)
    assert size(text) <= limit
    kept = sorted(shown(text))
    assert kept == list("abcd")[: len(kept)]
    left = sorted(set(sizes) - set(kept))
    assert (
        set(aside)
        == {f"explore/{name}.html" for name in left}
        == set(re.findall(r'href="(explore/[^"]+)"', text))
    )
    # The next one would not have fitted: it is larger than what is left.
    assert size(text) + sizes[left[0]] + 2_000 > limit
    for name in left:
        alone = aside[f"explore/{name}.html"]
        assert shown(alone) == {name} and f"menu &amp; {name}" in alone
        assert "“Move” would make this page too large" in text


def test_pictures_go_before_what_moves():
    page = page_of(BIG, widget("a", 5_000))
    limit = size(within(page, 0)[0]) + 11_000
    text, aside = within(page, limit)
    assert size(text) <= limit and "xxx" in text and list(aside) == ["explore/a.html"]
