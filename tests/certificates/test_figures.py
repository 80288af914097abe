"""What the figures of uniqueness hold: their data are true and every one can be drawn."""

from types import SimpleNamespace

import numpy as np
import pytest
from known_cases import KNOWN, laurberg
from matplotlib.figure import Figure

from nmfstudy import certify
from nmfstudy.certificates.geometry import CORNERS, geometry
from nmfstudy.certificates.rank2 import intervals
from nmfstudy.certificates.witness import sample
from nmfstudy.plots import certified, uniqueness
from nmfstudy.report.captions import illustrated
from nmfstudy.study.ambiguity import ambiguity_of
from nmfstudy.util.streams import stream

THREE = [k for k in KNOWN if k.W.shape[1] == 3]


def side(a, b, p):
    return (b[0] - a[0]) * (p[..., 1] - a[1]) - (b[1] - a[1]) * (p[..., 0] - a[0])


def inside(points, polygon):
    """Whether all points are in a convex polygon, whichever way round it is given."""
    sides = np.array(
        [side(a, b, points) for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True)]
    )
    return bool((sides > -1e-9).all() or (sides < 1e-9).all())


def on_boundary(point, polygon):
    return min(
        abs(side(a, b, point)) / np.linalg.norm(b - a)
        for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True)
    )


@pytest.mark.parametrize("known", THREE, ids=lambda k: k.name)
def test_triangles_lie_between_the_polygons(known):
    g = geometry((known.W, known.H))
    assert inside(g.inner, g.outer)
    for triangle in (g.triangle, *g.others):
        assert inside(triangle, g.outer)
        assert inside(g.inner, triangle)
    assert all(on_boundary(p, g.outer) < 1e-9 for arc in g.arcs for p in arc)
    assert g.infinite == (known.n_solutions == np.inf)
    if not g.infinite:
        assert len(g.others) == known.n_solutions - 1
        assert len(g.arcs) == 3 * known.n_solutions
    np.testing.assert_allclose(g.triangle, CORNERS)


def leaving(p, direction, polygon):
    """Where a ray from the boundary of a convex polygon leaves it."""
    found = [0.0]
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        system = np.column_stack([direction, a - b])
        if abs(np.linalg.det(system)) > 1e-12:
            step, along = np.linalg.solve(system, a - p)
            if -1e-9 <= along <= 1 + 1e-9:
                found.append(step)
    return p + max(found) * direction


def room(p, inner, outer):
    """How far the third side of the widest triangle with a corner at p is beyond ``inner``."""
    middle = inner.mean(axis=0) - p
    angle = [np.arctan2(middle[0] * y - middle[1] * x, middle @ (x, y)) for x, y in inner - p]
    q, r = (leaving(p, inner[i] - p, outer) for i in (np.argmin(angle), np.argmax(angle)))
    beyond = np.append(side(q, r, inner), side(q, r, p)) / np.linalg.norm(r - q)
    return (beyond[:-1] * np.sign(beyond[-1])).min()


@pytest.mark.parametrize("known", THREE, ids=lambda k: k.name)
def test_arcs_are_where_a_triangle_can_have_a_corner(known):
    g = geometry((known.W, known.H))
    assert g.arcs
    points = np.concatenate(g.arcs)
    assert all(room(p, g.inner, g.outer) > -1e-7 for p in points)
    if g.infinite:
        assert max(len(arc) for arc in g.arcs) >= 10
    # Nowhere else: away from all arcs there is no room.
    for a, b in zip(g.outer, np.roll(g.outer, -1, axis=0), strict=True):
        for share in np.linspace(0.01, 0.99, 25):
            p = a + share * (b - a)
            apart = np.linalg.norm(points - p, axis=1).min()
            if apart > 0.1 * np.linalg.norm(b - a):
                assert room(p, g.inner, g.outer) < 1e-7


def test_geometry_is_for_three_components_of_rank_three():
    assert geometry((np.eye(2), np.eye(2))) is None
    assert geometry((np.ones((4, 3)), np.ones((3, 4)))) is None


@pytest.mark.parametrize("known", THREE, ids=lambda k: k.name)
def test_polygons_can_be_drawn(known):
    ax = uniqueness.plot_polygons(geometry((known.W, known.H)))
    drawn(ax)
    assert "this factorization" in [t.get_text() for t in ax.get_legend().get_texts()]


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


@pytest.mark.parametrize("known", [k for k in KNOWN if k.W.shape[1] == 2], ids=lambda k: k.name)
def test_rectangle_is_the_intervals(known):
    a, b = intervals(known.W, known.H)
    ax = drawn(uniqueness.plot_rectangle(a, b))
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert ("the only factorization" in labels) == (known.n_solutions == 1)
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert low <= a[0] <= a[1] <= high and bottom <= b[0] <= b[1] <= top


def test_states_say_what_is_proved():
    verdict = certify(*laurberg(0.7))
    assert uniqueness.states(3, verdict.identifiable_W, verdict.refuted_W) == ["changes"] * 3
    assert uniqueness.states(3, (0,), (2,)) == ["identifiable", "open", "changes"]


@pytest.mark.parametrize("n", [5, 400, 1797])
def test_zero_pattern_shows_the_share_of_nonzeros(n):
    factor = stream(0, "pattern").random((4, n))
    factor[factor < 0.5] = 0
    given = Figure().add_subplot()
    ax = drawn(uniqueness.plot_zero_pattern(factor, ["open"] * 4, ax=given))
    assert ax is given
    image = ax.get_images()[0].get_array()
    weights = np.diff(np.linspace(0, n, min(n, 400) + 1).round())
    shares = (image[:, :, 3] / 0.85 * weights).sum(axis=1) / n
    np.testing.assert_allclose(shares, (factor != 0).mean(axis=1), atol=1e-12)


def test_bands_hold_all_solutions():
    rng = stream(0, "bands")
    W, H = rng.random((12, 4)) + 0.05, rng.random((4, 8))
    H[rng.random(H.shape) < 0.3] = 0
    found = sample(W, H, n_samples=10)
    assert len(found) > 3
    table = uniqueness.band_table(found)
    assert (table.low <= table.value).all() and (table.value <= table.high).all()
    assert (table.high - table.low).max() > 0.05
    assert len(table) == 4 * 8
    drawn(uniqueness.plot_bands(table, component_states=["changes"] * 4))
    assert len(uniqueness.band_table(found, side="W")) == 4 * 12


def result_of(W, H):
    verdict = certify(W, H, budget=2.0, ladder=False)
    dataset = SimpleNamespace(row_names=None, column_names=None)
    return SimpleNamespace(
        verdicts={0: verdict},
        ambiguity=lambda minimum: ambiguity_of(verdict),
        title="the data",
        key="data",
        dataset=dataset,
    )


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_illustrations_draw_into_a_figure(known):
    result = result_of(known.W, known.H)
    for make in (certified.illustrate_zero_patterns, certified.illustrate_ambiguity):
        illustration = illustrated(make, result)
        if illustration is None:
            # Four components and no second solution: nothing to draw.
            assert known.W.shape[1] > 3 and make is certified.illustrate_ambiguity
            continue
        figure = Figure(figsize=illustration.size, layout="constrained")
        illustration.draw(figure)
        figure.canvas.draw()
        assert len(illustration.data) and illustration.caption.endswith(".")


def test_no_verdict_is_no_illustration():
    empty = SimpleNamespace(
        verdicts={}, ambiguity=lambda minimum: ambiguity_of(None), title="the data", key="data"
    )
    assert certified.illustrate_zero_patterns(empty) is None
    assert certified.illustrate_ambiguity(empty) is None
