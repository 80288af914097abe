"""Which factors are kept changes no count, and what is not kept takes no memory."""

import os
import subprocess
import sys
import textwrap
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_fits import draw_minima, make_fits

import nmfstudy as ns
from nmfstudy.fitting.keeping import RECORDS, keep_none, keep_solutions
from nmfstudy.model.distance import distance
from nmfstudy.model.fits import concatenate
from nmfstudy.report.words_on_kind import kind_sentence
from nmfstudy.solutions.plateau import noise_floor


def planted(rng, counts=(20, 10, 5, 1, 1), noise=1e-9):
    """Fits that are apart by less than their noise floor of 1e-6 within each minimum."""
    W, H, which = draw_minima(rng, counts, noise=noise)
    return make_fits(W, H, objective=1.0 + which, scale=2.0, kkt_residual=1e-9, n_iter=1000)


def cut(fits, at):
    """The fits in consecutive parts."""
    bounds = [0, *sorted(set(at)), len(fits)]
    return [fits[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True) if b > a]


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 36), max_size=4))
@settings(max_examples=30, deadline=None)
def test_keeping_solutions_changes_no_count(seed, at):
    fits = planted(np.random.default_rng(seed))
    kept = keep_solutions(cut(fits, at))
    assert len(kept) == 37 and len(kept.W) == len(kept.H) == 5
    full, few = ns.distinct_solutions(fits), ns.distinct_solutions(kept)
    for name in ("labels", "counts", "objective", "near_optimal", "best"):
        np.testing.assert_array_equal(getattr(few, name), getattr(full, name), err_msg=name)
    assert (few.kind, few.coverage) == (full.kind, full.coverage)
    assert few.noise_floor == full.noise_floor == pytest.approx(1e-6)
    tolerances = np.logspace(-5.9, 0, 50)
    np.testing.assert_array_equal(few.curve(tolerances)[1], full.curve(tolerances)[1])
    np.testing.assert_allclose(few.nearest, full.nearest, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-7, 1e-6, 1e-3]))
@settings(max_examples=30, deadline=None)
def test_a_fit_is_near_the_factors_that_stand_for_it(seed, noise):
    fits = planted(np.random.default_rng(seed), noise=noise)
    kept = keep_solutions(cut(fits, [9, 20]))
    radius = noise_floor(fits.kkt_residual, fits.n_iter, fits.step, slice(None)) / 4
    for own, shared in zip(fits, kept, strict=True):
        assert distance((own.W, own.H), (shared.W, shared.H), scale=2.0) <= radius * (1 + 1e-6)
    first = np.unique(kept.row, return_index=True)[1]
    for row, i in enumerate(first):  # The first fit with a row is the one that made it.
        np.testing.assert_array_equal(kept.W[row], fits.W[i])
        for other in range(row):
            pair = (kept.W[row], kept.H[row]), (kept.W[other], kept.H[other])
            assert distance(*pair, scale=2.0) > radius * (1 - 1e-6)


def test_unconverged_fits_and_saddles_keep_no_factors(rng):
    fits = planted(rng)
    fits.converged[3], fits.stop_reason[5] = False, "saddle"
    kept = keep_solutions([fits])
    assert np.flatnonzero(kept.row < 0).tolist() == [3, 5]
    assert np.isnan(kept[3].W).all() and np.isnan(kept[3].H).all()
    assert kept.has_factors.sum() == 35
    fits.converged[:] = False
    assert len(keep_solutions([fits]).W) == 0


def test_fits_by_another_rule_share_only_copies(rng):
    from nmfstudy.model.problem import Search

    W, H, _ = draw_minima(rng, [10], noise=1e-6)
    W, H = np.concatenate([W, 2 * W[:3]]), np.concatenate([H, H[:3] / 2])
    for stop, rows in (("kkt", 1), ("scikit_learn", 10)):
        fits = make_fits(W, H, kkt_residual=1e-6, search=Search(stop=stop, tol=1e-4))
        assert len(keep_solutions([fits]).W) == rows


def test_of_a_continuum_every_fit_is_kept():
    fits = ns.fit(ns.load_dataset("menu"), 4, n_starts=40)
    kept = ns.fit(ns.load_dataset("menu"), 4, n_starts=40, record="solutions")
    full, few = ns.distinct_solutions(fits), ns.distinct_solutions(kept)
    assert full.kind == few.kind == "continuum"
    assert len(kept.W) == fits.converged.sum() == full.n_minima == few.n_minima


def test_without_factors_the_values_stay_and_nothing_is_counted(rng):
    fits = planted(rng)
    kept = keep_none(cut(fits, [8]))
    assert kept.W.shape == (0, *fits.W.shape[1:]) and not kept.has_factors.any()
    for name in ("objective", "kkt_residual", "zeros_W", "zeros_H", "n_dead", "seed"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(fits, name))
    solutions = ns.distinct_solutions(kept)
    assert solutions.n_minima == 0 and solutions.kind == "unsettled"
    assert kind_sentence(solutions) == "The factors of the 37 converged fits were not recorded."


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_choosing_and_joining_fits_leaves_each_its_factors(data):
    fits = planted(np.random.default_rng(data.draw(st.integers(0, 999))))
    fits.converged[data.draw(st.integers(0, 36))] = False
    kept = keep_solutions([fits])
    some = np.array(data.draw(st.lists(st.integers(0, 36), unique=True)), dtype=int)
    joined = concatenate([kept[some], kept[np.setdiff1d(np.arange(37), some)]])
    assert len(kept[some].W) == len(np.unique(kept.row[some][kept.row[some] >= 0]))
    for fit in joined:
        np.testing.assert_array_equal(fit.W, kept[fit.seed].W)
        np.testing.assert_array_equal(fit.H, kept[fit.seed].H)


@pytest.mark.parametrize("record", ["solutions", "none"])
def test_parts_are_let_go_on_the_way(record, rng):
    alive = []

    def parts():
        for i in range(6):
            part = planted(rng, counts=[8])
            part = part.__class__(**{**vars(part), "seed": part.seed + 8 * i})
            alive.append(weakref.ref(part.W))
            yield part
            del part
            assert sum(ref() is not None for ref in alive) <= 2

    assert len(RECORDS[record](parts())) == 48


def test_what_is_not_kept_takes_no_memory():
    """1,200 starts whose factors take 77 MB, of one component, so that all converge at once."""
    code = """
        from pathlib import Path
        import numpy as np, nmfstudy as ns
        from nmfstudy.fitting import multistart

        def megabytes(field):
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024

        multistart._BATCH_BYTES = 2**23
        rng = np.random.default_rng(0)
        X = np.outer(rng.random(8_000), [1.0, 2.0])
        for record in ("none", "solutions"):  # whatever has to be compiled first
            ns.fit(X, 1, n_starts=20, record=record)
        before = megabytes("VmRSS")
        for record in ("none", "solutions", "all"):
            fits = ns.fit(X, 1, n_starts=1_200, record=record)
            assert fits.converged.all() and len(fits) == 1_200
            print(len(fits.W), megabytes("VmHWM") - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=alone)
    kept, more = np.array([line.split() for line in done.stdout.splitlines()], dtype=float).T
    assert kept.tolist() == [0, 1, 1_200]
    assert more[0] < 38 and more[1] < 38 and more[2] > 77  # batches take some, by what malloc does


def test_what_cannot_be_kept_is_refused():
    sentence = "record is 'best'; possible: all, solutions, none"
    with pytest.raises(ns.RequestError, match=sentence):
        ns.fit(np.eye(3), 2, record="best")
