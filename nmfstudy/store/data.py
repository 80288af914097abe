"""The data of a study, kept once by content so that its folder can be read anywhere."""

from math import inf
from pathlib import Path

from scipy import sparse

from nmfstudy.datasets.base import Dataset, Known
from nmfstudy.model.factorization import Factorization
from nmfstudy.store.files import new_folder, own, read_arrays, read_json, write_arrays, write_json


def save_data(study_folder, dataset):
    """Keep a dataset under ``data/<sha256>``; if its values are there, names and notes as now."""
    folder = data_folder(study_folder, dataset.sha256)
    is_whole = (folder / "data.json").is_file
    said = {
        "row_names": _plain(dataset.row_names),
        "column_names": _plain(dataset.column_names),
        "notes": list(dataset.notes),
    }
    if is_whole():
        about = read_json(folder / "data.json")
        if about != about | said:
            write_json(folder / "data.json", about | said)
        return
    X = dataset.X
    arrays = (
        {"data": X.data, "indices": X.indices, "indptr": X.indptr}
        if sparse.issparse(X)
        else {"X": X}
    )
    if dataset.truth is not None:
        arrays |= {"truth_W": dataset.truth.W, "truth_H": dataset.truth.H}
    about = {
        "name": dataset.name,
        "shape": list(X.shape),
        "sha256": dataset.sha256,
        **said,
        "known": None,
    }
    if dataset.known is not None:  # JSON has no infinity
        about["known"] = [dataset.known.n_components, str(dataset.known.n_solutions)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder, is_whole) as partial:
        write_arrays(partial / "data.npz", **arrays)
        write_json(partial / "data.json", about)


def _plain(names):
    return None if names is None else list(names)


def load_data(study_folder, sha256):
    """The dataset kept under this hash.

    Raises
    ------
    ValueError
        If it is absent, torn, or not the content its name claims.
    """
    folder = data_folder(study_folder, sha256)
    try:
        own(folder)
        about, arrays = read_json(folder / "data.json"), read_arrays(folder / "data.npz")
        if "X" in arrays:
            X = arrays["X"]
        else:
            parts = (arrays["data"], arrays["indices"], arrays["indptr"])
            X = sparse.csr_matrix(parts, shape=tuple(about["shape"]))
        truth = None
        if "truth_W" in arrays:
            truth = Factorization(arrays["truth_W"], arrays["truth_H"])
        names = {
            k: tuple(about[k]) if about.get(k) else None for k in ("row_names", "column_names")
        }
        known = None
        if about.get("known"):
            size, number = about["known"]
            known = Known(int(size), inf if number == "inf" else int(number))
        dataset = Dataset(
            name=str(about["name"]),
            X=X,
            truth=truth,
            notes=tuple(about.get("notes") or ()),
            known=known,
            **names,
        )
    except (OSError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"the data {sha256[:12]} cannot be read ({error})") from None
    if dataset.sha256 != sha256:
        raise ValueError(f"the data under {sha256[:12]} has other content than its name says")
    return dataset


def data_folder(study_folder, sha256):
    """Where a dataset of this content is kept."""
    if not (sha256.isalnum() and sha256.isascii()):
        raise ValueError(f"{sha256!r:.40} is no sha256")
    return Path(study_folder) / "data" / sha256[:16]
