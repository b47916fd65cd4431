"""The process: it migrates, it says when it is ready, it keeps what it acknowledged."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from sqlmodel import create_engine

from tests.support.commands import run_pamps
from tests.support.processes import PATIENCE_SECONDS
from tests.support.server import REPOSITORY, Server, running_server


@contextmanager
def altered(uri: str, statement: str) -> Iterator[None]:
    """The database after a statement that Pamps would never send."""
    engine = create_engine(uri)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    yield


def test_several_starters_migrate_an_empty_database_once(database_uri: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: run_pamps(database_uri, "migrate"), range(4)))

    assert [run.returncode for run in runs] == [0] * 4, [run.stderr for run in runs]
    assert run_pamps(database_uri, "user-list", "--json").stdout == "[]\n"


def test_a_server_on_an_old_schema_is_alive_but_not_ready(own_server: Server) -> None:
    outdate = "UPDATE alembic_version SET version_num = '0000'"
    with altered(own_server.uri, outdate), own_server.client() as client:
        ready = client.get("/ready/")
        alive = client.get("/health/")

    assert ready.status_code == 503
    assert ready.json()["code"] == "not_migrated"
    assert ready.headers["Retry-After"] == "1"
    assert alive.json() == {"status": "ok"}


def test_a_server_without_tables_says_so(own_server: Server) -> None:
    with altered(own_server.uri, "DROP TABLE alembic_version"), own_server.client() as client:
        ready = client.get("/ready/")

    assert (ready.status_code, ready.json()["code"]) == (503, "not_migrated")


def test_tokens_work_on_every_worker(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2") as server:
        token = server.register("ana")
        statuses = set()
        for _ in range(20):  # a new connection each time, so that both workers get some
            with server.client(token) as client:
                statuses.add(client.get("/user/me/").status_code)

    assert statuses == {200}


@pytest.mark.security(23)
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PAMPS_ENV", "prod", "PAMPS_ENV is 'prod'"),
        ("PAMPS_ENV", "production", "secret key"),
        ("PAMPS_SERVER__prot", "1", "unknown setting server.prot"),
        ("PAMPS_SERVER__port", "many", "setting server.port"),
    ],
)
def test_uvicorn_refuses_broken_settings_in_one_line(
    name: str, value: str, words: str, tmp_path: Path
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "uvicorn", "pamps.app:app", "--port", "0"],
        cwd=REPOSITORY,
        env={**os.environ, name: value, "PAMPS_DB__uri": f"sqlite:///{tmp_path}/a.db"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stderr.startswith("pamps: ")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_no_worker_outlives_a_parent_that_was_killed(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2") as server:
        workers = psutil.Process(server.process.pid).children(recursive=True)
        assert len(workers) >= 2

        server.process.kill()

        _, alive = psutil.wait_procs(workers, timeout=PATIENCE_SECONDS)
        assert not alive
