"""Nobody waits for ever: what takes too long ends in a 503 that says when to come back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine, text

from tests.conftest import TEST_URI
from tests.support.server import Server, running_server

# A request that hangs is an error of the client long before the 30 seconds that nobody should wait.
PATIENCE_SECONDS = 15


@contextmanager
def holding(uri: str, table: str) -> Iterator[None]:
    """Another program that changes a table and does not come to an end. SQLite has one lock for all."""
    engine = create_engine(uri)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text(f'SELECT 1 FROM "{table}" FOR UPDATE'))  # noqa: S608 - our own word
        yield
        connection.rollback()
    engine.dispose()


def post(server: Server, token: str) -> httpx2.Response:
    with server.client(token) as client:
        return client.post("/post/", json={"text": "Hello."}, timeout=PATIENCE_SECONDS)


def assert_come_back_later(answer: httpx2.Response) -> None:
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.security(24)
@pytest.mark.skipif(not TEST_URI, reason="SQLite has no statements that wait for a row")
def test_a_statement_that_takes_too_long_is_cancelled(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_DB__statement_timeout="1") as server:
        ana = server.register("ana")

        with holding(database_uri, "user"):
            assert_come_back_later(post(server, ana))

        assert post(server, ana).status_code == 201


@pytest.mark.security(24)
def test_a_request_that_waits_too_long_is_refused_and_holds_nothing(
    database_uri: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"PAMPS_DB__pool_size": "1", "PAMPS_DB__wait_timeout": "1"}
    patient: dict[str, Any] = {"PAMPS_DB__statement_timeout": "5", "PAMPS_DB__busy_timeout": "5"}
    with running_server(database_uri, tmp_path, **settings, **patient) as server:
        ana = server.register("ana")

        with holding(database_uri, "user"), ThreadPoolExecutor(8) as pool:
            posts = [pool.submit(post, server, ana) for _ in range(8)]
            with server.client() as client:
                health = client.get("/health/", timeout=PATIENCE_SECONDS)
            answers = [waiting.result() for waiting in posts]

        assert health.status_code == 200
        for answer in answers:
            assert_come_back_later(answer)
        assert post(server, ana).status_code == 201
