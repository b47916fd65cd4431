"""Fan-out on write beside home timelines that are read."""

from contextlib import closing
from math import inf
from pathlib import Path

import psycopg2
import pytest

from benchmarks.databases import run_pamps
from benchmarks.fan_out import Cost, Line, break_even, compare, conclude, mean, ms_of_follower
from pamps.config import settings

on_postgres = pytest.mark.skipif(settings.db.uri.startswith("sqlite"), reason="compared on PostgreSQL alone")

WIDTH = 110  # of what is printed
READ = Line("page 1", Cost(0.5, 300, 21), Cost(0.1, 200, 21))
FEW = Line("post to 100 followers", Cost(0.1, 40, 1), Cost(0.4, 500, 100, 14 * 1024), followers=100)
MANY = Line("post to 1,900 followers", Cost(0.1, 40, 1), Cost(7.6, 9_000, 1_900, 250 * 1024), followers=1_900)
FOLLOW = Line("follow somebody", None, Cost(2.0, 7_000, 800))


@pytest.mark.once
def test_break_even_is_where_savings_pay_for_writes() -> None:
    assert break_even(READ, 2.0) == pytest.approx(5.0)
    assert break_even(READ, 0.0) == 0.0


@pytest.mark.once
def test_what_saves_nothing_never_pays() -> None:
    slower = Line("page 2", Cost(0.1, 200, 21), Cost(0.1, 200, 21))

    assert break_even(slower, 2.0) == inf


@pytest.mark.once
def test_a_follower_costs_the_same_share_of_every_post() -> None:
    assert ms_of_follower([READ, FEW, MANY, FOLLOW]) == pytest.approx(0.004)


@pytest.mark.once
def test_the_mean_is_that_of_time_and_pages() -> None:
    assert mean([Cost(1.0, 10, 21), Cost(2.0, 21, 21)]) == Cost(1.5, 16, 21)


@pytest.mark.once
def test_only_what_is_read_has_a_break_even() -> None:
    printed = conclude([READ, FEW, MANY, FOLLOW], rows=50_000, posts=100)

    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines()[2:6]]
    assert cells == [
        ["page 1", "21", "0.50", "300", "0.10", "200", "", "5.0"],
        ["post to 100 followers", "100", "0.10", "40", "+0.40", "+500", "14", ""],
        ["post to 1,900 followers", "1,900", "0.10", "40", "+7.60", "+9,000", "250", ""],
        ["follow somebody", "800", "", "", "+2.00", "+7,000", "", ""],
    ]
    assert "A post has 500 followers on average; at 4.0 us\neach, fan-out takes 2.00 ms" in printed
    assert all(len(line) <= WIDTH for line in printed.splitlines())


@on_postgres
def test_a_demo_is_compared_and_left_as_it_was(
    database_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.fan_out.RUNS", 2)
    run_pamps(database_uri, tmp_path, "demo", "--users=20", "--posts=200", "--until=2026-01-01")
    plain = database_uri.replace("postgresql+psycopg2", "postgresql")
    before = count_rows(plain)

    printed = compare(plain)

    assert "page 1, mean of 20 people" in printed
    assert "all inboxes of 800 posts" in printed
    assert all(len(line) <= WIDTH for line in printed.splitlines())
    assert count_rows(plain) == before


def count_rows(uri: str) -> dict[str, int]:
    """The tables of the schema under test, and how many rows they have."""
    with closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)")
        names = [name for (name,) in cursor.fetchall() if not name.startswith(("pg_", "sql_"))]
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - names of our own
            counts[name] = cursor.fetchone()[0]
        return counts
