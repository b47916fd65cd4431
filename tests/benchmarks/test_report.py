"""What is told of a run."""

from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.databases import make_key
from benchmarks.growth import Cost, Curve, Growth
from benchmarks.lists import with_limit
from benchmarks.memory import Memory
from benchmarks.plan import FULL, QUICK
from benchmarks.plots import plot_growth, plot_memory, plot_throughput
from benchmarks.report import Results, write_document
from benchmarks.throughput import (
    CEILING,
    FEED,
    HOME,
    ONE,
    POST,
    TWO,
    WRITE,
    Row,
    Series,
    judge_one,
    judge_others,
)
from benchmarks.wrk import Sample

pytestmark = pytest.mark.once

MAX_BYTES = 60_000  # of a picture


def series(server: str, work: str, *rates: float) -> Series:
    return Series(server, work, f"`GET /{work}/`", [], [Sample(100, rate, 1.0, 2.0) for rate in rates])


def throughput() -> list[Row]:
    """One worker with a home timeline that is too slow, and two that are fast enough."""
    one = {
        CEILING: series(ONE, CEILING, 100, 200, 50),
        FEED: series(ONE, FEED, 50, 100, 25),
        HOME: series(ONE, HOME, 39, 78, 19.5),
        POST: series(ONE, POST, 60, 100, 20),
    }
    writes = {CEILING: series(ONE, CEILING, 100), WRITE: series(ONE, WRITE, 30)}
    two = {work: series(TWO, work, *(sample.rate * 1.5 for sample in one[work].samples)) for work in one}
    return [*judge_one(one, writes), *judge_others(TWO, {ONE: one, TWO: two})]


def growth() -> Growth:
    costs = {10_000: Cost([2.0], 0.5, 40), 1_000_000: Cost([2.2], 0.6, 44)}
    curves = [Curve(f"`GET /{name}/`", page, 20, costs) for name in "abcdefghijklm" for page in (1, 500)]
    return Growth(curves, ["/bookmark/{id}/"])


def memory() -> Memory:
    return Memory([(0, 100.0), (20_000, 120.0), (100_000, 151.0)], wanted=100_000)


def results() -> Results:
    return Results(["--write"], {"Date": "today"}, FULL, throughput(), growth(), memory(), {"SQLite": 100.0})


def test_ratios_are_those_of_each_round() -> None:
    rows = {row.series.work: row for row in throughput() if row.series.server == ONE}

    assert rows[FEED].ratio == pytest.approx(0.5)
    assert rows[POST].ratio == pytest.approx(0.5)
    assert [rows[work].reached for work in (FEED, HOME, POST, WRITE)] == [True, False, True, True]


def test_the_document_tells_every_figure_and_what_was_reached() -> None:
    document = write_document(results())

    home = next(line for line in document.splitlines() if line.startswith("| `GET /home/`"))
    assert [cell.strip() for cell in home.strip("|").split("|")] == [
        *("`GET /home/`", "39", "1.0", "2.0", "0.39", "0.40", "NO")
    ]
    assert "`benchmarks/run --write` has written this file" in document
    assert "`/bookmark/{id}/`" in document
    # Not reached: home, the memory, and that it stays flat.
    assert "33 of 36 targets were reached." in document


def test_pictures_are_small(tmp_path: Path) -> None:
    plot_throughput(throughput(), tmp_path / "throughput.png")
    plot_growth(growth(), tmp_path / "growth.png")
    plot_memory(memory(), tmp_path / "memory.png")

    assert all(1000 < file.stat().st_size < MAX_BYTES for file in tmp_path.glob("*.png"))
    assert len(list(tmp_path.glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ([], run.HERE),
        (["--growth", "--write"], run.HERE),
        (["--growth"], run.KEPT),
        (["--quick"], run.KEPT),
        (["--rounds", "1"], run.KEPT),
    ],
)
def test_only_a_whole_run_is_written_among_the_documents(arguments: list[str], folder: Path) -> None:
    options = run.read_options(arguments)

    assert run.choose_folder(options, run.make_plan(options)) == folder


def test_a_quick_run_cannot_be_written() -> None:
    with pytest.raises(SystemExit):
        run.read_options(["--quick", "--write"])


def test_options_change_the_plan() -> None:
    plan = run.make_plan(run.read_options(["--quick", "--sizes", "300,20", "--rounds", "7"]))

    assert (plan.sizes, plan.rounds, plan.users) == ((20, 300), 7, QUICK.users)


def test_another_recipe_is_another_database() -> None:
    assert make_key("--users=1") == make_key("--users=1") != make_key("--users=2")


def test_a_limit_replaces_another_one() -> None:
    assert with_limit("/post/?limit=100&before=5", 3) == "/post/?limit=3&before=5"
