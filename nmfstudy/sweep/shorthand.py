"""The short way to ask for one's own file, ``X.csv -k 2:8 --loss kl -n auto``, as overrides."""

import re
import shlex
from os.path import isfile  # False also for what can be no name

from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError, short

SHORT_LOSSES = {"kl": "kullback-leibler", "is": "itakura-saito"}
STUDIES = {"kullback-leibler": "mycounts"}  # of one's own data, by the loss; else mydata
_RANGE = re.compile(r"(\d{1,6}):(\d{1,6})")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/-]*(\.[a-z]+)+")
_LIST = re.compile(r"\d{1,6}(,\d{1,6})*")


def written_out(argv):
    """The same request in configuration keys alone.

    Parameters
    ----------
    argv : sequence of str
        ``[FILE] [-k K] [-n STARTS] [--loss LOSS] [--seed SEED] [-m] [--check] [KEY=VALUE …]``.
        A word without ``=``, or that is the path of a file, is the file.

    Returns
    -------
    list of str
        Options that are no keys, ``-m`` and ``--check``, first. A file is taken with
        ``study=mydata``, or mycounts for Kullback–Leibler, unless a study is given, or ``-m``.

    Raises
    ------
    RequestError

    Examples
    --------
    >>> written_out(["genes.csv", "-k", "2:4", "--loss", "kl"])[1:]
    ['dataset.path=genes.csv', 'n_components=2,3,4', 'loss=kullback-leibler']
    >>> written_out(["-m", "n_components=2,3"])
    ['-m', 'n_components=2,3']
    """
    parser = Parser(prog="nmfstudy run", add_help=False, allow_abbrev=False)
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("-k", "--n-components")
    parser.add_argument("-n", "--n-starts")
    parser.add_argument("--loss")
    parser.add_argument("--seed")
    given, words = parser.parse_known_intermixed_args(argv)
    options = [word for word in words if word.startswith("-") and "=" not in word]
    if options:
        raise RequestError(
            f"{short(options[0])} is no option; possible: -k, -n, --loss, --seed, -m, --check, "
            "--help"
        )
    files = [word for word in words if "=" not in word or isfile(word)]
    overrides = [word for word in words if word not in files]
    if len(files) > 1:
        raise RequestError(
            f"{short(files[0])} and {short(files[1])} are two files; possible: one at a time"
        )
    loss = given.loss and SHORT_LOSSES.get(given.loss, given.loss)
    short_keys = {
        "n_components": given.n_components and _numbers(given.n_components),
        "n_starts": given.n_starts,
        "loss": loss,
        "seed": given.seed,
    }
    keys = [f"{key}={value}" for key, value in short_keys.items() if value is not None]
    if files:
        named = given.multirun or any(word.startswith("study=") for word in overrides)
        study = ["dataset=file"] if named else [f"study={STUDIES.get(loss, 'mydata')}"]
        keys = [*study, f"dataset.path={quoted(files[0])}", *keys]
    flags = ["-m"] * given.multirun + ["--check"] * given.check
    return [*flags, *keys, *overrides]


def command(argv):
    """The command line of a request as one would type it in a shell."""
    return shlex.join(["nmfstudy", "run", *argv])


def quoted(text):
    r"""Text as Hydra reads it literally: in quotes where they are needed, those within escaped.

    Examples
    --------
    >>> print(quoted('my "best", 2.csv'))
    "my \"best\", 2.csv"
    """
    if _PLAIN.fullmatch(text):
        return text
    text = re.sub(r'(\\*)("|$)', lambda m: 2 * m[1] + ('\\"' if m[2] else ""), text)
    return '"' + text.replace("${", "\\${") + '"'


def _numbers(text):
    """``2,3,4`` of ``2:4``; a list of numbers as it is."""
    found = _RANGE.fullmatch(text)
    if found and 1 <= int(found[1]) <= int(found[2]):
        return ",".join(map(str, range(int(found[1]), int(found[2]) + 1)))
    if not found and _LIST.fullmatch(text):
        return text
    raise RequestError(f"-k is {short(text)}; possible: 5, 2:8 or 2,3,5")
