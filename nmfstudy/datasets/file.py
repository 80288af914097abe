"""The user's own matrix, from a file."""

from pathlib import Path

import numpy as np
from scipy import sparse

from nmfstudy.datasets.base import Dataset, check_data, is_rounding, n_zero, zero_notes
from nmfstudy.datasets.files import printable_name, printable_path
from nmfstudy.datasets.names import read_names
from nmfstudy.datasets.reading import read_table
from nmfstudy.datasets.weights import uncertain_weights
from nmfstudy.model.weighted import known_part
from nmfstudy.util.display import count
from nmfstudy.util.errors import RequestError, short


def how_it_was_read(path, data):
    """How a file was read, in a line: its shape, what was understood, what was guessed.

    Parameters
    ----------
    path : str or path-like
    data : Dataset or NamedTable
    """
    if isinstance(data, Dataset):
        (n, d), known = data.X.shape, zero_notes(data.X)
        parts = [f"{n:,} samples × {d:,} features", *data.reading]
        for axis, what in ((1, "row"), (0, "column")):
            empty = n_zero(data.X, axis)
            parts += [count(empty, f"empty {what}")] if empty else []
    else:
        known, parts = (), ["{:,} rows × {:,} columns".format(*data.values.shape), *data.reading]
    notes = [note for note in data.notes if note not in known]
    return " ".join([f"read {printable_path(path)}: {', '.join(parts)}.", *notes])


def _clipped(X, clip):
    """The matrix with rounding errors below zero set to zero, and how many there are."""
    if clip is not True:
        raise RequestError(f"dataset.clip is {short(clip)}; possible: true, false")
    values = X.data if sparse.issparse(X) else X
    with np.errstate(invalid="ignore"):
        below = (values < 0) & is_rounding(values, np.max(values, initial=0.0))
    X = X.copy()
    if sparse.issparse(X):
        X.data[below] = 0.0
    else:
        X[below] = 0.0
    return X, int(below.sum())


ORIENTATIONS = ("auto", "samples_by_features", "features_by_samples")


def file(
    path=None,
    format="auto",
    part=None,
    orientation="auto",
    header="auto",
    index="auto",
    delimiter="auto",
    decimal="auto",
    select=None,
    drop=None,
    feature_names=None,
    sample_names=None,
    clip=False,
    uncertainty=None,
):
    """Matrix from a file in one of `nmfstudy.datasets.formats`; its name is the file's stem.

    Parameters
    ----------
    path : str or path-like
    format : str
        By the ending, or the name of a format.
    part : str, optional
        Which matrix of the file: a sheet, a layer, an array, a variable.
    orientation : {"auto", "samples_by_features", "features_by_samples"}
        The last is transposed, so that a row of X is always a sample. "auto" does so where the
        format itself has features in rows, and notes it.
    header, index, delimiter, decimal
        Of text files; see `nmfstudy.datasets.formats.text.read`.
    select, drop : str or list of str, optional
        Names of samples or features that alone are wanted, or are not.
    feature_names, sample_names : str or path-like, optional
        Files with a name a line, see `nmfstudy.datasets.names.read_names`.
    clip : bool
        Whether negative entries that are rounding errors, up to 1e-6 of the largest, become 0.
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
    options = {
        "part": part,
        "header": header,
        "index": index,
        "delimiter": delimiter,
        "decimal": decimal,
        "select": select,
        "drop": drop,
    }
    table = read_table(path, format=format, **options)
    weights = None if uncertainty is None else _weights(uncertainty, options, table.values.shape)
    X, names, reading = table.values, [table.row_names, table.column_names], list(table.reading)
    turned = orientation == "features_by_samples"
    if orientation == "auto" and table.rows_are_features:
        turned = True
        table = table.noting(
            "Rows are features in files of this kind; if here they are samples, say "
            "orientation=samples_by_features."
        )
    if turned:
        X, names, weights = X.T, names[::-1], None if weights is None else weights.T
    for axis, (what, given) in enumerate((("sample", sample_names), ("feature", feature_names))):
        if given is not None:
            names[axis] = read_names(given)
            if len(names[axis]) != X.shape[axis]:
                raise RequestError(
                    f"dataset.{what}_names is a file of {len(names[axis])} names; possible: "
                    f"{X.shape[axis]}, as {printable_path(path)} has {what}s"
                )
            reading.append(f"{what}s named by {printable_name(Path(given).name)}")
    if clip is not False:
        X, n_clipped = _clipped(X, clip)
        reading += [count(n_clipped, "negative entry", "negative entries") + " set to 0"]
    try:
        words = ("column", "row") if turned else ("row", "column")  # of the file
        known, *kept = known_part(check_data(X, weights))
        lines = zip(names, kept, X.shape, strict=True)
        (rows, columns), left_out = zip(*(_kept(*line) for line in lines), strict=True)
        notes = (*table.notes, *map(_sentence, left_out, words))
        return Dataset(
            table.name,
            known,
            row_names=rows,
            column_names=columns,
            notes=tuple(filter(None, notes)),
            reading=tuple(reading),
        )
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
