"""Two studies side by side: the same problems, the same solutions?"""

import sys

from nmfstudy.cli import Parser, guarded


def main(argv):
    """Print a table of both studies; status 1 if they disagree on a problem of both."""
    parser = Parser("nmfstudy compare", description=__doc__)
    parser.add_argument("folders", nargs=2, metavar="FOLDER", help="studies' folders")
    folders = parser.parse_args(argv).folders
    from nmfstudy.comparison import compare
    from nmfstudy.report.terminal import print_frame
    from nmfstudy.study import Study

    table = compare(*(Study.load(folder, code="mixed") for folder in folders))
    print_frame(table)
    return 1 if (table["same"] == "no").any() else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
