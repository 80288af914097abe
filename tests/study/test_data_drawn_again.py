"""Evidence on k and resamples of a study: taken once, kept, and never believed beyond bounds."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from nmfstudy.assess.choice_of_k import Advice, Opinions
from nmfstudy.assess.stability import stability
from nmfstudy.datasets import load_dataset
from nmfstudy.report.over_k import advised, over_k_section
from nmfstudy.report.overview import overview_headline
from nmfstudy.report.page.files import FigureFiles
from nmfstudy.report.words_on_k import advice_sentence, doubts, reasons
from nmfstudy.report.words_on_trust import n_trusted, trusted_sentence
from nmfstudy.store.job import Resampling, job_from_config, read_labels
from nmfstudy.study import Study
from nmfstudy.study import evidence as kept_evidence
from nmfstudy.study import resampling as kept_resamples
from nmfstudy.sweep.execution import execute
from nmfstudy.sweep.request import Request, check_job
from nmfstudy.util.errors import RequestError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two and three components of a planted matrix, halves asked for."""
    results = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(0)
    X = rng.gamma(1, 1, (40, 3)) @ np.kron(np.eye(3), np.ones(4)) + 0.05 * rng.random((40, 12))
    np.savetxt(results / "X.csv", X, delimiter=",", header=",".join("abcdefghijkl"), comments="")
    jobs = [
        job_from_config(
            {
                "dataset": {"name": "file", "path": str(results / "X.csv")},
                "n_components": k, "init": "random", "solver": "accelerated", "n_starts": 10,
                "study_name": "s", "results_dir": str(results),
                "resample": {"name": "halves", "n_resamples": 6, "n_starts": 2},
            }
        )
        for k in (2, 3)
    ]  # fmt: skip
    Request.of(jobs, []).save()
    for job in jobs:
        execute(job)
    return results / "s"


def test_a_study_knows_how_its_data_are_drawn_again(folder):
    study = Study.load(folder, may_fit=True)
    assert {r.resampling for r in study} == {Resampling("halves", 6, 2)}
    asked_of_none = replace(study.results[0], resampling=Resampling())
    assert asked_of_none.stability is None and trusted_sentence(asked_of_none)


def test_resamples_are_those_of_the_library_and_kept(folder, monkeypatch):
    result = Study.load(folder, may_fit=True).results[1]
    ours = result.stability
    alone = stability(
        result.dataset, 3, n_resamples=6, n_starts=2, fits=list(result.searches),
        verdict=result.verdicts.get(0),
    )  # fmt: skip
    assert ours.components.equals(alone.components)
    assert (ours.components.found_again == 1).all() and n_trusted(result) == (3, 3)
    monkeypatch.setattr(kept_resamples, "refit", None)  # whoever refits now would fail
    assert Study.load(folder, may_fit=True).results[1].stability.matches.equals(ours.matches)


def test_a_folder_that_is_only_read_is_never_fitted(folder, monkeypatch, tmp_path):
    whole = tmp_path / "whole"
    Study.load(folder, may_fit=True).results[1].stability  # noqa: B018 - kept from here on
    kept_evidence.evidence_of(list(Study.load(folder, may_fit=True)))
    shutil.copytree(folder, whole)
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("resamples", "evidence"))
    monkeypatch.setattr(kept_resamples, "refit", None)
    monkeypatch.setattr(Resampling, "draw", None)
    monkeypatch.setattr(kept_evidence, "evidence_over_k", None)
    read = Study.load(whole)
    assert read.results[1].stability is not None
    assert kept_evidence.evidence_of(list(read)) is not None
    read = Study.load(bare)
    assert read.results[1].stability is None and kept_evidence.evidence_of(list(read)) is None
    assert [advice for *_, advice in advised(read)] == [None]
    assert over_k_section(advised(read), FigureFiles()) is not None
    assert overview_headline(advised(read)) == ""


def test_what_is_torn_or_foreign_is_fitted_again(folder):
    first = Study.load(folder, may_fit=True).results[1].stability
    for content in (b"", b"PK torn", b"x" * 5000):
        for path in (folder / "resamples").glob("*.npz"):
            path.write_bytes(content)
        again = Study.load(folder, may_fit=True).results[1].stability
        np.testing.assert_array_equal(again.H_resampled, first.H_resampled)
    for path in (folder / "resamples").glob("*.npz"):  # whole, of other content
        np.savez(path, congruence=np.ones((6, 3)), fate=np.full((6, 3), 9), H=1, share=1)
    assert Study.load(folder, may_fit=True).results[1].stability.matches.equals(first.matches)


def test_evidence_is_kept_and_read_only_whole(folder, monkeypatch):
    results = list(Study.load(folder, may_fit=True))
    first = kept_evidence.evidence_of(results)
    assert first.table.n_components.tolist() == [1, 2, 3]
    (path,) = (folder / "evidence").glob("*.json")
    text = path.read_text()
    for torn in ("", "{}", text[:-40], text.replace("[", "{", 1), '{"table": {}, "outlying": []}'):
        path.write_text(torn)
        assert kept_evidence.evidence_of(results).table.equals(first.table)
    monkeypatch.setattr(kept_evidence, "evidence_over_k", None)
    again = kept_evidence.evidence_of(results)
    assert again.table.equals(first.table) and again.shape == first.shape


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"name": "jackknife"}, "resample is 'jackknife'; possible: halves"),
        ({"name": "halves", "n_resamples": 0}, "resample.n_resamples is 0"),
        ({"name": "halves", "many": 3}, "resample.many is no setting; possible: name"),
        ({"name": "leave_group_out"}, "needs groups; add resample.groups=FILE"),
        ({"name": "halves", "groups": 3}, "resample.groups is 3"),
    ],
)
def test_a_wrong_request_ends_before_any_work(section, sentence):
    with pytest.raises(RequestError, match=sentence):
        job_from_config(
            {"dataset": "menu", "n_components": 2, "init": "random",
             "solver": "accelerated", "resample": section}
        )  # fmt: skip


def test_how_data_are_drawn_again_does_not_make_another_run():
    usual = {"dataset": "menu", "n_components": 2, "init": "random", "solver": "accelerated"}
    jobs = [job_from_config({**usual, "resample": {"name": n}}) for n in ("none", "bootstrap")]
    runs = [Request.of([job], []).blocks[0]["run"] for job in jobs]
    assert runs[0] == runs[1]
    with pytest.raises(RequestError, match="2 ways of drawing the data again"):
        Request.of(jobs, [])


def test_labels_are_a_line_each(tmp_path):
    path = tmp_path / "donors.txt"
    path.write_text("\ufeffanna\nbert \n\n", encoding="utf-8")
    assert read_labels(path) == ["anna", "bert"]
    with pytest.raises(RequestError, match="cannot be read as labels"):
        read_labels(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"name": "poisson"}, "resample=poisson draws counts, and X has the entry 1.5"),
        ({"name": "bootstrap", "groups": "none.txt"}, "none.txt cannot be read as labels"),
        ({"name": "leave_group_out", "groups": "two.txt"}, "groups has shape"),
    ],
)
def test_data_that_cannot_be_drawn_so_are_refused_before_any_work(tmp_path, section, sentence):
    (tmp_path / "two.txt").write_text("anna\nbert\n")
    np.savetxt(tmp_path / "X.csv", np.eye(5) + 0.5, delimiter=",")
    if "groups" in section:
        section = {**section, "groups": str(tmp_path / section["groups"])}
    config = {
        "dataset": {"name": "file", "path": str(tmp_path / "X.csv")}, "n_components": 2,
        "init": "random", "solver": "accelerated", "results_dir": str(tmp_path),
        "resample": section,
    }  # fmt: skip
    with pytest.raises(RequestError, match=sentence):
        check_job(job_from_config(config))


def test_every_code_has_its_words(folder):
    all_doubts = (
        ("differ", {}), ("outlying", {"n": 2}), ("untried", {"below": 2, "k": 4}),
        ("not_fitted", {"k": 4}), ("kind", {"kind": "continuum"}), ("kind", {"kind": "unsettled"}),
        ("untrusted", {"share": 0.5, "n_distinct": 3}),
        ("untrusted", {"share": 0.5, "n_distinct": 1}), ("coverage", {"missing": 0.1}),
        ("rarely_reached", {"share": 0.2}),
    )  # fmt: skip
    for code, k in (("take", 4), ("at_least", 4), ("exact", 4), ("exact", 1), ("one", 1)):
        advice = Advice(k, code, Opinions(4, 3, 2), "none", "continuum", 0.5, 2, all_doubts)
        data = load_dataset("menu")
        clauses = [advice_sentence(advice), *reasons(advice, data), *doubts(advice)]
        assert all(c and "None" not in c and "nan" not in c for c in clauses)
        assert len(doubts(advice)) >= len(all_doubts)
    nothing = Advice(None, "none", Opinions(None, None, None), "none")
    assert "No k" in advice_sentence(nothing) and "X = X·I" in reasons(nothing, data)[0]


@pytest.mark.parametrize(
    "left, words",
    [
        (0.9, "what k = 5 leaves over has no more order than noise"),
        (1.07, "what k = 5 leaves over has hardly more order than noise"),
        (
            1.57,
            "what k = 5 leaves over has more order than noise (1.57), but no larger k was tried",
        ),
    ],
)
def test_order_that_is_left_over_is_never_called_noise(left, words):
    advice = Advice(5, "at_least", Opinions(5, 5, 5), "all", order_left=left)
    assert reasons(advice, load_dataset("menu"))[0].startswith(f"{words}, ")


def test_trust_names_the_cause_and_what_it_was_held_against(folder):
    result = Study.load(folder, may_fit=True).results[1]
    said = trusted_sentence(result)
    assert said.startswith("Trust all 3") and "random halves of the samples (6 drawings)" in said
    components = result.stability.components.copy()
    components.loc[1, ["other_data", "verdict"]] = "differs", "data"
    components.loc[2, ["other_start", "verdict"]] = "differs", "start+data"
    components.loc[2, "lost_without"] = "anna"
    changed = replace(result)
    changed.__dict__["stability"] = replace(result.stability, components=components)
    said = trusted_sentence(changed)
    assert said.startswith("Trust component 1, against other starts and random halves")
    assert "Not component 2: not found again in random halves" in said
    assert "Not component 3: changes with the start and not found again in random" in said
    assert "Component 3 is lost without anna" in said and n_trusted(changed) == (1, 3)
