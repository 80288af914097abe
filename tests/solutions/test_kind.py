"""The kind and its sentence, on evidence made up: every branch, its edge, its grammar."""

from dataclasses import replace
from math import inf, nan

import pytest

from nmfstudy.report.words_on_kind import kind_clause
from nmfstudy.solutions.kind import KindEvidence, ProvedKind, decide_kind
from nmfstudy.solutions.plateau import Plateau

SETTLED = KindEvidence(
    n_starts=100,
    n_random=99,
    n_counted=98,
    n_missing=0,
    why_not={"max_iter": 2, "dead": 0},
    share_converged=0.98,
    best_unconverged=False,
    n_distinct=1,
    n_minima=1,
    n_best=1,
    coverage=1.0,
    n_equal=98,
    equal_coverage=1.0,
    extent=1e-9,
    fine_coverage=1.0,
    fine_extent=1e-9,
    width=1e-9,
    noise_floor=1e-9,
    distance_tol=1e-3,
    plateau=Plateau(1e-9, 0.5, 1),
)


def judged(**changes):
    evidence = replace(SETTLED, **changes)
    return decide_kind(evidence)[0], kind_clause(evidence)


ISOLATED = ProvedKind(local_dimension=0)
# Many isolated solutions, of which 100 starts have not found all.
MANY = {
    "n_distinct": 48,
    "n_minima": 48,
    "coverage": 0.84,
    "equal_coverage": 0.84,
    "plateau": Plateau(1e-9, 0.04, 48),
}
SAME = "the count is the same for every tolerance from 10⁻⁹ to the largest distance looked at (0.5)"


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({}, "one", f"one solution in 98 converged fits; {SAME}"),
        (
            {"n_minima": 2},
            "one",
            "one solution and 1 worse local minimum in 98 converged fits; " + SAME,
        ),
        (
            {"n_distinct": 3, "n_minima": 7, "plateau": Plateau(1e-9, 0.5, 3)},
            "several",
            "3 equally good solutions and 4 worse local minima in 98 converged fits; " + SAME,
        ),
        (
            {"plateau": None, "proved": ISOLATED},
            "one",
            "one solution in 98 converged fits; a certificate shows that the best one is isolated",
        ),
        (
            {"proved": ProvedKind(local_dimension=2)},
            "continuum",
            "a certificate shows that the best product has a 2-dimensional family of "
            "factorizations",
        ),
        ({"n_starts": 0}, "unsettled", "there are no fits"),
        (
            {"n_random": 1},
            "unsettled",
            "only 1 converged random start; at least 10 are needed",
        ),
        (
            {"n_random": 9},
            "unsettled",
            "only 9 converged random starts; at least 10 are needed",
        ),
        ({"share_converged": 0.49}, "unsettled", "only 49 % of the random starts converged"),
        (
            {"coverage": 0.894},
            "unsettled",
            "too few starts: the chance that one more ends in a minimum already seen is only "
            "89.4 %",
        ),
        (
            {"coverage": -0.02},
            "unsettled",
            "too few starts: the chance that one more ends in a minimum already seen is only 0 %",
        ),
        (
            {"plateau": None},
            "unsettled",
            "the count depends on the tolerance and there is no certificate",
        ),
        (
            {"plateau": Plateau(1e-9, 1e-4, 5)},
            "unsettled",
            "the count is 1 at the tolerance 0.001 but 5 over the longest stretch, 10⁻⁹ to 10⁻⁴",
        ),
        (
            {"equal_coverage": -0.01, "plateau": None},
            "continuum",
            "98 starts fit equally well and keep finding new solutions: the chance that one more "
            "ends in a known one is only 0 %",
        ),
        (
            {"equal_coverage": 0.84},
            "continuum",
            "98 starts fit equally well and keep finding new solutions: the chance that one more "
            "ends in a known one is only 84 %; but others come back to the same places, so more "
            "starts or a certificate may show that the solutions are isolated",
        ),
        (
            {**MANY, "proved": ISOLATED},
            "unsettled",
            "several solutions, at least 48; more starts are needed, since the chance that one "
            "more ends in a known one is only 84 %; they are not taken for a continuum, since the "
            "count is the same for every tolerance from 10⁻⁹ to 0.04 and a certificate shows that "
            "the best one is isolated",
        ),
        (
            {**MANY, "proved": ProvedKind(local_dimension=6)},
            "continuum",
            "a certificate shows that the best product has a 6-dimensional family of "
            "factorizations; 98 starts fit equally well and keep finding new solutions: the "
            "chance that one more ends in a known one is only 84 %",
        ),
        (
            {"extent": 0.2, "fine_extent": 0.2, "width": 0.3},
            "continuum",
            "solutions that fit equally well form a chain: neighbours are within 0.001, the whole "
            "is at least 0.3 wide, and the fits are converged to 10⁻⁹",
        ),
        (
            {"extent": 0.2, "fine_extent": 0.2, "width": 0.3, "n_distinct": 2},
            "continuum",
            "solutions that fit equally well form chains: neighbours are within 0.001, the whole "
            "is at least 0.3 wide, and the fits are converged to 10⁻⁹; a larger tolerance would "
            "count them as one",
        ),
        (
            {"n_counted": 0, "n_missing": 4},
            "unsettled",
            "the factors of the 4 converged fits were not recorded",
        ),
        (
            {"n_counted": 6, "n_missing": 4},
            "unsettled",
            "the factors of 4 of 10 converged fits were not recorded",
        ),
        (
            {"n_counted": 0, "why_not": {"collapsed": 100}},
            "unsettled",
            "all 100 fits collapsed to all zeros, which is no solution to count",
        ),
        (
            {"n_counted": 0, "why_not": {"max_iter": 60, "failed": 40, "saddle": 0}},
            "unsettled",
            "none of the 100 fits converged: 60 stopped at max_iter, 40 failed",
        ),
        (
            {"best_unconverged": True},
            "unsettled",
            "the lowest objective belongs to a fit that does not count, so the best solution is "
            "not among the converged ones (2 stopped at max_iter)",
        ),
        (
            {"exact_to": 1e-2},
            "one",
            f"one solution in 98 converged fits; {SAME}; so many fits differ "
            "that not all pairs were compared: counts at tolerances above 0.01 are upper bounds",
        ),
    ],
)
def test_kind_and_reason(changes, kind, reason):
    assert judged(**changes) == (kind, reason)


@pytest.mark.parametrize(
    ("changes", "proved", "kind", "words"),
    [
        # Infinitely many, wherever they lie and however few were found.
        ({"n_distinct": 2, "n_best": 2}, ProvedKind(inf, 0), "continuum", "infinitely many"),
        ({}, ProvedKind(inf), "continuum", "infinitely many"),
        # A finite number: more than were found, as many, and fewer.
        ({}, ProvedKind(2, 0), "several", "exactly 2 factorizations; the starts reached 1"),
        ({}, ProvedKind(1, 0), "one", "one solution"),
        (
            {"n_distinct": 3, "n_best": 3},
            ProvedKind(2, 0, True),
            "unsettled",
            "want of convergence",
        ),
        ({"equal_coverage": 0.0}, ProvedKind(1, 0, True), "unsettled", "want of convergence"),
        # Of one product among several equally good ones a finite number says nothing more.
        ({"equal_coverage": 0.0}, ProvedKind(1, 0), "unsettled", "isolated"),
    ],
)
def test_where_a_certificate_speaks_it_decides(changes, proved, kind, words):
    found, reason = judged(proved=proved, **changes)
    assert found == kind and words in reason


@pytest.mark.parametrize(
    ("below", "at"),
    [
        ({"n_random": 9}, {"n_random": 10}),
        ({"share_converged": 0.4999}, {"share_converged": 0.5}),
        ({"coverage": 0.8999}, {"coverage": 0.9}),
    ],
)
def test_settled_begins_at_the_limit(below, at):
    assert judged(**below)[0] == "unsettled"
    assert judged(**at)[0] == "one"


@pytest.mark.parametrize(
    ("not_yet", "continuum"),
    [
        ({"n_equal": 29, "equal_coverage": 0.1}, {"n_equal": 30, "equal_coverage": 0.1}),
        ({"equal_coverage": 0.9}, {"equal_coverage": 0.8999}),
        ({"extent": 1e-3, "fine_coverage": 0.1}, {"extent": 1.01e-3, "fine_coverage": 0.1}),
        # Wider than the tolerance, yet every fine cluster is small and known: isolated points.
        ({"extent": 0.2}, {"extent": 0.2, "fine_coverage": 0.8999}),
        ({"extent": 0.2, "fine_extent": 30e-9}, {"extent": 0.2, "fine_extent": 31e-9}),
        # Noise is wider than the tolerance.
        (
            {"noise_floor": 1e-3, "extent": 0.03, "fine_coverage": 0.1},
            {"noise_floor": 1e-3, "extent": 0.031, "fine_coverage": 0.1},
        ),
    ],
)
def test_a_continuum_begins_at_the_limit(not_yet, continuum):
    assert judged(**not_yet)[0] == "one"
    assert judged(**continuum)[0] == "continuum"


@pytest.mark.parametrize(
    "changes",
    [
        {"proved": ProvedKind(local_dimension=None)},
        {"proved": ProvedKind(local_dimension=1)},
        {"proved": ISOLATED, "plateau": None},
        {"proved": ISOLATED, "plateau": Plateau(1e-9, 0.04, 40)},
        {"proved": ISOLATED, "plateau": Plateau(31e-9, 0.04, 48)},
    ],
)
def test_only_a_plateau_from_the_noise_on_and_a_certificate_exclude_a_continuum(changes):
    assert judged(**{**MANY, "proved": ISOLATED})[0] == "unsettled"
    noisy = Plateau(30e-9, 0.04, 48)
    assert judged(**{**MANY, "proved": ISOLATED, "plateau": noisy})[0] == "unsettled"
    assert judged(**{**MANY, **changes})[0] == "continuum"


def test_no_coverage_is_not_enough():
    assert judged(coverage=nan)[0] in ("one", "unsettled")
    assert judged(n_random=0, coverage=nan)[0] == "unsettled"
