"""``study.json`` and ``error.json`` as plain data of known types, whatever the files hold."""

from pathlib import Path

from nmfstudy.runs.files import own, read_json


def recorded_request(study_folder):
    """What the last sweep recorded in ``study.json``.

    Returns
    -------
    dict
        Any of ``command`` (list of str), ``analysis`` (dict), ``adaptive`` (bool) and ``runs``
        (list of dicts with ``run`` and ``n_starts``); what is no such thing is left out.
    """
    try:
        found = read_json(Path(study_folder) / "study.json")
    except (OSError, ValueError):
        return {}
    about = {"adaptive": found.get("adaptive") is True}
    if isinstance(found.get("command"), list):
        about["command"] = [printable(str(part)) for part in found["command"]]
    if isinstance(found.get("analysis"), dict):
        about["analysis"] = found["analysis"]
    if isinstance(found.get("runs"), list):
        about["runs"] = [block for block in found["runs"] if _is_block(block)]
    return about


def _is_block(block):
    if not isinstance(block, dict) or not isinstance(block.get("run"), str):
        return False
    n_starts = block.get("n_starts")
    named = block["run"].isalnum() and block["run"].isascii()
    return named and type(n_starts) is int and n_starts > 0


def printable(text):
    """The text without characters that could steer a terminal; lines stay lines."""
    keep = "\n\t"
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)


def recorded_failures(study_folder):
    """What the ``error.json`` files of a study say.

    Yields
    ------
    dict
        ``id`` (the folder's name), ``problem`` (str) and ``errors``, a list of at least one
        dict with ``seed`` (int, or None for the whole run) and ``error`` (str).
    """
    for path in sorted((Path(study_folder) / "runs").glob("*/error.json")):
        if path.parent.name.startswith(".") or path.parent.is_symlink():
            continue
        record = {"id": path.parent.name, "problem": path.parent.name, "errors": []}
        try:
            found = read_json(own(path))
        except (OSError, ValueError):
            found = {}
        if isinstance(found.get("problem"), str):
            record["problem"] = printable(found["problem"])
        listed = found.get("errors") if isinstance(found.get("errors"), list) else []
        for entry in listed:
            if isinstance(entry, dict) and isinstance(entry.get("error"), str):
                seed = entry.get("seed")
                seed = seed if type(seed) is int else None
                record["errors"].append({"seed": seed, "error": printable(entry["error"])})
        if not record["errors"]:
            record["errors"] = [{"seed": None, "error": "its error.json cannot be read"}]
        yield record
