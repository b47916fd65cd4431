"""Progress of long commands on stderr: a bar on a terminal, otherwise one line per finished part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class RateColumn(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


@contextmanager
def show_progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show the progress of one part of the work, and then how long it took.

    Yields a function to call with the number of items, of `total`, that were completed.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        started = perf_counter()
        yield lambda _: None
        console.print(f"{name}: {total:,} in {perf_counter() - started:.1f} s", highlight=False)
        return
    label = TextColumn("{task.description:8}")
    left = TimeRemainingColumn(elapsed_when_finished=True)
    with Progress(label, BarColumn(), MofNCompleteColumn(), RateColumn(), left, console=console) as progress:
        task = progress.add_task(name, total=total)
        yield lambda steps: progress.advance(task, steps)
