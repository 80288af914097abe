"""Contrast of the style sheet's colours, in every scheme."""

import pytest
from contrast import SCHEMES, contrast, rgb

TEXT = [("ink", "paper"), ("ink", "panel"), ("soft", "paper"), ("soft", "panel"), ("link", "paper"),
        ("link", "panel"), ("good", "good-paper"), ("caution", "caution-paper"),
        ("bad", "bad-paper"), ("soft", "quiet-paper")]  # fmt: skip
DRAWN = "blue vermillion green purple orange sky grey".split()


def test_contrast_is_that_of_the_definition():
    assert contrast(rgb("#000000"), rgb("#fff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=5e-3)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("front, back", TEXT)
def test_text_can_be_read(scheme, front, back):
    assert contrast(rgb(SCHEMES[scheme][front]), rgb(SCHEMES[scheme][back])) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("colour", DRAWN)
def test_marks_and_lines_can_be_seen(scheme, colour):
    assert contrast(rgb(SCHEMES[scheme][colour]), rgb(SCHEMES[scheme]["paper"])) >= 3
