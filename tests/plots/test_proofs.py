"""Filled where proved alone, hollow where open; one curve per k."""

import numpy as np
import pandas as pd

from nmfstudy import plots


def test_proofs_are_filled_and_open_points_are_not():
    table = pd.DataFrame(
        {
            "n_components": [4, 4, 5, 3],
            "alpha_W": [0.1, 0.01, 0.05, 0.0],
            "gap": [0.0, 0.016, 0.0, None],
            "n_terms": [3, 4, 5, 3],
            "proved": ["problem", "none", "problem", "product"],
        }
    )
    gap, terms = plots.plot_proofs(table)
    assert [t.get_text() for t in gap.get_legend().get_texts()][:2] == ["k = 4", "k = 5"]
    for ax, values in ((gap, table.gap), (terms, table.n_terms)):
        drawn = {True: [], False: []}
        for line in ax.get_lines():
            if line.get_linestyle() == "None" and line.get_marker() not in ("", "None"):
                drawn[line.get_markerfacecolor() != "none"] += list(line.get_ydata())
        assert sorted(drawn[True]) == sorted(values[[0, 2]]) and drawn[False] == [values[1]]


def test_a_table_without_ridge_draws_nothing():
    columns = {
        "n_components": [3],
        "alpha_W": [0.0],
        "gap": [np.nan],
        "n_terms": [3],
        "proved": ["none"],
    }
    gap, _ = plots.plot_proofs(pd.DataFrame(columns))
    assert not any(len(line.get_xdata()) for line in gap.get_lines())
