"""Every text can be printed, whatever the encoding of the stream, and can still be read."""

import io
import os
import subprocess
import sys

import pytest

from nmfstudy.cli import HELP
from nmfstudy.util.spelling import spell_out

SENTENCE = "fit 10⁻⁷ … 3 × 4, coverage ≤ 99 %, ∞ solutions, −1 ± 2, ‖X − WH‖"
NAMES = "café 介绍 \udce9 \u200b \U0001f600"
ENCODINGS = ["ascii", "latin-1", "cp1252", "cp437", "cp932", "gbk", "utf-8"]


def printed(text, encoding):
    """The bytes of a text on a stream that takes any."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    spell_out(stream)
    stream.write(text)
    stream.flush()
    return stream.buffer.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_text_can_be_printed_and_plain_text_is_as_it_was(encoding):
    assert printed(HELP + SENTENCE + NAMES, encoding)
    plain = "".join(map(chr, range(128)))
    assert printed(plain, encoding) == plain.encode()
    if encoding == "utf-8":
        assert printed(SENTENCE, encoding) == SENTENCE.encode()


def test_ascii_is_what_a_person_would_write():
    assert printed(SENTENCE, "ascii").decode() == (
        "fit 10^-7 ... 3 x 4, coverage <= 99 %, inf solutions, -1 +- 2, ||X - WH||"
    )
    assert printed(NAMES, "ascii") == rb"caf\xe9 \u4ecb\u7ecd \udce9 \u200b \U0001f600"


@pytest.mark.parametrize("encoding", ENCODINGS[:-1])
def test_without_it_the_same_text_cannot_be_printed(encoding):
    """The negative control."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with pytest.raises(UnicodeEncodeError):
        stream.write(SENTENCE + NAMES)
        stream.flush()


def test_streams_that_are_not_pythons_own_stay_as_they_are():
    class Notebook:
        def write(self, text):
            return len(text)

    spell_out(Notebook(), None)  # where there is no terminal at all


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"], ["fly"], ["status", "∞"]])
def test_commands_print_into_an_ascii_pipe(command):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    code = "import sys; from nmfstudy.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, env=environment
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if "--help" in command else 2)
    assert (done.stdout + done.stderr).isascii()
