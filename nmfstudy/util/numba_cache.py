"""Compiled kernels: where their machine code is kept, how long it takes, a word while it is made.

numba compiles a function when it is first called and keeps the result beside the source, which
may be read-only, and goes by the source of that one file, which says nothing of what it calls
elsewhere. So all kernels are imported here, with a folder of their own per state of all their
sources.
"""

import atexit
import hashlib
import pickle
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Lock, RLock
from time import perf_counter

from nmfstudy.util.errors import RequestError
from nmfstudy.util.threads import requested_threads
from nmfstudy.util.user_cache import user_cache

SECONDS = "10 to 20"  # what a first use takes on one core
_BYTES = 2**24  # more than all machine code
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
    from numba.core import dispatcher, event

    before = config.CACHE_DIR, dispatcher.FunctionCache
    folder = _folder(before[0])
    # Functions look both up when they are defined.
    config.CACHE_DIR, dispatcher.FunctionCache = str(folder), _kernel_cache(folder)
    try:
        for path in _sources():
            import_module(".".join(["nmfstudy", *path.relative_to(_PACKAGE).with_suffix("").parts]))
    finally:
        config.CACHE_DIR, dispatcher.FunctionCache = before
    event.register("numba:compile", _announcer(event.Listener))


def _sources():
    engine = sorted((_PACKAGE / "fitting" / "engine").glob("[!_]*.py"))
    others = "solutions/assignment.py", "solutions/kernels.py", "util/compiling.py"
    return engine + [_PACKAGE / name for name in others]


def _folder(asked):
    """The first of the possible folders that can be written to; None if there is none."""
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in _sources())).hexdigest()
    for parent in filter(None, (asked, user_cache())):
        folder = Path(parent, "nmfstudy", state[:16])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_new = not any(folder.iterdir())
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(_BYTES if is_new else 0))  # a full disk still takes names
        except OSError:
            continue
        return folder
    try:
        folder = tempfile.mkdtemp(prefix="nmfstudy-")
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _kernel_cache(folder):
    """Class of caches of one function each, for which a damaged file is one that is not there.

    numba itself lets every call of a function fail when the function's files were cut, as by a
    full disk or the loss of power, and runs whatever machine code a file holds.
    """
    from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

    if folder is None:
        return lambda function: NullCache()

    class CheckedFile(IndexDataCacheFile):
        """Files that end with the sha256 of their content."""

        def _dump(self, content):
            data = super()._dump(content)
            return data + hashlib.sha256(data).digest()

        def _load_index(self):
            with suppress(FileNotFoundError), open(self._index_path, "rb") as file:
                pickle.load(file)  # numba's version
                _check(file.read())
            return super()._load_index()

        def _load_data(self, name):
            _check(Path(self._data_path(name)).read_bytes())
            return super()._load_data(name)

    class KernelCache(FunctionCache):
        def __init__(self, function):
            super().__init__(function)
            self._cache_file = CheckedFile(
                self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
            )

        def load_overload(self, *which):
            with _not_counted():
                try:
                    return super().load_overload(*which)
                except Exception:  # whatever reading a damaged file raises
                    with suppress(OSError):
                        self.flush()
                    return None

        def save_overload(self, *what):
            with _not_counted(), suppress(OSError):  # compiled it is all the same
                super().save_overload(*what)

    return KernelCache


def _check(data):
    if hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise ValueError("a file of machine code is damaged")


class _Pauses:
    """Time in which at least one thread of this process compiles or loads kernels."""

    def __init__(self):
        self._lock, self._depth, self._since, self._past = Lock(), 0, 0.0, 0.0

    def begin(self):
        with self._lock:
            if self._depth == 0:
                self._since = perf_counter()
            self._depth += 1

    def end(self):
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._past += perf_counter() - self._since

    def clock(self):
        with self._lock:
            return (self._since if self._depth else perf_counter()) - self._past


_pauses = _Pauses()


@contextmanager
def _not_counted():
    _pauses.begin()
    try:
        yield
    finally:
        _pauses.end()


def clock():
    """Seconds on a clock that stands still while kernels are compiled or loaded.

    What is measured by it is the same at the first use and at every later one.
    """
    return _pauses.clock()


def _announcer(base):
    class Announcer(base):
        """Says once that kernels are being compiled; loading them from the cache is silent."""

        announced = False

        def on_start(self, started):
            _pauses.begin()
            ours = started.data["dispatcher"].py_func.__module__.startswith("nmfstudy.")
            if ours and not self.announced:
                self.announced = True
                print(
                    f"nmfstudy: compiling kernels, once, about {SECONDS} s …",
                    file=sys.stderr,
                    flush=True,
                )

        def on_end(self, ended):
            _pauses.end()

    return Announcer()
