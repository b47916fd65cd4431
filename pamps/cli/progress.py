"""How far a long command has come: a bar on a terminal, else a line for each finished part. On stderr."""

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
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


@contextmanager
def show_progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show one part of the work while it is done, and then how long it took.

    What it gives is to be called with the number of steps, of `total`, that were made.
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
