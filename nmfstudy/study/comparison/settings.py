"""In which settings, versions and machines several studies differ."""

from collections.abc import Mapping

import pandas as pd

from nmfstudy.util.display import number

_NOT_ASKED = ("analysis", "block", "record")  # of a run's configuration: no cause of results
_MOST = 4  # values told one by one
_LONGEST = 100  # letters of a value


def settings_table(studies, names):
    """One row per setting: what was asked, and what it was made with.

    Parameters
    ----------
    studies : sequence of Study
    names : sequence of str
        Columns, one per study.

    Returns
    -------
    DataFrame
        setting, a column per study, differs (bool); a setting with several values in one study
        lists them.
    """
    found = [_settings(study) for study in studies]
    keys = list(dict.fromkeys(key for settings in found for key in settings))
    rows = []
    for key in keys:
        parts = [_listed_values(settings.get(key, [])) for settings in found]
        rows.append([key, *parts, len(set(parts)) > 1])
    return pd.DataFrame(rows, columns=["setting", *names, "differs"])


def _settings(study):
    """Values of every setting of a study, each once, by its name."""
    found = {}

    def add(key, value):
        values = found.setdefault(key, [])
        if value not in (None, "") and value not in values:
            values.append(value)

    for info in study.infos:
        for key, value in _flat(info["config"]):
            if key.split(".")[0] not in _NOT_ASKED:
                add(key, value)
        add("data", f"{info['dataset']['name']} {info['dataset']['sha256'][:12]}")
    for name in ("distance_tol", "objective_rtol", "kkt_tol"):
        value = getattr(study.analysis, name)
        add(f"analysis.{name}", "by evidence" if value is None else value)
    for info in study.infos:
        add("code of the fits", info.get("code"))
        made = info.get("provenance") or {}
        for key in ("package", "commit", "python", "cpu", "cores", "platform"):
            value = made.get(key)
            add(_NAMES.get(key, key), str(value)[:12] if key == "commit" and value else value)
        for key, value in (made.get("libraries") or {}).items():
            add(key, value)
        add("BLAS", ", ".join(made.get("blas") or []))
    return found


_NAMES = {"package": "nmfstudy", "cpu": "CPU"}


def _flat(config, prefix=""):
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _listed_values(values):
    """Up to a few values one by one, sorted; of many numbers the ends; always printable."""
    if all(type(v) in (int, float) for v in values):
        numbers = [number(v, 6).replace(",", "") for v in sorted(values)]
        if len(values) > _MOST:
            return f"{len(values)} values from {numbers[0]} to {numbers[-1]}"
        return ", ".join(numbers) or "–"
    if len(values) > _MOST:
        return f"{len(values)} values"
    return ", ".join(sorted(map(_printable, map(str, values))))


def _printable(text):
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
