"""How far single entries of a study's components can be moved before the fit gets worse.

nmfstudy displace results/X -k 3
nmfstudy displace results/X -k 3 --ratios 4,8,16 --out bands.csv
"""

import sys
from pathlib import Path

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError, short


def main(argv):
    """Refit with every entry held at other values; write the bands as CSV and as a figure."""
    parser = Parser("nmfstudy displace", description=__doc__.split("\n")[0])
    parser.add_argument("study", help="a study's folder, such as results/X")
    parser.add_argument("-k", "--n-components", type=int, help="if the study has several")
    parser.add_argument("--ratios", help="likelihood ratios to allow, as 4,8,16; default: 3.84")
    parser.add_argument("--out", metavar="FILE", help="default: beside the study")
    given = parser.parse_args(argv)
    ratios = None if given.ratios is None else _numbers(given.ratios)
    from nmfstudy.assess.displacement import displacement
    from nmfstudy.report.progress import entries_bar
    from nmfstudy.report.terminal import print_displacement
    from nmfstudy.store.files import write_atomically
    from nmfstudy.study import Study
    from nmfstudy.study.applying import problem_with

    study = Study.load(given.study, code="mixed")
    result = problem_with(study, given.n_components)
    X, k = result.dataset.X, result.problem.n_components
    with entries_bar(result.title, k * X.shape[1]) as advance:
        found = displacement(X, k, ratios=ratios, fits=list(result.searches), progress=advance)
    beside = study.folder.resolve().parent / f"displace-{study.name}-k{k}.csv"
    path = Path(given.out or beside)
    write_atomically(path, found.named(result.dataset.column_names).to_csv(index=False))
    print_displacement(found, path)
    return 0


def _numbers(text):
    """Numbers between commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"--ratios is {short(text)}; possible: numbers, as 4,8,16") from None


if __name__ == "__main__":
    sys.exit(guarded(main))
