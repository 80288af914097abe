import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nmfstudy.plots import style
from nmfstudy.util.display import number

COLOURS = "BLUE VERMILLION GREEN PURPLE ORANGE SKY GREY".split()


def luminance(colour):
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("background", ["#ffffff", "#16181d"])
def test_every_colour_reads_on_white_and_on_black(name, background):
    assert contrast(getattr(style, name), background) >= 2.6


def test_an_empty_cell_is_transparent():
    assert style.ramp(style.BLUE)(0.0)[3] == 0


@pytest.mark.parametrize("low, high", [(1e-8, 1), (0.3, 20), (1, 3), (1e-30, 1e10)])
def test_a_log_axis_has_few_ticks_inside(low, high):
    ax = style.new_axes()
    style.log_axis(ax.xaxis, low, high)
    ticks = [t for t in ax.xaxis.get_majorticklocs() if low <= t <= high]
    assert 2 <= len(ticks) <= 9
    assert all("$" not in ax.xaxis.get_major_formatter()(t, 0) for t in ticks)


@pytest.mark.parametrize("high", [1e-6, 0.02, 1.0, 3e4, 2e9])
def test_ticks_are_written_as_numbers_are(high):
    ax = style.dress(style.new_axes())
    ax.set_xlim(0, high)
    ax.figure.canvas.draw()
    ticks = [t.get_text() for t in ax.get_xticklabels()]
    assert ax.xaxis.get_offset_text().get_text() == ""
    assert ticks == [number(v, 6) for v in ax.get_xticks()] and len(set(ticks)) == len(ticks)


def test_names_from_the_data_are_cut_and_not_read_as_mathematics():
    ax = style.new_axes()
    style.names_at(ax.xaxis, [0, 1], ["$\\frac{", "x" * 99], 20)
    first, second = ax.xaxis.get_ticklabels()
    assert not first.get_parse_math()
    assert len(second.get_text()) == 20
