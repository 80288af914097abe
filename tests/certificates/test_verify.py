"""Every claim is checked again from its evidence, and tampering shows."""

import copy
import json

import numpy as np
import pytest
from known_cases import KNOWN, laurberg

from nmfstudy import Factorization, certify
from nmfstudy.certificates import CERTIFICATES, ContradictionError, Outcome, Verdict
from nmfstudy.certificates.case import make_case
from nmfstudy.certificates.combine import combine_outcomes
from nmfstudy.certificates.wording import in_words
from nmfstudy.util.streams import stream


def stored(W, H, **options):
    return json.loads(json.dumps(certify(W, H, **options).to_dict(), allow_nan=False))


def problems(plain):
    return Verdict.from_dict(copy.deepcopy(plain)).verify().problems


def by_name(plain, name):
    return next(o for o in plain["certificates"] if o["name"] == name)


@pytest.fixture(params=KNOWN, ids=lambda k: k.name, scope="module")
def plain(request):
    return stored(request.param.W, request.param.H, ladder=False, budget=0.5)


def test_nothing_to_complain_about(plain):
    assert not problems(plain)


def test_a_check_is_true_when_all_holds_and_false_when_not(plain):
    assert Verdict.from_dict(copy.deepcopy(plain)).verify()
    lie = Verdict.from_dict(copy.deepcopy(plain) | {"n_solutions": 7})
    assert not lie.verify() and lie.verify().problems


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "unique"),
        ("status", "not_unique"),
        ("n_solutions", 1),
        ("n_solutions", 7),
        ("identifiable_W", [0, 1]),
        ("identifiable_H", [1]),
        ("refuted_W", [0]),
        ("local_dimension", 3),
        ("witness", None),
    ],
)
def test_another_claim_fails(plain, field, value):
    if plain[field] == value:
        return
    assert problems(plain | {field: value})


def test_a_claim_without_proof_fails(plain):
    for outcome in plain["certificates"]:
        if outcome["outcome"] in ("proves", "refutes"):
            continue
        changed = copy.deepcopy(plain)
        by_name(changed, outcome["name"]).update(identifiable_W=[0], outcome="proves")
        try:
            assert problems(changed)
        except ContradictionError:
            pass  # as good as a complaint


def test_other_factors_fail(plain):
    # The same evidence for dense factors: every proof rests on zeros.
    proofs = [o for o in plain["certificates"] if o["outcome"] in ("proves", "refutes")]
    changed = copy.deepcopy(plain)
    factor = np.array(changed["factorization"]["W"])
    changed["factorization"]["W"] = (
        factor + 0.1 + 0.1 * stream(0, "other").random(factor.shape)
    ).tolist()
    assert problems(changed) or not proofs


def numbers(node, path=()):
    """Paths to all numbers in nested evidence."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from numbers(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from numbers(value, (*path, i))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path


def change(node, path, new):
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = new(node[path[-1]])


SENSITIVE = {"multipliers", "a", "b", "pure_W", "pure_H", "tight", "rays", "facets"}


def test_changed_evidence_fails(plain):
    """Of the numbers that a proof rests on; some others (a breakpoint too many) do no harm."""
    rng = stream(0, "tamper")
    for outcome in plain["certificates"]:
        if outcome["outcome"] not in ("proves", "refutes"):
            continue
        paths = [p for p in numbers(outcome["evidence"]) if SENSITIVE & set(map(str, p))]
        for i in rng.permutation(len(paths))[:6]:
            if set(outcome["reason"].split()) & {"dimensions"} and "tight" in paths[i]:
                continue
            changed = copy.deepcopy(plain)
            evidence = by_name(changed, outcome["name"])["evidence"]
            change(evidence, paths[i], lambda x: x + 1 if isinstance(x, int) else -x - 0.5)
            try:
                assert problems(changed), (outcome["name"], paths[i])
            except ContradictionError:
                pass


def test_missing_evidence_fails(plain):
    for outcome in plain["certificates"]:
        if outcome["outcome"] == "proves" and not outcome["reason"].startswith("one component"):
            changed = copy.deepcopy(plain)
            by_name(changed, outcome["name"])["evidence"] = {}
            assert problems(changed)


def test_witness_that_is_none_fails():
    plain = stored(*laurberg(0.7))
    own = copy.deepcopy(plain)
    own["witness"] = own["factorization"]
    assert any("same solution" in p for p in problems(own))
    other = copy.deepcopy(plain)
    other["witness"]["W"][0][0] += 0.01
    assert any("another product" in p for p in problems(other))
    inner = copy.deepcopy(plain)
    by_name(inner, "rank3")["witness"]["W"][0][1] += 0.01
    assert any(p.startswith("rank3") for p in problems(inner))


def test_removed_triangle_fails():
    plain = stored(*laurberg(0.5))
    fewer = copy.deepcopy(plain)
    by_name(fewer, "rank3")["evidence"]["triangles"].pop()
    assert problems(fewer)


def outcome(**claims):
    return Outcome("test", "proves", "because", **claims)


@pytest.mark.parametrize(
    "pair",
    [
        ({"unique": True, "n_solutions": 1}, {"witness": Factorization(*laurberg(0.2))}),
        ({"identifiable_W": (0,)}, {"refuted_W": (0, 1)}),
        ({"identifiable_H": (2,)}, {"refuted_H": (2,)}),
        ({"n_solutions": 2}, {"n_solutions": np.inf}),
        ({"unique": True, "n_solutions": 1}, {"n_solutions": 3}),
        (
            {"local_dimension": 0, "dimension_exact": True},
            {"local_dimension": 2, "dimension_exact": True},
        ),
        ({"local_dimension": 1}, {"local_dimension": 2, "dimension_exact": True}),
    ],
)
def test_contradictions_raise(pair):
    case = make_case(Factorization(*laurberg(0.3)))
    outcomes = [outcome(**claims) for claims in pair]
    for both in (outcomes, outcomes[::-1]):
        with pytest.raises(ContradictionError):
            combine_outcomes(case, both)


def test_members_are_certificates():
    names = [member.NAME for member in CERTIFICATES]
    assert len(set(names)) == len(names)
    for member in CERTIFICATES:
        assert member.__doc__
        assert 0 < member.SHARE <= 1
        assert set(member.USES) <= {"others", "proved"}
        assert isinstance(member.NEEDS_RANK, bool) and isinstance(member.ONLY_IF_OPEN, bool)


def test_every_outcome_is_told():
    verdict = certify(*laurberg(0.3))
    assert [o.name for o in verdict.certificates] == [m.NAME for m in CERTIFICATES]
    assert all(o.reason and o.seconds >= 0 for o in verdict.certificates)
    assert verdict.explanation.endswith(".")


def test_sentences_count_components_from_one_and_attributes_from_zero():
    verdict = certify(np.array([[2.0, 1.0], [1.0, 1.0], [3.0, 0.0]]), np.eye(2))
    assert (verdict.identifiable_W, verdict.identifiable_H) == ((1,), (0,))
    assert "w_2 and h_1" in verdict.explanation
    (supports,) = (o for o in verdict.certificates if o.name == "supports")
    assert supports.reason == "w_2 is zero wherever w_1 is"
    report = verdict.report()
    assert "w_2 in every solution; w_1 not in another solution" in report
    assert "h_1 in every solution; h_2 not in another solution" in report


def test_a_known_second_factorization_is_named_before_what_is_fixed():
    changes = certify(np.array([[2.0, 1.0], [1.0, 1.0], [3.0, 0.0]]), np.eye(2))
    assert changes.status == "partially_identifiable" and changes.witness is not None
    assert in_words(changes.status, changes.witness).startswith("not unique")
    assert "not unique" in repr(changes) and changes.report().startswith("NOT UNIQUE")
    assert in_words(changes.status, None) == "some components proved, the rest open"


def test_a_report_fits_into_a_terminal_and_tells_everything(plain):
    verdict = Verdict.from_dict(copy.deepcopy(plain))
    report = verdict.report()
    assert max(map(len, report.splitlines())) <= 80
    assert max(map(len, verdict.report(width=60).splitlines())) <= 60
    words = " ".join(report.split())
    assert report.startswith(in_words(verdict.status, verdict.witness).upper())
    assert verdict.explanation in words
    assert all(" ".join(o.reason.split()[:2]) in words for o in verdict.certificates)
    n = verdict.n_solutions
    said = "unknown" if n is None else "infinitely many" if n == np.inf else str(n)
    assert f"solutions {said} dimensions free" in words
