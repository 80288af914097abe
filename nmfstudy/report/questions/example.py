"""The worked example: a small matrix, taken apart by two seeds and put side by side."""

from functools import partial

import numpy as np
import pandas as pd

from nmfstudy.assess.residual_test import EXACT_FIT
from nmfstudy.model.matching import match
from nmfstudy.plots import style
from nmfstudy.plots.example import equation_size, pairs_size, plot_equation, plot_pairs
from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.questions.answer import Answer
from nmfstudy.util.display import count, listed

KEY = "example"
QUESTION = "What does NMF do, on a small example?"
ASKED = (
    "NMF takes a table of numbers that are not negative, and writes every row as a sum of a few "
    "patterns. What comes out, and why do two runs of the same program look different?"
)
_LARGEST = (12, 12)
_SAME = 1e-6  # columns of X, or of H, that differ by less are identical


def answer(study):
    """`Answer` with the example drawn out; None if the study has no small dataset."""
    shown = worked_example(study)
    if shown is None:
        return None
    result, (first, second) = shown
    before, after = _two_seeds(result, first, second)
    other = _not_unique(study, result)
    return Answer(
        key=KEY,
        question=QUESTION,
        verdict="It makes every row a sum of few components; their order and scale are free",
        summary=_summary(result, first, second, after),
        method=(
            "Both fits are fully converged (the optimality conditions hold to the tolerance of the "
            "run). To compare them, every row of H is divided by its largest entry and the column "
            "of W multiplied by it, which leaves the product alone, and the components of the "
            "second are put into the order of the first by the Hungarian algorithm on the terms "
            "w·h."
        ),
        illustrations=tuple(
            [
                _pair_figure(result, "before", before),
                _pair_figure(result, "after", after),
                *([_other_figure(other)] if other else []),
            ]
        ),
        tables={},
        notes=tuple(_notes(result, after, other)),
        asked=ASKED,
        caveat=_caveat(result),
        short="A worked example",
        openly=2,
        banner=_equation(result, after[0][1]),
    )


def _equation(result, factorization):
    """X = W × H of the example."""
    X, names = dense(result.dataset.X), names_of(result.dataset)
    return Illustration(
        name="example-equation",
        caption=(
            f"“{result.dataset.name}”: every row of X is a sum of {factorization.n_components} "
            "components (rows of H), as much of each as W says."
        ),
        draw=lambda figure: plot_equation(
            X, factorization, row_names=names[0], column_names=names[1], figure=figure
        ),
        data=_entries([("shown", factorization)], names),
        size=equation_size(len(X), factorization.n_components, X.shape[1]),
    )


def _caveat(result):
    """What is special about the example, as its fits have it."""
    exact = result.solutions.representatives[0].relative_error <= EXACT_FIT
    many = {"one": "has one solution", "continuum": "has a continuum of solutions"}
    many["several"] = f"has {result.solutions.n_distinct} solutions that fit equally well"
    fits = "fits exactly" if exact else "does not fit exactly"
    number = many.get(result.assessed.kind, "leaves open how many solutions it has")
    return (
        f"The example {fits} and {number}. Larger data have noise, often several solutions, and "
        "nobody knows the true components."
    )


def worked_example(study):
    """The problem shown and two of its fits: the menu at its own k, else the first small one."""
    small = [
        r
        for r in study.results
        if r.problem.penalty.is_zero and all(np.less_equal(r.dataset.X.shape, _LARGEST))
    ]

    def rank(result):
        own = result.dataset.n_components == result.problem.n_components
        order = {"one": 0, "several": 1, "continuum": 2}.get(result.solutions.kind, 3)
        return (result.dataset.name != "menu", not own, order)

    for result in sorted(small, key=rank):
        pair = _different_looking(result)
        if pair is not None:
            return result, pair
    return None


def _different_looking(result):
    """Two fits of the best minimum, if possible with their components in another order."""
    fits = [fit for fit, _ in best_fits(result)][:60]
    if len(fits) < 2:
        return None
    first = fits[0].factorization
    for fit in fits[1:]:
        order, _ = match(first, fit.factorization)
        if (order != np.arange(order.size)).all() or order.size == 1:
            return fits[0], fit
    return fits[0], fits[-1]


def best_fits(result):
    """Fits of the best minima from random starts, with their minimum."""
    begin = 0
    best = np.append(result.solutions.best, False)
    for fits in result.searches:
        labels = result.solutions.labels[begin : begin + len(fits)]
        begin += len(fits)
        if fits.search.deterministic:
            continue
        for i in np.flatnonzero(best[labels] & fits.has_factors):
            yield fits[int(i)], int(labels[i])


def _two_seeds(result, first, second):
    """Titles and factorizations before and after matching and normalising."""
    a, b = first.factorization, second.factorization
    titles = [f"seed {first.seed}", f"seed {second.seed}"]
    truth = result.dataset.truth
    if truth is not None and truth.n_components == a.n_components:
        order, _ = match(truth, a)
        after_a = a.permute(order).normalize("max")
    else:
        after_a = a.permute(np.argsort(-a.sizes, kind="stable")).normalize("max")
    order, _ = match(after_a, b)
    after_b = b.permute(order).normalize("max")
    return list(zip(titles, (a, b), strict=True)), list(
        zip(titles, (after_a, after_b), strict=True)
    )


def _difference(after):
    (_, a), (_, b) = after
    return max(float(abs(a.W - b.W).max()), float(abs(a.H - b.H).max()))


def _summary(result, first, second, after):
    n, d = result.dataset.X.shape
    k = result.problem.n_components
    apart = _difference(after)
    same = (
        "the two are identical"
        if apart < 1e-4
        else f"the largest difference left is {style.number(apart, 2)}"
    )
    return (
        f"The table “{result.dataset.name}”, with {count(n, 'row')} and {count(d, 'column')}, is "
        f"written as W·H with {count(k, 'component')}: a row of H says what a component is made "
        f"of, a row of W how much of each that row of the data takes. Seeds {first.seed} and "
        f"{second.seed} give factors that look different; with the components matched and scaled "
        f"alike, {same}."
    )


def _pair_figure(result, when, rows):
    names = names_of(result.dataset)
    sentence = {
        "before": "as two seeds found them: order and scale are accidents of the start.",
        "after": "matched and scaled alike: what is left are differences that mean something.",
    }[when]
    return Illustration(
        name=f"example-{when}",
        caption=f"W and H of {result.title}, {sentence}",
        draw=partial(_draw_pairs, rows, names),
        data=_entries(rows, names),
        size=pairs_size(len(rows), len(names[0])),
    )


def _draw_pairs(rows, names, figure):
    plot_pairs(rows, row_names=names[0], column_names=names[1], figure=figure)


def _entries(rows, names):
    """Every number drawn: fit, factor, row, column, value."""
    found = []
    for title, f in rows:
        components = [f"component {r + 1}" for r in range(f.n_components)]
        for factor, values, of_rows, of_columns in (
            ("W", f.W, names[0], components),
            ("H", f.H, components, names[1]),
        ):
            found += [
                (title, factor, of_rows[i], of_columns[j], value)
                for (i, j), value in np.ndenumerate(values)
            ]
    return pd.DataFrame(found, columns=["fit", "factor", "row", "column", "value"])


def names_of(dataset):
    """Names of rows and columns, made up where there are none."""
    n, d = dataset.X.shape
    return (
        dataset.row_names or tuple(f"row {i + 1}" for i in range(n)),
        dataset.column_names or tuple(f"column {j + 1}" for j in range(d)),
    )


def dense(X):
    """A small X as an array."""
    return X.toarray() if hasattr(X, "toarray") else np.asarray(X)


def _not_unique(study, main):
    """A small problem with two exact factorizations far apart: (result, pairs); or None."""
    for result in sorted(study.results, key=lambda r: r.dataset.name != "basket"):
        small = all(np.less_equal(result.dataset.X.shape, _LARGEST))
        other_data = result.dataset.sha256 != main.dataset.sha256
        if not (small and other_data and result.problem.penalty.is_zero):
            continue
        if result.solutions.kind not in ("several", "continuum"):
            continue
        found = _exact_pair(result)
        if found is not None:
            return result, found
    return None


def _exact_pair(result):
    """The known factors, or the first fit, and the exact fit farthest from them."""
    from nmfstudy.model.distance import distance

    exact = [fit for fit, _ in best_fits(result) if fit.relative_error <= EXACT_FIT][:200]
    if len(exact) < 2:
        return None
    truth, k = result.dataset.truth, result.problem.n_components
    known = truth is not None and truth.n_components == k
    first = truth if known else exact[0].factorization
    norm = result.searches[0].data_norm
    apart = [distance(first, fit.factorization, norm) for fit in exact]
    other = exact[int(np.argmax(apart))]
    if max(apart) < 1e-2:
        return None
    first = first.normalize("max")
    order, _ = match(first, other.factorization)
    title = "one way" if known else f"seed {exact[0].seed}"
    second = other.factorization.permute(order).normalize("max")
    return [(title, first), (f"another, seed {other.seed}", second)]


def _other_figure(other):
    result, rows = other
    names = names_of(result.dataset)
    return Illustration(
        name="example-not-unique",
        caption=(
            f"{result.dataset.name} taken apart in two different ways, both exactly: multiply "
            "either pair and the same matrix comes out. No number of starts tells which is meant."
        ),
        draw=partial(_draw_pairs, rows, names),
        data=_entries(rows, names),
        size=pairs_size(len(rows), len(names[0])),
    )


def twins(result, factorization):
    """Groups of identical columns of X, and whether their columns of H are identical as well.

    Returns
    -------
    list of (tuple of str, bool)
        Names of the columns of each group.
    """
    X, names = dense(result.dataset.X), names_of(result.dataset)[1]
    H = factorization.H
    found, seen = [], set()
    for j in range(X.shape[1]):
        same = [i for i in range(j, X.shape[1]) if np.array_equal(X[:, i], X[:, j])]
        if j in seen or len(same) < 2 or not X[:, j].any():
            continue
        seen.update(same)
        spread = abs(H[:, same] - H[:, [j]]).max()
        found.append((tuple(names[i] for i in same), bool(spread <= _SAME * H.max())))
    return found


def _notes(result, after, other):
    f = after[0][1]
    for names, equal in twins(result, f):
        if not equal:
            continue
        component = int(np.argmax(f.H[:, names_of(result.dataset)[1].index(names[0])]))
        yield (
            f"Why {listed(names)} land in one component (component {component + 1}): their columns "
            "in the data are identical. Given W, each column of H is the answer to a least squares "
            "problem of its own, and when the columns of W are linearly independent that problem "
            "has one answer only. The same question gets the same answer: identical columns of "
            "the data get identical columns of H, from every start. A penalty that treats all "
            "entries of H alike changes nothing about this."
        )
    if other is not None:
        second, _ = other
        exact = sum(fit.relative_error <= EXACT_FIT for fit, _ in best_fits(second))
        yield (
            f"“{second.dataset.name}” is a warning: {count(exact, 'start')} fitted it exactly, "
            f"and among them are {second.solutions.n_best} different results, even with the order "
            "and scale of the components set aside. A perfect fit is no proof that the components "
            "are the true ones."
        )
