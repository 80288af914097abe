"""From a study to one page that a colleague can read, and to the terminal."""

from importlib import import_module

_HOME = {"write_report": "build", "current_report": "fingerprint"}

__all__ = list(_HOME)


def __getattr__(name):
    """Import a function from its module (PEP 562): the words of a status need no figures."""
    if name not in _HOME:
        raise AttributeError(f"module 'nmfstudy.report' has no attribute {name!r}")
    return getattr(import_module(f"nmfstudy.report.{_HOME[name]}"), name)
