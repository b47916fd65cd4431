"""The report of a run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.databases import DEMO_CODE, make_key
from benchmarks.growth import Cost, Curve, Growth
from benchmarks.lines import CEILING, CEILING_LINE, FEED, HOME, POST, WRITE, Line
from benchmarks.lists import with_limit
from benchmarks.memory import Memory
from benchmarks.plan import FULL, QUICK
from benchmarks.plots import plot_growth, plot_memory, plot_throughput
from benchmarks.report import Results, write_document
from benchmarks.server import REPOSITORY
from benchmarks.tables import throughput_table
from benchmarks.throughput import BARE, ONE, SQLITE, TWO, Phase, Row, Series, Tables, judge
from benchmarks.wrk import Sample

pytestmark = pytest.mark.once

MAX_BYTES = 60_000  # of a plot


# Requests per second of one worker in three rounds, and of the other servers as a multiple of these.
READS = {FEED: (50.0, 100.0, 25.0), HOME: (28.0, 56.0, 14.0), POST: (60.0, 100.0, 20.0)}
WRITES = {WRITE: (14.0, 28.0, 7.0)}
FACTORS = {ONE: 1.0, SQLITE: 0.5, TWO: 1.5}


def phase(rates: Mapping[str, tuple[float, ...]]) -> Phase:
    """Lines with processor times; the bare application has no database."""
    ceiling = [Sample(100, rate, 1.0, 2.0, server_ms=0.5) for rate in (100.0, 200.0, 50.0)]
    return Phase(
        Series(BARE, CEILING_LINE, ceiling),
        {
            server: [
                Series(
                    server,
                    Line(name, f"`GET /{name}/`", []),
                    [Sample(100, factor * rate, 1.0, 2.0, server_ms=1.5, postgres_ms=0.25) for rate in line],
                )
                for name, line in rates.items()
            ]
            for server, factor in FACTORS.items()
        },
    )


def throughput() -> Tables:
    """One worker whose home timeline is too slow, a SQLite that is too slow, and two workers that are not."""
    return judge([phase(READS), phase(WRITES)])


def growth() -> Growth:
    costs = {10_000: Cost([2.0], 0.5, 40), 1_000_000: Cost([2.2], 0.6, 44)}
    curves = [Curve(f"`GET /{name}/`", page, 20, costs) for name in "abcdefghijklm" for page in (1, 500)]
    return Growth(curves, ["/bookmark/{id}/"])


def memory() -> Memory:
    return Memory([(0, 100.0), (20_000, 120.0), (100_000, 151.0)], wanted=100_000)


def results() -> Results:
    return Results(["--write"], {"Date": "today"}, FULL, throughput(), growth(), memory(), {"SQLite": 100.0})


def test_ratios_are_those_of_each_round() -> None:
    rows = {row.series.line.name: row for row in throughput()[ONE]}

    assert rows[FEED].ratio == pytest.approx(0.5)
    assert rows[POST].ratio == pytest.approx(0.5)
    assert [rows[name].reached for name in (FEED, HOME, POST, WRITE)] == [True, False, True, True]


def test_another_server_is_compared_with_one_worker() -> None:
    sqlite, two = throughput()[SQLITE], throughput()[TWO]

    assert [(row.judged_by, row.ratio, row.reached) for row in sqlite] == [("PostgreSQL", 0.5, False)] * 4
    assert [(row.judged_by, row.ratio, row.reached) for row in two] == [("one worker", 1.5, True)] * 4
    assert [row.of_ceiling for row in two] == pytest.approx([0.75, 0.42, 0.75, 0.21])


def test_lines_that_are_compared_are_measured_side_by_side() -> None:
    order = [(series.server, series.line.name) for series in phase(READS).in_order]

    assert order[:5] == [(BARE, CEILING), (ONE, FEED), (SQLITE, FEED), (TWO, FEED), (ONE, HOME)]


def test_the_document_shows_every_figure_and_target() -> None:
    document = write_document(results())

    assert cells_of("The ceiling", document) == [["100", "1.0", "2.0", "0.50", "", "1.00", "", ""]]
    one, _, two = cells_of("`GET /home/`", document)
    assert one == ["28", "1.0", "2.0", "1.50", "0.25", "0.28", "0.30", "NO"]
    assert two == ["42", "1.0", "2.0", "1.50", "0.25", "0.42", "1.50", "1.50", "yes"]
    assert "This file was written by `benchmarks/run --write`" in document
    assert "`/bookmark/{id}/`" in document
    # Not met: home, SQLite, the memory, and that it stays flat.
    assert "34 of 41 targets were met." in document


def test_unknown_processor_time_is_left_blank() -> None:
    line = Line(FEED, "the feed", [])
    known, unknown = (Series(ONE, line, [Sample(100, 9.0, 1.0, 2.0, ms)]) for ms in (1.5, None))

    printed = throughput_table([Row(known, 1.0, "the ceiling", 1.0, 0.5), Row(unknown, 1.0)])

    assert "PostgreSQL ms" not in printed
    assert cells_of("the feed", printed) == [
        ["9", "1.0", "2.0", "1.50", "1.00", "0.50", "yes"],
        ["9", "1.0", "2.0", "", "1.00", "", ""],
    ]


def cells_of(title: str, document: str) -> list[list[str]]:
    """The other cells of all table rows with this title."""
    rows = [line.split("|")[2:-1] for line in document.splitlines() if line.startswith(f"| {title} ")]
    return [[cell.strip() for cell in row] for row in rows]


def test_plots_are_small_files(tmp_path: Path) -> None:
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
def test_only_a_full_run_replaces_the_published_document(arguments: list[str], folder: Path) -> None:
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


@pytest.mark.parametrize("pattern", DEMO_CODE)
def test_the_code_of_a_demo_is_where_it_is_looked_for(pattern: str) -> None:
    assert list(REPOSITORY.glob(pattern))


def test_a_limit_replaces_another_one() -> None:
    assert with_limit("/post/?limit=100&before=5", 3) == "/post/?limit=3&before=5"
