"""What is known of the menu and the basket must come out of a study of them."""

import numpy as np
import pytest

import nmfstudy as ns
from nmfstudy.model.factorization import Factorization
from nmfstudy.report.questions import example, q1_zeros, q2_sparsity, q3_frobenius, q4_distinct
from nmfstudy.report.questions.lookup import alive, families, lowest_fit, truth_match, zero_shares


def family_of(study, dataset, k):
    return next(f for f in families(study) if (f.dataset.name, f.n_components) == (dataset, k))


def title_of(study, title):
    return next(r for r in study.results if r.title == title)


def test_what_is_said_of_the_example_is_computed(study):
    exact = example.answer(study).caveat
    assert exact.startswith("The example fits exactly and has one solution.")
    X = ns.load_dataset("menu").X + np.arange(24).reshape(6, 4) % 5 / 10
    mine = ns.Study.of(X, ns.fit(X, n_components=2, n_starts=30))
    answer = example.answer(mine)
    assert answer.caveat.startswith("The example does not fit exactly and has")
    assert "by hand" not in answer.question
    two = ns.Study.of(
        ns.load_dataset("circ3"), ns.fit(ns.load_dataset("circ3"), n_components=3, n_starts=30)
    )
    assert "has 2 solutions that fit equally well" in example.answer(two).caveat


def test_families_take_every_problem_once(study):
    found = [
        r.key for f in families(study) for r in ([f.plain] if f.plain else []) + [*f.penalised]
    ]
    assert sorted(found) == sorted(r.key for r in study.results)


def test_zero_beyond_the_threshold_and_only_there(study):
    table = q1_zeros.answer(study).tables["collapse"]
    for row in table.itertuples():
        assert (row.share_alive == 0) == (row.alpha >= row.predicted)
    assert set(table.penalty) == {"ridge", "L1"}


def test_not_all_entries_are_zero_without_a_penalty(study):
    answer = q1_zeros.answer(study)
    assert answer.verdict.startswith("False")
    table = answer.tables["zeros"]
    assert (table.components_alive[table.title == "menu, k = 3"] == 3).all()
    assert (table.zeros_W <= table.nearly_W).all() and (table.zeros_H <= table.nearly_H).all()


def test_only_collapsed_problems_make_the_answer_true(study):
    strong = [r for r in study.results if r.title == "menu, k = 3, L1 α = 1"]
    from dataclasses import replace

    assert q1_zeros.answer(replace(study, results=tuple(strong))).verdict.startswith("True here")


def test_one_sided_penalties_move_the_scale_and_nothing_else(study):
    family = family_of(study, "menu", 3)
    table = q2_sparsity.drift_table(family)
    for side, other in (("W", "H"), ("H", "W")):
        rows = table[table.penalised == side].sort_values("max_iter")
        assert (np.diff(rows[f"norm_{side}"]) < 0).all()
        assert (np.diff(rows[f"norm_{other}"]) > 0).all()
        assert rows.relative_error.iloc[-1] < 1e-3
    assert set(q2_sparsity.variant_table(family, table).kind) == {
        "none", "one-sided", "two-sided", "scale-free",
    }  # fmt: skip


def test_sparse_H_keeps_the_truth_of_the_menu_and_sparse_W_does_not(study):
    family = family_of(study, "menu", 3)
    table = q2_sparsity.variant_table(family, q2_sparsity.drift_table(family)).set_index("label")
    assert table.truth["scale-free on H, λ = 0.1"] > 0.999
    assert table.truth["scale-free on W, λ = 0.1"] < 0.95
    assert table.zeros_W["scale-free on W, λ = 0.1"] > table.zeros_W["no penalty"]
    assert "In menu, k = 3, H is the factor to make sparse" in q2_sparsity.answer(study).summary


def test_a_ridge_fixes_the_scale_and_chooses(study):
    table = q3_frobenius.answer(study).tables["ridge"].set_index(["problem", "alpha"])
    assert table.spread["menu, k = 3", 0.0] > 2
    assert table.spread["menu, k = 3", 0.01] == pytest.approx(1, abs=1e-5)
    assert table.kind["menu, k = 4", 0.0] == "continuum"
    assert table.n_distinct["menu, k = 4", 0.01] == 1
    alive_by_alpha = table.loc["menu, k = 3"].components_alive.sort_index()
    assert list(alive_by_alpha) == sorted(alive_by_alpha, reverse=True)


def test_rescaling_changes_nothing_without_a_penalty(study):
    family = family_of(study, "menu", 3)
    ridge = family.two_sided("ridge")[0]
    table = q3_frobenius.rescaling_table(family, ridge)
    flat = table[table.label == "no penalty"].objective
    priced = table[table.label != "no penalty"]
    assert np.ptp(flat) < 1e-12
    assert priced.c[priced.objective.idxmin()] == pytest.approx(1, rel=1e-6)


def test_the_counts_of_the_menu(study):
    facts = dict(q4_distinct.answer(study).facts)
    assert facts["menu, k = 3"].startswith("One solution (")
    product = "A continuum of solutions, all with one and the same product"
    assert facts["menu, k = 4"].startswith(product)
    assert facts["basket, k = 2"].startswith("A continuum")
    table = q4_distinct.answer(study).tables["distinct"].set_index("title")
    assert table.n_distinct["menu, k = 3"] == 1


def test_stopping_early_spoils_the_count(study):
    table = q4_distinct.stopping_table(title_of(study, "menu, k = 3"))
    early, full = (group for _, group in table.groupby("label", sort=False))
    assert early.n.max() > 10 > early.n.min()
    window = full[(full.distance_tol > 1e-6) & (full.distance_tol < 0.1)]
    assert set(window.n) == {1}


def test_the_two_seeds_look_different_and_are_the_same(study):
    answer = example.answer(study)
    tables = {i.name: i.data for i in answer.illustrations}
    before, after = tables["example-before"], tables["example-after"]

    def difference(table):
        (_, a), (_, b) = table.groupby("fit")
        return np.abs(a.value.to_numpy() - b.value.to_numpy()).max()

    assert difference(before) > 0.1
    assert difference(after) < 1e-6
    assert "the two are identical" in answer.summary


def test_burger_and_fries_share_a_part_and_pizza_has_its_own(study):
    result = title_of(study, "menu, k = 3")
    found = example.twins(result, lowest_fit(result).factorization)
    assert found == [(("burger", "fries"), True)]
    assert any(
        note.startswith("Why burger and fries land in one component")
        for note in example.answer(study).notes
    )


def test_both_factorizations_of_the_basket_are_exact(study):
    data = next(
        i.data for i in example.answer(study).illustrations if i.name == "example-not-unique"
    )
    X = title_of(study, "basket, k = 2").dataset.X
    pairs = []
    for _, fit in data.groupby("fit", sort=False):
        W, H = (
            fit[fit.factor == name].pivot_table("value", "row", "column", sort=False).to_numpy()
            for name in "WH"
        )
        assert W @ H == pytest.approx(X, abs=1e-6)
        pairs.append(H)
    assert np.abs(pairs[0] - pairs[1]).max() > 0.1


def test_a_split_component_counts_once():
    w, h = np.array([[1.0], [2.0]]), np.array([[3.0, 1.0]])
    split = Factorization(np.hstack([w, 2 * w, 0 * w]), np.vstack([h, h, h]))

    class Fit:
        W, H, factorization = split.W, split.H, split

    assert alive(Fit) == 1
    assert zero_shares(Fit) == (pytest.approx(1 / 3), 0.0)


def test_the_truth_is_matched_only_where_there_is_one(study):
    result = title_of(study, "menu, k = 4")
    assert np.isnan(truth_match(result, lowest_fit(result)))
    result = title_of(study, "menu, k = 3")
    assert truth_match(result, lowest_fit(result)) == pytest.approx(1)
