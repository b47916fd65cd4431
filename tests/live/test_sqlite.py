"""What SQLite is told, and what that buys: no lost update among many writers."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pamps.config import settings
from pamps.db import make_engine
from tests.conftest import TEST_URI

pytestmark = pytest.mark.skipif(bool(TEST_URI), reason="about SQLite alone")

THREADS = 24
ROUNDS = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(settings.db.model_copy(update={"uri": f"sqlite:///{tmp_path}/own.db"}))
    yield engine
    engine.dispose()


def test_every_connection_is_prepared(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }

    wait = settings.db.busy_timeout * 1000
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": wait}


@pytest.mark.security(28)
def test_the_database_is_readable_by_its_owner_alone(engine: Engine, tmp_path: Path) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert modes == {"own.db": 0o600, "own.db-wal": 0o600, "own.db-shm": 0o600}


def test_another_engine_takes_no_lock_away_from_the_first(engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1 FROM sqlite_master"))
        make_engine(settings.db.model_copy(update={"uri": f"sqlite:///{tmp_path}/own.db"})).dispose()

        # Whoever closes a file that nobody else has locked removes its companions.
        closing = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM sqlite_master')"
        subprocess.run([sys.executable, "-c", closing, tmp_path / "own.db"], check=True)

        assert (tmp_path / "own.db-wal").exists()


def test_no_update_is_lost_among_24_writing_threads(engine: Engine) -> None:
    writing = engine.execution_options(writes=True)
    with writing.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))

    def count(_: int) -> None:
        for _ in range(ROUNDS):
            with writing.begin() as connection:
                n = connection.execute(text("SELECT n FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(THREADS)))

    with engine.connect() as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == THREADS * ROUNDS


def test_readers_do_not_wait_for_a_writer(engine: Engine) -> None:
    with engine.execution_options(writes=True).begin() as writer:
        writer.execute(text("CREATE TABLE t (n INTEGER)"))
        with engine.connect() as reader:
            tables = reader.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()

    assert tables == 0
