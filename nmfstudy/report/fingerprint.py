"""Whether a report that is there is the one that would be written."""

from functools import cache

from nmfstudy.report.over_k import advised
from nmfstudy.report.page.numbers import csv_text
from nmfstudy.store.files import own
from nmfstudy.store.job import digest
from nmfstudy.util.sources import PACKAGE, hash_of_sources

_HEAD = 4096  # bytes of the page in which its fingerprint stands


def fingerprint(study):
    """Hash of all that a report is made of: results, names, failures, tolerances, command, code.

    Not of how long it took, so that the same results have the same page. The factors are those of
    the starts, whose objectives are here with all their digits.

    The page of a study that is only read may lack what `run` fits for it, so what is there counts.
    """
    analysis = study.analysis
    data = {result.dataset.sha256: result.dataset for result in study.results}
    return digest(
        {
            "runs": [info["id"] for info in study.infos],
            "starts": csv_text(study.starts.drop(columns="seconds")),
            "names": [[d.row_names, d.column_names, d.notes] for d in data.values()],
            "left out": [list(entry) for entry in study.skipped],
            "failures": study.failures,
            "analysis": [analysis.distance_tol, analysis.objective_rtol, analysis.kkt_tol],
            "command": study.about.get("command"),
            "looked at": [e is not None for _, e, _ in advised(study)],
            "drawn again": [result.stability is not None for result in study],
            "sources": _sources(),
        }
    )


def current_report(study):
    """Path of the study's ``report.html`` if nothing has changed since it was written, else None.

    The page is written last, so that it speaks for the tables and figures beside it.
    """
    path = study.folder / "report.html"
    try:
        with open(own(path), "rb") as handle:
            head = handle.read(_HEAD)
    except (OSError, ValueError):
        return None
    whole = all((study.folder / name).is_dir() for name in ("tables", "figures"))
    return path if whole and fingerprint(study).encode() in head else None


@cache
def _sources():
    files = sorted(PACKAGE.rglob("*"))
    return hash_of_sources(p for p in files if p.suffix in (".py", ".j2", ".css", ".js"))
