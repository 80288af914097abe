import pytest

from nmfstudy.store.job import Analysis, config_of, job_from_config
from nmfstudy.util.errors import RequestError

BASE = {
    "dataset": {"name": "menu"},
    "init": {"name": "random"},
    "solver": {"name": "coordinate_descent", "tol": 1e-9, "max_iter": 100, "stop": "kkt"},
    "n_components": 3,
}


def job(**changes):
    return job_from_config({**BASE, **changes})


def test_a_recorded_configuration_gives_the_same_job():
    first = job(penalty={"name": "l1", "alpha_W": 0.1, "alpha_H": "same", "l1_ratio": 1.0}, seed=7)
    again = job_from_config(config_of(first))
    assert again.problem == first.problem
    assert again.search == first.search
    assert config_of(again) == config_of(first)


@pytest.mark.parametrize(
    "penalty",
    [
        {"name": "none"},
        {"name": "ridge", "alpha_W": 0.1, "alpha_H": 0.0},
        {"name": "elastic", "alpha_W": 0.1, "l1_ratio": 0.3},
        {"name": "scale_free_H", "strength": 0.2},
    ],
    ids=lambda p: p["name"],
)
def test_every_penalty_survives_recording(penalty):
    first = job(penalty=penalty)
    assert job_from_config(config_of(first)).problem == first.problem


def test_an_adaptive_job_needs_factors_to_count():
    job(n_starts="auto", record="solutions")
    with pytest.raises(RequestError, match="record is 'none', which leaves nothing to count"):
        job(n_starts="auto", record="none")


def test_blocks_are_cut_at_multiples_so_that_more_starts_only_add():
    assert list(job(seed=0, n_starts=250).blocks()) == [(0, 100), (100, 100), (200, 50)]
    assert list(job(seed=150, n_starts=100).blocks()) == [(150, 50), (200, 50)]
    assert list(job(seed=3, n_starts=4, block=2).blocks()) == [(3, 1), (4, 2), (6, 1)]
    few, many = (set(job(n_starts=n).blocks()) for n in (300, 500))
    assert few < many


def test_blocks_cover_every_seed_once():
    for seed, n, size in ((0, 1, 1), (7, 95, 10), (99, 2, 100), (5, 333, 64)):
        blocks = job(seed=seed, n_starts=n, block=size).blocks()
        seeds = [s for first, count in blocks for s in range(first, first + count)]
        assert seeds == list(range(seed, seed + n))


def test_blocks_are_counted_without_being_listed():
    for seed, n, size in ((0, 1, 1), (7, 95, 10), (99, 2, 100), (5, 333, 64), (0, 200, 100)):
        asked = job(seed=seed, n_starts=n, block=size)
        assert asked.n_blocks == len(list(asked.blocks()))
    assert job(n_starts=4 * 10**9, block=1).n_blocks == 4 * 10**9
    assert job(n_starts="auto").n_blocks == job(init={"name": "nndsvd"}, n_starts=999).n_blocks == 1


def test_a_deterministic_init_is_one_start_and_auto_is_endless():
    assert list(job(init={"name": "nndsvd"}, seed=5, n_starts=50).blocks()) == [(0, 1)]
    endless = job(n_starts="auto").blocks()
    assert [next(endless) for _ in range(3)] == [(0, 100), (100, 100), (200, 100)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"foo": 1}, "foo is no setting; possible: study_name"),
        ({"penalty": {"name": "l1", "alpha": 1}}, "penalty.alpha is no setting"),
        ({"analysis": {"tol": 1}}, "analysis.tol is no setting"),
        ({"analysis": {"kkt_tol": -1}}, "analysis.kkt_tol is -1"),
        ({"n_components": 0}, "n_components is 0; possible: an integer >= 1"),
        ({"n_components": 2.5}, "n_components is 2.5"),
        ({"n_components": True}, "n_components is True"),
        ({"n_components": None}, "n_components is None"),
        ({"loss": "l2"}, "loss is 'l2'; possible: frobenius"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": "a"}, "seed is 'a'"),
        ({"seed": 2**32, "n_starts": 1}, r"seed \+ n_starts is 4294967297"),
        ({"n_starts": 0}, "n_starts is 0"),
        ({"n_starts": "many"}, "n_starts is 'many'; possible: an integer >= 1, auto"),
        ({"block": 0}, "block is 0"),
        ({"record": "some"}, "record is 'some'; possible: all, solutions, none"),
        ({"study_name": "a/b"}, "study_name is 'a/b'"),
        ({"study_name": ".."}, r"study_name is '\.\.'"),
        ({"study_name": ""}, "study_name is ''; possible: the name of a folder"),
        ({"study_name": ["a"]}, r"study_name is \['a'\]; possible: the name of a folder"),
        ({"study_name": {"a": "b"}}, "study_name is {'a': 'b'}; possible: the name of a folder"),
        ({"study_name": "a\0b"}, r"study_name is 'a\\x00b'; possible: .* without control"),
        ({"study_name": "a\nb"}, r"study_name is 'a\\nb'; possible: .* without control"),
        ({"study_name": "ü" * 101}, "study_name is 'ü+.*; possible: up to 200 bytes"),
        ({"results_dir": None}, "results_dir is None; possible: the name of a folder"),
        ({"results_dir": ["a"]}, r"results_dir is \['a'\]"),
        ({"analysis": None}, "analysis is None; possible: distance_tol, objective_rtol, kkt_tol"),
        ({"analysis": 3}, "analysis is 3; possible: distance_tol"),
        ({"analysis": {"distance_tol": 0}}, "analysis.distance_tol is 0; possible: a number > 0"),
        ({"analysis": {"kkt_tol": 0}}, "analysis.kkt_tol is 0; possible: a number > 0"),
        ({"penalty": {"name": "elastic", "l1_ratio": None}}, "penalty.l1_ratio is None; possible"),
        ({"penalty": {"name": "scale_free_W", "strength": None}}, "penalty.strength is None"),
        ({"penalty": {"name": "none", "l1_ratio": 0.5}}, "penalty.l1_ratio is 0.5 but"),
        ({"penalty": None}, "penalty is None; possible: a name"),
        ({"init": {"name": 3}}, "init.name is 3; possible: a name"),
        ({"init": {"name": "custom", "W": 3}}, "init.W is 3; possible: the name of a file"),
        ({"solver": {"name": "x", "tol": 0}}, "solver.tol is 0; possible: a number > 0"),
        (
            {"solver": {"name": "x", "max_iter": 10**20}},
            "solver.max_iter is 10+; possible",
        ),
        ({"dataset": 3}, "dataset is 3"),
        ({"dataset": {"path": "x"}}, "possible: a name, or a mapping with a name"),
        ({"solver": {"name": "x", "tol": -1}}, "tol is -1"),
        ({"solver": {"name": "x", "max_iter": 0}}, "max_iter is 0"),
        ({"solver": {"name": "x", "stop": "now"}}, "solver.stop is 'now'; possible: kkt"),
    ],
)
def test_impossible_configurations_are_refused(changes, message):
    with pytest.raises(RequestError, match=message):
        job(**changes)


def test_a_missing_section_is_named():
    with pytest.raises(RequestError, match="the configuration lacks solver"):
        job_from_config({k: v for k, v in BASE.items() if k != "solver"})


def test_the_studys_folder_is_named_after_the_dataset_or_its_file():
    assert job().folder.as_posix() == "results/menu"
    assert job(dataset={"name": "file", "path": "a/my data.csv.gz"}).study_name == "my data"
    assert job(study_name="x", results_dir="/tmp").folder.as_posix() == "/tmp/x"


def test_the_default_tolerances_are_those_documented():
    assert Analysis() == Analysis(distance_tol=1e-3, objective_rtol=None, kkt_tol=1e-9)
