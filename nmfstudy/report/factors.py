"""W and H of the best solution in the data's own names: leading entries, and files."""

import numpy as np
import pandas as pd

from nmfstudy.plots.factors import best_factorization, image_shape
from nmfstudy.report.page.numbers import number
from nmfstudy.report.page.page import Cell, Paragraph, Table

MOST_NAMES = 8  # leading entries of a component
LEAST = 0.05  # of the component's largest entry, below which an entry does not lead


def factor_frames(result):
    """W and H of the best solution as tables with the data's names; None if there is no solution.

    Every row of H has a largest entry of 1, so that W holds the amounts. Components have the
    numbers of the report.

    Parameters
    ----------
    result : ProblemResult

    Returns
    -------
    W, H : DataFrame
        A column ``sample`` and one per component; a column ``component`` and one per feature.
    """
    best = best_factorization(result)
    if best is None:
        return None
    best, dataset = best.normalize("max"), result.dataset
    n, d = dataset.X.shape
    samples = dataset.row_names or [f"sample {i + 1}" for i in range(n)]
    features = dataset.column_names or [f"feature {j + 1}" for j in range(d)]
    parts = [f"component {r + 1}" for r in range(best.n_components)]
    W, H = pd.DataFrame(best.W, columns=parts), pd.DataFrame(best.H, columns=list(features))
    W.insert(0, "sample", list(samples))
    H.insert(0, "component", parts, allow_duplicates=True)  # a feature may be called component
    return W, H


def leading(values, names, most=MOST_NAMES):
    """The names of the largest entries with their share of the largest, as text.

    Returns
    -------
    str
        ``burger (1), fries (1), chicken (0.28)``; ``none`` of a zero component.
    """
    values = np.asarray(values, dtype=float)
    top = values.max(initial=0.0)
    if not top > 0:
        return "none"
    shares = values / top
    order = np.argsort(-shares, kind="stable")
    leaders = [j for j in order if shares[j] >= LEAST]
    parts = ", ".join(f"{names[j]} ({number(round(shares[j], 2))})" for j in leaders[:most])
    rest = len(leaders) - most
    return f"{parts} and {rest} more" if rest > 0 else parts


def factor_blocks(result, files):
    """What each component is made of and which samples have most of it; the files are kept.

    Parameters
    ----------
    result : ProblemResult
    files : FigureFiles

    Returns
    -------
    list of blocks
        Two tables, each with the CSV file that holds the whole factor.
    """
    frames = factor_frames(result)
    if frames is None:
        return []
    W, H = frames
    # Of data that share their name with others, files carry the problem's whole key.
    alone = result.key.startswith(f"{result.dataset.name}-")
    name = result.key.rpartition("-")[0] if alone else result.key
    files = [files.factor(f"{name}-{side}", frame) for side, frame in (("W", W), ("H", H))]
    samples, features = list(W["sample"]), list(H.columns[1:])
    amounts, patterns = W.iloc[:, 1:].to_numpy(), H.iloc[:, 1:].to_numpy()
    sentence = Paragraph(
        "In brackets: the entry as a share of the component's largest. The files hold all of W and "
        "H: every row of H has a largest entry of 1, W holds the amounts, and the product W H "
        "approximates the data.",
        "note",
    )
    of_samples = [leading(amounts[:, r], samples) for r in range(amounts.shape[1])]
    title = "Leading features of each component"
    of_features = [leading(row, features) for row in patterns]
    if image_shape(result.dataset.column_names) is not None:  # a picture says it better
        title = "Pixels of each component"
        of_features = [f"{(row > 0).sum():,} of {len(row):,} are not zero" for row in patterns]
    tables = [
        _table(title, of_features, files[1]),
        _table("Samples with the most of each component", of_samples, files[0]),
    ]
    return [*tables, sentence]


def _table(title, texts, file):
    rows = tuple((Cell(str(r), value=r), Cell(text)) for r, text in enumerate(texts, start=1))
    return Table(title, ("component", "largest first"), rows, (False, False), file)
