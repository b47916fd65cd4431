"""Engines: how connections to either database are opened and configured."""

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
    """An engine for either database. It does not connect or create a file before its first use.

    `foreign_keys=False` is for migrations and reset-db: SQLite rebuilds a table by dropping the old one,
    which would delete the rows that refer to it. The statement timeout applies only with the default pool.
    """
    # hide_parameters: errors are logged, and must not contain password hashes or addresses.
    options: dict[str, Any] = {"echo": db.echo, "poolclass": poolclass, "hide_parameters": True}
    if poolclass is None:
        options |= {"pool_size": db.pool_size, "max_overflow": 0, "pool_timeout": db.wait_timeout}
    file = database_file(db.url)
    if file is None:
        options["skip_autocommit_rollback"] = True  # reads leave nothing to roll back
        engine = create_engine(db.uri, **options, connect_args=_network_timeouts(db))
        _leave_out_begin(engine)
        if poolclass is None:
            _set_up_postgresql(engine, db.statement_timeout)
        return engine
    engine = create_engine(db.uri, **options, connect_args={"timeout": db.busy_timeout})
    _set_up_sqlite(engine, file, foreign_keys=foreign_keys)
    return engine


def _network_timeouts(db: DatabaseSettings) -> dict[str, int]:
    """Options of libpq that drop an unresponsive connection. The kernel's default is a quarter of an hour."""
    return {
        "connect_timeout": db.wait_timeout,
        "tcp_user_timeout": db.statement_timeout * 1000,
        "keepalives_idle": db.wait_timeout,
    }


def _set_up_postgresql(engine: Engine, seconds: int) -> None:
    """Set up each connection: a statement timeout, which includes waiting for locks and results in a 503; one
    generic plan per prepared statement (see `pamps.db.prepared`), which PostgreSQL would otherwise plan again
    when it expects a better plan for given values; and UTC as the time zone."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET statement_timeout = '{seconds}s'; SET plan_cache_mode = force_generic_plan;"
                " SET TIME ZONE 'UTC'"
            )
        connection.commit()


def _leave_out_begin(engine: Engine) -> None:
    """Read without a transaction on the reading engine: one round trip instead of three.

    Sets autocommit on the driver connection. SQLAlchemy's `isolation_level` does the same, but costs another
    round trip per request.
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("writes") is False
        connection.connection.dbapi_connection.autocommit = only_reads  # type: ignore[union-attr]


def _make_private_file(path: str) -> None:
    """Create the database file with access for its owner only; SQLite gives its WAL files the same mode.

    An existing file is not opened: closing it would release SQLite's locks on it for the whole process
    (section 2.2 of "How To Corrupt An SQLite Database File"). Errors are ignored, because SQLite reports them
    when it opens the file.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(engine: Engine, file: str, *, foreign_keys: bool) -> None:
    """Set up SQLite: a private file, WAL, enforced foreign keys, and explicit BEGIN."""

    @event.listens_for(engine, "do_connect")
    def before_connect(*_: object) -> None:
        _make_private_file(file)

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: object) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - for the type checker
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A transaction that reads before it writes fails immediately if another one wrote in between. Taking
        # the write lock at the start makes it wait instead.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
