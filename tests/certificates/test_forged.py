"""Proofs that are none: whatever is claimed beyond the evidence is complained of, by name."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from known_cases import KNOWN

from nmfstudy.certificates import partial, rank3, rigidity, scattered, separable, supports, witness
from nmfstudy.certificates.case import make_case, witness_problems
from nmfstudy.certificates.effort import Effort
from nmfstudy.certificates.outcome import Outcome
from nmfstudy.certificates.smaller import find_smaller
from nmfstudy.model.factorization import Factorization
from nmfstudy.util.streams import stream

CASES = {known.name: make_case(Factorization(known.W, known.H)) for known in KNOWN}


def complaints(member, name, change):
    """What a member's check says to its own proof after a change of evidence or claims."""
    case = CASES[name]
    outcome = member.run(case, Effort(20))
    assert outcome.outcome in ("proves", "refutes")
    assert member.problems_of(case, outcome) == []
    evidence = copy.deepcopy(outcome.evidence)
    claims = change(evidence) or {}
    return member.problems_of(case, replace(outcome, evidence=evidence, **claims))


def put(*path):
    """A change of evidence: the last argument replaces what the others lead to."""
    *keys, last, value = path

    def change(evidence):
        for key in keys:
            evidence = evidence[key]
        evidence[last] = value(evidence[last]) if callable(value) else value

    return change


def claim(**claims):
    return lambda evidence: claims


def drop(*keys):
    def change(evidence):
        for key in keys:
            evidence = evidence[key]
        evidence.pop()

    return change


OTHER = {"component": 0, "rule": "other factor", "W": [], "H": []}
INNER = {"component": 0, "rule": "sequential", "given": [2], "inner": []}
FORGED = [
    (partial, "partial_W", claim(identifiable_W=(0, 1)), "a column of W is claimed"),
    (partial, "partial_W", claim(identifiable_H=(0,)), "a row of H is claimed"),
    (partial, "partial_W", claim(unique=True), "uniqueness is claimed"),
    (partial, "menu", put("W", 0, "component", 9), "a component does not exist"),
    (partial, "menu", put("W", 0, "component", -1), "a component does not exist"),
    (partial, "menu", put("W", 0, "rule", "magic"), "no rule is called 'magic'"),
    (partial, "menu", put("W", 0, "rule", "single"), "there is more than one component"),
    (partial, "menu", put("W", 0, "rule", "zero rows"), "a smaller rank"),
    (partial, "menu", put("W", 0, "columns", lambda js: js[:1] * len(js)), "a smaller rank"),
    (partial, "menu", drop("W", 0, "multipliers"), "not one list of multipliers"),
    (partial, "menu", put("W", 0, "multipliers", 0, 0, lambda x: x + 1), "W: "),
    (partial, "partial_W", put("W", 0, "component", 1), "a smaller rank"),
    (partial, "partial_both", put("H", 0, "component", 1), "component 2 has no pure column"),
    (partial, "menu", put("W", 0, INNER), "used before it is proved"),
    (partial, "menu", put("W", 0, {**INNER, "given": []}), "not the one proved in the smaller"),
    (partial, "menu", put("W", 0, {**INNER, "given": [0, 1, 2]}), "used before it is proved"),
    (partial, "menu", put("W", 0, OTHER), "does not follow from the other factor"),
    (rigidity, "menu", put("tight", 0, 10**6), "an inequality does not exist"),
    (rigidity, "menu", put("tight", 0, -1), "an inequality does not exist"),
    (rigidity, "menu", put("tight", lambda t: [t[1], *t[1:]]), "listed twice"),
    (rigidity, "menu", put("multipliers", lambda m: [x + 1 for x in m]), ""),
    (rigidity, "menu", put("multipliers", lambda m: [-x for x in m]), ""),
    (rigidity, "menu", claim(local_dimension=1, dimension_exact=False), "dimension is another"),
    (rigidity, "menu", claim(unique=True), "proves local uniqueness only"),
    (rigidity, "menu", claim(identifiable_H=(0,)), "proves local uniqueness only"),
    (rigidity, "k2_flex", claim(local_dimension=1), "the local dimension is another"),
    (rigidity, "k2_partial", put("direction", lambda d: (-np.array(d)).tolist()), "not strict"),
    (rigidity, "k2_partial", claim(refuted_W=(0,)), "of W is called refuted that does not change"),
    (rigidity, "k2_partial", claim(refuted_H=(1,)), "of H is called refuted that does not change"),
    (scattered, "laurberg(0.2)", put("log_scale", [0.0]), "the scaling does not fit"),
    (scattered, "laurberg(0.2)", put("log_scale", [np.inf] * 3), "the scaling does not fit"),
    (scattered, "laurberg(0.2)", put("log_scale", [3.0, 0.0, -3.0]), "not inside the ball"),
    (scattered, "laurberg(0.2)", drop("W", "facets"), "do not belong together"),
    (scattered, "laurberg(0.2)", put("W", "facets", 0, 0, 99), "a point that does not exist"),
    (scattered, "laurberg(0.2)", put("W", "facets", 0, 0, -1), "a point that does not exist"),
    (scattered, "laurberg(0.2)", put("H", "rays", 0, 0, 7.0), "not of unit norm"),
    (
        scattered,
        "laurberg(0.2)",
        put("W", "rays", lambda rays: (-np.array(rays)).tolist()),
        "a point lies outside a facet",
    ),
    (
        scattered,
        "laurberg(0.2)",
        put("W", "rays", lambda rays: [*rays[1:], rays[0]]),
        "does not contain its points",
    ),
    (
        scattered,
        "laurberg(0.2)",
        lambda e: e["H"].update({key: [e["H"][key][0], *e["H"][key]] for key in e["H"]}),
        "listed twice",
    ),
    (
        scattered,
        "laurberg(0.2)",
        lambda e: e["H"].update({key: e["H"][key][1:] for key in e["H"]}),
        "do not close up",
    ),
    (separable, "k2_unique", put("pure_W", lambda pure: pure[::-1]), "is not pure in component"),
    (separable, "k2_unique", put("pure_H", 0, 99), "is not pure in component"),
    (separable, "k2_unique", put("pure_H", 0, -1), "is not pure in component"),
    (separable, "k2_unique", drop("pure_W"), "not one pure column for every component"),
    (separable, "k2_unique", lambda e: e.clear(), "no factor is named separable"),
    (supports, "k2_partial", claim(identifiable_W=(0,)), "nested supports identify nothing"),
    (supports, "k2_partial", claim(refuted_W=(0, 1)), "refuted that no move changes"),
    (supports, "k2_partial", claim(refuted_H=(0, 1)), "refuted that no move changes"),
    (supports, "k2_partial", claim(unique=True), "there is more than one component"),
    (supports, "k2_partial", put("pairs", 0, 3, lambda eps: 1e3 * eps), "another product"),
    (witness, "circ3", claim(witness=None), "there is no witness"),
    (witness, "circ3", claim(identifiable_W=(0,)), "a witness identifies nothing"),
    (witness, "circ3", claim(unique=True), "a witness identifies nothing"),
    (witness, "k2_partial", claim(refuted_W=(0, 1)), "a column of W is called refuted"),
    (witness, "k2_partial", claim(refuted_H=(0, 1)), "a row of H is called refuted"),
    (rank3, "menu", claim(n_solutions=2), "the number of triangles is another"),
    (rank3, "menu", claim(identifiable_W=(0,)), "common to all triangles are others"),
    (rank3, "menu", claim(unique=False), "unique is claimed of more than one triangle"),
    (rank3, "menu", put("triangles", []), "the triangles are others"),
    (rank3, "laurberg(0.5)", claim(unique=True), "unique is claimed of more than one triangle"),
    (rank3, "laurberg(0.7)", claim(identifiable_W=(0,)), "identify nothing here"),
    (rank3, "laurberg(0.7)", put("infinite", False), "KeyError"),
    (rank3, "partial_W", claim(refuted_W=(0, 1, 2)), "refuted that no triangle changes"),
    (rank3, "menu", put("breakpoints", 0, 1, "7"), "the pieces do not hold"),
]


@pytest.mark.parametrize(
    ("member", "name", "change", "words"),
    FORGED,
    ids=[f"{member.NAME}-{i}" for i, (member, *_) in enumerate(FORGED)],
)
def test_a_forged_proof_is_found_out(member, name, change, words):
    try:
        said = complaints(member, name, change)
    except LookupError as error:  # the verdict takes it as a complaint
        said = [type(error).__name__]
    assert said
    assert any(words in problem for problem in said), said


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("rank", "k"), [(1, 2), (1, 4), (2, 3), (2, 5)])
def test_products_of_rank_one_and_two_need_no_more_components(seed, rank, k):
    """Cohen & Rothblum 1993: up to rank two the nonnegative rank is the rank."""
    rng = stream(seed, "rank")
    W, H = rng.random((6, k)), rng.random((k, rank)) @ rng.random((rank, 7))
    case = make_case(Factorization(W, H))
    found = find_smaller(case, Effort(20))
    assert found.n_components == rank
    assert (found.W >= 0).all() and (found.H >= 0).all()
    np.testing.assert_allclose(found.product(), case.product, atol=1e-12)


def test_no_smaller_factorization_of_what_has_none():
    """A product of full rank, and a search without time."""
    case = CASES["rigid13"]
    assert find_smaller(case, Effort(20)) is None
    rng = stream(0, "spare")
    W, H = rng.random((6, 4)), rng.random((4, 3)) @ rng.random((3, 7))
    assert find_smaller(make_case(Factorization(W, H)), Effort(0.0)) is None


def test_partial_proofs_need_factors_of_full_rank():
    W, H = CASES["menu"].W, CASES["menu"].H
    claims = Outcome("partial", "proves", "because", evidence={"W": [], "H": []})
    dependent = np.c_[W, W[:, 0] + W[:, 1]], np.r_[H, H[:1] + H[1:2]]
    dead = np.c_[W, np.zeros(len(W))], np.r_[H, H[:1]]
    for factors, spare in ((dependent, 0), (dead, 1)):
        case = make_case(Factorization(*factors))
        assert case.spare == spare
        (problem,) = partial.problems_of(case, claims)
        assert problem == "the rank of the product is not that of the factors"
    assert partial.problems_of(CASES["menu"], claims) == []


def test_what_is_no_second_factorization():
    case = CASES["circ3"]
    f = case.factorization
    for other, words in (
        (
            Factorization(np.c_[f.W, f.W[:, 0]], np.r_[f.H, f.H[:1]]),
            "4 components, more than given",
        ),
        (Factorization(f.W[:2], f.H), "another shape"),
        (Factorization(f.W * 2, f.H), "another product (largest difference"),
        (f.permute([1, 0, 2]), "the same solution"),
    ):
        (problem,) = witness_problems(case, other)
        assert words in problem
