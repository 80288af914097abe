"""How many different NMF solutions a problem has, and which components can be trusted.

Names are imported on first use, so that ``import nmfstudy`` and ``--help`` stay quick.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Factorization": "model.factorization",
    "Fit": "model.fits",
    "Fits": "model.fits",
    "RequestError": "util.errors",
    "Study": "study",
    "certify": "certificates",
    "displacement": "assess.displacement",
    "distance": "model.distance",
    "distinct_solutions": "solutions",
    "fit": "fitting.multistart",
    "holdout": "assess.holdout",
    "load_dataset": "datasets",
    "match": "model.matching",
    "stability": "assess.stability",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name):
    """Import a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'nmfstudy' has no attribute {name!r}")
    value = getattr(import_module(f"nmfstudy.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
