"""What a reader with JavaScript can move: the tolerance of the count, and a pair of solutions.

The script gets the edges of the spanning tree, and distances and matches of the best minima; it
does no statistics of its own.
"""

import numpy as np

from nmfstudy.model.distance import distance
from nmfstudy.model.matching import match
from nmfstudy.plots.factors import image_shape
from nmfstudy.report.page.numbers import count, number
from nmfstudy.report.page.page import Paragraph, Widget
from nmfstudy.report.phrases import rank_text
from nmfstudy.report.questions.lookup import kept

MOST_GROUPS = 200  # of fits; where there are more they are counted and not listed
MOST_SOLUTIONS = 12  # to pick from, the best first
MOST_FEATURES = 60  # that are not pixels: of all components together ...
LEADING_FEATURES = 12  # ... and of each pair
MOST_SAMPLES = 24  # beyond them W is left out
MOST_NUMBERS = 120_000  # of all factors, unless there are just two
TOO_MANY = 1_000_000  # of two, which no page can show
TOLERANCES = 10.0 ** (np.arange(181) / 20 - 9)  # of the slider


def explore_blocks(result, key, files):
    """The slider of a problem with several fits and the picker of one with several minima.

    Where there is something to show that cannot be shown, a sentence says why, and what helps.
    """
    blocks = []
    if result.solutions.tree.n_points > 1:
        data = tolerance_data(result.solutions)
        if result.assessed.kind == "continuum":  # a stretch at which all are one settles nothing
            data["plateau"] = None
        slider = "slider", f"{key}-slider", "Move the tolerance"
        blocks.append(files.widget(Widget(*slider, data)))
    if result.solutions.n_minima > 1:
        data, missing = pairs_data(result), _missing(result)
        picker = "picker", f"{key}-picker", "Two solutions side by side"
        shown = Paragraph(missing, "note") if missing else files.widget(Widget(*picker, data))
        blocks.append(shown)
    return blocks


def _missing(result):
    """Why two solutions cannot be put side by side; empty if they can."""
    if not all(map(kept, _shown(result))):
        return (
            "Two solutions cannot be put side by side here: the factors of some were not kept. "
            "With record=solutions a run keeps them."
        )
    if 2 * _numbers_each(result) > TOO_MANY:
        return (
            f"Two solutions have {number(2 * _numbers_each(result))} numbers, too many to put them "
            "side by side in a page. In Python, nmfstudy.plots.plot_matching draws them."
        )
    return ""


def _shown(result):
    return result.solutions.representatives[:MOST_SOLUTIONS]


def _numbers_each(result):
    """Of a solution in the picker."""
    n, d = result.dataset.X.shape
    if not image_shape(result.dataset.column_names):
        d = min(d, MOST_FEATURES)
    return result.problem.n_components * (d + n * (n <= MOST_SAMPLES))


def tolerance_data(solutions):
    """Counts at all tolerances of the slider, and the tree from which it makes groups.

    Parameters
    ----------
    solutions : Solutions

    Returns
    -------
    dict
        tolerance (the one used), used (near-optimal minima and all minima at it), counts (the same
        at ``10**(-9 + i/20)`` for i from 0 on), plateau, floor (tolerance from which on the fits
        form few enough groups to list), leaves (of each group there, lowest objective first: its
        fits, whether it is near-optimal), merges (length of each longer edge and the groups it
        joins, shortest first), note.
    """
    tree = solutions.tree
    spare = tree.n_points - MOST_GROUPS
    floor = float(tree.length[spare - 1]) if spare > 0 else 0.0
    labels = tree.labels(floor)
    # Fits stand in order of objective, so the near-optimal ones are the first.
    n_near = len(np.unique(labels[: solutions.merges.n[0]]))
    longer = tree.length > floor
    edges = tree.length[longer], labels[tree.first[longer]], labels[tree.second[longer]]
    return {
        "tolerance": solutions.distance_tol,
        "used": _counts(solutions, [solutions.distance_tol])[0],
        "counts": _counts(solutions, TOLERANCES),
        "plateau": solutions.plateau,
        "floor": floor,
        "leaves": [[n, int(i < n_near)] for i, n in enumerate(np.bincount(labels).tolist())],
        "merges": list(zip(*(column.tolist() for column in edges), strict=True)),
        "note": _unlisted(floor) if spare > 0 else "",
    }


def _unlisted(floor):
    return (
        f"Below {number(floor, 2)} the fits form more than {MOST_GROUPS} groups, which are "
        "counted but not listed."
    )


def _counts(solutions, tolerances):
    """Near-optimal and all minima at each tolerance."""
    both = solutions.curve(tolerances)[1], solutions.minima_curve(tolerances)[1]
    return np.transpose(both).tolist()


def pairs_data(result):
    """The best minima, scaled alike, with distance and matching of every two of them.

    Parameters
    ----------
    result : ProblemResult

    Returns
    -------
    dict or None
        solutions (label, rows of H and columns of W in thousandths of the largest), scale_W,
        features (names, unless they are pixels), most_features (of a pair), samples, image (shape
        of a row of H, or None), pairs (distance, order and congruences of each row and column),
        note (what is left out); None with less than two minima, or where they cannot be shown.
    """
    found = result.solutions
    n, d = result.dataset.X.shape
    image = image_shape(result.dataset.column_names)
    features, with_W = np.arange(d), n <= MOST_SAMPLES
    if found.n_minima < 2 or _missing(result):
        return None
    n_shown = max(2, MOST_NUMBERS // _numbers_each(result))
    factors = [fit.factorization.normalize("max") for fit in _shown(result)[:n_shown]]
    if not image and d > MOST_FEATURES:
        weight = np.max([f.H.max(axis=0) for f in factors], axis=0, initial=0.0)
        features = np.sort(np.argsort(-weight, kind="stable")[:MOST_FEATURES])
    largest = max(f.W.max() for f in factors) or 1.0
    norm, names = result.searches[0].data_norm, result.dataset.column_names
    return {
        "solutions": [
            {
                "label": _label(found, i),
                "H": _thousandths(f.H[:, features]),
                "W": _thousandths(f.W.T / largest) if with_W else None,
            }
            for i, f in enumerate(factors)
        ],
        "scale_W": largest,
        "features": [] if image else [_name(names, "column", j) for j in features.tolist()],
        "most_features": LEADING_FEATURES,
        "samples": [_name(result.dataset.row_names, "row", i) for i in range(n * with_W)],
        "image": image,
        "pairs": [[_pair(a, b, norm) for b in factors] for a in factors],
        "note": " ".join(_left_out(found.n_minima - len(factors), d if not image else 0, n)),
    }


def _pair(a, b, scale):
    order, congruence = match(a, b)
    return {
        "distance": distance(a, b, scale),
        "order": order.tolist(),
        "congruence": np.round(congruence, 3).tolist(),
    }


def _label(found, i):
    rank = rank_text(found.best[i], found.near_optimal[i])
    return f"minimum {i + 1}{rank}, {count(int(found.counts[i]), 'start')}"


def _name(names, kind, i):
    return names[i] if names else f"{kind} {i + 1}"


def _thousandths(matrix):
    return np.rint(1000 * matrix).astype(int).tolist()


def _left_out(n_minima, n_features, n_samples):
    if n_minima:
        are = "minimum with the highest objective is", "minima with the highest objectives are"
        yield f"The {count(n_minima, *are)} left out."
    if n_features > LEADING_FEATURES:
        yield (
            f"Of each pair the {LEADING_FEATURES} leading of {number(n_features)} features are "
            "shown."
        )
    if n_samples > MOST_SAMPLES:
        yield f"W, with its {number(n_samples)} samples, is left out."
