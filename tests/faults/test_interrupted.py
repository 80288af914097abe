import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_sweeps import a_job, content, last_line, start

from nmfstudy.sweep.execution import execute

GO_ON = "nmfstudy: interrupted; the same command goes on where it stopped"
LONG = "-m dataset=digits n_components=16 n_starts=400 block=2 study_name=small".split()


def interrupted(folder, moment, **options):
    """What a sweep says, its status, and the seconds and CPU seconds it took after Ctrl-C."""
    process = start(folder, **options)
    begun = time.monotonic()
    while not moment(begun):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    begun, busy = time.monotonic(), cpu_seconds(process.pid)
    with process.stdout:
        said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    late = time.monotonic() - begun
    return said, process.returncode, late, used.ru_utime + used.ru_stime - busy


def cpu_seconds(pid):
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_ctrl_c_while_fitting_ends_soon_and_the_sweep_goes_on(tmp_path):
    """The digits in 16 components take minutes; a block is finished, one in flight."""
    runs = tmp_path / "small" / "runs"

    def one_is_finished(_):
        return list(runs.glob("[0-9a-f]*/run.json"))

    said, status, seconds, busy = interrupted(tmp_path, one_is_finished, asked=LONG)
    assert status == 130
    assert last_line(said) == GO_ON
    assert "Traceback" not in said
    # About half a second on a machine that does nothing else. A busy one may be late, but there is
    # no more to do: less than a second on every thread.
    assert seconds < 1 or (seconds < 10 and busy < 1 * os.cpu_count())
    before = content(runs)
    assert not list(runs.glob(".partial*"))
    job = a_job(tmp_path, dataset={"name": "digits"}, n_components=16, n_starts=4, block=2)
    again = execute(job)
    assert not again[0].fitted
    after = content(runs)
    assert all(after[name] == file for name, file in before.items())


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6])
def test_ctrl_c_at_any_time_ends_with_the_line(seconds, tmp_path):
    """Before, while and after the command is imported."""
    said, status, *_ = interrupted(
        tmp_path, lambda begun: time.monotonic() > begun + seconds, asked=LONG
    )
    # Python dies of the signal itself if it struck code made at import; a shell shows 130 for both.
    assert status in (130, -signal.SIGINT), said
    assert last_line(said) == GO_ON


def test_ctrl_c_with_workers(tmp_path):
    """All processes of the terminal's group get the signal; none may stay."""
    workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "n_components=15,16"]
    asked = [text for text in LONG if not text.startswith("n_components")]
    command = [sys.executable, "-m", "nmfstudy.cli", "run", *asked, *workers]
    process = subprocess.Popen(
        [*command, f"results_dir={tmp_path}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    runs = tmp_path / "small" / "runs"
    begun = time.monotonic()
    while not list(runs.glob("[0-9a-f]*/run.json")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < begun + 100
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert GO_ON in said.splitlines()  # workers may have a last word
