"""How many different NMF solutions a problem has, and which components can be trusted.

Names are imported on first use, so that ``import nmfstudy`` and ``--help`` stay quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names for type checkers, which do not see `__getattr__`'s
    from nmfstudy.assess.displacement import displacement
    from nmfstudy.assess.holdout import holdout
    from nmfstudy.assess.stability import stability
    from nmfstudy.certificates import certify
    from nmfstudy.datasets import load_dataset
    from nmfstudy.fitting.multistart import fit
    from nmfstudy.fitting.transform import transform
    from nmfstudy.model.distance import distance
    from nmfstudy.model.factorization import Factorization
    from nmfstudy.model.fits import Fit, Fits
    from nmfstudy.model.matching import match
    from nmfstudy.solutions import distinct_solutions
    from nmfstudy.study import Study
    from nmfstudy.util.errors import RequestError

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
    "transform": "fitting.transform",
}

__all__ = [
    "__version__",
    "Factorization",
    "Fit",
    "Fits",
    "RequestError",
    "Study",
    "certify",
    "displacement",
    "distance",
    "distinct_solutions",
    "fit",
    "holdout",
    "load_dataset",
    "match",
    "stability",
    "transform",
]


def _imported(name):
    """Import a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'nmfstudy' has no attribute {name!r}")
    value = getattr(import_module(f"nmfstudy.{_HOME[name]}"), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:
    __getattr__ = _imported


def __dir__():
    return sorted(__all__)
