import json
import os
import time

import pytest

from nmfstudy.store import heartbeat
from nmfstudy.store.heartbeat import HeartbeatWriter, forget_the_dead, signs_of_life


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "FIRST", 0.01)
    monkeypatch.setattr(heartbeat, "EVERY", 0.01)


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def a_sign(folder, **changes):
    sign = {"run": "ab12", "problem": "menu", "n_starts": 5, "n_done": 1}
    sign |= {"host": "elsewhere", "pid": 7, **changes}
    path = folder / "running" / f"{sign['host']}-{sign['pid']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(sign))
    return path


def test_a_job_says_what_it_fits_and_takes_its_sign_away(tmp_path, quick):
    with HeartbeatWriter(tmp_path) as sign:
        assert signs_of_life(tmp_path) == []
        sign.begin("ab12", "menu-k3", 50)
        sign.advance(20)
        sign.advance(1)
        wait_for(lambda: [s.n_done for s in signs_of_life(tmp_path)] == [21])
        (seen,) = signs_of_life(tmp_path)
        assert (seen.run, seen.problem, seen.n_starts) == ("ab12", "menu-k3", 50)
        assert seen.pid == os.getpid()
    assert os.listdir(tmp_path) == []


def test_a_short_job_leaves_nothing(tmp_path):
    with HeartbeatWriter(tmp_path) as sign:
        sign.begin("ab12", "menu-k3", 50)
    assert os.listdir(tmp_path) == []


def test_a_job_without_a_place_for_signs_goes_on(tmp_path, quick):
    (tmp_path / "running").write_text("in the way")
    with HeartbeatWriter(tmp_path) as sign:
        sign.begin("ab12", "menu-k3", 50)
        time.sleep(0.1)
    assert (tmp_path / "running").read_text() == "in the way"


def test_who_is_silent_for_long_does_not_run(tmp_path):
    silent, lively = a_sign(tmp_path, pid=8), a_sign(tmp_path, pid=9)
    long_ago = time.time() - 2 * heartbeat.LOST
    os.utime(silent, (long_ago, long_ago))
    assert [sign.pid for sign in signs_of_life(tmp_path)] == [9]
    forget_the_dead(tmp_path)
    assert lively.exists() and not silent.exists()
    lively.unlink()
    forget_the_dead(tmp_path)
    assert not (tmp_path / "running").exists()


def test_jobs_of_hosts_with_one_name_and_one_process_id_are_two(tmp_path, quick):
    """As of containers, where every job may be process 1."""
    with HeartbeatWriter(tmp_path) as first, HeartbeatWriter(tmp_path) as second:
        first.begin("ab12", "menu-k3", 50)
        second.begin("cd34", "menu-k3", 50)
        wait_for(lambda: len(signs_of_life(tmp_path)) == 2)
        forget_the_dead(tmp_path)
        assert {sign.run for sign in signs_of_life(tmp_path)} == {"ab12", "cd34"}


def test_a_job_on_a_host_that_starts_no_thread_goes_on_without_signs(tmp_path, no_threads):
    with HeartbeatWriter(tmp_path) as sign:
        sign.begin("ab12", "menu-k3", 50)
        sign.advance(50)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [{"pid": 2**70}, {"pid": "7"}, {"n_done": None}, {"n_done": 1.5}, {"run": "\x1b[2J"}, {"x": 1}],
    ids=str,
)
def test_what_is_no_sign_of_ours_is_passed_over(changes, tmp_path):
    path = a_sign(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert signs_of_life(tmp_path) == []
    path.write_text("[" * 10**5)
    assert signs_of_life(tmp_path) == []
    path.unlink()
    path.symlink_to("/etc/hostname")
    assert signs_of_life(tmp_path) == []
