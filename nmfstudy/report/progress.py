"""What the terminal shows while work goes on."""

from contextlib import contextmanager
from functools import partial
from itertools import count as numbered

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nmfstudy.report.words_on_sweep import set_aside_clause, stop_clause
from nmfstudy.store.job import AUTO
from nmfstudy.sweep.execution import dataset_of
from nmfstudy.util.display import count
from nmfstudy.util.threads import can_start_threads


class ProgressBar:
    """Starts done, time left, failures; a line per problem and init where there is no terminal."""

    def __init__(self, total, console=None):
        self.console = console or Console(stderr=True)
        self._failed = 0
        self._now = ""
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("starts"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}", style="red"),
            console=self.console,
            disable=not self.console.is_terminal,
            auto_refresh=can_start_threads(),  # by a thread of its own
        )
        self._task = self._bar.add_task("", total=total, failed="")

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *exc):
        self._bar.stop()

    def block(self, job, n_starts):
        """Show what is being fitted."""
        now = f"{dataset_of(job).name}, k = {job.problem.n_components}, "
        if job.problem.penalty.name != "none":
            now += f"{job.problem.penalty.name}, "
        now += job.search.init
        if now != self._now:
            self._now = now
            self._bar.update(self._task, description=now)
            if self._bar.disable:
                self.console.print(f"{now}: {_starts(job)}", markup=False, highlight=False)

    def advance(self, n_starts):
        """Move on by so many starts."""
        self._bar.advance(self._task, n_starts)

    def fail(self, n_starts):
        """Count failed starts."""
        if n_starts:
            self._failed += n_starts
            self._bar.update(self._task, failed=f"{self._failed} failed")

    def stopped(self, key, stop):
        """Print why an adaptive job ends."""
        self.say(f"{key}: {stop_clause(stop)}")

    def damaged(self, damage, again="fitted"):
        """Print what was set aside."""
        self.say(f"{set_aside_clause(damage)}, {again} again")

    def say(self, sentence):
        """Print a sentence above the bar."""
        self._bar.console.print(sentence, markup=False, highlight=False)


@contextmanager
def entries_bar(title, total):
    """A bar of the entries that were displaced; ``advance(n)`` moves it."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("entries"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=can_start_threads(),
    )
    cost = f"{title}: {total:,} entries, some ten refits for each of their two ends"
    bar.console.print(cost, markup=False, highlight=False)
    bar.disable = not bar.console.is_terminal
    with bar:
        task = bar.add_task("", total=total)
        yield partial(bar.advance, task)


def write_shown(study, pictures=("svg",)):
    """Write the report and show on a terminal what is drawn; see `write_report`."""
    from nmfstudy.report.build import write_report
    from nmfstudy.report.terminal import print_trouble

    console = Console(stderr=True)
    line = Progress(
        TextColumn("writing the report: {task.description}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        auto_refresh=can_start_threads(),
    )
    with line:
        task, numbers = line.add_task("tables"), numbered(1)

        def show(figure):
            line.update(task, description=f"figure {next(numbers)}, {figure}")

        return write_report(study, progress=show, pictures=pictures, say=print_trouble)


def _starts(job):
    """How many a job may take, in words."""
    if job.search.deterministic:
        return "1 start"
    return "starts until it is settled" if job.n_starts == AUTO else count(job.n_starts, "start")
