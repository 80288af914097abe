"""What is seen of a start on its way is what the start does, and is kept as it was seen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nmfstudy.assess.convergence import convergence_trace, representative
from nmfstudy.datasets import load_dataset
from nmfstudy.fitting.multistart import fit
from nmfstudy.store.job import digest
from nmfstudy.store.traces import load_trace, save_trace

DATA = load_dataset("menu")
X = DATA.X
COLUMNS = ("n_iter", "kkt_residual", "objective")


@pytest.mark.parametrize("solver", ["coordinate_descent", "accelerated"])
def test_the_last_look_is_the_fit_and_the_residual_falls_to_it(solver):
    fits = fit(X, 3, n_starts=4, solver=solver)
    for start in fits:
        seen = convergence_trace(X, fits.problem, fits.search, start.seed)
        for name in COLUMNS:
            assert getattr(seen, name)[-1] == getattr(start, name)
        assert seen.kkt_residual[0] > seen.kkt_residual[-1]
        assert (np.diff(seen.n_iter) >= 0).all() and seen.n_iter[0] <= 8


def test_where_scikit_learn_stops_is_its_own_fit():
    fits = fit(X, 3, n_starts=3)
    theirs = fit(X, 3, n_starts=3, stop="scikit_learn", tol=1e-4, max_iter=200)
    for start, end in zip(fits, theirs, strict=True):
        seen = convergence_trace(X, fits.problem, fits.search, start.seed)
        assert seen.stopped == tuple(getattr(end, name) for name in COLUMNS)
        assert seen.stopped[1] > start.kkt_residual


def test_a_start_that_does_not_converge_is_followed_to_its_last_sweep():
    fits = fit(X, 3, n_starts=2)
    seen = convergence_trace(X, fits.problem, replace(fits.search, max_iter=20), 1)
    assert seen.n_iter[-1] == 20 and seen.kkt_residual[-1] > fits.search.tol


def test_the_start_with_the_median_number_of_sweeps_stands_for_the_others():
    fits = fit(X, 3, n_starts=15)
    seed = representative(X, fits)
    sweeps = fits.n_iter[fits.converged]
    assert (sweeps < fits.n_iter[seed]).sum() <= len(sweeps) / 2
    assert (sweeps > fits.n_iter[seed]).sum() <= len(sweeps) / 2


@pytest.mark.parametrize(
    "asked",
    [
        {"stop": "scikit_learn", "tol": 1e-4},
        {"init": "nndsvda"},
        {"alpha_W": 0.1, "alpha_H": 0.0},
        {"max_iter": 2},
    ],
    ids=str,
)
def test_no_start_is_followed_where_none_stands_for_the_search(asked):
    assert representative(X, fit(X, 3, n_starts=5, **asked)) is None


def test_a_start_that_takes_long_is_not_followed():
    fits = fit(X, 3, n_starts=5)
    slow = replace(fits, n_iter=fits.n_iter * 10**6)
    assert representative(X, fits) is not None and representative(X, slow) is None


@pytest.mark.parametrize("asked", [{}, {"loss": "kullback-leibler", "solver": "scikit_learn"}])
def test_a_trace_comes_back_as_it_was_kept_and_only_for_its_own_search(asked, tmp_path):
    fits = fit(X, 2, n_starts=3, **asked)
    save_trace(tmp_path, DATA, fits)
    kept = load_trace(tmp_path, DATA.sha256, fits.problem, fits.search)
    seen = convergence_trace(X, fits.problem, fits.search, kept.seed)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(kept, name), getattr(seen, name))
    assert (kept.tol, kept.stopped) == (seen.tol, seen.stopped)
    others = (
        ("0" * 64, fits.problem, fits.search),
        (DATA.sha256, replace(fits.problem, n_components=3), fits.search),
        (DATA.sha256, fits.problem, replace(fits.search, tol=1e-8)),
    )
    assert all(load_trace(tmp_path, *other) is None for other in others)


def test_a_trace_that_was_altered_is_none_and_made_again(tmp_path):
    fits = fit(X, 2, n_starts=3)
    save_trace(tmp_path, DATA, fits)
    (path,) = tmp_path.glob("convergence/*.json")
    whole = path.read_text()
    content = json.loads(whole)
    texts = [whole[: len(whole) // 2], "", "{}", "[]", whole.replace("e-", "e-1", 1)]
    for name in content:
        texts += [json.dumps({**content, name: odd}) for odd in (None, [], "x", -1, [[1]], 1e999)]
        texts.append(json.dumps({k: v for k, v in content.items() if k != name}))
    for text in texts:
        path.write_text(text)
        assert load_trace(tmp_path, DATA.sha256, fits.problem, fits.search) is None, text
    save_trace(tmp_path, DATA, fits)
    assert path.read_text() == whole


def test_a_trace_of_other_code_is_made_again_and_one_of_this_code_is_not(tmp_path):
    fits = fit(X, 2, n_starts=3)
    save_trace(tmp_path, DATA, fits)
    (path,) = tmp_path.glob("convergence/*.json")
    whole, time = path.read_text(), path.stat().st_mtime_ns
    save_trace(tmp_path, DATA, fits)
    assert path.stat().st_mtime_ns == time
    content = {**json.loads(whole), "code": "0" * 16}
    del content["sha256"]
    path.write_text(json.dumps({**content, "sha256": digest(content, 64)}))
    assert load_trace(tmp_path, DATA.sha256, fits.problem, fits.search) is not None
    save_trace(tmp_path, DATA, fits)
    assert path.read_text() == whole
