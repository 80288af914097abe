"""What the report says below each figure of `nmfstudy.plots`: what is seen and what follows."""

from dataclasses import replace

from nmfstudy.model.distance import distance
from nmfstudy.plots.certified import illustrate_ambiguity, illustrate_zero_patterns
from nmfstudy.plots.comparison import illustrate_studies
from nmfstudy.plots.convergence import illustrate_convergence
from nmfstudy.plots.factors import illustrate_components
from nmfstudy.plots.fits import illustrate_landscape, illustrate_objectives
from nmfstudy.plots.minima import illustrate_distances, illustrate_shares, illustrate_tree
from nmfstudy.plots.pairing import illustrate_matching, two_starts
from nmfstudy.plots.problems import illustrate_choosing_k
from nmfstudy.plots.product import NAMED_SAMPLES, illustrate_product
from nmfstudy.plots.solutions import (
    illustrate_count,
    illustrate_objective_gate,
    illustrate_rarefaction,
)
from nmfstudy.plots.trust import illustrate_trust
from nmfstudy.report.page.numbers import number, percent, small_percent
from nmfstudy.report.words_on_kind import plateau_text
from nmfstudy.solutions.gate import BEST_RTOL


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


def _matching(illustration, result):
    (_, first), (_, second) = two_starts(result)
    apart = distance(first, second, result.searches[0].data_norm)
    return (
        f"Two starts that found the best solution of {result.title}. As they came, their "
        "components (rows of H) differ in order and scale, which mean nothing; with both "
        f"taken out the two are {number(apart, 1)} of the data's size apart."
        f"{_first(illustration, first.n_components, 'components')}"
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


def _rarefaction(illustration, result):
    solutions = result.assessed
    unseen = percent(max(1 - solutions.coverage, 0.0), 0)
    if solutions.kind == "continuum":
        ends = "A continuum has no number at which it could level off"
    else:
        ends = "It has levelled off" if solutions.coverage >= 0.99 else "It is still rising"
    return (
        f"How many minima of {result.title} would have been found with fewer starts, on "
        f"average and in 95 % of all draws of so many of the starts. {ends}: the "
        f"chance that one more start ends in a minimum not seen yet is about {unseen}."
    )


def _shares(illustration, result):
    return (
        f"Which way of starting reaches which minimum of {result.title} (0 is the best). Bars "
        "are 95 % intervals; behind each name stands its number of starts."
        f"{_first(illustration, result.solutions.n_minima, 'minima')}"
    )


def _distances(illustration, result):
    table, solutions = illustration.data, result.solutions
    n, apart = illustration.n_shown, table.distance[table.minimum < table.other]
    low, high = number(apart.min(), 2), number(apart.max(), 2)
    first = "the" if n is None else f"the first {n} of {solutions.n_minima}"
    seen = f"They are {low} to {high} apart." if len(apart) > 1 else f"The two are {low} apart."
    return (
        f"Distances between the best fits of {first} minima of {result.title}, relative to the "
        "size of the data: 0 is the same, beyond 1 nothing is shared. "
        f"{seen}{_nearer(solutions, apart.min())}"
    )


def _tree(illustration, result):
    solutions, apart = result.solutions, illustration.data.distance
    plain = (
        "In a continuum there is no gap: more starts fill the tree further."
        if solutions.kind == "continuum" and not solutions.recurs
        else "A long stretch without a joint is why the count does not depend on the tolerance."
    )
    return (
        f"The minima of {result.title} as a tree: two branches join at the distance from which "
        f"on their best fits would count as one, {number(apart.min(), 2)} for the closest and "
        f"{number(apart.max(), 2)} for the last. {plain}"
        f"{_first(illustration, solutions.n_minima, 'minima')}{_nearer(solutions, apart.min())}"
    )


def _nearer(solutions, apart):
    """What tells these distances from the nearest ones of the table, where they differ."""
    if min(solutions.nearest) > 0.99 * apart:
        return ""
    return " Other fits of two minima are nearer: “nearest other” in the table is of them all."


def _components(illustration, result, trust=None):
    n, trusted = illustration.n_shown, ""
    if trust is not None:
        trusted = (
            " The word says whether the component comes back in every other solution that fits as "
            "well: 1 is a perfect match, trusted means at least 0.95, similar at least 0.85."
        )
    seen = "" if n is None else f", the first {n} of {len(illustration.data)}"
    return (
        f"The components (rows of H) of the best solution of {result.title}{seen}: each entry "
        f"relative to the largest of its component, the more the stronger the colour.{trusted}"
    )


def _choosing_k(illustration, table, dataset):
    return (
        f"What speaks for which number of components k on {dataset}: a small error, no "
        "more order left over than noise has, hidden entries predicted well, components that "
        "agree in halves of the samples, few solutions, enough starts to have seen them "
        "all, and components that come back in every solution."
    )


def _trust(illustration, result):
    return (
        f"How well each component of the best solution of {result.title} comes back in the "
        "other minima. Only what comes back in every solution that fits as well can be "
        "trusted; that a component changes in a worse minimum says nothing against it."
    )


def _landscape(illustration, result):
    table, solutions = illustration.data, result.solutions
    other = table[(table.distance > solutions.distance_tol) & (table.minimum >= 0)]
    sentence = "No start that counts found another solution that fits as well."
    if (other.excess <= BEST_RTOL).any():
        sentence = (
            "Marks at the bottom right are other solutions: the same objective, other components."
        )
    elif (other.excess <= solutions.objective_rtol).any():
        sentence = "Coloured marks to the right, below the dashed line, fit as well."
    return (
        f"Every start of {result.title} by how different its result is from the best solution "
        "(distance relative to the data, order and scale of the components taken out) and by "
        f"how much worse it fits. {sentence}"
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


CAPTIONS = {
    illustrate_ambiguity: _ambiguity,
    illustrate_choosing_k: _choosing_k,
    illustrate_components: _components,
    illustrate_convergence: _convergence,
    illustrate_count: _count,
    illustrate_distances: _distances,
    illustrate_landscape: _landscape,
    illustrate_matching: _matching,
    illustrate_objective_gate: _objective_gate,
    illustrate_objectives: _objectives,
    illustrate_product: _product,
    illustrate_rarefaction: _rarefaction,
    illustrate_shares: _shares,
    illustrate_studies: _studies,
    illustrate_tree: _tree,
    illustrate_trust: _trust,
    illustrate_zero_patterns: _zero_patterns,
}
