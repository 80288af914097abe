import itertools
import shlex

import pytest
from hydra import compose, initialize_config_dir, version
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser

from nmfstudy.store.job import job_from_config
from nmfstudy.sweep.composing import BASE, plain_config, plan
from nmfstudy.sweep.overrides import CONF
from nmfstudy.util.errors import RequestError

PRESETS = sorted(path.stem for path in (CONF / "study").glob("*.yaml"))


def own_data(tmp_path):
    """What the presets on one's own data need besides their name."""
    path = tmp_path / "X.csv"
    path.write_text("1,2,3\n4,5,6\n7,8,10\n2,2,1\n")
    return [f"dataset.path={path}"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_composes_and_names_its_folder(preset, tmp_path):
    """After itself, or after the file."""
    extra = own_data(tmp_path) if preset.startswith("my") else []
    asked = plan([f"study={preset}", *extra])
    assert asked.launcher == "basic"
    assert {job.study_name for job in asked.jobs} == {"X" if extra else preset}


@pytest.mark.parametrize(
    "line",
    [
        "n_components=2,3,4 init=random,nndsvd",
        "seed=range(0,300,100) n_starts=100 dataset=menu",
        "penalty=ridge,l1 penalty.alpha_W=0.1,0.2 dataset=laurberg dataset.alpha=0.3,0.4",
        "solver.tol=1e-6 n_components=choice(2,3)",
        "dataset=planted dataset.n=7 +analysis={} n_components=2",
    ],
)
def test_jobs_are_those_that_hydra_itself_would_run(line):
    """Composing by groups is a shortcut; here every job is composed in full as well."""
    strings = [text for text in shlex.split(line) if not text.startswith("+")]
    fast = plan(strings, multirun=True).jobs
    with initialize_config_dir(str(CONF), **BASE):
        parsed = OverridesParser.create().parse_overrides(strings)
        values = [o.sweep_string_iterator() if o.is_sweep_override() else None for o in parsed]
        texts = [
            [f"{o.key_or_group}={v}" for v in vs] if vs else [o.input_line]
            for o, vs in zip(parsed, values, strict=True)
        ]
        batch = itertools.product(*texts)
        slow = [job_from_config(plain_config(compose("config", list(job)))) for job in batch]
    assert list(fast) == slow


def test_what_the_user_gives_wins_over_the_preset():
    asked = plan(["study=smoke", "n_starts=3", "solver.max_iter=77"])
    assert {job.n_starts for job in asked.jobs} == {3}
    assert {job.search.max_iter for job in asked.jobs} == {77}
    assert {job.study_name for job in plan(["study=smoke", "study_name=other"]).jobs} == {"other"}


def test_another_choice_of_a_group_replaces_what_the_preset_sets_in_it(tmp_path):
    extra = own_data(tmp_path)
    for solver, options in (("coordinate_descent", {}), ("accelerated", {"warmup": 20})):
        asked = plan(["study=mydata", *extra, f"solver={solver}"])
        assert {job.search.solver for job in asked.jobs} == {solver}
        assert all(job.search.options == options for job in asked.jobs)
    kept = plan(["study=mydata", *extra, "solver.tol=1e-8"])
    assert {job.search.tol for job in kept.jobs} == {1e-8}
    assert {job.search.options["warmup"] for job in kept.jobs} == {100}


def test_kkt_tolerance_follows_the_solver_unless_given():
    (job,) = plan(["solver.tol=1e-7"]).jobs
    assert job.analysis.kkt_tol == 1e-7
    (job,) = plan(["solver.tol=1e-7", "analysis.kkt_tol=1e-5"]).jobs
    assert job.analysis.kkt_tol == 1e-5


def test_other_losses_have_a_tolerance_that_their_updates_can_reach():
    for loss, tol in (("frobenius", 1e-9), ("kullback-leibler", 1e-6)):
        (job,) = plan(["solver=scikit_learn", f"loss={loss}"]).jobs
        assert job.search.tol == job.analysis.kkt_tol == tol
    (job,) = plan(["loss=kullback-leibler"]).jobs
    assert (job.search.solver, job.search.tol) == ("newton", 1e-9)
    (job,) = plan(["solver=scikit_learn", "solver.tol=1e-5"]).jobs
    assert job.search.tol == 1e-5


def test_swept_seeds_are_single_starts_and_a_hint_says_so():
    asked = plan(["seed=0,1,2"], multirun=True)
    assert [(job.seed, job.n_starts) for job in asked.jobs] == [(0, 1), (1, 1), (2, 1)]
    assert len(asked.hints) == 1
    assert not plan(["seed=0,100", "n_starts=100"], multirun=True).hints


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["n_component=3"], "n_component is no setting; possible: .*n_components"),
        (["penalty.alpha=3"], "penalty.alpha is no setting; possible: name, alpha_W"),
        (["solver.foo=1"], "solver.foo is no setting; possible: name, tol"),
        (["+foo=1"], "foo is no setting; possible: study_name"),
        (["dataset=foo"], "dataset is 'foo'; possible: all_aml, basket, breast_genomes, circ3"),
        (["init=foo"], "init is 'foo'; possible: custom, nndsvd"),
        (["hydra/launcher=foo"], "hydra/launcher is 'foo'; possible: basic"),
        (["study=foo"], "study is 'foo'; possible: discussion"),
        (["study=[a]"], r"study is \['a'\]"),
        (["study=smoke,discussion"], "lists several values; possible: one"),
        (["dataset=[menu,digits]"], "dataset is"),
        (["dataset=null"], "dataset is None; possible: all_aml, basket"),
        (["~dataset"], "'~dataset' is no override; possible: KEY=VALUE"),
        (["~dataset=menu"], "'~dataset=menu' changes what there is to set"),
        (["n_components=2,3"], "'n_components=2,3' lists several values; possible: .* -m"),
        (["a b c"], "'a b c' is no override; possible: KEY=VALUE"),
        (["=3"], "'=3' is no override; possible: KEY=VALUE"),
        (["dataset.path=X (1).csv"], "possible: quotes within"),
        (["n_components=${foo}"], r"'\${foo}' cannot be resolved; possible: "),
        (["init=custom"], "init.W is missing; possible: init.W="),
        (["hydra.foo=3"], "'hydra.foo=3' is read by nothing; possible: hydra/launcher=NAME"),
        (["cluster=huge"], "cluster is 'huge'; possible: large, small"),
        (["cluster.core=3"], "cluster.core"),
        (["cluster.cores=1,2"], "lists several values; possible: one"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_answered_in_one_sentence(overrides, message):
    with pytest.raises(RequestError, match=message) as caught:
        plan(overrides)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("group", ["dataset", "init", "solver", "penalty"])
def test_every_member_of_a_group_has_its_file_and_the_other_way_round(group):
    from nmfstudy.datasets import DATASETS
    from nmfstudy.fitting.inits import INITS
    from nmfstudy.fitting.solvers import SOLVERS
    from nmfstudy.model.penalties import PENALTIES

    solvers = {*SOLVERS, "default"}  # by the loss
    members = {"dataset": DATASETS, "init": INITS, "solver": solvers, "penalty": PENALTIES}
    assert {path.stem for path in (CONF / group).glob("*.yaml")} == set(members[group])


def test_a_callers_own_hydra_is_as_before(tmp_path):
    (tmp_path / "config.yaml").write_text("a: 1\n")
    own = {"version_base": "1.2"} if BASE else {}  # what a caller can still say
    with initialize_config_dir(str(tmp_path), **own):
        before = version.getbase()
        assert plan(["dataset=menu", "n_components=3"]).jobs
        with pytest.raises(RequestError, match="n_components"):
            plan(["n_components=0"])
        assert compose("config", overrides=["a=2"]).a == 2
        assert version.getbase() == before and (not own or str(before) == "1.2")
    assert not GlobalHydra.instance().is_initialized()
    assert plan(["dataset=menu"]).jobs and not GlobalHydra.instance().is_initialized()
