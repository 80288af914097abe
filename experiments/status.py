"""What of a study is finished, what is left and what failed."""

import sys
from pathlib import Path

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError


def main(argv):
    """Print the state of a study; status 1 if something failed or is damaged."""
    parser = Parser("nmfstudy status", description=__doc__)
    parser.add_argument("folder", help="a study's folder, such as results/discussion")
    folder = Path(parser.parse_args(argv).folder)
    if not folder.is_dir():
        raise RequestError(f"{folder} is no folder; possible: a study's folder under results")
    from nmfstudy.report.words_on_status import status_lines
    from nmfstudy.store.status import status_of

    status = status_of(folder)
    for line in status_lines(status):
        print(line)
    return 1 if status.failed or status.skipped else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
