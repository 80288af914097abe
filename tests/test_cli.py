"""Exit statuses: one sentence for whatever a person can cause, and nothing but that."""

import errno
import os
import subprocess
import sys

import pytest

from nmfstudy.cli import APPS, guarded, main
from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError


def raising(error):
    def app(argv):
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RequestError("x is 1; possible: 2"), 2, "nmfstudy: x is 1; possible: 2\n"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b"),
            1,
            "nmfstudy: No space left on device (/a/b); what is finished is kept, the same "
            "command goes on\n",
        ),
        (
            OSError("strange"),
            1,
            "nmfstudy: strange; what is finished is kept, the same command goes on\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "\nnmfstudy: interrupted; the same command goes on where it stopped\n",
        ),
    ],
)
def test_what_an_app_raises_becomes_a_status_and_a_sentence(error, status, said, capsys):
    assert guarded(raising(error), []) == status
    heard = capsys.readouterr()
    assert (heard.out, heard.err) == ("", said)


def test_a_fault_of_ours_is_not_hidden():
    """The negative control: an error nobody foresaw keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        guarded(raising(ZeroDivisionError()), [])


def test_the_status_of_an_app_is_passed_on(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nmfstudy", "a", "b"])
    assert guarded(lambda argv: argv) == ["a", "b"]


def test_a_parser_refuses_in_one_sentence():
    parser = Parser("nmfstudy walk")
    parser.add_argument("--far", type=int)
    with pytest.raises(RequestError, match=r"invalid int value: 'x'; possible: nmfstudy walk --h"):
        parser.parse_args(["--far", "x"])


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"], ["--version"], ["walk"]])
def test_the_module_can_be_run_and_says_the_same_as_the_function(argv, capsys):
    command = [sys.executable, "-m", "nmfstudy.cli", *argv]
    done = subprocess.run(command, capture_output=True, text=True)
    status = main(argv)
    heard = capsys.readouterr()
    assert (done.returncode, done.stdout, done.stderr) == (status, heard.out, heard.err)
    assert status == (2 if argv == ["walk"] else 0)
    if "walk" in argv:
        assert all(app in heard.err for app in APPS)


@pytest.mark.parametrize("command", ["run", "report", "status", "certify"])
def test_a_name_that_is_no_text_is_refused_before_anything_is_done(command, capsys):
    undecoded = os.fsdecode(b"dataset.path=caf\xe9.csv")
    assert main([command, undecoded]) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err.count("\n") == 1
    assert r"caf\udce9.csv' is not text in the encoding of this system" in heard.err
    assert "possible: rename the file" in heard.err
