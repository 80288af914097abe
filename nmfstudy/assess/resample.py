"""Data drawn again: what another sample of the same population might have looked like.

A scheme is one function ``(X, groups, n_resamples, seed) -> list of Resample`` in `RESAMPLES`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nmfstudy.model.problem import check_integer
from nmfstudy.model.weighted import Weighted, stored, with_entries
from nmfstudy.util.display import number
from nmfstudy.util.errors import RequestError
from nmfstudy.util.streams import stream


@dataclass(frozen=True, eq=False)
class Resample:
    """One drawing: some samples of the data, each as often as drawn.

    Attributes
    ----------
    name : str
        ``bootstrap 3``; also the purpose of its random streams.
    rows : int array of shape (n_rows,)
    left_out : str
        The group that is missing; empty otherwise.
    """

    name: str
    rows: np.ndarray
    left_out: str = ""
    same_samples = False  # whether each row is still the sample that it was

    def of(self, X):
        """The matrix drawn, shape (n_rows, n_features)."""
        return X[self.rows]


@dataclass(frozen=True, eq=False)
class RedrawnCounts(Resample):
    """The same samples, every entry drawn from a Poisson distribution about itself."""

    seed: int = 0
    same_samples = True

    def of(self, X):
        """The matrix drawn, shape (n_rows, n_features)."""
        generator = stream(self.seed, self.name)
        if isinstance(X, Weighted):
            values = with_entries(X, generator.poisson(stored(X).x).astype(float))
            return Weighted(values, X.weights, X.background)
        if not sparse.issparse(X):
            return generator.poisson(X).astype(float)
        drawn = X.copy()
        drawn.data = generator.poisson(X.data).astype(float)
        drawn.eliminate_zeros()
        return drawn


def halves(X, groups, n_resamples, seed):
    """Random halves of the samples, two to a split; the odd sample goes to the second."""
    drawn = []
    for i in range(n_resamples):
        # Both halves of a split come from one permutation.
        order = stream(seed, f"halves {i // 2}").permutation(len(groups.members))
        first, second = np.split(order, [len(order) // 2])
        chosen = groups.samples(second if i % 2 else first)
        drawn.append(Resample(f"halves {i}", np.sort(chosen)))
    return drawn


def bootstrap(X, groups, n_resamples, seed):
    """As many samples (groups) as there are, drawn with replacement (Efron 1979)."""
    n, drawn = len(groups.members), []
    for i in range(n_resamples):
        chosen = stream(seed, f"bootstrap {i}").integers(0, n, n)
        drawn.append(Resample(f"bootstrap {i}", np.sort(groups.samples(chosen))))
    return drawn


def poisson(X, groups, n_resamples, seed):
    """Every count drawn anew from a Poisson distribution with that count as its mean."""
    entries = stored(X).x
    odd = entries[entries != np.round(entries)]
    if odd.size:
        raise RequestError(
            f"resample=poisson draws counts, and X has the entry {number(odd.flat[0])}; possible: "
            "halves, bootstrap, leave_group_out"
        )
    rows = np.arange(X.shape[0])
    return [RedrawnCounts(f"poisson {i}", rows, seed=seed) for i in range(n_resamples)]


def leave_group_out(X, groups, n_resamples, seed):
    """All samples but those of one group, for each group in turn, whatever ``n_resamples``."""
    if not groups.given:
        raise RequestError(
            "resample=leave_group_out needs groups, one label per sample; possible without: "
            "halves, bootstrap, poisson"
        )
    everyone = np.arange(X.shape[0])
    return [
        Resample(f"without {label}", np.setdiff1d(everyone, members), label)
        for label, members in zip(groups.labels, groups.members, strict=True)
    ]


RESAMPLES = {
    "halves": halves,
    "bootstrap": bootstrap,
    "poisson": poisson,
    "leave_group_out": leave_group_out,
}


def check_resample(name):
    """Return the name of a scheme, or refuse it."""
    if name not in RESAMPLES:
        raise RequestError(f"resample is {name!r}; possible: {', '.join(RESAMPLES)}")
    return name


def draw(X, resample, n_resamples, *, n_components, groups=None, seed=0):
    """All resamples of the data, each with at least as many samples as components.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    resample : one of `RESAMPLES`
    n_resamples : int, >= 1
    n_components : int
    groups : sequence of n_samples labels, optional
        Samples with the same label, as those of one donor, are drawn and left out together.
    seed : int

    Returns
    -------
    list of Resample

    Raises
    ------
    RequestError
    """
    scheme = RESAMPLES[check_resample(resample)]
    n_resamples = check_integer("n_resamples", n_resamples, 1)
    drawn = scheme(X, Groups.of(groups, X.shape[0]), n_resamples, check_integer("seed", seed, 0))
    filled = np.asarray(X.sum(axis=1)).reshape(-1) > 0
    n_rows, least = min((int(filled[np.unique(r.rows)].sum()), r.name) for r in drawn)
    if n_rows < n_components:
        raise RequestError(
            f"the resample “{least}” has {n_rows} different samples for n_components="
            f"{n_components}; possible: more samples or groups, fewer components, or resample="
            "bootstrap or poisson"
        )
    return drawn


@dataclass(frozen=True, eq=False)
class Groups:
    """Which samples stay together.

    Attributes
    ----------
    labels : tuple of str
    members : tuple of int arrays
        The samples of each group.
    given : bool
        False if every sample is a group of its own.
    """

    labels: tuple
    members: tuple
    given: bool

    @staticmethod
    def of(labels, n_samples):
        """From one label per sample; None makes each sample its own group."""
        if labels is None:
            every = np.arange(n_samples)
            return Groups(tuple(map(str, every)), tuple(every[:, None]), False)
        labels = np.asarray(labels).astype(str)
        if labels.shape != (n_samples,):
            raise RequestError(
                f"groups has shape {labels.shape}; possible: one label for each of the "
                f"{n_samples} samples"
            )
        names, which = np.unique(labels, return_inverse=True)
        names = tuple(map(str, names))
        if len(names) < 2:
            raise RequestError(f"groups has the one label {names[0]!r}; possible: two or more")
        members = tuple(np.flatnonzero(which == g) for g in range(len(names)))
        return Groups(names, members, True)

    def samples(self, chosen):
        """The samples of some groups, repeated as the groups are."""
        return np.concatenate([self.members[g] for g in chosen] or [np.zeros(0, dtype=np.int64)])
