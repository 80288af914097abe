"""What a reader with JavaScript can move: the tolerance of the count, and a pair of solutions.

The script gets the edges of the spanning tree, and distances and matches of the best minima; it
does no statistics of its own.
"""

import numpy as np

from nmfstudy.distances import distance
from nmfstudy.matching import match
from nmfstudy.plots.factors import image_shape
from nmfstudy.questions.lookup import kept
from nmfstudy.report.numbers import count, number
from nmfstudy.report.page import Widget
from nmfstudy.report.words import rank_text

MOST_GROUPS = 200  # of fits; where there are more they are counted and not listed
MOST_SOLUTIONS = 12  # to pick from, the best first
MOST_FEATURES = 60  # that are not pixels: of all components together ...
LEADING_FEATURES = 12  # ... and of each pair
MOST_SAMPLES = 24  # beyond them W is left out
MOST_NUMBERS = 40_000  # of all factors
TOLERANCES = 10.0 ** (np.arange(181) / 20 - 9)  # of the slider


def explore_blocks(result, key):
    """The slider of a problem with several fits and the picker of one with several minima."""
    blocks = []
    if result.solutions.tree.n_points > 1:
        data = tolerance_data(result.solutions)
        blocks.append(Widget("slider", f"{key}-slider", "Move the tolerance", data))
    data = pairs_data(result)
    if data is not None:
        blocks.append(Widget("picker", f"{key}-picker", "Two solutions side by side", data))
    return blocks


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
        f"Below {floor:.2g} the fits form more than {MOST_GROUPS} groups, which are counted and "
        "not listed."
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
        note (what is left out); None with less than two minima, or where these are too large.
    """
    found = result.solutions
    n, d = result.dataset.X.shape
    image = image_shape(result.dataset.column_names)
    features, with_W = np.arange(d), n <= MOST_SAMPLES
    shown = found.representatives[:MOST_SOLUTIONS]
    if not all(map(kept, shown)):
        return None
    factors = [fit.factorization.normalize("max") for fit in shown]
    if not image and d > MOST_FEATURES:
        weight = np.max([f.H.max(axis=0) for f in factors], axis=0, initial=0.0)
        features = np.sort(np.argsort(-weight, kind="stable")[:MOST_FEATURES])
    per_solution = result.problem.n_components * (len(features) + n * with_W)
    factors = factors[: MOST_NUMBERS // per_solution]
    if len(factors) < 2:
        return None
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
    return f"minimum {i}{rank}, {count(int(found.counts[i]), 'start')}"


def _name(names, kind, i):
    return names[i] if names else f"{kind} {i + 1}"


def _thousandths(matrix):
    return np.rint(1000 * matrix).astype(int).tolist()


def _left_out(n_minima, n_features, n_samples):
    if n_minima:
        yield f"The {count(n_minima, 'minimum', 'minima')} of highest objective cannot be chosen."
    if n_features > LEADING_FEATURES:
        yield f"Shown are the {LEADING_FEATURES} leading of {number(n_features)} features."
    if n_samples > MOST_SAMPLES:
        yield f"W, with its {number(n_samples)} samples, is left out."
