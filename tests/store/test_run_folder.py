import json

import numpy as np
import pytest

from nmfstudy.datasets import load_dataset
from nmfstudy.model.fits import Fits
from nmfstudy.store import (
    RUN_COLUMNS,
    Run,
    code_version,
    find_runs,
    is_finished,
    load_data,
    problem_key,
    run_id,
    save_data,
)
from nmfstudy.store.identity import run_folder
from nmfstudy.store.job import job_from_config
from nmfstudy.sweep.execution import execute


def a_job(tmp_path, **changes):
    config = {
        "dataset": {"name": "menu"},
        "init": {"name": "random"},
        "solver": {"name": "coordinate_descent"},
        "n_components": 3,
        "n_starts": 6,
        "results_dir": str(tmp_path),
    }
    return job_from_config({**config, **changes})


def test_what_was_fitted_is_read_back_bit_for_bit(tmp_path):
    from nmfstudy.fitting.multistart import fit_starts

    job = a_job(tmp_path)
    (block,) = execute(job)
    run = Run.load(job.folder / "runs" / block.run)
    fresh = fit_starts(load_dataset("menu").X, job.problem, job.search, range(6))
    assert isinstance(run.fits, Fits)
    exact = "W H objective kkt_residual relative_error n_iter converged stop_reason seed zeros_W"
    for name in [*exact.split(), "n_dead"]:
        np.testing.assert_array_equal(getattr(run.fits, name), getattr(fresh, name), err_msg=name)
    header = (run.folder / "starts.csv").read_text().splitlines()[0]
    assert header.split(",") == RUN_COLUMNS


def test_a_finished_run_is_not_done_again_and_more_starts_only_add(tmp_path):
    (first,) = execute(a_job(tmp_path, block=6))
    again = execute(a_job(tmp_path, block=6, n_starts=15))
    assert [b.fitted for b in again] == [False, True, True]
    assert again[0].run == first.run
    assert not any(b.fitted for b in execute(a_job(tmp_path, block=6, n_starts=15)))


def test_identity_is_content(tmp_path):
    sha = load_dataset("menu").sha256

    def identity(block=(0, 6), data=sha, **changes):
        return run_id(a_job(tmp_path, **changes), block, data)

    base = identity()
    same = [
        identity(results_dir="elsewhere"),
        identity(study_name="other"),
        identity(n_starts=1000),
        identity(analysis={"distance_tol": 0.5}),
        identity(penalty={"name": "ridge", "alpha_W": 0.0}),
    ]
    assert set(same) == {base}
    other = [
        identity(block=(0, 7)),
        identity(data=sha[::-1]),
        identity(n_components=4),
        identity(penalty={"name": "ridge", "alpha_W": 0.1}),
        identity(solver={"name": "coordinate_descent", "tol": 1e-8}),
        identity(init={"name": "nndsvdar"}),
        identity(loss="kullback-leibler"),
        identity(record="none"),
    ]
    assert len({base, *other}) == 1 + len(other)
    one = [identity(init={"name": "nndsvd"}, block=b) for b in ((0, 1), (7, 1))]
    assert one[0] == one[1]


def test_problem_keys_tell_problems_apart_and_not_searches(tmp_path):
    def key(data="a" * 64, **changes):
        return problem_key(a_job(tmp_path, **changes), "menu", data)

    assert key() == key(seed=5, init={"name": "nndsvd"}, solver={"name": "scikit_learn"})
    assert key().startswith("menu-k3-")
    assert "ridge_0.1-" in key(penalty={"name": "ridge", "alpha_W": 0.1})
    assert "l1_0.1_0-" in key(penalty={"name": "l1", "alpha_W": 0.1, "alpha_H": 0.0})
    assert "elastic_0.1_l1_ratio0.5-" in key(
        penalty={"name": "elastic", "alpha_W": 0.1, "l1_ratio": 0.5}
    )
    assert "scale_free_W_0.2-" in key(penalty={"name": "scale_free_W", "strength": 0.2})
    assert "-kullback-leibler-" in key(loss="kullback-leibler")
    assert key() != key(data="b" * 64)


@pytest.mark.parametrize("name", ["../up", "a/b", "", "é", ".."])
def test_a_run_folder_cannot_lie_elsewhere(name, tmp_path):
    with pytest.raises(ValueError, match="is no run id"):
        run_folder(tmp_path, name)


def test_code_version_changes_with_a_users_own_solver_file(tmp_path, monkeypatch):
    (tmp_path / "own_solver_v.py").write_text("class Mine: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    code_version.cache_clear()
    first = code_version("own_solver_v:Mine")
    (tmp_path / "own_solver_v.py").write_text("class Mine: x = 1\n")
    code_version.cache_clear()
    assert code_version("own_solver_v:Mine") != first != code_version()
    code_version.cache_clear()


@pytest.fixture
def finished(tmp_path):
    job = a_job(tmp_path)
    (block,) = execute(job)
    return job.folder, job.folder / "runs" / block.run


def damage_factors(run):
    data = bytearray((run / "factors.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (run / "factors.npz").write_bytes(bytes(data))


def edit_info(**changes):
    def edit(run):
        info = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**info, **changes}))

    return edit


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damage_factors, "factors.npz is not what was written"),
        (lambda run: (run / "factors.npz").write_bytes(b""), "factors.npz is not what was written"),
        (lambda run: (run / "factors.npz").unlink(), "factors.npz cannot be read"),
        (
            lambda run: (run / "starts.csv").write_text("a,b\n"),
            "starts.csv is not what was written",
        ),
        (lambda run: (run / "run.json").unlink(), "it is not finished"),
        (lambda run: (run / "run.json").write_text('{"id": '), ""),
        (lambda run: (run / "run.json").write_text("{}"), "run.json lacks id"),
        (edit_info(id="0" * 16), "run.json is of another run"),
        (edit_info(config={"solver": "os:system"}), "its configuration is none of ours"),
        (edit_info(config=7), "its configuration is none of ours"),
        (edit_info(files={"../../../etc/passwd": "0"}), "a files that is none of ours"),
    ],
)
def test_damaged_and_foreign_folders_are_listed_and_never_half_read(finished, damage, reason):
    from nmfstudy import RequestError, Study

    folder, run = finished
    damage(run)
    with pytest.raises(RequestError, match="holds no finished run"):
        Study.load(folder)
    runs, skipped = find_runs(folder)
    found = [why for _, why in skipped]
    for one in runs:
        with pytest.raises(ValueError) as caught:
            one.fits  # noqa: B018
        found.append(str(caught.value))
    assert len(found) == 1
    assert reason in found[0]


def test_a_torn_run_is_fitted_again(finished, tmp_path):
    folder, run = finished
    (run / "run.json").write_text("")
    assert not is_finished(folder, run.name)
    (block,) = execute(a_job(tmp_path))
    assert block.fitted
    assert is_finished(folder, run.name)


def test_recorded_configs_import_nothing(finished, tmp_path, monkeypatch):
    (tmp_path / "evil_solver.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder, run = finished
    info = json.loads((run / "run.json").read_text())
    info["config"]["solver"]["name"] = "evil_solver:Evil"
    (run / "run.json").write_text(json.dumps(info))
    from nmfstudy import Study
    from nmfstudy.sweep.verification import verify

    assert len(Study.load(folder)) == 1
    assert verify(folder).outcome.tolist() == ["not possible"]


@pytest.mark.parametrize("record", ["all", "solutions", "none"])
def test_records_keep_what_they_say(tmp_path, record):
    job = a_job(tmp_path, record=record, n_starts=20)
    (block,) = execute(job)
    fits = Run.load(job.folder / "runs" / block.run).fits
    assert len(fits) == 20
    assert fits.has_factors.all() if record != "none" else not fits.has_factors.any()
    assert len(fits.W) == {"all": 20, "solutions": len(np.unique(fits.row)), "none": 0}[record]
    assert (fits.zeros_W > 0).all()  # counted when the factors were there
    size = (job.folder / "runs" / block.run / "factors.npz").stat().st_size
    assert size > 4800 if record == "all" else size < 4000


def test_a_study_that_keeps_solutions_counts_the_same(tmp_path):
    from nmfstudy import Study
    from nmfstudy.sweep.verification import verify

    def swept(record):
        # Three minima; those that recur within a block of 20 are kept once in it.
        config = {"dataset": {"name": "laurberg", "alpha": 0.4}, "n_starts": 40, "block": 20}
        job = a_job(tmp_path, record=record, results_dir=str(tmp_path / record), **config)
        execute(job)
        return Study.load(job.folder)

    full, few = swept("all"), swept("solutions")
    kept = few.results[0].searches[0]
    assert len(kept) == 40 and len(kept.W) < 20
    exact = "n_converged n_near_optimal n_best n_distinct n_minima kind coverage chao1 best_share"
    for name in exact.split():
        assert few.problems[name].tolist() == full.problems[name].tolist(), name
    assert few.starts.minimum.tolist() == full.starts.minimum.tolist()
    assert few.starts.zeros_W.tolist() == full.starts.zeros_W.tolist()
    assert few.shares.equals(full.shares.assign(problem=few.shares.problem))
    assert verify(few.folder).outcome.tolist() == ["equal", "equal"]


def test_data_are_kept_by_content_and_checked(tmp_path):
    data = load_dataset("menu")
    save_data(tmp_path, data)
    back = load_data(tmp_path, data.sha256)
    np.testing.assert_array_equal(back.X, data.X)
    assert back.column_names == data.column_names
    np.testing.assert_array_equal(back.truth.W, data.truth.W)
    (folder,) = (tmp_path / "data").iterdir()
    damage = bytearray((folder / "data.npz").read_bytes())
    damage[300] ^= 255
    (folder / "data.npz").write_bytes(bytes(damage))
    with pytest.raises(ValueError):
        load_data(tmp_path, data.sha256)
    with pytest.raises(ValueError, match="is no sha256"):
        load_data(tmp_path, "../../etc")


def test_sparse_data_are_kept_sparse(tmp_path):
    from scipy import sparse

    from nmfstudy.datasets import Dataset

    X = sparse.random_array((30, 20), density=0.1, rng=np.random.default_rng(0), format="csr")
    data = Dataset("s", X)
    save_data(tmp_path, data)
    back = load_data(tmp_path, data.sha256).X
    assert sparse.issparse(back)
    np.testing.assert_array_equal(back.toarray(), data.X.toarray())
