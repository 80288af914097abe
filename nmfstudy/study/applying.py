"""New samples on the components of a study: which problem, and which feature is which."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nmfstudy.datasets.base import Dataset
from nmfstudy.fitting.transform import Transformed, fully_known, transform
from nmfstudy.study.problem_result import ProblemResult
from nmfstudy.util.errors import RequestError, short


@dataclass(frozen=True, eq=False)
class Applied:
    """New samples on the components of the best solution of a problem.

    Attributes
    ----------
    result : ProblemResult
    dataset : Dataset
        The new samples, their features in the order of the problem's.
    transformed : Transformed
        Every component has a largest entry of 1, as in the ``factors/`` of a report.
    """

    result: ProblemResult
    dataset: Dataset
    transformed: Transformed

    @cached_property
    def table(self):
        """A row per sample: sample, a column per component, loss, relative_error."""
        W = self.transformed.W
        n, k = W.shape
        table = pd.DataFrame(W, columns=[f"component {r + 1}" for r in range(k)])
        samples = self.dataset.row_names or [f"sample {i + 1}" for i in range(n)]
        table.insert(0, "sample", list(samples))
        values = {name: getattr(self.transformed, name) for name in ("loss", "relative_error")}
        return table.assign(**values)


def apply_to(study, dataset, n_components=None):
    """Weights of new samples on the components of a study.

    Parameters
    ----------
    study : Study
    dataset : Dataset
        New samples of the same features. Where both have names, features are found by name, in
        any order; else they are taken in their order.
    n_components : int, optional
        Which problem of the study, if it has several.

    Returns
    -------
    Applied

    Raises
    ------
    RequestError
        If this names no single problem with a solution, or the features do not match.
    """
    result = problem_with(study, n_components)
    dataset = _with_features_of(result.dataset, dataset)
    best, problem = result.best.factorization, result.problem
    found = transform(dataset, best.H, loss=problem.loss, penalty=problem.penalty)
    # A penalty goes by the scale of the fit, so only what comes out is brought to another.
    W = type(best)(found.W, best.H).normalize("max").W
    return Applied(result, dataset, Transformed(W, found.loss, found.relative_error))


def problem_with(study, n_components=None):
    """The one problem of a study with a solution and so many components.

    Raises
    ------
    RequestError
        If there is none, or more than one.
    """
    with_solution = [result for result in study if result.best is not None]
    ks = sorted({result.problem.n_components for result in with_solution})
    if not ks:
        raise RequestError(f"study {study.name} has no solution; possible: more starts of it")
    of_k = [r for r in with_solution if n_components in (None, r.problem.n_components)]
    if len(of_k) == 1:
        return of_k[0]
    if n_components is None and len(ks) > 1:
        raise RequestError(
            f"study {study.name} has n_components {', '.join(map(str, ks))}; possible: one of "
            "them, as by -k"
        )
    if not of_k:
        raise RequestError(
            f"n_components is {n_components}; possible: {', '.join(map(str, ks))}, as study "
            f"{study.name} has them"
        )
    titles = "; ".join(result.title for result in of_k[:3])
    raise RequestError(
        f"study {study.name} has {len(of_k)} problems of this size ({titles}); possible: a study "
        "of one dataset, loss and penalty"
    )


def _with_features_of(known, new):
    """The new samples with the features of the data that are known, in their order."""
    (_, d), (_, given) = known.X.shape, fully_known(new.X).shape
    ours, theirs = known.column_names, new.column_names
    if ours is None or theirs is None or ours == theirs:
        if d != given:
            raise RequestError(f"{new.name} has {given} features; possible: {d}, as {known.name}")
        return new
    for name, names in ((known.name, ours), (new.name, theirs)):
        if len(set(names)) < len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise RequestError(
                f"{name} has several features {short(twice)}, so they cannot be found by name; "
                "possible: the same names in the same order, or each once"
            )
    place = {name: j for j, name in enumerate(theirs)}
    for lacking, who, of in (
        ([name for name in ours if name not in place], new.name, known.name),
        ([name for name in theirs if name not in set(ours)], known.name, new.name),
    ):
        if lacking:
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise RequestError(
                f"{who} lacks feature {short(lacking[0])}{more} of {of}; possible: the same "
                "features, in any order"
            )
    order = [place[name] for name in ours]
    return Dataset(
        new.name, new.X[:, order], row_names=new.row_names, column_names=ours, notes=new.notes
    )
