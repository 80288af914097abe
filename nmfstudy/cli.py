"""The command ``nmfstudy``: finds the app and turns errors into exit statuses."""

import sys
from importlib import import_module

from nmfstudy import __version__
from nmfstudy.util.errors import RequestError
from nmfstudy.util.plain_text import one_line
from nmfstudy.util.spelling import spell_out

APPS = {
    "run": "sweep starts, k, inits and penalties, then write the report",
    "report": "write the report of a study's folder again",
    "status": "what of a study is finished, running or failed",
    "compare": "studies side by side, as a report",
    "apply": "weights of new samples on a study's components",
    "displace": "how far single entries of the components can be moved",
    "verify": "fit a study's runs again and compare",
    "certify": "is this factorization the only one?",
}
HELP = f"""usage: nmfstudy COMMAND …

How many different NMF solutions does a matrix have, which did you get, and which components can
you trust?

{chr(10).join(f"  {name:9}{what}" for name, what in APPS.items())}

Start here:
  nmfstudy run study=discussion              the worked example and the digits
  nmfstudy run X.csv                         your own matrix
  nmfstudy COMMAND --help                    what a command takes

Exit status: 0 all well; 1 something failed or differs; 2 the request was wrong.
"""


def main(argv=None):
    """Run one command; returns the exit status."""
    return guarded(_dispatch, argv)


def _dispatch(argv):
    """Find the app; what it imports is imported only now, when Ctrl-C is already caught."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    if argv[0] == "--version":
        print(f"nmfstudy {__version__}")
        return 0
    if argv[0] not in APPS:
        print(f"nmfstudy: {argv[0]} is no command; possible: {', '.join(APPS)}", file=sys.stderr)
        return 2
    return import_module(f"nmfstudy.experiments.{argv[0]}").main(argv[1:])


def guarded(app, argv=None):
    """Run an app: one sentence and status 2 for a wrong request, 130 for Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    spell_out(sys.stdout, sys.stderr)
    try:
        _refuse_undecoded(argv)
        return app(argv)
    except RequestError as error:
        print(f"nmfstudy: {one_line(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f" ({one_line(str(error.filename))})" if error.filename else ""
        print(
            f"nmfstudy: {error.strerror or error}{where}; what is finished is kept, the same "
            "command goes on",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nnmfstudy: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130


def _refuse_undecoded(argv):
    """Refuse names that could not be recorded: bytes that are no text here."""
    for word in argv:
        try:
            word.encode()
        except UnicodeEncodeError:  # how Python passes on bytes that it could not decode
            encoding = sys.getfilesystemencoding()
            utf8 = encoding.lower() in ("utf-8", "utf8")
            raise RequestError(
                f"{ascii(word)} is not text in the encoding of this system, {encoding}; possible: "
                f"{'rename the file' if utf8 else 'set the environment variable LC_ALL=C.UTF-8'}"
            ) from None


if __name__ == "__main__":
    sys.exit(main())
