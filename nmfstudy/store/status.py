"""The state of a study on disk, without reading any factors."""

from dataclasses import dataclass
from pathlib import Path

from nmfstudy.store.failures import recorded_failures
from nmfstudy.store.heartbeat import Heartbeat, signs_of_life
from nmfstudy.store.identity import family_id
from nmfstudy.store.records import recorded_request
from nmfstudy.store.run import find_runs
from nmfstudy.store.whole import folders_set_aside


@dataclass(frozen=True)
class Status:
    """What is there of what was asked for.

    Attributes
    ----------
    asked, finished : int
        Run folders of the last request; of an adaptive job the first and those that followed.
    starts_asked, starts_finished : int
        Their starts.
    adaptive : bool
        Whether fewer starts than asked may be enough.
    running : tuple of Heartbeat
        What is being fitted at the moment.
    missing : int
        Runs asked for that are neither finished nor running nor failed.
    seconds_left : float or None
        At the pace so far and with as many jobs as now; None if none runs or none has finished.
    other : int
        Finished runs of earlier requests.
    failed : tuple of (str, str)
        Problem and last line of each recorded error.
    skipped : tuple of (str, str)
        Folders that are no finished run, with the reason.
    set_aside : tuple of str
        Damaged folders that a later command has made again.
    """

    asked: int
    finished: int
    starts_asked: int
    starts_finished: int
    adaptive: bool
    running: tuple[Heartbeat, ...]
    missing: int
    seconds_left: float | None
    other: int
    failed: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]
    set_aside: tuple[str, ...] = ()


def status_of(study_folder):
    """Read the status of a study's folder."""
    folder = Path(study_folder)
    blocks = recorded_request(folder).get("runs", [])
    runs, skipped = find_runs(folder)
    asked = {b["run"]: b.get("most", b["n_starts"]) for b in blocks}
    families = {b["family"] for b in blocks if "family" in b}
    followed = {r.id for r in runs if families and r.id not in asked and _family(r) in families}
    wanted = followed | set(asked)
    finished = {r.id: r for r in runs if r.id in wanted and r.info["n_failed"] == 0}
    open_ = {run: n for run, n in asked.items() if run not in finished}
    running = {sign.run: sign for sign in signs_of_life(folder) if sign.run not in finished}
    failed, broken = [], set()
    for record in recorded_failures(folder):
        broken.add(record["id"])
        lines = record["errors"][0]["error"].strip().splitlines()
        failed.append((record["problem"], lines[-1] if lines else "unknown"))
    return Status(
        asked=len(wanted),
        finished=len(finished),
        starts_asked=sum(asked.values()),
        starts_finished=sum(run.info["n_starts"] for run in finished.values()),
        adaptive=bool(families),
        running=tuple(running.values()),
        missing=len(set(open_) - set(running) - broken),
        seconds_left=_seconds_left(finished.values(), open_, running),
        other=sum(run.id not in wanted for run in runs),
        failed=tuple(failed),
        skipped=tuple(entry for entry in skipped if "it failed" not in entry[1]),
        set_aside=tuple(folders_set_aside(folder)),
    )


def _family(run):
    """What a run has in common with the other blocks of its job."""
    return family_id(run.job, run.info["dataset"]["sha256"], run.info["code"])


def _seconds_left(finished, open_, running):
    starts = sum(run.info["n_starts"] for run in finished)
    if not (starts and open_ and running):
        return None
    pace = sum(run.info.get("seconds") or 0.0 for run in finished) / starts
    left = sum(open_.values()) - sum(s.n_done for run, s in running.items() if run in open_)
    return max(0, left) * pace / len(running)
