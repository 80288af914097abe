"""Solvers by name. A new one is a class in its file and a line in `SOLVERS`."""

from importlib import import_module

from nmfstudy.fitting.solvers.base import Foreign, Solver
from nmfstudy.util.errors import RequestError
from nmfstudy.util.numba_cache import load_kernels

SOLVERS = {
    "coordinate_descent": "nmfstudy.fitting.solvers.coordinate_descent:CoordinateDescent",
    "accelerated": "nmfstudy.fitting.solvers.accelerated:Accelerated",
    "scikit_learn": "nmfstudy.fitting.solvers.scikit_learn:ScikitLearn",
}


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
        If there is no such solver or it does not know an option.
    """
    load_kernels()
    path = SOLVERS.get(search.solver, search.solver)
    module, _, attribute = path.partition(":")
    names = f"{', '.join(SOLVERS)}, or an import path package.module:Class"
    if not attribute:
        raise RequestError(f"solver is {search.solver!r}; possible: {names}")
    try:
        make = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise RequestError(
            f"solver {search.solver!r} cannot be imported ({error}); possible: {names}"
        ) from error
    options = {key: value for key, value in search.options.items() if key not in ("W", "H")}
    try:
        solver = make(tol=search.tol, max_iter=search.max_iter, stop=search.stop, **options)
    except TypeError as error:
        raise RequestError(
            f"solver {search.solver} does not take these options: {error}"
        ) from error
    if not callable(getattr(solver, "solve", None)):
        raise RequestError(f"solver {search.solver} has no method solve(X, W, H, problem)")
    return solver if isinstance(solver, Solver) else Foreign(solver)
