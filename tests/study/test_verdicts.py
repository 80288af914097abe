"""Certificates of a study: right, kept, never believed without a check, never contradicted."""

import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from nmfstudy.datasets import load_dataset
from nmfstudy.fitting.multistart import fit
from nmfstudy.plots.solutions import illustrate_count
from nmfstudy.report.captions import illustrated
from nmfstudy.report.certified import certificate_blocks
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.phrases import distinct_text, kind_cell, result_sentences
from nmfstudy.report.words_on_certificates import contradiction_sentence, no_verdict_clause
from nmfstudy.report.words_on_kind import kind_sentence
from nmfstudy.solutions import distinct_solutions
from nmfstudy.solutions.kind import ProvedKind, proved_by
from nmfstudy.store.job import Analysis
from nmfstudy.study import ProblemResult, Study
from nmfstudy.study.tables import problem_row
from nmfstudy.study.verdicts import (
    MOST_PER_PROBLEM,
    contradictions,
    same_product,
    verdicts_of,
)


def make_result(name, k, folder=None, n_starts=12, **more):
    dataset = load_dataset(name, **more.pop("parameters", {}))
    fits = fit(dataset.X, n_components=k, n_starts=n_starts, **more)
    runs = (np.full(len(fits), "r"),)
    return ProblemResult("key", dataset, fits.problem, (fits,), runs, Analysis(), folder)


@pytest.fixture(scope="module")
def unique():
    return make_result("menu", 3)


@pytest.fixture(scope="module")
def two():
    return make_result("circ3", 3, n_starts=20)


@pytest.fixture(scope="module")
def many():
    return make_result("menu", 4, n_starts=30)


def test_the_menu_of_three_is_certified_unique(unique):
    verdicts = verdicts_of(unique)
    assert verdicts[0].status == "unique"
    assert verdicts.reasons == {} and verdicts.contradictions == []
    assert contradictions(unique) == []


def test_a_continuum_is_refuted_and_only_the_first_minima_are_examined(many):
    verdicts = verdicts_of(many)
    assert set(verdicts) == set(range(MOST_PER_PROBLEM))
    assert all(v.status in ("not_unique", "partially_identifiable") for v in verdicts.values())
    assert "only the first" in no_verdict_clause(verdicts.reasons[MOST_PER_PROBLEM])
    assert contradictions(many) == []


def test_two_exact_solutions_of_one_product_refute_uniqueness(two):
    found = same_product(two)
    assert two.solutions.n_distinct == 2
    assert [(a, b) for a, b, _, _ in found] == [(0, 1)]
    _, _, apart, gap = found[0]
    assert apart > 0.1 and gap < 1e-6
    assert verdicts_of(two)[0].status == "not_unique"


def test_different_products_refute_nothing():
    result = make_result("digits", 3, n_starts=8)
    assert result.solutions.n_distinct == 2
    assert same_product(result) == []


def test_an_exact_dimension_settles_the_kind():
    # Six fits are too few for the count, and their best product has a continuum all the same.
    result = make_result("laurberg", 3, n_starts=6, parameters={"alpha": 0.7})
    assert result.solutions.kind == "unsettled"
    assert result.assessed.proved == ProvedKind(inf, 6, of_data=True)
    row = problem_row(result)
    assert row["kind"] == result.assessed.kind == "continuum"
    assert row["reason"] == result.assessed.reason == "certificate"
    assert result.assessed.labels is result.solutions.labels
    said = " ".join(result_sentences(row, result))
    assert "the factorizations of its product form a set of 6 dimensions" in said


def test_infinitely_many_settle_the_kind_and_a_bound_on_the_dimension_is_shown(many):
    assert many.verdicts[0].local_dimension == 4 and not many.verdicts[0].dimension_exact
    assert many.assessed.proved == ProvedKind(inf, None, of_data=True)
    assert many.assessed.kind == "continuum" and "infinitely many" in kind_sentence(many.assessed)
    said = " ".join(result_sentences(problem_row(many), many))
    found = many.solutions.dimension
    assert f"{found.value:.1f} ± {found.error:.1f} dimensions" in said
    assert "a set of at most 4 dimensions" in said


def test_infinitely_many_in_a_place_that_starts_hardly_reach():
    """Two short arcs of triangles: the fits come back to two places and look like two solutions."""
    result = make_result("laurberg", 3, n_starts=40, parameters={"alpha": 0.5001})
    assert result.solutions.kind == "several"
    assert result.verdicts[0].n_solutions == inf and result.verdicts[0].local_dimension == 0
    row = problem_row(result)
    assert row["kind"] == result.assessed.kind == "continuum"
    assert distinct_text(result) == "∞" and kind_cell(result).text == "a continuum"
    (found, proved) = certificate_blocks(result, row, FigureFiles())[0].pairs
    assert "2 solutions" in found[1] and "∞" in proved[1]


def test_more_solutions_are_proved_than_the_starts_reached():
    dataset = load_dataset("laurberg", alpha=0.5)
    fits = fit(dataset.X, n_components=3, n_starts=40)
    one = fits[distinct_solutions(fits).labels == 0]
    runs = (np.full(len(one), "r"),)
    result = ProblemResult("key", dataset, one.problem, (one,), runs, Analysis())
    assert result.solutions.kind == "one" and result.verdicts[0].n_solutions == 2
    row = problem_row(result)
    assert row["kind"] == "several" and row["n_distinct"] == 1
    assert kind_cell(result).text == "2 solutions" and distinct_text(result) == "2"
    said = " ".join(result_sentences(row, result))
    assert "exactly 2 factorizations" in said and "the starts reached 1 of them" in said


def test_a_certificate_denies_a_continuum_that_is_want_of_convergence(unique):
    apart = replace(
        unique.solutions.evidence, n_equal=60, equal_coverage=0.0, plateau=None, n_best=60
    )
    blurred = make_result("menu", 3)
    blurred.__dict__["solutions"] = replace(unique.solutions, evidence=apart)
    blurred.__dict__["verdicts"] = unique.verdicts
    assert blurred.solutions.kind == "continuum"
    assert blurred.assessed.kind == "unsettled"
    assert "exactly one factorization" in kind_sentence(blurred.assessed)


def circulant(n_starts):
    """Sixty shifts of one peak: a solution takes three peaks and may be shifted, so 60/3 exist."""
    steps = np.arange(60)
    peak = np.exp(-(np.minimum(steps, 60 - steps) ** 2) / 72)
    X = np.array([np.roll(peak, s) for s in steps])
    return Study.of(X, fit(X, 3, n_starts=n_starts)).results[0]


def test_many_isolated_solutions_are_no_continuum():
    few, enough = circulant(36), circulant(100)
    assert (enough.assessed.kind, enough.assessed.n_distinct) == ("several", 20)
    assert few.solutions.coverage < 0.9 and few.solutions.recurs
    assert few.assessed.proved.local_dimension == 0 and not few.assessed.proved.infinite
    assert few.assessed.kind == "unsettled"
    assert "Several solutions, at least 17; more starts are needed" in kind_sentence(few.assessed)
    # Without a certificate they may be a continuum, but nothing says that they bend or how far.
    few.__dict__["assessed"] = few.solutions
    row = problem_row(few)
    assert row["kind"] == "continuum" and few.assessed.dimension is None
    said = " ".join(result_sentences(row, few))
    assert "bent" not in said and "dimension" not in said and "come back to the same" in said
    assert (
        "it stays at 17: of 36 starts some end in the very same"
        in illustrated(illustrate_count, few).caption
    )


def test_an_isolated_best_product_stands_in_for_a_plateau(unique):
    assert unique.assessed.proved == ProvedKind(1, 0, of_data=True)
    evidence = replace(unique.solutions.evidence, plateau=None)
    blurred = make_result("menu", 3)
    blurred.__dict__["solutions"] = replace(unique.solutions, evidence=evidence)
    blurred.__dict__["verdicts"] = unique.verdicts
    assert blurred.solutions.kind == "unsettled"
    assert problem_row(blurred)["kind"] == "one" and "isolated" in kind_sentence(blurred.assessed)


def test_what_a_certificate_cannot_settle():
    result = make_result("laurberg", 3, n_starts=3, parameters={"alpha": 0.7})
    verdict = result.verdicts[0]
    floor, norm = result.solutions.noise_floor, result.searches[0].data_norm

    def proved(**changes):
        return proved_by(replace(verdict, **changes), norm, floor)

    assert proved() == ProvedKind(inf, 6, of_data=True)
    assert proved(dimension_exact=False) == ProvedKind(inf, None, of_data=True)
    assert proved(dimension_exact=False, n_solutions=None) == ProvedKind(None, None, of_data=True)
    assert proved(residual=1e-3) == ProvedKind(inf, 6)
    # A second one that may be there for want of convergence, or is not at hand.
    assert proved(witness=verdict.factorization) == proved(witness=None) == ProvedKind()
    assert proved_by(None, norm, floor) == ProvedKind()


def test_a_certificate_that_the_fits_contradict_is_an_error(two):
    false = replace(verdicts_of(two)[0], status="unique")
    two.verdicts[0] = false
    (found,) = contradictions(two)
    assert (found.minimum, found.pair) == (0, (0, 1)) and found.gap < 1e-6 < found.apart
    assert "certified as the only factorization" in contradiction_sentence(found, two.title)
    two.verdicts[0] = verdicts_of(two)[0]
    assert contradictions(two) == []


@pytest.mark.parametrize(
    "more, reason",
    [({"alpha_W": 0.01}, "penalty"), ({"max_iter": 1}, "no fit counts")],
)
def test_what_is_not_certified_has_a_reason(more, reason):
    verdicts = verdicts_of(make_result("menu", 3, **more))
    assert dict(verdicts) == {}
    assert reason in no_verdict_clause(verdicts.reasons[-1])


def _damage_nothing(text):
    return text


def _tear(text):
    return text[: len(text) // 2]


def _another_status(text):
    return json.dumps(json.loads(text) | {"status": "not_unique"})


def _another_matrix(text):
    plain = json.loads(text)
    plain["factorization"]["W"][0][0] += 1.0
    return json.dumps(plain)


def _no_keys(text):
    return "{}"


def _a_list(text):
    return "[1, 2]"


def _no_evidence(text):
    plain = json.loads(text)
    for outcome in plain["certificates"]:
        outcome["evidence"] = {}
    return json.dumps(plain)


@pytest.mark.parametrize(
    "damage, kept",
    [
        (_damage_nothing, True),
        (_tear, False),
        (_another_status, False),
        (_another_matrix, False),
        (_no_keys, False),
        (_a_list, False),
        (_no_evidence, False),
    ],
)
def test_kept_verdicts_are_checked(unique, tmp_path, damage, kept):
    made = verdicts_of(unique, folder=tmp_path)[0]
    (path,) = (tmp_path / "certificates").iterdir()
    path.write_text(damage(path.read_text()))
    again = verdicts_of(unique, folder=tmp_path)[0]
    assert again.status == "unique"
    assert (again.seconds == made.seconds) == kept
    assert again.verify()


def test_a_kept_verdict_is_not_made_again(unique, tmp_path):
    made = verdicts_of(unique, folder=tmp_path)[0]
    assert verdicts_of(unique, folder=tmp_path)[0].seconds == made.seconds


def test_a_verdict_of_other_certificate_code_is_not_taken(unique, tmp_path, monkeypatch):
    made = verdicts_of(unique, folder=tmp_path)[0]
    monkeypatch.setattr("nmfstudy.study.verdicts.hash_of_sources", lambda paths: "other")
    assert verdicts_of(unique, folder=tmp_path)[0].seconds != made.seconds
    assert len(list((tmp_path / "certificates").iterdir())) == 2


@pytest.mark.parametrize(
    "name, parameters, n_solutions",
    [("menu", {}, 1), ("hexagon", {"a": 2}, 4), ("laurberg", {"alpha": 0.5}, 2), ("digits", {}, 1)],
)
def test_every_fit_of_a_minimum_gets_the_same_verdict(name, parameters, n_solutions):
    dataset = load_dataset(name, **parameters)
    fits = fit(dataset.X, n_components=3, n_starts=3)
    for i in range(len(fits)):
        alone, runs = fits[[i]], (np.full(1, "r"),)
        result = ProblemResult("key", dataset, fits.problem, (alone,), runs, Analysis())
        verdict = result.verdicts[0]
        assert verdict.n_solutions == n_solutions
        assert (verdict.status == "unique") == (n_solutions == 1)


def test_sparse_data_are_certified_too():
    dense = load_dataset("menu")
    from scipy import sparse

    from nmfstudy.datasets.base import Dataset

    dataset = Dataset("sparse menu", sparse.csr_array(dense.X))
    fits = fit(dataset.X, n_components=3, n_starts=4)
    result = ProblemResult("k", dataset, fits.problem, (fits,), (np.full(4, "r"),), Analysis())
    assert verdicts_of(result)[0].status == "unique"


def test_side_by_side_the_fits_speak_for_themselves():
    result = make_result("laurberg", 3, n_starts=6, parameters={"alpha": 0.7})
    beside = certificate_blocks(result, problem_row(result), FigureFiles())[0]
    (_, found), (_, proved) = beside.pairs
    assert "not settled" in found and "not unique" in proved
