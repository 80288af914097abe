"""Compiled kernels: where their machine code is kept, and a word while it is made.

numba compiles a function when it is first called and keeps the result beside the source, which
may be read-only, and goes by the source of that one file, which says nothing of what it calls
elsewhere. So all kernels are imported here, with a folder of their own per state of all their
sources.
"""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from threading import RLock

from nmfstudy.util.errors import RequestError
from nmfstudy.util.threads import requested_threads

SECONDS = "10 to 20"  # what a first use takes on one core
_PACKAGE = Path(__file__).resolve().parent.parent
_lock, _begun = RLock(), []


def load_kernels():
    """Import every module of kernels, so that their machine code is found and kept in one place.

    The place is ``NUMBA_CACHE_DIR`` if that is set, else the user's cache; if neither can be
    written to, a temporary folder of this process.

    Raises
    ------
    RequestError
        If the environment does not let numba compile.
    """
    _check_environment()
    with _lock:
        if not _begun:
            _begun.append(True)  # The modules call this too while they are imported.
            _load()


def _check_environment():
    requested_threads()  # a number with which numba could not be imported is refused
    from numba import config

    if config.DISABLE_JIT:
        raise RequestError(
            "numba's compiler is turned off by NUMBA_DISABLE_JIT, and some kernels exist as "
            "machine code only; possible: unset it"
        )


def _load():
    from numba import config
    from numba.core import event

    before = config.CACHE_DIR
    config.CACHE_DIR = str(_folder(before))  # Functions look it up when they are defined.
    try:
        for path in _sources():
            import_module(".".join(["nmfstudy", *path.relative_to(_PACKAGE).with_suffix("").parts]))
    finally:
        config.CACHE_DIR = before
    event.register("numba:compile", _announcer(event.Listener))


def _sources():
    engine = sorted((_PACKAGE / "fitting" / "engine").glob("[!_]*.py"))
    return engine + [_PACKAGE / "solutions" / name for name in ("assignment.py", "kernels.py")]


def _folder(asked):
    """The first of the possible folders that can be written to."""
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in _sources())).hexdigest()
    for parent in filter(None, (asked, _user_cache())):
        folder = Path(parent, "nmfstudy", state[:16])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    folder = tempfile.mkdtemp(prefix="nmfstudy-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _user_cache():
    """The folder that the system has for caches; None if the user has no home."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    return os.environ.get("XDG_CACHE_HOME") or home / ".cache"


def _announcer(base):
    class Announcer(base):
        """Says once that kernels are being compiled; loading them from the cache is silent."""

        said = False

        def on_start(self, started):
            ours = started.data["dispatcher"].py_func.__module__.startswith("nmfstudy.")
            if ours and not self.said:
                self.said = True
                print(
                    f"nmfstudy: compiling kernels, once, about {SECONDS} s …",
                    file=sys.stderr,
                    flush=True,
                )

        def on_end(self, ended):
            pass

    return Announcer()
