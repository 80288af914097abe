"""Fit a study's runs again and compare with what is recorded."""

import sys

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser


def main(argv):
    """Print how each run compares; status 1 if one differs or cannot be fitted again."""
    parser = Parser("nmfstudy verify", description=__doc__)
    parser.add_argument("folder", help="a study's folder, such as results/discussion")
    parser.add_argument("--sample", type=int, help="only so many runs, spread over the study")
    parser.add_argument("--seconds", type=float, default=600.0, help="limit for one run (600)")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="MODULE:CLASS",
        help="a solver of your own that may be imported; without it no recorded name is",
    )
    given = parser.parse_args(argv)
    from nmfstudy.report.terminal import print_frame
    from nmfstudy.sweep.verification import verify
    from nmfstudy.util.errors import RequestError

    if given.sample is not None and given.sample < 1:
        raise RequestError(f"--sample is {given.sample}; possible: an integer >= 1")
    if not 0 < given.seconds < 1e9:
        raise RequestError(f"--seconds is {given.seconds:g}; possible: a number above 0")
    for path in given.allow:
        module, _, name = path.partition(":")
        if not (module and name):
            raise RequestError(f"--allow is {path!r}; possible: an import path MODULE:CLASS")
    table = verify(given.folder, given.sample, given.seconds, given.allow)
    print_frame(table)
    return 0 if table["outcome"].isin(["equal", "within tolerance"]).all() else 1


if __name__ == "__main__":
    sys.exit(guarded(main))
