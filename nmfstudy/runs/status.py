"""The state of a study on disk, without reading any factors."""

from dataclasses import dataclass
from pathlib import Path

from nmfstudy.runs.failures import recorded_failures
from nmfstudy.runs.records import printable, recorded_request
from nmfstudy.runs.run import find_runs, is_finished


@dataclass(frozen=True)
class Status:
    """What is there of what was asked for.

    Attributes
    ----------
    asked, finished : int
        Run folders of the last request.
    starts_asked, starts_finished : int
        Their starts.
    other : int
        Finished runs of earlier requests.
    failed : tuple of (str, str)
        Problem and last line of each recorded error.
    skipped : tuple of (str, str)
        Folders that are no finished run, with the reason.
    """

    asked: int
    finished: int
    starts_asked: int
    starts_finished: int
    other: int
    failed: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]

    def lines(self):
        """The status in words."""
        yield f"finished {self.finished} of {self.asked} runs, " + (
            f"{self.starts_finished} of {self.starts_asked} starts"
        )
        if self.other:
            yield f"also there: {self.other} finished runs of earlier requests"
        for problem, line in self.failed:
            yield printable(f"failed: {problem}: {line}")
        for name, reason in self.skipped:
            yield printable(f"left out: {name}: {reason}")
        if self.finished < self.asked:
            yield "the same command goes on"


def status_of(study_folder):
    """Read the status of a study's folder."""
    folder = Path(study_folder)
    asked = recorded_request(folder).get("runs", [])
    finished = [block for block in asked if is_finished(folder, block["run"])]
    runs, skipped = find_runs(folder)
    names = {block["run"] for block in asked}
    failed = []
    for record in recorded_failures(folder):
        lines = record["errors"][0]["error"].strip().splitlines()
        failed.append((record["problem"], lines[-1] if lines else "unknown"))
    return Status(
        len(asked),
        len(finished),
        sum(block["n_starts"] for block in asked),
        sum(block["n_starts"] for block in finished),
        sum(run.id not in names for run in runs),
        tuple(failed),
        tuple(entry for entry in skipped if "it failed" not in entry[1]),
    )
