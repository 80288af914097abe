"""Weights of new samples on the components that a study found.

nmfstudy apply results/X NEW.csv
nmfstudy apply results/X NEW.csv -k 3 --out weights.csv dataset.orientation=features_by_samples
"""

import sys
from pathlib import Path

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError, short


def main(argv):
    """Read the study and the new samples, write their weights as CSV."""
    parser = Parser("nmfstudy apply", description=__doc__.split("\n")[0])
    parser.add_argument("study", help="a study's folder, such as results/X")
    parser.add_argument("new", help="file of new samples; any format of dataset=file")
    parser.add_argument("options", nargs="*", metavar="dataset.KEY=VALUE", help="how it is read")
    parser.add_argument("-k", "--n-components", type=int, help="if the study has several")
    parser.add_argument("--out", metavar="FILE", help="default: beside the study")
    given = parser.parse_intermixed_args(argv)
    options = dict(map(_option, given.options))
    from nmfstudy.datasets import load_dataset
    from nmfstudy.datasets.file import how_it_was_read
    from nmfstudy.report.terminal import print_applied
    from nmfstudy.store.files import write_atomically
    from nmfstudy.study import Study
    from nmfstudy.study.applying import apply_to

    study = Study.load(given.study, code="mixed")
    dataset = load_dataset("file", path=given.new, **options)
    applied = apply_to(study, dataset, given.n_components)
    k = applied.result.problem.n_components
    beside = study.folder.resolve().parent / f"apply-{study.name}-{dataset.name}-k{k}.csv"
    path = Path(given.out or beside)
    if path.exists() and path.samefile(given.new):
        raise RequestError(
            f"--out is {short(str(path))}, which holds the samples; possible: another"
        )
    print(how_it_was_read(given.new, dataset), file=sys.stderr)
    write_atomically(path, applied.table.to_csv(index=False))
    print_applied(applied, path)
    return 0


def _option(text):
    """A key and a value of the file's options."""
    key, equals, value = text.partition("=")
    if not equals or not key.startswith("dataset.") or key == "dataset.path":
        raise RequestError(f"{short(text)} is no option; possible: dataset.KEY=VALUE")
    return key.removeprefix("dataset."), value


if __name__ == "__main__":
    sys.exit(guarded(main))
