"""Following jobs that run in other processes, by what they leave in the study's folder."""

import contextlib
import os
import threading

from nmfstudy.store import is_finished
from nmfstudy.store.heartbeat import signs_of_life
from nmfstudy.store.run import run_folder
from nmfstudy.store.whole import SetAside, folders_set_aside
from nmfstudy.util.threads import start_thread

WATCH_SECONDS = 1.0  # seconds between two looks


@contextlib.contextmanager
def watching(folder, blocks, progress):
    """Context in which one progress shows what all workers have done.

    Parameters
    ----------
    folder : path
        The study's.
    blocks : sequence of dict
        ``run`` and ``n_starts`` of what was asked for.
    progress : NoProgress
        ``advance``, ``fail`` and ``damaged`` are called, from another thread.
    """
    watch = _Watcher(folder, blocks, progress)
    ended = threading.Event()

    def look_again():
        while not ended.wait(WATCH_SECONDS):
            watch.look()

    thread = threading.Thread(target=look_again, daemon=True)
    watch.look()
    started = start_thread(thread)
    try:
        yield
    finally:
        ended.set()
        if started:
            thread.join()
        watch.look()


class _Watcher:
    def __init__(self, folder, blocks, progress):
        self.folder, self.progress = folder, progress
        self.open = {block["run"]: block["n_starts"] for block in blocks}
        self.finished = self.shown = 0
        self.failures = {run: self._failure(run) for run in self.open}
        self.set_aside = set(folders_set_aside(folder))

    def look(self):
        """Show what is new; what was shown once is never taken back."""
        there = set(_names(self.folder / "runs")) & set(self.open)
        for run in there:
            if is_finished(self.folder, run):
                self.finished += self.open.pop(run)
            elif self._failure(run) != self.failures[run]:
                self.failures[run] = self._failure(run)
                self.progress.fail(self.open[run])
        for name in set(folders_set_aside(self.folder)) - self.set_aside:
            self.set_aside.add(name)
            self.progress.damaged(SetAside(name))
        running = {s.run: s.n_done for s in signs_of_life(self.folder) if s.run in self.open}
        done = self.finished + sum(min(n, self.open[run]) for run, n in running.items())
        if done > self.shown:
            self.progress.advance(done - self.shown)
            self.shown = done

    def _failure(self, run):
        """When the recorded failure of a run was written; None if there is none."""
        try:
            return os.stat(run_folder(self.folder, run) / "error.json").st_mtime_ns
        except OSError:
            return None


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
