"""The user's own matrix, from a file."""

from nmfstudy.datasets.base import Dataset
from nmfstudy.datasets.files import printable_path
from nmfstudy.datasets.reading import read_table
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
):
    """Matrix from a CSV, TSV, NPY, NPZ or Matrix Market file; its name is the file's stem.

    Parameters
    ----------
    path : str or path-like
    orientation : {"samples_by_features", "features_by_samples"}
        The second is transposed, so that a row of X is always a sample.
    header, index, delimiter, decimal
        Of text files; see `nmfstudy.datasets.formats.text.read`.
    """
    if path is None:
        raise RequestError("dataset.path is missing; give it as dataset.path=FILE")
    if orientation not in ORIENTATIONS:
        possible = ", ".join(ORIENTATIONS)
        raise RequestError(f"dataset.orientation is {short(orientation)}; possible: {possible}")
    table = read_table(path, header=header, index=index, delimiter=delimiter, decimal=decimal)
    X, rows, columns = table.values, table.row_names, table.column_names
    if orientation == "features_by_samples":
        X, rows, columns = X.T, columns, rows
    try:
        return Dataset(table.name, X, row_names=rows, column_names=columns, notes=table.notes)
    except RequestError as error:
        raise RequestError(f"{printable_path(path)}: {error}") from None
