"""``study.json`` as plain data of known types, whatever the file holds."""

from pathlib import Path

from nmfstudy.store.files import read_json


def recorded_request(study_folder):
    """What the last sweep recorded in ``study.json``.

    Returns
    -------
    dict
        Any of ``command`` (list of str), ``analysis`` (dict), ``adaptive`` (bool), ``data`` (dict
        of name to hashes), ``jobs`` (list of str) and ``runs`` (list of dicts with ``run`` and
        ``n_starts``, those of adaptive jobs with ``most`` and ``family``); what is no such thing
        is left out.
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
    if isinstance(found.get("data"), dict):
        about["data"] = {k: v for k, v in found["data"].items() if isinstance(v, list)}
    if isinstance(found.get("jobs"), list):
        about["jobs"] = [job for job in found["jobs"] if isinstance(job, str)]
    if isinstance(found.get("runs"), list):
        about["runs"] = [block for block in found["runs"] if _is_block(block)]
    return about


def _is_block(block):
    if not isinstance(block, dict) or not isinstance(block.get("run"), str):
        return False
    named = block["run"].isalnum() and block["run"].isascii()
    counts = block.get("n_starts"), block.get("most", 1)
    sound = isinstance(block.get("family", ""), str) and ("most" in block) == ("family" in block)
    return named and sound and all(type(n) is int and n > 0 for n in counts)


def printable(text):
    """The text without characters that could steer a terminal; lines stay lines."""
    keep = "\n\t"
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)
