"""``study.json`` as plain data of known types, whatever the file holds."""

from pathlib import Path

from nmfstudy.store.files import read_json
from nmfstudy.store.recorded import LARGEST_COUNT

_STUDY_BYTES = 2**27  # a sweep of a million runs
_MOST_WORDS = 1000  # of a command, which the shell bounds too


def recorded_request(study_folder):
    """What the last sweep recorded in ``study.json``.

    Returns
    -------
    dict
        Any of ``command`` (list of str), ``analysis`` and ``resample`` (dicts), ``adaptive``
        (bool), ``data`` (dict of name to hashes), ``jobs`` (list of str) and ``runs`` (list of
        dicts with ``run`` and ``n_starts``, those of adaptive jobs with ``most`` and ``family``);
        what is no such thing is left out.
    """
    try:
        found = read_json(Path(study_folder) / "study.json", _STUDY_BYTES)
    except (OSError, ValueError):
        return {}
    about = {"adaptive": found.get("adaptive") is True}
    if _is_command(found.get("command")):
        about["command"] = found["command"]
    for section in ("analysis", "resample"):
        if isinstance(found.get(section), dict):
            about[section] = found[section]
    if isinstance(found.get("data"), dict):
        about["data"] = {k: v for k, v in found["data"].items() if isinstance(v, list)}
    if isinstance(found.get("jobs"), list):
        about["jobs"] = [job for job in found["jobs"] if isinstance(job, str)]
    if isinstance(found.get("runs"), list):
        about["runs"] = [block for block in found["runs"] if _is_block(block)]
    return about


def _is_command(value):
    """Whether it is a command of ours: the report shows it for others to copy."""
    return (
        isinstance(value, list)
        and len(value) <= _MOST_WORDS
        and all(isinstance(word, str) for word in value)
        and value[:2] == ["nmfstudy", "run"]
    )


def _is_block(block):
    if not isinstance(block, dict) or not isinstance(block.get("run"), str):
        return False
    named = block["run"].isalnum() and block["run"].isascii()
    counts = block.get("n_starts"), block.get("most", 1)
    sound = isinstance(block.get("family", ""), str) and ("most" in block) == ("family" in block)
    return named and sound and all(type(n) is int and 0 < n < LARGEST_COUNT for n in counts)
