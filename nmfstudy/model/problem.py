"""What is asked: the problem (what is minimised) and the search (how)."""

from dataclasses import dataclass, field

from nmfstudy.model.objective import check_loss
from nmfstudy.model.penalties import NO_PENALTY, Penalty
from nmfstudy.util.errors import (
    RequestError,
    check_choice,
    check_integer,
    check_number,
    check_positive,
    short,
)

STOPS = ("kkt", "scikit_learn")
SEED_LIMIT = 2**32  # scikit-learn's random_state
ITER_LIMIT = 2**63  # what compiled loops count to


def check_seeds(first, n_starts):
    """Refuse seeds that no generator takes, before they are listed."""
    check_integer("seed", first, 0)
    check_integer("n_starts", n_starts, 1)
    if first + n_starts > SEED_LIMIT:
        raise RequestError(
            f"seed + n_starts is {short(first + n_starts)}; possible: up to {SEED_LIMIT}"
        )


def default_tol(loss, solver):
    """KKT residual to reach: 1e-9; 1e-6 by multiplicative updates, which never reach a zero."""
    return 1e-6 if loss != "frobenius" and solver == "scikit_learn" else 1e-9


def default_solver(loss, stop="kkt"):
    """The solver that converges fully for a loss, or has scikit-learn's iterates and rule."""
    if loss == "frobenius":
        return "coordinate_descent"
    return "newton" if loss == "kullback-leibler" and stop == "kkt" else "scikit_learn"


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
    recorded : bool
        Whether it was read from a study's folder: nothing that it names is imported or opened.
    """

    init: str = "random"
    solver: str = "coordinate_descent"
    tol: float = 1e-9
    max_iter: int = 20000
    stop: str = "kkt"
    options: dict = field(default_factory=dict)
    deterministic: bool = False
    recorded: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self):
        """Refuse what no solver could do."""
        check = check_positive if self.stop == "kkt" else check_number
        object.__setattr__(self, "tol", check("solver.tol", self.tol))
        object.__setattr__(self, "max_iter", check_integer("solver.max_iter", self.max_iter, 1))
        if self.max_iter >= ITER_LIMIT:
            raise RequestError(
                f"solver.max_iter is {short(self.max_iter)}; possible: below {ITER_LIMIT}"
            )
        check_choice("solver.stop", self.stop, STOPS)

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
