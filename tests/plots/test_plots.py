"""What every plot does: draws into what it is given, in the house's ink, without global state."""

import io
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nmfstudy.assess.component_ranges import component_ranges
from nmfstudy.assess.component_trust import component_trust
from nmfstudy.assess.convergence import convergence_trace
from nmfstudy.assess.robustness import robustness
from nmfstudy.fitting.multistart import fit
from nmfstudy.model.factorization import Factorization
from nmfstudy.plots import (
    convergence,
    example,
    factors,
    fits,
    minima,
    overview,
    pairing,
    penalties,
    problems,
    product,
    solutions,
    style,
    trust,
)
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.captions import illustrated
from nmfstudy.solutions import distinct_solutions

TOLERANCES = np.logspace(-6, 0, 30)


class Result:
    """The part of a problem's result that figures look at."""

    def __init__(self, X, k, searches, names=None, **options):
        self.searches, self.problem = tuple(searches), searches[0].problem
        self.solutions = self.assessed = distinct_solutions(list(self.searches), **options)
        self.trust = component_trust(self.solutions)
        self.robustness = robustness(self.solutions, self.trust) if self.trust.components else None
        counted = bool(self.trust.components)
        self.best = self.solutions.representatives[0] if counted else None
        self.ranges = component_ranges(self.solutions) if counted else None
        self.trust_codes = ["stable" if good else "not_trusted" for good in self.trust.trusted]
        self.key, self.title = f"data-k{k}", f"data, k = {k}"
        self.dataset = type("Data", (), {"X": X, "column_names": names, "row_names": None})
        search, (seed, *_) = self.searches[0].search, self.searches[0].seed
        self.convergence = (
            convergence_trace(X, self.problem, search, seed) if len(self.solutions) else None
        )


@pytest.fixture(scope="module")
def several():
    """Three minima: W = Hᵀ of the family whose truth is unique, yet some starts end elsewhere."""
    a = 0.4
    H = np.array([[a, 1, 1, a, 0, 0], [1, a, 0, 0, a, 1], [0, 0, a, 1, 1, a]])
    X = H.T @ H
    names = ("$x_1$", "b", "c", "d" * 60, "component", "trust")
    random = fit(X, 3, n_starts=40)
    early = fit(X, 3, n_starts=15, stop="scikit_learn", tol=1e-4, max_iter=200)
    return Result(X, 3, [random, fit(X, 3, init="nndsvda"), early], names)


@pytest.fixture(scope="module")
def continuum():
    X = np.array([[2.0, 1, 0], [1, 1, 0], [3, 0, 0]])
    return Result(X, 2, [fit(X, 2, n_starts=40)])


@pytest.fixture(scope="module")
def images(several):
    X = np.random.default_rng(0).random((12, 16))
    pixels = [f"pixel {i},{j}" for i in range(4) for j in range(4)]
    return Result(X, 2, [fit(X, 2, n_starts=12)], pixels)


def sweep_table():
    alpha = np.array([0.001, 0.01, 0.1, 1.0])
    columns = ("nonzero_W", "nonzero_H", "share_alive", "share_collapsed")
    return pd.DataFrame({"alpha": alpha} | {c: np.linspace(1, 0, 4) for c in columns})


def drift_table():
    n = [200, 2000, 20000]
    same = {"penalty": "l1", "penalised": "W", "n_iter": n}
    norms = {"norm_W": [1, 0.1, 0.01], "norm_H": [10.0, 100, 1000]}
    shares = {name: [0.1] * 3 for name in ("zeros_W", "zeros_H", "relative_error")}
    return pd.DataFrame(same | norms | shares)


def variants_table():
    labels = ["no penalty", "L1 on both, α = 1"]
    columns = ("zeros_W", "zeros_H", "relative_error", "truth")
    return pd.DataFrame({"label": labels} | {c: [0.1, 0.9] for c in columns})


def over_k_table():
    columns = "relative_error structure n_distinct n_minima coverage best_share trusted_share"
    columns = columns.split()
    return pd.DataFrame({"n_components": [2, 3, 4]} | {c: [1, 0.5, 1] for c in columns})


def counts_table():
    data = {"title": ["a", "b"], "n_best": [1, 0], "n_distinct": [2, 0], "n_minima": [300, 0]}
    return pd.DataFrame(data | {c: [0, 0.5] for c in "zeros_W zeros_H nearly_W nearly_H".split()})


def curves_table():
    parts = [
        pd.DataFrame({"label": name, "distance_tol": TOLERANCES, "n": n})
        for name, n in (("early", np.arange(30, 0, -1)), ("full", 2))
    ]
    return pd.concat(parts)


def rescaling_table():
    c = np.geomspace(0.1, 10, 9)
    curves = [("flat", np.ones(9)), ("ridge", c + 1 / c)]
    return pd.concat(pd.DataFrame({"label": n, "c": c, "objective": y}) for n, y in curves)


def norms_table(result):
    found = result.solutions.representatives[0].factorization
    return fits.norms_table({"all": result.searches[0]}, {"all": found})


def followed(result):
    fits = result.searches[0]
    found = convergence_trace(result.dataset.X, fits.problem, fits.search, fits.seed[0])
    return convergence.convergence_table(found)


# Every plot of one Axes, called with what it is made for.
ONE_AXES = {
    "matrix": lambda r, **o: factors.plot_matrix(np.eye(3), row_names="abc", **o),
    "large matrix": lambda r, **o: factors.plot_matrix(
        np.random.default_rng(0).random((99, 80)), **o
    ),
    "objectives": lambda r, **o: fits.plot_objectives(fits.objectives_table(r), **o),
    "image": lambda r, **o: factors.plot_image(np.arange(6), (2, 3), title="six", **o),
    "norms": lambda r, **o: fits.plot_norms(norms_table(r), **o),
    "count by distance": lambda r, **o: solutions.plot_count(
        solutions.count_table(r.solutions), plateau=(1e-4, 0.1), noise_floor=1e-6, **o
    ),
    "count by objective": lambda r, **o: solutions.plot_objective_gate(
        solutions.objective_table(r.solutions), objective_rtol=1e-3, **o
    ),
    "shares": lambda r, **o: minima.plot_shares(minima.share_table(r.solutions), **o),
    "rarefaction": lambda r, **o: solutions.plot_rarefaction(
        pd.DataFrame({"n_starts": [1, 5], "n_minima": [1, 2.5]}), chao1=3.0, **o
    ),
    "distances": lambda r, **o: minima.plot_distances(
        minima.distance_table(r.solutions, r.searches[0].data_norm), **o
    ),
    "tree": lambda r, **o: minima.plot_tree(
        minima.tree_table(r.solutions, r.searches[0].data_norm), distance_tol=1e-3, **o
    ),
    "landscape": lambda r, **o: fits.plot_landscape(
        fits.landscape_table(r), distance_tol=1e-3, objective_rtol=1e-3, **o
    ),
    "trust": lambda r, **o: trust.plot_trust(trust.trust_table(component_trust(r.solutions)), **o),
    "convergence": lambda r, **o: convergence.plot_convergence(followed(r), tol=1e-9, **o),
    "collapse": lambda r, **o: penalties.plot_collapse(sweep_table(), predicted=0.4, **o),
    "rescaling": lambda r, **o: penalties.plot_rescaling(rescaling_table(), **o),
    "count curves": lambda r, **o: penalties.plot_count_curves(curves_table(), **o),
    "bars": lambda r, **o: penalties.plot_bars(
        pd.DataFrame({"label": ["a", "b"], "value": [0, 2]}), **o
    ),
    "counts": lambda r, **o: problems.plot_counts(counts_table(), **o),
    "zeros": lambda r, **o: problems.plot_zeros(counts_table(), **o),
}
# Every plot of a whole figure.
WHOLE = {
    "components": lambda r, **o: factors.plot_components(factors.best_factorization(r), **o),
    "drift": lambda r, **o: penalties.plot_drift(drift_table(), plain=(0.1, 0.2), **o),
    "variants": lambda r, **o: penalties.plot_variants(variants_table(), **o),
    "choosing k": lambda r, **o: problems.plot_over_k(over_k_table(), **o),
    "product": lambda r, **o: product.plot_product(
        r.dataset.X, factors.best_factorization(r), row_names="abcdef", **o
    ),
    "matching": lambda r, **o: pairing.plot_matching(
        *(fit.factorization for fit in r.searches[0][:2]), **o
    ),
    "matched images": lambda r, **o: pairing.plot_matching(
        *[(np.eye(2), np.ones((2, 4)))] * 2,
        column_names=[f"pixel {i},{j}" for i in (0, 1) for j in (0, 1)],
        **o,
    ),
    "pairs": lambda r, **o: example.plot_pairs([("a", (np.eye(2), np.eye(2)))] * 2, **o),
}
ILLUSTRATE = [
    fits.illustrate_objectives,
    solutions.illustrate_count,
    solutions.illustrate_objective_gate,
    fits.illustrate_map,
    overview.illustrate_component_ranges,
    convergence.illustrate_convergence,
    product.illustrate_product,
]


def svg(figure):
    FigureCanvasAgg(figure)
    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(text, format="svg")
    return text.getvalue()


@pytest.mark.parametrize("name", ONE_AXES)
def test_a_plot_draws_into_the_axes_it_is_given(several, name):
    ax = Figure().add_subplot()
    assert ONE_AXES[name](several, ax=ax) is ax
    assert isinstance(ONE_AXES[name](several), Axes)


@pytest.mark.parametrize("name", WHOLE)
def test_a_plot_of_several_panels_draws_into_the_figure_it_is_given(several, name):
    figure = Figure(figsize=(8, 5))
    WHOLE[name](several, figure=figure)
    assert figure.axes
    WHOLE[name](several)


@pytest.mark.parametrize("name", [*ONE_AXES, *WHOLE])
def test_no_global_state_is_touched(several, name):
    before = dict(mpl.rcParams)
    (ONE_AXES | WHOLE)[name](several)
    assert dict(mpl.rcParams) == before
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


@pytest.mark.parametrize("name", [*ONE_AXES, *WHOLE])
def test_everything_but_data_is_ink_on_nothing(several, name):
    """Texts, ticks and edges are of the one colour that a page can swap; no black is left."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    if name in ONE_AXES:
        ONE_AXES[name](several, ax=figure.add_subplot())
    else:
        WHOLE[name](several, figure=figure)
    text = svg(figure)
    assert style.INK in text
    for foreign in ("#000000", "#ffffff", "fill: black", "fill: white"):
        assert foreign not in text
    assert len(text) < 150_000
    for ax in figure.axes:
        for label in (ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.texts):
            assert label.get_color() == style.INK
        for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
            assert tick.label1.get_color() == style.INK


@pytest.mark.parametrize("illustrate", ILLUSTRATE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", ["several", "continuum", "images"])
def test_an_illustration_shows_and_tabulates_and_the_report_says_what(request, illustrate, kind):
    result = request.getfixturevalue(kind)
    if (made := illustrated(illustrate, result)) is None:
        return
    assert isinstance(made, Illustration) and illustrate(result).caption == ""
    assert made.caption.endswith(".") and "nan" not in made.caption.split()
    assert len(made.data) and max(made.size) <= 9
    figure = Figure(figsize=made.size, layout="constrained")
    made.draw(figure)
    assert len(svg(figure)) < 150_000
    again = Figure(figsize=made.size, layout="constrained")
    made.draw(again)
    assert len(again.axes) == len(figure.axes)


def test_which_figures_a_problem_gets(several, continuum, images):
    assert fits.illustrate_objectives(several) is not None
    assert fits.illustrate_objectives(continuum) is None  # all are equal
    assert fits.illustrate_map(several) is not None
    one = Result(np.eye(2), 2, [fit(np.eye(2), 2, n_starts=3)])
    assert fits.illustrate_map(one) is None
    assert solutions.illustrate_objective_gate(one) is None


def test_without_a_fit_that_counts_there_is_nothing_to_show(several):
    none = Result(several.dataset.X, 3, [several.searches[2]], kkt_tol=1e-15)
    assert none.solutions.n_minima == 0
    assert [illustrate(none) for illustrate in ILLUSTRATE] == [None] * len(ILLUSTRATE)


def test_the_table_of_starts_has_every_start_best_first(several):
    table = fits.objectives_table(several)
    assert len(table) == sum(len(f) for f in several.searches)
    assert (np.diff(table.objective) >= 0).all()
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    assert table.excess.min() == 0


def test_shares_of_a_search_add_up_to_its_counted_starts(several):
    table = minima.share_table(several.solutions)
    assert (table.share_low <= table.share + 1e-12).all()
    assert (table.share <= table.share_high + 1e-12).all()
    counted = several.solutions.counts.sum()
    assert table.n_starts.sum() == counted
    assert set(table.search) == {
        "random", "nndsvda", "random (stop=scikit_learn, tol=0.0001, max_iter=200)",
    }  # fmt: skip


def test_counts_fall_with_the_tolerance_and_rise_with_the_gate(several):
    assert (np.diff(solutions.count_table(several.solutions).n_minima) <= 0).all()
    assert (np.diff(solutions.objective_table(several.solutions).n) >= 0).all()


def test_distances_are_symmetric_and_zero_on_the_diagonal(several):
    table = minima.distance_table(several.solutions, several.searches[0].data_norm)
    square = table.pivot(index="minimum", columns="other", values="distance").to_numpy()
    assert square == pytest.approx(square.T)
    assert (np.diagonal(square) == 0).all()
    assert square[0, 1:].min() == pytest.approx(several.solutions.nearest[0], rel=1e-6)


def test_the_tree_joins_minima_at_their_distances(several):
    scale = several.searches[0].data_norm
    joints = minima.tree_table(several.solutions, scale)
    apart = minima.distance_table(several.solutions, scale)
    assert len(joints) == several.solutions.n_minima - 1
    assert (np.diff(joints.distance) >= 0).all()
    assert joints.distance[0] == pytest.approx(apart.distance[apart.distance > 0].min())
    assert joints.n_minima.iloc[-1] == several.solutions.n_minima


def test_starts_of_the_best_minimum_and_no_others_are_within_the_tolerance_of_it(several):
    table = fits.landscape_table(several)
    counted = table[table.minimum >= 0]
    near = counted.distance <= several.solutions.distance_tol
    assert (near == (counted.minimum == 0)).all() and near.any() and not near.all()


def test_pixels_are_drawn_as_images_and_other_features_as_a_heat_map():
    pixels = [f"pixel {i},{j}" for i in range(3) for j in range(5)]
    f = Factorization(np.ones((3, 2)), np.ones((2, 15)))
    assert factors.image_shape(pixels) == (3, 5)
    assert len(factors.plot_components(f, column_names=pixels)) == 2
    for other in (None, pixels[::-1], pixels[:-1], ["pixel 0,0"] * 15, list("abcdefghijklmno")):
        assert factors.image_shape(other) is None
    assert len(factors.plot_components(f)) == 1


def test_every_matched_component_has_order_and_scale_of_the_other_start():
    a = Factorization(np.eye(3), [[1, 0, 0], [0, 2, 0], [0, 0, 3.0]])
    b = a.permute([2, 0, 1]).normalize("max")
    (_, first, order), _, (_, matched, other) = pairing.matched_panels(a, b, "ab")
    assert matched == pytest.approx(first)
    assert list(order) == [1, 2, 3] and list(other) == [2, 3, 1]


def test_data_and_factors_stand_in_line_whatever_the_order_of_samples(rng):
    f = Factorization(rng.random((60, 3)), rng.random((3, 9)))
    of_W, of_H, of_X = product.plot_product(f.product(), f)
    W, H, X = (ax.images[0].get_array() if ax.images else None for ax in (of_W, of_H, of_X))
    assert W is None and H is None  # few enough to be drawn cell by cell
    assert X is None or X.shape == (60, 9)
    order = product.sample_order(f.W)
    assert sorted(order) == list(range(60))
    assert (np.diff(f.W[order].argmax(axis=1)) >= 0).all()


def test_lengths_are_matched_to_the_components_of_the_reference(several):
    table = norms_table(several)
    reference = several.solutions.representatives[0]
    own = table[table.seed == reference.seed].sort_values("component").norm_H
    assert own.to_numpy() == pytest.approx(np.linalg.norm(reference.H, axis=1))
