"""What the report says of the kind of the solutions: sentences for the codes of `decide_kind`."""

from math import inf

from nmfstudy.report.page.numbers import number, percent
from nmfstudy.solutions.kind import MIN_STARTS, decide_kind, recurs
from nmfstudy.solutions.plateau import CEILING

_ENDED = {
    "max_iter": "stopped at max_iter",
    "scale_escape": "let the scale escape into the unpenalised factor",
    "unbounded": "let a component grow without limit through unknown entries, towards no minimum",
    "collapsed": "collapsed to all zeros",
    "saddle": "stopped at a saddle",
    "failed": "failed",
    "converged": "met their own stopping rule, but not the KKT tolerance of the count",
    "dead": "lost a component before they met the KKT tolerance of the count",
    "ill-conditioned": (
        "are ill-conditioned, so flat around that their minimum may be farther away than the "
        "tolerance, which more starts do not change"
    ),
}


def kind_sentence(solutions):
    """Why the solutions are of their kind, in one plain sentence."""
    clause = kind_clause(solutions.evidence)
    return f"{clause[0].upper()}{clause[1:]}."


def kind_clause(e):
    """The same of `nmfstudy.solutions.kind.KindEvidence`, without capital and full stop."""
    _, reason = decide_kind(e)
    clause = "; ".join(_CLAUSES[code](e) for code in reason.split("+"))
    if e.exact_to < inf:
        clause += (
            f"; so many fits differ that not all pairs were compared: counts at tolerances above "
            f"{number(e.exact_to, 1)} are upper bounds"
        )
    return clause


def plateau_text(low, high):
    """The tolerances of a plateau, and whether it ends only where looking does."""
    end = number(high, 2)
    end = f"the largest distance looked at ({end})" if high >= CEILING else end
    return f"from {number(low, 1)} to {end}"


def _counted(e):
    count = "one solution" if e.n_distinct == 1 else f"{e.n_distinct} equally good solutions"
    worse = e.n_minima - e.n_distinct
    beside = f" and {worse} worse local {'minimum' if worse == 1 else 'minima'}" if worse else ""
    stable = "a certificate shows that the best one is isolated"
    return (
        f"{count}{beside} in {e.n_counted} converged fits; "
        f"{stable if e.plateau is None else _stable(e)}"
    )


def _stable(e):
    where = plateau_text(e.plateau.low, e.plateau.high)
    return f"the count is the same for every tolerance {where}"


def _proof(e):
    what, n = "the data have" if e.proved.of_data else "the best product has", e.proved.finite
    how_many = "one factorization" if n == 1 else f"{n} factorizations"
    return f"a certificate shows that {what} exactly {how_many}"


def _certificate(e):
    d = e.proved.local_dimension
    how_many = f"a {d}-dimensional family of" if d else "infinitely many"
    return f"a certificate shows that the best product has {how_many} factorizations"


def _new_solutions(e):
    doubt = ""
    if recurs(e) and not e.proved.infinite:
        doubt = "; but others come back to the same places, so more starts or a certificate may "
        doubt += "show that the solutions are isolated"
    return (
        f"{e.n_equal} starts fit equally well and keep finding new solutions: the chance "
        f"that one more ends in a known one is only {percent(max(e.equal_coverage, 0))}{doubt}"
    )


def _chain(e):
    form, larger = "a chain", ""
    if e.n_distinct > 1:
        form, larger = "chains", "; a larger tolerance would count them as one"
    return (
        f"solutions that fit equally well form {form}: neighbours are within "
        f"{number(e.distance_tol, 1)}, the whole is at least {number(e.width, 2)} wide, and the "
        f"fits are converged to {number(e.noise_floor, 1)}{larger}"
    )


def _not_recorded(e):
    of = f" of {e.n_missing + e.n_counted}" if e.n_counted else ""
    the = "" if of else "the "
    return f"the factors of {the}{e.n_missing}{of} converged fits were not recorded"


def _ended(e):
    return ", ".join(f"{n} {_ENDED.get(why, why)}" for why, n in e.why_not.items() if n)


def _flat(e):
    n = e.why_not.get("ill-conditioned", 0)
    return f"; {n} {_ENDED['ill-conditioned']}" if n else ""


_CLAUSES = {
    "counted": _counted,
    "proved_more": lambda e: f"{_proof(e)}; the starts reached {e.n_best} of them",
    "certificate": _certificate,
    "new_solutions": _new_solutions,
    "chain": _chain,
    "unknown": lambda e: (
        f"{e.n_unknown:,} {'entries are' if e.n_unknown > 1 else 'entry is'} unknown, and the "
        f"products W H of fits that are equally good differ by up to {number(e.product_gap, 2)} "
        "of the data's size, so that what is known does not decide between them"
    ),
    "no_fits": lambda e: "there are no fits",
    "not_recorded": _not_recorded,
    "all_collapsed": lambda e: (
        f"all {e.n_starts} fits collapsed to all zeros, which is no solution to count"
    ),
    "none_converged": lambda e: f"none of the {e.n_starts} fits converged: {_ended(e)}",
    "best_unconverged": lambda e: (
        "the lowest objective belongs to a fit that does not count, so the best solution is "
        f"not among the converged ones ({_ended(e)})"
    ),
    "few_starts": lambda e: (
        f"only {e.n_random} converged random {'start' if e.n_random == 1 else 'starts'}; "
        f"at least {MIN_STARTS} are needed"
    ),
    "few_converged": lambda e: (
        f"only {percent(e.share_converged)} of the random starts converged{_flat(e)}"
    ),
    "low_coverage": lambda e: (
        f"{'' if _flat(e) else 'too few starts: '}the chance that one more ends in a minimum "
        f"already seen is only {percent(max(e.coverage, 0))}{_flat(e)}"
    ),
    "no_plateau": lambda e: "the count depends on the tolerance and there is no certificate",
    "other_plateau": lambda e: (
        f"the count is {e.n_distinct} at the tolerance {number(e.distance_tol, 1)} but "
        f"{e.plateau.count} over the longest stretch, {number(e.plateau.low, 1)} to "
        f"{number(e.plateau.high, 2)}"
    ),
    "isolated": lambda e: (
        f"several solutions, at least {e.n_distinct}; more starts are needed, since the chance "
        f"that one more ends in a known one is only {percent(e.equal_coverage)}; they are not "
        f"taken for a continuum, since {_stable(e)} and a certificate shows that the best one "
        "is isolated"
    ),
    "proved_fewer": lambda e: (
        f"{_proof(e)}, so the {e.n_best} that the fits seem to show are there for want of "
        "convergence"
    ),
}
