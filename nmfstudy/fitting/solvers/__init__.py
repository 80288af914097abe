"""Solvers by name. A new one is a class in its file and its name in `SOLVERS`."""

from importlib import import_module
from inspect import signature

from nmfstudy.fitting.solvers.accelerated import Accelerated
from nmfstudy.fitting.solvers.base import Solver, UserSolver
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent
from nmfstudy.fitting.solvers.newton import Newton
from nmfstudy.fitting.solvers.scikit_learn import ScikitLearn
from nmfstudy.util.errors import RequestError, short
from nmfstudy.util.numba_cache import load_kernels

SOLVERS = {solver.name: solver for solver in (CoordinateDescent, Accelerated, Newton, ScikitLearn)}


def make_solver(search):
    """The solver of a search.

    Parameters
    ----------
    search : nmfstudy.model.problem.Search
        ``solver`` is a name in `SOLVERS` or an import path ``package.module:Class``. The class
        gets tol, max_iter, stop and, of ``options``, all but the custom init's W and H; it is a
        `nmfstudy.fitting.solvers.base.Solver`, or has at least ``solve(X, W, H, problem)``.

    Raises
    ------
    RequestError
        If there is no such solver or it does not know an option; or if the search was read from
        a study's folder and names a class or files outside the package.
    """
    if search.recorded and (search.solver not in SOLVERS or search.init == "custom"):
        outside = "class" if search.solver not in SOLVERS else "files of its starts"
        raise RequestError(
            f"the {outside} of a search that a study records (solver {search.solver!r:.100}, init "
            f"{search.init!r:.100}) may be anything; possible: {', '.join(SOLVERS)} without init "
            "custom"
        )
    load_kernels()
    make = SOLVERS.get(search.solver) or _user_class(search.solver)
    options = {key: value for key, value in search.options.items() if key not in ("W", "H")}
    try:
        solver = make(tol=search.tol, max_iter=search.max_iter, stop=search.stop, **options)
    except TypeError as error:
        taken = {"tol": ..., "max_iter": ..., "stop": ..., **options}
        raise RequestError(
            f"solver {search.solver} does not take {', '.join(taken)} ({short(str(error))}); "
            f"possible: {_keywords(make)}"
        ) from error
    if not callable(getattr(solver, "solve", None)):
        raise RequestError(f"solver {search.solver} has no method solve(X, W, H, problem)")
    return solver if isinstance(solver, Solver) else UserSolver(solver)


def _keywords(make):
    try:
        return ", ".join(signature(make).parameters) or "a class that takes them"
    except ValueError:  # of some builtin classes
        return "a class that takes them"


def _user_class(path):
    module, _, attribute = path.partition(":")
    names = f"{', '.join(SOLVERS)}, or an import path package.module:Class"
    if not attribute:
        raise RequestError(f"solver is {path!r}; possible: {names}")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise RequestError(
            f"solver {path!r} cannot be imported ({error}); possible: {names}"
        ) from error
