"""What ``run.json`` must hold, so that nothing else need ask for the types of its parts."""

from math import isfinite

from nmfstudy.store.recorded import LARGEST_COUNT, NAME_LETTERS
from nmfstudy.util.plain_text import one_line


def check_info(info):
    """Refuse the content of a ``run.json`` that is none of ours.

    Raises
    ------
    ValueError
        Naming the first part that is absent or of the wrong kind.
    """
    for name, is_right in _REQUIRED.items():
        if name not in info:
            raise ValueError(f"run.json lacks {name}")
        if not is_right(info[name]):
            raise ValueError(f"run.json holds a {name} that is none of ours")
    for name, is_right in _OPTIONAL.items():
        if info.get(name) is not None and not is_right(info[name]):
            raise ValueError(f"run.json holds a {name} that is none of ours")


def _is_text(value):
    return isinstance(value, str) and len(value) <= NAME_LETTERS and one_line(value) == value


def _is_number(value):
    return type(value) in (int, float) and abs(value) < 1e300 and isfinite(value)


def _is_norm(value):
    return _is_number(value) and value >= 0


def _is_count(value):
    return type(value) is int and 0 <= value < LARGEST_COUNT


def _is_there(value):
    return value is not None


def _is_dataset(value):
    if not isinstance(value, dict):
        return False
    shape = value.get("shape")
    return (
        _is_text(value.get("name"))
        and _is_text(value.get("sha256"))
        and isinstance(shape, list)
        and len(shape) == 2
        and all(_is_count(n) and n > 0 for n in shape)
    )


_OF_A_RUN = ("config.yaml", "factors.npz", "starts.csv")


def _is_files(value):
    return (
        isinstance(value, dict)
        and {"factors.npz", "starts.csv"} <= set(value) <= {*_OF_A_RUN}
        and all(map(_is_text, value.values()))
    )


def _is_provenance(value):
    if not isinstance(value, dict):
        return False
    libraries, blas = value.get("libraries") or {}, value.get("blas") or []
    others = [part for name, part in value.items() if name not in ("libraries", "blas")]
    return (
        isinstance(libraries, dict)
        and isinstance(blas, list)
        and all(map(_is_text, blas))
        and all(map(_is_short, [*libraries.values(), *others]))
    )


def _is_positive(value):
    return _is_count(value) and value > 0


def _is_flag(value):
    return isinstance(value, bool)


def _is_short(value):
    return value is None or _is_text(value) or _is_number(value) or isinstance(value, bool)


_REQUIRED = {
    "id": _is_text,
    "problem": _is_text,
    "dataset": _is_dataset,
    "config": _is_there,  # judged by `job_from_config`
    "n_starts": _is_count,
    "n_failed": _is_count,
    "data_norm": _is_norm,
    "reference_loss": _is_norm,
    "code": _is_text,
    "files": _is_files,
}
_OPTIONAL = {
    "provenance": _is_provenance,
    "seconds": _is_norm,
    "is_counts": _is_flag,
    "n_entries": _is_positive,
}
