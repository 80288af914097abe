"""Write the report of a study's folder again, from what is recorded there."""

import sys

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser


def main(argv):
    """Load, report; returns the exit status."""
    parser = Parser("nmfstudy report", description=__doc__)
    parser.add_argument("folder", help="a study's folder, such as results/discussion")
    parser.add_argument("--png", action="store_true", help="figures as PNG too, not only as SVG")
    parser.add_argument("--code", help="take only runs of this code version; mixed takes all")
    for name in ("distance_tol", "objective_rtol", "kkt_tol"):
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, help="instead of the sweep's"
        )
    given = vars(parser.parse_args(argv))
    from dataclasses import replace

    from nmfstudy.report.progress import write_shown
    from nmfstudy.report.terminal import print_summary
    from nmfstudy.store.status import status_of
    from nmfstudy.study import Study

    folder, png = given.pop("folder"), given.pop("png")
    study = Study.load(folder, code=given.pop("code"))
    changed = {name: value for name, value in given.items() if value is not None}
    if changed:
        study = study.with_analysis(replace(study.analysis, **changed))
    print_summary(study, write_shown(study, ("svg", "png") if png else ("svg",)))
    return 1 if study.n_failed or status_of(folder).skipped else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
