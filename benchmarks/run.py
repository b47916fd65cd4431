"""Measures how fast Pamps is: `benchmarks/run`.

Fills databases, starts the real server, drives it with wrk, prints tables, and writes RESULTS.md with plots.
The server runs unchanged.
"""

import argparse
import fcntl
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from benchmarks import machine, tables
from benchmarks.databases import FillingFailed, Recipe, Store, copied_file
from benchmarks.growth import measure_growth
from benchmarks.heavy import heavy_extras
from benchmarks.memory import measure_memory
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.plots import plot_growth, plot_memory, plot_throughput
from benchmarks.postgres import Postgres, PostgresFailed, running_postgres
from benchmarks.progress import say
from benchmarks.report import Results, write_document
from benchmarks.server import REPOSITORY
from benchmarks.throughput import Databases, measure_throughput
from benchmarks.wrk import LoadFailed, require_wrk

PARTS = ("throughput", "growth", "memory")
KEPT = REPOSITORY / ".bench"
HERE = Path(__file__).parent


def read_options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measure Pamps. A full run takes about 25 minutes and writes benchmarks/RESULTS.md.",
        epilog="PostgreSQL is the server that PAMPS_BENCH_URI names, or one from a Python package."
        f" Filled databases are kept in {KEPT.name}/ for the next run.",
    )
    for part in PARTS:
        parser.add_argument(f"--{part}", action="store_true", help=f"measure {part} (default: everything)")
    parser.add_argument("--quick", action="store_true", help="small and short, to try out the benchmark")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md even after a partial run")
    parser.add_argument("--fresh", action="store_true", help="fill all databases again")
    parser.add_argument("--users", type=int, help=f"users in each demo (default: {FULL.users})")
    parser.add_argument("--sizes", type=read_sizes, help=f"posts in each demo (default: {show_sizes(FULL)})")
    parser.add_argument("--rounds", type=int, help=f"rounds of throughput (default: {FULL.rounds})")
    parser.add_argument("--seconds", type=int, help=f"of each line of throughput (default: {FULL.seconds})")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("the figures of a quick run are not worth writing")
    return options


def read_sizes(text: str) -> tuple[int, ...]:
    """Numbers separated by commas, in ascending order."""
    return tuple(sorted(int(size) for size in text.split(",")))


def show_sizes(plan: Plan) -> str:
    """The sizes of a plan, separated by commas."""
    return ",".join(map(str, plan.sizes))


def make_plan(options: argparse.Namespace) -> Plan:
    """The plan with the changes that the options ask for."""
    wishes = {name: getattr(options, name) for name in ("users", "sizes", "rounds", "seconds")}
    changes = {name: value for name, value in wishes.items() if value}
    return replace(QUICK if options.quick else FULL, **changes)


def main() -> None:
    """Exit with status 1 and a message if anything failed, or if the run was interrupted."""
    signal.signal(signal.SIGTERM, stop)
    options = read_options(sys.argv[1:])
    try:
        require_wrk()
        with only_one(), tempfile.TemporaryDirectory(prefix="run-", dir=KEPT) as folder:
            results = measure(options, make_plan(options), Path(folder))
        show(results)
        publish(results, choose_folder(options, results.plan))
    except (LoadFailed, PostgresFailed, FillingFailed) as error:
        sys.exit("\n".join(["", f"benchmarks/run: {error}", *getattr(error, "__notes__", [])]))
    except KeyboardInterrupt:
        sys.exit("\nbenchmarks/run: interrupted; all servers are stopped")


def stop(*_: int | FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C: all servers are stopped."""
    raise KeyboardInterrupt


@contextmanager
def only_one() -> Iterator[None]:
    """Make the folder for kept databases, which git ignores. Raises LoadFailed if another run is using it."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / ".gitignore").write_text("*\n", encoding="utf-8")
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LoadFailed("Another run is in progress. Two at once would disturb each other.") from None
        for left in KEPT.glob("run-*"):  # left behind by a run that was killed
            shutil.rmtree(left)
        yield


def measure(options: argparse.Namespace, plan: Plan, folder: Path) -> Results:
    """Measure what the options ask for."""
    parts = [part for part in PARTS if getattr(options, part)] or list(PARTS)
    say(f"Measuring {', '.join(parts)}")
    with running_postgres(KEPT / "postgres") as postgres:
        store = Store(postgres, KEPT)
        if options.fresh:
            store.forget()
        results = Results(sys.argv[1:], machine.describe(postgres), plan)
        if "growth" in parts:
            databases = fill_heavy(store, postgres, plan, folder)
            results.growth = measure_growth(postgres, databases, plan, folder)
        if "throughput" in parts or "memory" in parts:
            measure_load(store, parts, results, folder)
        results.filling = store.seconds_to_fill(results.recipe)
    return results


def fill_heavy(store: Store, postgres: Postgres, plan: Plan, folder: Path) -> dict[int, str]:
    """The names of the databases for growth, by number of posts."""
    recipes = {size: Recipe(plan.users, size) for size in plan.sizes}
    return {
        size: store.fill_postgres_more(recipe, heavy_extras(postgres, recipe, plan, folder))
        for size, recipe in recipes.items()
    }


def measure_load(store: Store, parts: list[str], results: Results, folder: Path) -> None:
    """Throughput and memory, on copies, because throughput writes."""
    recipe, plan = results.recipe, results.plan
    with store.copied(store.fill_postgres(recipe)) as name:
        uri = store.postgres.uri(name)
        if "throughput" in parts:
            with copied_file(store.fill_sqlite(recipe), folder / "sqlite") as sqlite:
                results.throughput = measure_throughput(Databases(uri, sqlite), plan, folder)
        if "memory" in parts:
            results.memory = measure_memory(uri, recipe, plan, folder)


def show(results: Results) -> None:
    """Print the tables."""
    shown = [(name, tables.throughput_table(rows)) for name, rows in results.throughput.items()]
    if results.growth:
        shown.append(("Growth", tables.growth_table(results.growth)))
    if results.memory:
        shown.append(("Memory", tables.memory_table(results.memory)))
    if results.filling:
        shown.append(("Filling", tables.filling_table(results.filling)))
    for title, lines in shown:
        print(f"\n{title}\n\n{lines}")
    print(f"\n{results.summary}\n")


def choose_folder(options: argparse.Namespace, plan: Plan) -> Path:
    """Where to write the document: here after a full run or with `--write`, else beside the databases."""
    whole = plan == FULL and not any(getattr(options, part) for part in PARTS)
    return HERE if whole or options.write else KEPT


def publish(results: Results, folder: Path) -> None:
    """Write the document and its plots."""
    if results.throughput:
        plot_throughput(results.throughput, folder / "plots" / "throughput.png")
    if results.growth:
        plot_growth(results.growth, folder / "plots" / "growth.png")
    if results.memory:
        plot_memory(results.memory, folder / "plots" / "memory.png")
    document = folder / "RESULTS.md"
    document.write_text(write_document(results), encoding="utf-8")
    say(f"Written: {document.relative_to(REPOSITORY)} and its plots")


if __name__ == "__main__":
    main()
