"""The data of a study, kept once by content so that its folder can be read anywhere."""

import os
from math import inf
from pathlib import Path

import numpy as np
from scipy import sparse

from nmfstudy.datasets.base import Dataset, Known
from nmfstudy.datasets.files import printable_path
from nmfstudy.model.factorization import Factorization
from nmfstudy.model.weighted import Weighted, stored, values_of, with_entries
from nmfstudy.store.files import (
    new_folder,
    own,
    read_arrays,
    read_json,
    reading_safely,
    write_arrays,
    write_json,
)
from nmfstudy.store.recorded import LARGEST_COUNT, NAME_LETTERS, check_recorded_size
from nmfstudy.store.whole import check_files, record_files, set_aside
from nmfstudy.util.errors import RequestError

_ABOUT_BYTES = 2**27  # of data.json, which holds the names of rows and columns
_MOST_NOTES = 20


def save_data(study_folder, dataset, source=None):
    """Keep a dataset under ``data/<sha256>``; if its values are there, names and notes as now.

    Parameters
    ----------
    study_folder : path
    dataset : Dataset
    source : str, optional
        The file it was read from, relative to the study's folder.

    Returns
    -------
    str or None
        What was damaged and is written again, as a sentence.
    """
    folder = data_folder(study_folder, dataset.sha256)
    letters = sum(len(name) for names in _names_of(dataset) for name in names)
    if letters > _ABOUT_BYTES // 8:
        raise RequestError(
            f"{dataset.name} has names of {letters:,} letters in all; possible: up to "
            f"{_ABOUT_BYTES // 8:,}"
        )
    named = {
        "row_names": _plain(dataset.row_names),
        "column_names": _plain(dataset.column_names),
        "notes": list(dataset.notes),
        "source": source,
    }
    damage = None
    if folder.exists() and not folder.is_symlink():
        try:
            about = data_record(study_folder, dataset.sha256)
        except ValueError as error:
            damage = set_aside(study_folder, folder, error)
        else:
            now = about | named
            if "files" not in about:  # written by an earlier version
                now |= record_files(folder, ["data.npz"])
            if now != about:
                write_json(folder / "data.json", now)
            return None
    _write(study_folder, dataset, named)
    return damage


def _write(study_folder, dataset, named):
    X = dataset.X
    arrays = _arrays(X)
    if dataset.truth is not None:
        arrays |= {"truth_W": dataset.truth.W, "truth_H": dataset.truth.H}
    about = {
        "name": dataset.name,
        "shape": list(X.shape),
        "sha256": dataset.sha256,
        **named,
        "known": None,
    }
    if dataset.known is not None:  # JSON has no infinity
        about["known"] = [dataset.known.n_components, str(dataset.known.n_solutions)]
    folder = data_folder(study_folder, dataset.sha256)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder, lambda: data_damage(study_folder, dataset.sha256) is None) as partial:
        write_arrays(partial / "data.npz", **arrays)
        write_json(partial / "data.json", about | record_files(partial, ["data.npz"]))


def _arrays(X):
    """X as arrays: NaN where nothing is known, and weights if they are not zero or one."""
    values, weights = values_of(X), {}
    if isinstance(X, Weighted):
        v = stored(X).v
        if not X.background and (sparse.issparse(values) or not X.is_mask):
            weights = {"weights": v}
        elif sparse.issparse(values):
            values = with_entries(X, np.where(v > 0, values.data, np.nan))
        else:
            values = X.toarray()
    if not sparse.issparse(values):
        return {"X": values, **weights}
    names = ("data", "indices", "indptr")
    return {name: getattr(values, name) for name in names} | weights


def _names_of(dataset):
    return dataset.row_names or (), dataset.column_names or ()


def _plain(names):
    return None if names is None else list(names)


def data_damage(study_folder, sha256):
    """Why the data of this hash cannot be used; None if they are whole."""
    try:
        data_record(study_folder, sha256)
    except ValueError as error:
        return str(error)
    return None


def data_record(study_folder, sha256):
    """What ``data.json`` says of the data of this hash, if they are whole.

    Raises
    ------
    ValueError
        If they are absent, torn, or not the content their name claims.
    """
    folder = data_folder(study_folder, sha256)
    try:
        with reading_safely("data.json"):
            own(folder.parent)
            about = read_json(own(folder) / "data.json", _ABOUT_BYTES)
            if about.get("sha256") != sha256:
                raise ValueError("data.json is of other data")
        if "files" in about:
            check_files(folder, about, ["data.npz"])
        else:  # written by an earlier version
            _read(folder, about, sha256)
    except (OSError, ValueError) as error:
        raise ValueError(f"the data {sha256[:12]} cannot be read ({error})") from None
    return about


def load_data(study_folder, sha256):
    """The dataset kept under this hash.

    Raises
    ------
    ValueError
        If it is absent, torn, or not the content its name claims.
    """
    about = data_record(study_folder, sha256)
    return _read(data_folder(study_folder, sha256), about, sha256)


def _read(folder, about, sha256):
    try:
        with reading_safely(f"the data {sha256[:12]}"):
            arrays = read_arrays(folder / "data.npz")
            dataset = _dataset(about, arrays)
    except OSError as error:
        raise ValueError(f"the data {sha256[:12]} cannot be read ({error})") from None
    if dataset.sha256 != sha256:
        raise ValueError(f"the data under {sha256[:12]} has other content than its name says")
    return dataset


def _dataset(about, arrays):
    weights = arrays.get("weights")
    if "X" in arrays:
        X = arrays["X"]
    else:
        n, d = shape = tuple(about["shape"])
        check_recorded_size(1, shape, 1)
        place = arrays["indices"], arrays["indptr"]
        X = sparse.csr_matrix((arrays["data"], *place), shape=(n, d))
        if weights is not None:
            weights = sparse.csr_matrix((weights, *place), shape=(n, d))
    truth = None
    if "truth_W" in arrays:
        truth = Factorization(arrays["truth_W"], arrays["truth_H"])
    names, notes = {}, _notes(about.get("notes"))
    for kind, size in zip(("row_names", "column_names"), X.shape, strict=True):
        names[kind] = _names(about.get(kind), size)
        if about.get(kind) and names[kind] is None:
            notes += (f"Its {kind.replace('_', ' ')} are left out: what is recorded is no list of "
                      f"{size} names of up to {NAME_LETTERS} letters.",)  # fmt: skip
    name = about["name"]
    if not isinstance(name, str) or len(name) > NAME_LETTERS:
        raise ValueError(f"its name is no text of up to {NAME_LETTERS} letters")
    known = _known(about.get("known"))
    return Dataset(name, X, truth, notes=notes, known=known, weights=weights, **names)


def _names(value, size):
    if not isinstance(value, list) or len(value) != size:
        return None
    sound = all(isinstance(name, str) and len(name) <= NAME_LETTERS for name in value)
    return tuple(value) if sound else None


def _notes(value):
    notes = value if isinstance(value, list) else []
    return tuple(n for n in notes if isinstance(n, str) and len(n) <= NAME_LETTERS)[:_MOST_NOTES]


def _known(value):
    """What is recorded of the number of factorizations; None if it is no such thing."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    size, number = value
    is_number = isinstance(number, str) and (number == "inf" or number.isdecimal())
    if type(size) is not int or not 0 < size < LARGEST_COUNT or not is_number or len(number) > 15:
        return None
    return Known(size, inf if number == "inf" else int(number))


def check_sources(study_folder, asked):
    """Refuse a file whose name another file of this study has, unless their values agree.

    A file that has changed keeps its study, and one that was moved if it has not changed.

    Parameters
    ----------
    study_folder : path
    asked : iterable of (Dataset, str or None)
        Each dataset with its file, relative to the folder; None of data from no file.

    Raises
    ------
    RequestError
    """
    recorded = {}
    for sha256, about in _records(study_folder):
        if "source" in about:
            recorded.setdefault(about.get("name"), {})[sha256] = about["source"]
    for dataset, source in asked:
        others = recorded.get(dataset.name)
        if others and dataset.sha256 not in others and source not in others.values():
            _refuse_source(study_folder, dataset, source, others)


def _refuse_source(study_folder, dataset, source, others):
    other = next(iter(others.values()))
    shown_other = (
        printable_path(os.path.normpath(Path(study_folder, str(other)))) if other else "no file"
    )
    folder = Path(source or "").parent.name
    name = f"{folder}-{dataset.name}" if folder.strip(".") else f"{dataset.name}-2"
    raise RequestError(
        f"{study_folder} holds other data called {dataset.name} (from {shown_other}); possible: "
        f"a study of its own, as by study_name={printable_path(name)}, or both files in one sweep"
    )


def sources_of(study_folder):
    """The file that data were read from, by sha256, where that is recorded; None is no file."""
    return {
        sha256: about["source"] for sha256, about in _records(study_folder) if "source" in about
    }


def _records(study_folder):
    try:
        paths = sorted(own(Path(study_folder) / "data").glob("*/data.json"))
    except (OSError, ValueError):  # a link
        return
    for path in paths:
        try:
            own(path.parent)
            about = read_json(path, _ABOUT_BYTES)
        except (OSError, ValueError):
            continue
        if isinstance(about.get("sha256"), str):
            yield about["sha256"], about


def data_folder(study_folder, sha256):
    """Where a dataset of this content is kept."""
    if not (sha256.isalnum() and sha256.isascii()):
        raise ValueError(f"{sha256!r:.40} is no sha256")
    return Path(study_folder) / "data" / sha256[:16]
