"""Whether files are as they were written, and what becomes of a folder whose files are not.

A folder is whole if every file that its record names has the size and the sha256 of the record.
Whoever reads a study goes by this alone, so that no two commands disagree.
"""

import contextlib
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nmfstudy.store.files import check_file_size, own, remove_link, sha256_of, unique

DAMAGED = "damaged"  # folder of a study for what was set aside
_RECENT = 2.0  # seconds within which a second change may not show in a file's times


def record_files(folder, names):
    """What a record says of the files beside it.

    Returns
    -------
    dict
        ``files``, the sha256 of each by name, and ``sizes``, in bytes.
    """
    paths = {name: Path(folder) / name for name in names}
    return {
        "files": {name: sha256_of(path) for name, path in paths.items()},
        "sizes": {name: path.stat().st_size for name, path in paths.items()},
    }


def check_files(folder, record, required, possible=()):
    """Compare the files of a folder with what `record_files` recorded.

    Sizes are compared first; a content is read once by a process, unless the file changes.

    Parameters
    ----------
    folder : Path
    record : dict
        With ``files`` and perhaps ``sizes``, of any content.
    required, possible : sequence of str
        Names that the record must and may have.

    Raises
    ------
    ValueError
        Naming the first file that is absent, altered or not one of these.
    """
    recorded, sizes = (
        part if isinstance(part := record.get(key), dict) else {} for key in ("files", "sizes")
    )
    for name in recorded:
        if name not in (*required, *possible):
            raise ValueError(f"its record names the file {name!r:.40}, which is none of ours")
    for name in required:
        if name not in recorded:
            raise ValueError(f"its record lacks {name}")
    try:
        found = {name: own(folder / name).stat() for name in recorded}
        for name, stat in found.items():
            check_file_size(name, stat.st_size)
            if sizes.get(name, stat.st_size) != stat.st_size:
                raise ValueError(f"{name} is not what was written")
        for name, stat in found.items():
            if _content(folder / name, stat) != recorded[name]:
                raise ValueError(f"{name} is not what was written")
    except OSError as error:
        name = Path(error.filename or folder).name
        raise ValueError(f"{name} cannot be read ({error.strerror})") from None


def _content(path, stat):
    if time.time() - stat.st_ctime < _RECENT:
        return sha256_of(path)
    return _known(path.absolute(), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=2**17)
def _known(path, *times):
    return sha256_of(path)


class SetAside(NamedTuple):
    """What was damaged and moved to the study's ``damaged/``.

    Attributes
    ----------
    name : str
        There.
    folder : str
        Where it was, in the study; with `reason` empty if another process moved it.
    reason : str
        What is wrong with it.
    """

    name: str
    folder: str = ""
    reason: str = ""


def set_aside(study_folder, folder, reason):
    """Move a damaged folder to the study's ``damaged/``, as a `SetAside`."""
    study_folder, folder = Path(study_folder), Path(folder)
    name = f"{folder.name}-{unique()[:6]}"
    place = study_folder / DAMAGED
    remove_link(place)
    place.mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # another process was quicker
        folder.rename(place / name)
    return SetAside(name, str(folder.relative_to(study_folder)), str(reason))


def folders_set_aside(study_folder):
    """Names of the folders in ``damaged/``, in order."""
    place = Path(study_folder) / DAMAGED
    try:
        return sorted(path.name for path in own(place).iterdir())
    except (OSError, ValueError):  # none, or a link
        return []
