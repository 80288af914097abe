import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nmfstudy.plots.solutions import plot_objective_gate


@pytest.mark.parametrize("n", [1, 4, 200])
def test_the_legend_does_not_lie_on_a_flat_curve(n):
    """In a continuum the curve runs along the top, where a legend inside would cover it."""
    table = pd.DataFrame({"objective_rtol": np.logspace(-9, 0, 20), "n": n})
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    ax = plot_objective_gate(table, objective_rtol=1e-3, ax=figure.add_subplot())
    figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    curve = ax.transData.transform([(1e-9, n)])[0, 1]
    assert legend.y0 > curve
