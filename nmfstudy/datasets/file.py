"""The user's own matrix, from a file."""

import numpy as np

from nmfstudy.datasets.base import Dataset, check_data
from nmfstudy.datasets.files import printable_path
from nmfstudy.datasets.reading import read_table
from nmfstudy.datasets.weights import uncertain_weights
from nmfstudy.model.weighted import known_part
from nmfstudy.util.errors import RequestError, short


def how_it_was_read(path, data):
    """How a file was read, in a line: its shape and what was guessed.

    Parameters
    ----------
    path : str or path-like
    data : Dataset or Table
    """
    if isinstance(data, Dataset):
        n, d = data.X.shape
        shape = f"{n:,} samples × {d:,} features"
    else:
        shape = "{:,} rows × {:,} columns".format(*data.values.shape)
    return " ".join([f"{printable_path(path)}: {shape}.", *data.notes])


ORIENTATIONS = ("samples_by_features", "features_by_samples")


def file(
    path=None,
    orientation="samples_by_features",
    header="auto",
    index="auto",
    delimiter="auto",
    decimal="auto",
    uncertainty=None,
):
    """Matrix from a CSV, TSV, NPY, NPZ or Matrix Market file; its name is the file's stem.

    Parameters
    ----------
    path : str or path-like
    orientation : {"samples_by_features", "features_by_samples"}
        The second is transposed, so that a row of X is always a sample.
    header, index, delimiter, decimal
        Of text files; see `nmfstudy.datasets.formats.text.read`.
    uncertainty : str or path-like, optional
        File of the same layout with the uncertainty σ of every entry; weights are 1/σ².

    Empty cells and NaN are unknown, in the second file as well as an infinite σ. Rows and columns
    of which nothing is known are left out.
    """
    if path is None:
        raise RequestError("dataset.path is missing; give it as dataset.path=FILE")
    if orientation not in ORIENTATIONS:
        possible = ", ".join(ORIENTATIONS)
        raise RequestError(f"dataset.orientation is {short(orientation)}; possible: {possible}")
    options = {"header": header, "index": index, "delimiter": delimiter, "decimal": decimal}
    table = read_table(path, **options)
    weights = None if uncertainty is None else _weights(uncertainty, options, table.values.shape)
    try:
        X = check_data(table.values, weights)
        known, *kept = known_part(X)
        lines = zip((table.row_names, table.column_names), kept, X.shape, strict=True)
        names, left_out = zip(*(_kept(*line) for line in lines), strict=True)
        notes = (*table.notes, *map(_sentence, left_out, ("row", "column")))
        notes = tuple(filter(None, notes))
        if orientation == "features_by_samples":
            known, names = known.T, names[::-1]
        return Dataset(table.name, known, row_names=names[0], column_names=names[1], notes=notes)
    except RequestError as error:
        raise RequestError(f"{printable_path(path)}: {error}") from None


def _weights(path, options, shape):
    sigma = read_table(path, infinite=True, **options).values
    if sigma.shape != shape:
        shapes = ("{}×{}".format(*size) for size in (sigma.shape, shape))
        raise RequestError(
            "{} is {} and the data {}; possible: the uncertainty of every entry".format(
                printable_path(path), *shapes
            )
        )
    try:
        return uncertain_weights(sigma)
    except RequestError as error:
        raise RequestError(f"{printable_path(path)}: {error}") from None


def _kept(names, kept, size):
    """Names of the lines of a file that are kept, and which are left out, by name or number."""
    left_out = np.setdiff1d(np.arange(size), kept)
    listed = [names[i] if names else str(i + 1) for i in left_out[:5]]
    listed += ["…"] if len(left_out) > 5 else []
    names = tuple(names[i] for i in kept) if names and len(left_out) else names
    return names, (len(left_out), ", ".join(listed))


def _sentence(left_out, what):
    count, listed = left_out
    if not count:
        return None
    lines = f"{count} {what}s" if count > 1 else f"1 {what}"
    return f"Nothing is known of {lines} ({listed}), left out."
