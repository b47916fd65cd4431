"""What a request sends to PostgreSQL, and what that costs."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from benchmarks.databases import run_pamps
from benchmarks.growth import Cost, Curve, explain, is_explained, prepare_all
from benchmarks.statements import capture
from benchmarks.wrk import LoadFailed
from pamps.config import settings

on_postgres = pytest.mark.skipif(settings.db.uri.startswith("sqlite"), reason="only PostgreSQL explains so")


@on_postgres
def test_statements_of_a_request_are_captured_and_explained(database_uri: str, tmp_path: Path) -> None:
    run_pamps(database_uri, tmp_path, "demo", "--users=20", "--posts=100", "--until=2026-01-01")

    (feed, nothing) = capture(database_uri, [("/post/", ""), ("/health/", "")], tmp_path)

    read = [statement for statement in feed if is_explained(statement)]
    assert any("FROM post" in statement for statement in feed)
    assert read
    assert nothing == []
    plain = database_uri.replace("postgresql+psycopg2", "postgresql")
    with closing(psycopg2.connect(plain)) as connection:
        prepare_all(connection, feed)
        for statement in read:
            pages, ms = explain(connection, statement)
            assert pages > 0
            assert ms > 0


@on_postgres
def test_a_request_that_fails_is_no_result(database_uri: str, tmp_path: Path) -> None:
    run_pamps(database_uri, tmp_path, "migrate")

    with pytest.raises(LoadFailed, match="GET /user/me/ answered 401"):
        capture(database_uri, [("/user/me/", "")], tmp_path)


@pytest.mark.parametrize(
    ("statement", "explained"),
    [
        ("SELECT 1", True),
        ("\n  WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("(SELECT 1) UNION (SELECT 2)", True),
        ("update post SET likes = 1", True),
        ("EXECUTE feed(1)", True),
        ("PREPARE feed AS SELECT 1", False),
        ("SET statement_timeout = '30s'", False),
        ("ROLLBACK;", False),
    ],
)
def test_only_what_touches_rows_is_explained(statement: str, explained: bool) -> None:
    assert is_explained(statement) is explained


def test_an_unknown_statement_is_not_passed_over() -> None:
    with pytest.raises(LoadFailed, match="COPY"):
        is_explained("COPY post TO STDOUT")


def test_growth_is_the_largest_database_beside_the_smallest() -> None:
    costs = {
        1000: Cost([3.0, 2.0, 4.0], pages=50),
        10: Cost([2.0, 2.0, 2.0], pages=20),
        100: Cost([9.0] * 3, pages=99),
    }

    curve = Curve("a list", 1, 20, costs)

    assert (curve.time_ratio, curve.page_ratio) == (1.5, 2.5)
    assert not curve.reached
