"""Make the results that are kept here again: python results/make.py."""

import os
import sys
from pathlib import Path

from nmfstudy import Study
from nmfstudy.cli import main
from nmfstudy.report import write_report
from nmfstudy.store import code_version

STUDIES = ("discussion", "known_answers", "phase_diagram")


def make(name):
    """Run a study, then write its report with one file per picture, to keep the clone small."""
    status = main(["run", f"study={name}"])
    if status == 0:
        study = Study.load(Path("results") / name, code=code_version())
        print(write_report(study, pictures=("png",)))
    return status


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)  # recorded commands name no path of ours
    sys.exit(max(make(name) for name in STUDIES))
