"""Finding in a study what a question needs."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from nmfstudy.model.matching import match
from nmfstudy.util.display import listed

NEARLY = 1e-3  # an entry below this share of its component's largest is zero to the eye

_SPLIT = 1e-6  # a split component's parts are parallel up to the convergence of the fit


@dataclass(frozen=True, eq=False)
class Family:
    """One dataset, number of components and loss, under no penalty and under several.

    Attributes
    ----------
    dataset : Dataset
    n_components : int
    loss : str
    plain : ProblemResult or None
        Without penalty.
    penalised : tuple of ProblemResult
    """

    dataset: object
    n_components: int
    loss: str
    plain: object
    penalised: tuple

    @property
    def title(self):
        """For people: ``menu, k = 3``."""
        return f"{self.dataset.name}, k = {self.n_components}"

    @property
    def key(self):
        """For file names."""
        first = self.plain or self.penalised[0]
        return first.key

    def two_sided(self, name):
        """Results under this penalty with the same alpha on W and H, weakest first."""
        found = [
            r
            for r in self.penalised
            if r.problem.penalty.name == name
            and r.problem.penalty.alpha_W == r.problem.penalty.alpha_H
        ]
        return sorted(found, key=lambda r: r.problem.penalty.alpha_W)

    @property
    def one_sided(self):
        """Results that penalise one factor and leave the other free."""
        return [r for r in self.penalised if r.problem.penalty.one_sided]

    @property
    def scale_free(self):
        """Results under a scale-free penalty, weakest first."""
        found = [r for r in self.penalised if r.problem.penalty.name.startswith("scale_free")]
        return sorted(found, key=lambda r: (r.problem.penalty.name, r.problem.penalty.strength))


def in_reading_order(results):
    """The menu, which can be followed by hand, then the digits, then the others as they come."""
    first = ("menu", "digits")
    return sorted(results, key=lambda r: (*first, r.dataset.name).index(r.dataset.name))


def families(study):
    """The study's `Family` objects, those of the menu first, then those of the digits."""
    groups = {}
    for result in in_reading_order(study.results):
        key = (result.dataset.sha256, result.problem.n_components, result.problem.loss)
        groups.setdefault(key, []).append(result)
    found = []
    for (_, k, loss), results in groups.items():
        plain = [r for r in results if r.problem.penalty.is_zero]
        penalised = tuple(r for r in results if not r.problem.penalty.is_zero)
        first = plain[0] if plain else None
        found.append(Family(results[0].dataset, k, loss, first, penalised))
    return tuple(found)


def kept(fit):
    """Whether the factors of a fit are there (a study may keep only some) and finite."""
    return bool(np.isfinite(fit.W).all() and np.isfinite(fit.H).all())


def lowest_fit(result):
    """The fit to speak of: the best that counts, or all zeros if that is cheaper; or None.

    Where nothing counts (a one-sided penalty, factors that were not kept) it is the lowest
    objective of all, which says how the starts ended.
    """
    counted = [fit for fit in result.solutions.representatives[:1] if kept(fit)]
    collapsed = _lowest(result, lambda fits: fits.stop_reason == "collapsed")
    found = counted + ([collapsed] if collapsed else [])
    if not found:
        return _lowest(result, lambda fits: fits.stop_reason != "failed")
    return min(found, key=lambda fit: fit.objective)


def _lowest(result, choose):
    """The fit with the lowest objective among those chosen whose factors were kept; or None."""
    lowest = None
    for fits in result.searches:
        usable = np.isfinite(fits.objective) & choose(fits) & fits.has_factors
        if usable.any():
            found = fits[int(np.argmin(np.where(usable, fits.objective, np.inf)))]
            if lowest is None or found.objective < lowest.objective:
                lowest = found
    return lowest


def share_collapsed(result):
    """Share of all starts whose every component is zero."""
    ended = np.concatenate([fits.stop_reason for fits in result.searches])
    return float((ended == "collapsed").mean())


def alive(fit):
    """Number of different components that are not zero; parallel ones are one split in two."""
    return int((~fit.factorization.merge_parallel(_SPLIT).dead).sum())


def zero_shares(fit, threshold=0.0):
    """Shares of the entries of W and of H that are zero, up to a share of the component's largest.

    An entry may be bound for zero and never get there: where the fit is exact nothing pushes it
    the last step. `NEARLY` counts it, the default does not. Of `Fits`, an array per factor with
    a share for each of its rows.
    """
    shares = []
    for factor, along in ((fit.W, -2), (fit.H, -1)):
        largest = factor.max(axis=along, keepdims=True)
        shares.append((factor <= threshold * largest).mean(axis=(-2, -1)))
    return tuple(shares)


def truth_match(result, fit):
    """Worst congruence of a component of the truth with its partner; NaN without a truth of k."""
    truth = result.dataset.truth
    if truth is None or truth.n_components != result.problem.n_components or not kept(fit):
        return float("nan")
    return float(match(truth, fit.factorization)[1].min())


def outcome(result):
    """What came of a problem: what is known of its optimum without starts, else its kind.

    "dominated" where a few numbers of the data outweigh all others, which no count can see.
    """
    kind = result.assessed.kind if result.dominance is None else "dominated"
    return result.known_optimum or kind


_HAVE, _ARE = ("has", "have"), ("is", "are")
_OUTCOMES = (
    ("one", _HAVE, "one solution"),
    ("several", _HAVE, "several that fit equally well"),
    ("continuum", _HAVE, "a continuum of them"),
    ("zero", _HAVE, "all zeros as the best there is (the penalty is too strong)"),
    ("none", _HAVE, "no minimum (a penalty on one factor only)"),
    ("unsettled", _ARE, "not settled"),
    ("dominated", _ARE, "not judged (a few numbers outweigh the rest of the data)"),
)


# What a problem has whose optimum is known.
KNOWN = {
    "zero": "All zeros are the best there is: by the formula the penalty is stronger than any "
    "component is worth, and no start found anything better.",
    "none": "There is no minimum: the penalty is on one factor only, so shrinking that factor and "
    "letting the other grow lowers the objective without end.",
}


def outcomes_text(results):
    """``3 have one solution, 1 has no minimum (…) and 2 are not settled``."""
    came = Counter(map(outcome, results))
    return listed(
        f"{came[what]} {verbs[came[what] != 1]} {words}"
        for what, verbs, words in _OUTCOMES
        if came[what]
    )


def covered(result):
    """The coverage where there is a number of solutions to be covered, else NaN."""
    counted = outcome(result) in ("one", "several", "unsettled")
    return result.solutions.coverage if counted else float("nan")


def counted_text(result):
    """``100``, ``102 of 202``: the starts that count, of those there are."""
    counted, starts = result.solutions.n_converged, result.n_starts
    return f"{starts:,}" if counted == starts else f"{counted:,} of {starts:,}"


def starts_text(result):
    """``100 starts``, ``102 of 202 starts``."""
    return f"{counted_text(result)} start{'s' * (result.n_starts != 1)}"
