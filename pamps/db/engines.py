"""Engines: how connections of either database are opened and set up."""

import os
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, Pool, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import create_engine

from pamps.config.schema import DatabaseSettings
from pamps.config.url import database_file


def make_engine(
    db: DatabaseSettings, *, poolclass: type[Pool] | None = None, foreign_keys: bool = True
) -> Engine:
    """An engine for either database. It opens nothing, and makes no file, before its first connection.

    `foreign_keys=False` is for migrations and reset-db: SQLite rebuilds a table by dropping the old one,
    which would delete what refers to it. Only an engine with the usual pool bounds the time of a statement.
    """
    # hide_parameters: an error that ends up in the log must not carry a hash or an address there.
    options: dict[str, Any] = {"echo": db.echo, "poolclass": poolclass, "hide_parameters": True}
    if poolclass is None:
        options |= {"pool_size": db.pool_size, "max_overflow": 0, "pool_timeout": db.wait_timeout}
    file = database_file(db.url)
    if file is None:
        engine = create_engine(db.uri, **options, connect_args=_network_timeouts(db))
        _leave_out_begin(engine)
        if poolclass is None:
            _set_up_postgresql(engine, db.statement_timeout)
        return engine
    engine = create_engine(db.uri, **options, connect_args={"timeout": db.busy_timeout})
    _set_up_sqlite(engine, file, foreign_keys=foreign_keys)
    return engine


def _network_timeouts(db: DatabaseSettings) -> dict[str, int]:
    """Options of libpq. When packets are lost the connection is given up after these times; the kernel would
    wait for a quarter of an hour."""
    return {
        "connect_timeout": db.wait_timeout,
        "tcp_user_timeout": db.statement_timeout * 1000,
        "keepalives_idle": db.wait_timeout,
    }


def _set_up_postgresql(engine: Engine, seconds: int) -> None:
    """Let PostgreSQL cancel statements that take longer, even those that wait for a lock: they become a 503.
    And let it keep the plan of a prepared statement (see `pamps.db.prepared`): by itself it plans again
    wherever it expects more of a plan for the values at hand. Times come as UTC, whatever the server says."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET statement_timeout = '{seconds}s'; SET plan_cache_mode = force_generic_plan;"
                " SET TIME ZONE 'UTC'"
            )
        connection.commit()


def _leave_out_begin(engine: Engine) -> None:
    """Read without a transaction where nobody writes (see `reading_engine`): one round trip instead of three.

    The driver is told directly. SQLAlchemy's `isolation_level` does the same at the price of another round
    trip for each request.
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("writes") is False
        connection.connection.dbapi_connection.autocommit = only_reads  # type: ignore[union-attr]


def _make_private_file(path: str) -> None:
    """Create the database file for its owner only; SQLite gives its companions the same mode.

    A file that exists is not opened: closing it would release the locks that SQLite has on it for the whole
    process (section 2.2 of "How To Corrupt An SQLite Database File"). If that fails, SQLite says why when it
    opens the file.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(engine: Engine, file: str, *, foreign_keys: bool) -> None:
    """Make SQLite keep its promises: a private file, WAL, foreign keys, and transactions that begin when we
    say so."""

    @event.listens_for(engine, "do_connect")
    def before_connect(*_: object) -> None:
        _make_private_file(file)

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: object) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - told to the type checker
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once if another one wrote in between;
        # taking the write lock at the start makes it wait its turn instead.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
