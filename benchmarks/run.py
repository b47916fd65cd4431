"""How fast Pamps is: `benchmarks/run`.

Fills databases, starts the real server, drives it with wrk, prints tables, and writes RESULTS.md with plots.
Nothing in the server knows that it is measured.
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
        description="Measure Pamps. All of it takes about 20 minutes, and writes benchmarks/RESULTS.md.",
        epilog=f"PostgreSQL is the server that PAMPS_BENCH_URI names, or one from a Python package."
        f" Filled databases are kept in {KEPT.name}/ for the next run.",
    )
    for part in PARTS:
        parser.add_argument(f"--{part}", action="store_true", help=f"only {part} (and what else is named)")
    parser.add_argument("--quick", action="store_true", help="small and short, to try the benchmark itself")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md although it is no whole run")
    parser.add_argument("--fresh", action="store_true", help="fill all databases anew")
    parser.add_argument("--users", type=int, help=f"people in a demo (default: {FULL.users})")
    parser.add_argument("--sizes", type=read_sizes, help=f"posts in the demos (default: {show_sizes(FULL)})")
    parser.add_argument("--rounds", type=int, help=f"of throughput (default: {FULL.rounds})")
    parser.add_argument("--seconds", type=int, help=f"of each measurement there (default: {FULL.seconds})")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("a quick run measures nothing that would be worth writing")
    return options


def read_sizes(text: str) -> tuple[int, ...]:
    """Numbers with commas between them, from small to large."""
    return tuple(sorted(int(size) for size in text.split(",")))


def show_sizes(plan: Plan) -> str:
    """The same the other way round."""
    return ",".join(map(str, plan.sizes))


def make_plan(options: argparse.Namespace) -> Plan:
    """What the options ask for."""
    wishes = {name: getattr(options, name) for name in ("users", "sizes", "rounds", "seconds")}
    changes = {name: value for name, value in wishes.items() if value}
    return replace(QUICK if options.quick else FULL, **changes)


def main() -> None:
    """Exit with status 1 and a message if anything was not as it should be, or if it was interrupted."""
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
        sys.exit("\nbenchmarks/run: interrupted; everything was stopped")


def stop(*_: int | FrameType | None) -> None:
    """SIGTERM is like Ctrl-C: what was started is stopped."""
    raise KeyboardInterrupt


@contextmanager
def only_one() -> Iterator[None]:
    """Make the folder of what is kept, which git ignores, and make sure that nobody else is at work there."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / ".gitignore").write_text("*\n", encoding="utf-8")
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LoadFailed("Another run is at work. Two at once would measure each other.") from None
        for left in KEPT.glob("run-*"):  # by a run that was killed
            shutil.rmtree(left)
        yield


def measure(options: argparse.Namespace, plan: Plan, folder: Path) -> Results:
    """Everything that was asked for."""
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
    """The databases for growth, by their number of posts."""
    recipes = {size: Recipe(plan.users, size) for size in plan.sizes}
    return {
        size: store.fill_postgres_more(recipe, heavy_extras(postgres, recipe, plan, folder))
        for size, recipe in recipes.items()
    }


def measure_load(store: Store, parts: list[str], results: Results, folder: Path) -> None:
    """Throughput and memory, on copies, because the first of them writes."""
    recipe, plan = results.recipe, results.plan
    with store.copied(store.fill_postgres(recipe)) as name:
        uri = store.postgres.uri(name)
        if "throughput" in parts:
            with copied_file(store.fill_sqlite(recipe), folder / "sqlite") as sqlite:
                results.throughput = measure_throughput(Databases(uri, sqlite), plan, folder)
        if "memory" in parts:
            results.memory = measure_memory(uri, recipe, plan, folder)


def show(results: Results) -> None:
    """The tables, for who waited."""
    shown = tables.throughput_tables(results.throughput)
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
    """Where the document goes: among the others if it was a whole run, or if that was wished for."""
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
