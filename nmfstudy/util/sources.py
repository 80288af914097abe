"""Which source files of the package stand behind a module, and a hash of them.

Whatever a result depends on is found by following imports, so that no list can be forgotten.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
# Read as text: parsing fifty files takes longer than all else that a command does first.
_IMPORT = re.compile(
    r"^ *(?:from (nmfstudy[\w.]*) import (\([^)]*\)|.*)|import (nmfstudy[\w.]+))", re.MULTILINE
)


@cache
def sources_behind(module):
    """Files of the package whose code a module may run.

    Parameters
    ----------
    module : str
        Its name, ``nmfstudy.fitting.multistart``.

    Returns
    -------
    tuple of Path
        Sorted: the module, every module of the package that it imports, at its top or within a
        function, and those that they import. The face of a folder, its ``__init__.py``, counts
        only where a name is imported from it.

    Examples
    --------
    >>> [path.name for path in sources_behind("nmfstudy.model.matching")]
    ['factorization.py', 'matching.py', 'errors.py']
    """
    found, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += _imports(path)
    return tuple(sorted(found.values()))


def hash_of_sources(paths):
    """Hexadecimal sha256 of files of the package, their names included."""
    total = hashlib.sha256()
    for path in paths:
        name = path.relative_to(PACKAGE).as_posix()
        total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _file_of(name):
    """Where a module of the package lies; None for any other name."""
    first, *rest = name.split(".")
    place = PACKAGE.joinpath(*rest)
    candidates = (place / "__init__.py", *([place.with_suffix(".py")] if rest else []))
    return next((p for p in candidates if first == "nmfstudy" and p.is_file()), None)


def _imports(path):
    for package, names, module in _IMPORT.findall(path.read_text(encoding="utf-8")):
        if module:
            yield module
        for name in re.findall(r"(\w+)(?: as \w+)?", names):
            inner = f"{package}.{name}"
            yield package if _file_of(inner) is None else inner
