"""What is asked: the problem (what is minimised) and the search (how)."""

from dataclasses import dataclass, field
from math import inf, isfinite, nan
from numbers import Integral, Real

from nmfstudy.model.objective import check_loss
from nmfstudy.model.penalties import NO_PENALTY, Penalty
from nmfstudy.util.errors import RequestError

STOPS = ("kkt", "scikit_learn")


def check_integer(name, value, minimum):
    """Return ``value`` as an int, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise RequestError(f"{name} is {value!r}; possible: an integer >= {minimum}")
    return int(value)


def check_number(name, value, minimum=0.0):
    """Return ``value`` as a finite float >= minimum, or refuse it."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:  # an integer beyond the range of floats
        number = inf
    if not isfinite(number) or number < minimum:
        raise RequestError(f"{name} is {value!r:.60}; possible: a number >= {minimum:g}")
    return number


def default_tol(loss):
    """KKT residual to reach: 1e-9; 1e-6 for losses whose multiplicative updates go no further."""
    return 1e-9 if loss == "frobenius" else 1e-6


@dataclass(frozen=True)
class Problem:
    """What is minimised, apart from the data.

    Parameters
    ----------
    n_components : int, >= 1
    loss : one of `nmfstudy.model.objective.LOSSES`
    penalty : ElementwisePenalty or ScaleFreePenalty
    """

    n_components: int
    loss: str = "frobenius"
    penalty: Penalty = NO_PENALTY

    def __post_init__(self):
        """Refuse what no solver could do."""
        check = check_integer("n_components", self.n_components, 1)
        object.__setattr__(self, "n_components", check)
        check_loss(self.loss)


@dataclass(frozen=True)
class Search:
    """How the objective is minimised, apart from the seeds.

    Parameters
    ----------
    init : str
        A name in `nmfstudy.fitting.inits.INITS`.
    solver : str
        A name in `nmfstudy.fitting.solvers.SOLVERS` or an import path ``package.module:Class``.
    tol : float
        With ``stop="kkt"`` the KKT residual to reach; with ``stop="scikit_learn"`` what
        scikit-learn means by it.
    max_iter : int
    stop : {"kkt", "scikit_learn"}
    options : mapping
        Further keywords of the solver's class, and ``W``, ``H`` files of the custom init.
    deterministic : bool
        Whether the init gives every seed the same start, so that one start is all there is.
    """

    init: str = "random"
    solver: str = "coordinate_descent"
    tol: float = 1e-9
    max_iter: int = 20000
    stop: str = "kkt"
    options: dict = field(default_factory=dict)
    deterministic: bool = False

    def __post_init__(self):
        """Refuse what no solver could do."""
        object.__setattr__(self, "tol", check_number("tol", self.tol))
        object.__setattr__(self, "max_iter", check_integer("max_iter", self.max_iter, 1))
        if self.stop not in STOPS:
            raise RequestError(f"solver.stop is {self.stop!r}; possible: {', '.join(STOPS)}")

    @property
    def solver_label(self):
        """The solver's name with every setting that is not the default, for the tables."""
        default = Search()
        given = {n: getattr(self, n) for n in ("stop", "tol", "max_iter")}
        unusual = {n: v for n, v in given.items() if v != getattr(default, n)}
        unusual |= {n: v for n, v in self.options.items() if n not in ("W", "H")}
        inside = ", ".join(
            f"{n}={v:g}" if isinstance(v, float) else f"{n}={v}" for n, v in unusual.items()
        )
        return f"{self.solver}({inside})" if inside else self.solver
