"""What one holds: one problem with its certificates."""

import pandas as pd

from nmfstudy.plots.illustration import Illustration
from nmfstudy.plots.uniqueness import (
    band_table,
    plot_bands,
    plot_polygons,
    plot_rectangle,
    plot_zero_pattern,
    states,
)

_NAMED = 64  # samples or features whose zeros can be told apart


def illustrate_zero_patterns(result, minimum=0):
    """Zeros of both factors of a certified solution; None if it has no verdict or is too large."""
    verdict = result.verdicts.get(minimum)
    if verdict is None or verdict.status == "degenerate":
        return None
    f = verdict.factorization
    if max(len(f.W), f.H.shape[1]) > _NAMED:
        return None
    k = f.n_components
    of_W = states(k, verdict.identifiable_W, verdict.refuted_W)
    of_H = states(k, verdict.identifiable_H, verdict.refuted_H)
    rows, columns = result.dataset.row_names, result.dataset.column_names
    sides = {
        "W": (f.W.T, of_W, "rows of W (samples)", rows),
        "H": (f.H, of_H, "columns of H (features)", columns),
    }

    def draw(figure):
        figure.set_layout_engine("constrained")
        for ax, side in zip(figure.subplots(2, 1), sides.values(), strict=True):
            factor, labels, xlabel, names = side
            plot_zero_pattern(factor, labels, xlabel=xlabel, names=names, ax=ax)

    data = pd.DataFrame(
        [
            (side, r + 1, labels[r], int((factor[r] == 0).sum()), factor.shape[1])
            for side, (factor, labels, *_) in sides.items()
            for r in range(k)
        ],
        columns=["factor", "component", "state", "zeros", "entries"],
    )
    return Illustration(
        name=f"zeros-{result.key}-{minimum}",
        draw=draw,
        data=data,
        size=(8.0, 1.6 + 0.6 * min(k, 12)),
    )


def illustrate_ambiguity(result, minimum=0):
    """What other factorizations of the product look like: by two, three or more components.

    None if there is no `nmfstudy.study.ambiguity.Ambiguity` of this minimum.
    """
    ambiguity = result.ambiguity(minimum)
    if ambiguity is None:
        return None
    name = f"ambiguity-{result.key}-{minimum}"
    if ambiguity.mixing is not None:
        a, b = ambiguity.mixing
        return Illustration(
            name=name,
            draw=lambda figure: plot_rectangle(a, b, ax=figure.add_subplot()),
            data=pd.DataFrame({"mixing": ["a", "b"], "low": [a[0], b[0]], "high": [a[1], b[1]]}),
            size=(6.0, 4.2),
        )
    if ambiguity.geometry is not None:
        g = ambiguity.geometry
        return Illustration(
            name=name,
            draw=lambda figure: plot_polygons(g, ax=figure.add_subplot()),
            data=polygon_table(g),
            size=(7.0, 5.4),
        )
    verdict, found = result.verdicts[minimum], ambiguity.factorizations
    table, k = band_table(found), found[0].n_components
    labels = states(k, verdict.identifiable_H, verdict.refuted_H)
    return Illustration(
        name=name,
        draw=lambda figure: plot_bands(
            table,
            component_states=labels,
            names=result.dataset.column_names,
            ax=figure.add_subplot(),
        ),
        data=table,
        size=(8.0, 1.0 + 0.55 * k),
    )


def polygon_table(g):
    """Corners of everything that `plot_polygons` draws of a `Geometry`: part, x, y."""
    parts = [("inner", g.inner), ("outer", g.outer), ("this", g.triangle)]
    parts += [(f"other {i + 1}", t) for i, t in enumerate(g.others)]
    parts += [(f"arc {i + 1}", a) for i, a in enumerate(g.arcs)]
    return pd.DataFrame(
        [(part, x, y) for part, points in parts for x, y in points], columns=["part", "x", "y"]
    )
