"""Whatever is asked is either done, or refused in one sentence before anything is written."""

import os
import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from sweep.command_lines import GOOD, command_lines

from nmfstudy.cli import main
from nmfstudy.sweep.composing import BASE, plan
from nmfstudy.sweep.launching import _filled
from nmfstudy.sweep.overrides import CONF
from nmfstudy.util.errors import RequestError

REMEDY = re.compile(r"; possible: .|; give it as .")
# A penalty of zero is the same under every name; null is another word for solver.tol.
IDLE = ("penalty.name=", "analysis.kkt_tol=null")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A working folder with files of factors, on a computer that has SLURM's programs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "H.csv").write_text("1,0,1,0\n0,1,0,1\n1,1,0,0.5\n")
    (tmp_path / "W.csv").write_text("1,0,1\n0,1,1\n1,1,1\n2,0,1\n0,0,1\n1,1,0\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "srun").write_text("#!/bin/sh\n")
    (programs / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return tmp_path


def fault_of(argv, capsys):
    """What is wrong with the answer to a request, in words; None if nothing is."""
    *_, last = argv
    key, _, value = last.partition("=")
    try:
        status = main(["run", "--check", *argv])
    except BaseException as error:  # noqa: B036 - whatever it is, a user would see a traceback
        return f"ends with {error!r:.200}"
    err = capsys.readouterr().err
    if status == 0:
        return None if is_used(argv, key.lstrip("+"), value) else "is accepted and not used"
    if status != 2 or err.count("\n") != 1 or not err.startswith("nmfstudy: "):
        return f"ends with status {status} and {err!r:.500}"
    sentence = err.removeprefix("nmfstudy: ").rstrip("\n")
    if not REMEDY.search(sentence):
        return f"is refused without a remedy: {sentence}"
    if len(sentence) > 400 or not sentence.isprintable():
        return f"is refused at length or in control characters: {sentence!r}"
    names = key.lstrip("+~").split("@")[0].split(".")
    if not any(part and part in sentence for part in (*names, value.strip("'")[:20])):
        return f"is refused without its name or value: {sentence}"
    return None


def is_used(argv, key, value):
    """Whether the request differs from the one without its last part, or says what is there."""
    multirun, overrides = "-m" in argv, [text for text in argv if text != "-m"]
    (*others, last) = overrides
    if last.startswith(IDLE) or done_by(overrides, multirun) != done_by(others, multirun):
        return True
    if key == "study_name":
        return plan(others).jobs[0].study_name == value
    with initialize_config_dir(str(CONF), **BASE):
        before, after = (
            OmegaConf.select(compose("config", given), key.replace("/", "."))
            for given in (others, [*others, f"++{key}={value}"] if "." in key else overrides)
        )
    return before == after


def done_by(overrides, multirun):
    """All that decides what is fitted, where to, and by which launcher; None if it is refused."""
    try:
        asked = plan(overrides, multirun)
    except RequestError:
        return None
    config = _filled(asked, Path("results"))
    launcher = OmegaConf.to_container(config.hydra.launcher, resolve=True)
    return asked.jobs, asked.launcher, launcher, config.cluster.array


@pytest.mark.parametrize("part", range(4))
def test_every_command_line_is_carried_out_or_refused_well(part, empty, capsys):
    before = sorted(os.listdir())
    lines = command_lines(400, seed=1)[part::4]
    faults = {" ".join(line)[:200]: fault_of(line, capsys) for line in lines}
    assert {line: fault for line, fault in faults.items() if fault} == {}
    assert sorted(os.listdir()) == before


def test_good_requests_are_carried_out_and_used(empty):
    """The other half: a program that refused everything would pass the test above."""
    refused = [line for line in GOOD if main(["run", "--check", *line]) != 0]
    unused = [line for line in GOOD if not is_used(line, *line[-1].split("=", 1))]
    assert refused == unused == []
