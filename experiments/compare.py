"""Studies side by side: what differs in them, and do they find the same solutions?"""

import sys
from pathlib import Path

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser


def main(argv):
    """Write the comparison and print it in short; status 1 if the studies disagree."""
    parser = Parser("nmfstudy compare", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="studies' folders")
    parser.add_argument(
        "--out", metavar="FOLDER", help="where the report goes; default: beside the first study"
    )
    given = parser.parse_args(argv)
    from nmfstudy.report.compared import write_comparison
    from nmfstudy.report.terminal import print_comparison, print_trouble
    from nmfstudy.study import Study
    from nmfstudy.study.comparison import compare
    from nmfstudy.util.plain_text import one_line

    studies = [Study.load(folder, code="mixed") for folder in given.folders]
    comparison = compare(*studies)
    print_comparison(comparison)
    path = write_comparison(comparison, given.out or beside(studies), say=print_trouble)
    print(f"report: {one_line(str(path))}")
    return 0 if comparison.agree else 1


def beside(studies):
    """The folder ``compare-A-B`` next to the first study."""
    from nmfstudy.report.page.files import plain_name

    name = "-".join(["compare", *(study.folder.resolve().name for study in studies)])
    fits = len(name.encode()) <= 200  # file systems take 255 bytes
    return Path(studies[0].folder).resolve().parent / (name if fits else plain_name(name))


if __name__ == "__main__":
    sys.exit(guarded(main))
