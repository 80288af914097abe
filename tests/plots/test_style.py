import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from nmfstudy.plots import pairing, style
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


@pytest.mark.parametrize("backend", ["module://nowhere.backend", "nonsense", "svg", ""])
def test_figures_are_made_whatever_backend_the_environment_names(backend):
    """Jupyter passes the name of its own on to commands of other environments."""
    code = (
        "import os, nmfstudy.plots, matplotlib\n"
        "from nmfstudy.plots.style import new_axes\n"
        "new_axes().figure.savefig(os.devnull, format='png')\n"
        "print(os.environ['MPLBACKEND'], matplotlib.rcParams._get('backend') == 'svg')"
    )
    environment = {**os.environ, "MPLBACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [*([backend] if backend else []), str(backend == "svg")]


def test_a_damaged_matplotlibrc_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "matplotlibrc").write_bytes(b"font.size: 9 # gr\xfc\xdfe\n")
    code = "import nmfstudy.plots"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert "RequestError: matplotlib cannot be imported" in done.stderr


def test_the_titles_of_matched_images_are_not_cut():
    """Two images are narrower than what stands above them."""
    pixels = [f"pixel {i},{j}" for i in (0, 1) for j in (0, 1)]
    pair = [(np.eye(2), np.ones((2, 4)))] * 2
    figure = Figure(figsize=pairing.matching_size(2, pixels))
    canvas = FigureCanvasAgg(figure)
    pairing.plot_matching(*pair, names=("seed 100", "seed 101"), column_names=pixels, figure=figure)
    canvas.draw()
    for part in figure.subfigs:
        assert part._suptitle.get_window_extent().x1 <= figure.bbox.x1
