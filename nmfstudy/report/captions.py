"""What the report says below each figure of `nmfstudy.plots`: what is seen and what follows."""

from dataclasses import replace

from nmfstudy.plots.certified import illustrate_ambiguity, illustrate_zero_patterns
from nmfstudy.plots.comparison import illustrate_studies
from nmfstudy.plots.convergence import illustrate_convergence
from nmfstudy.plots.fits import illustrate_map, illustrate_objectives
from nmfstudy.plots.overview import illustrate_component_ranges, illustrate_k
from nmfstudy.plots.problems import illustrate_choosing_k
from nmfstudy.plots.product import NAMED_SAMPLES, illustrate_product
from nmfstudy.plots.solutions import (
    illustrate_count,
    illustrate_objective_gate,
)
from nmfstudy.report.page.numbers import number, percent, small_percent
from nmfstudy.report.words_on_kind import plateau_text


def illustrated(make, *given):
    """What ``make(*given)`` illustrates, with its caption; None where there is nothing to show."""
    illustration = make(*given)
    if illustration is None or make not in CAPTIONS:
        return illustration
    return replace(illustration, caption=CAPTIONS[make](illustration, *given))


def _first(illustration, total, what):
    """`` The first 10 of 12 minima.`` where not all are drawn."""
    n = illustration.n_shown
    return "" if n is None else f" The first {n} of {total} {what}."


def _convergence(illustration, result):
    convergence, theirs = result.convergence, ""
    if convergence.stopped is not None:
        n_iter, residual, _ = convergence.stopped
        theirs = (
            f" scikit-learn's usual rule (tol 10⁻⁴, at most 200 sweeps) ends after {n_iter:,} "
            f"sweeps at a residual of {number(residual, 1)}."
        )
    return (
        f"How the start with seed {convergence.seed} of {result.title} approaches an optimum, "
        f"where the residual is 0. A fit counts once it is below {number(convergence.tol, 1)}, "
        f"here after {convergence.n_iter[-1]:,} sweeps.{theirs}"
    )


def _product(illustration, result):
    many = result.dataset.X.shape[0] > NAMED_SAMPLES
    order = " Samples are sorted by their largest component." if many else ""
    return (
        f"The data of {result.title} with the best W and H beside it: a row of W says how much "
        f"of every component a sample has, a row of H what the component is made of.{order}"
    )


def _count(illustration, result):
    solutions = result.assessed
    if solutions.kind == "continuum":
        sentence = continuum_sentence(illustration.data, solutions)
    elif solutions.plateau is None:
        sentence = "There is no long stretch over which it stays the same, so it is not settled."
    else:
        where = plateau_text(*solutions.plateau)
        sentence = f"It stays the same {where}, so it does not depend on the tolerance."
    return (
        f"How many different solutions of {result.title} are counted, by how close two may be "
        f"and still count as the same (distance relative to the size of the data). {sentence}"
    )


def continuum_sentence(table, solutions):
    """What the count of a continuum does in the finest decade that the fits are converged to.

    Parameters
    ----------
    table : DataFrame
        As `nmfstudy.plots.count_table` makes it.
    solutions : Solutions

    Returns
    -------
    str
    """
    seen = table[table.distance_tol >= solutions.noise_floor]
    closest = int(seen.n_distinct.iloc[0])
    farther = int(seen.n_distinct[seen.distance_tol <= 10 * seen.distance_tol.iloc[0]].iloc[-1])
    starts = int(solutions.counts[solutions.near_optimal].sum())
    if closest == starts:
        return "Seen closely, every start is a solution of its own: they form a continuum."
    if closest > farther:
        return "It keeps growing as one looks closer: the solutions form a continuum."
    same = "all end in the very same one" if closest == 1 else "some end in the very same ones"
    stays = f"Looked at more and more closely it stays at {closest}: of {starts:,} starts {same}"
    if solutions.bends:
        ends = "as they do at the ends of the set. What lies between fits as well: a continuum."
        return f"{stays}, {ends}"
    return f"{stays}, but more starts keep finding others."


def _objective_gate(illustration, result):
    solutions = result.solutions
    return (
        f"How many minima of {result.title} count as solutions, by how much worse than the "
        f"best an objective may be (0.01 is one per cent). At the "
        f"{small_percent(solutions.objective_rtol)} used here: "
        f"{solutions.n_distinct} of {solutions.n_minima}."
    )


def _choosing_k(illustration, table, dataset):
    return (
        f"What speaks for which number of components k on {dataset}: a small error, no "
        "more order left over than noise has, hidden entries predicted well, components that "
        "agree in halves of the samples, few solutions, enough starts to have seen them "
        "all, and components that come back in every solution."
    )


def _objectives(illustration, result):
    lost, n = int((illustration.data.minimum < 0).sum()), result.solutions.n_minima
    near = result.solutions.n_distinct
    good = "all as good as the best" if near == n else f"{near} of them as good as the best"
    ends = f"They end in {n} different minima, {good}."
    if n == 1:
        ends = "All that converged end in the same minimum."
    beside = f" {lost} did not count: not fully converged, or no minimum." if lost else ""
    return (
        f"Every start of {result.title}, by how far its objective is above the best one "
        f"(relative). {ends}{beside}"
    )


def _zero_patterns(illustration, result, minimum=0):
    return (
        f"Zeros (blank) of the components of {result.title}, W above H. Identifiable: in every "
        "factorization of the same product. Changes: a second factorization, at hand, lacks "
        "it. Open: neither is proved."
    )


def _ambiguity(illustration, result, minimum=0):
    ambiguity = result.ambiguity(minimum)
    if ambiguity.mixing is not None:
        return (
            f"Every factorization of {result.title} with two components is a point of the "
            "coloured rectangle, line or dot: how much the two may mix."
        )
    if ambiguity.geometry is not None:
        return (
            f"Every factorization of {result.title} with three components is a triangle "
            "that covers the inner polygon and stays inside the outer one; corners are "
            "columns of W, sides rows of H."
        )
    return (
        f"Rows of H of {result.title} (line) and the range they have in "
        f"{len(ambiguity.factorizations) - 1} other factorizations of the same product (band). "
        "More may be possible."
    )


def _studies(illustration, comparison):
    return (
        "Every problem in every study: how many solutions, how easily the best one is reached, "
        "whether enough starts were run, and how many sweeps a start takes. Bars are the 95 % "
        "intervals of the shares (Wilson)."
        f"{_first(illustration, len(comparison.compared), 'problems')}"
    )


def _k(illustration, table, dataset):
    return (
        f"{dataset}: relative error of the best fit for each k; in brackets how many solutions fit "
        "as well. Bold: the k to take."
    )


def _component_ranges(illustration, result):
    return (
        f"Components of {result.title}, each relative to its largest entry; dark: their range over "
        "the solutions found that fit as well."
        f"{_first(illustration, result.problem.n_components, 'components')}"
    )


def _map(illustration, result):
    shown = illustration.data.attrs["shown"]
    return (
        f"A map of the starts of {result.title}: equal results lie on one spot (its starts in "
        "number), colour and shape tell the minima apart. It shows "
        f"{percent(shown)} of the squared distances."
    )


CAPTIONS = {
    illustrate_component_ranges: _component_ranges,
    illustrate_k: _k,
    illustrate_map: _map,
    illustrate_ambiguity: _ambiguity,
    illustrate_choosing_k: _choosing_k,
    illustrate_convergence: _convergence,
    illustrate_count: _count,
    illustrate_objective_gate: _objective_gate,
    illustrate_objectives: _objectives,
    illustrate_product: _product,
    illustrate_studies: _studies,
    illustrate_zero_patterns: _zero_patterns,
}
