"""The engine, and the transaction that a command or a job works in."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Pool, Update, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session, create_engine

from pamps.config import settings
from pamps.config.schema import DatabaseSettings


def make_engine(
    db: DatabaseSettings, *, poolclass: type[Pool] | None = None, foreign_keys: bool = True
) -> Engine:
    """An engine for either database.

    `foreign_keys=False` is for migrations and reset-db: SQLite rebuilds a table by dropping the old one,
    which would delete what refers to it. Only an engine with the usual pool bounds the time of a statement.
    """
    # hide_parameters: an error that ends up in the log must not carry a hash or an address there.
    options: dict[str, Any] = {"echo": db.echo, "poolclass": poolclass, "hide_parameters": True}
    if poolclass is None:
        options |= {"pool_size": db.pool_size, "max_overflow": 0, "pool_timeout": db.wait_timeout}
    if db.url.get_backend_name() != "sqlite":
        engine = create_engine(db.uri, **options, connect_args=_patience_with_network(db))
        _leave_out_begin(engine)
        if poolclass is None:
            _set_up_postgres(engine, db.statement_timeout)
        return engine
    _make_private_file(db.url.database)
    engine = create_engine(db.uri, **options, connect_args={"timeout": db.busy_timeout})
    _prepare_sqlite(engine, foreign_keys=foreign_keys)
    return engine


def _patience_with_network(db: DatabaseSettings) -> dict[str, int]:
    """Options of libpq: a network that swallows packets is given up, not waited for as long as the kernel
    would, which is a quarter of an hour."""
    return {
        "connect_timeout": db.wait_timeout,
        "tcp_user_timeout": db.statement_timeout * 1000,
        "keepalives_idle": db.wait_timeout,
    }


def _set_up_postgres(engine: Engine, seconds: int) -> None:
    """Let PostgreSQL cancel what takes longer, also what waits for a lock: it becomes a 503. And let it keep
    the plan of a prepared statement (see `pamps.db.prepared`): by itself it goes on planning wherever it
    expects more of a plan for the very values."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{seconds}s'; SET plan_cache_mode = force_generic_plan")
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


def _make_private_file(path: str | None) -> None:
    """Create the database file for its owner only; SQLite gives its companions the same mode.

    A file that is there is not opened: closing it would take away the locks that SQLite has on it for the
    whole process (section 2.2 of "How To Corrupt An SQLite Database File").
    """
    if path and path != ":memory:" and not path.startswith("file:"):
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    """Make SQLite keep its promises: WAL, foreign keys, and transactions that begin when we say so."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: object) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - told to the type checker
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another one wrote meanwhile;
        # taking the write lock at the start makes it wait its turn instead.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_connection() -> Any:
    """A connection of the driver outside of the pool and of any transaction, for the caller to close."""
    borrowed = make_engine(settings.db, poolclass=NullPool).raw_connection()
    connection = borrowed.driver_connection
    borrowed.detach()
    return connection


engine = make_engine(settings.db)
writing_engine = engine.execution_options(writes=True)
# At READ COMMITTED, PostgreSQL's default, several reads in one transaction see no more of the same moment
# than without one; leaving it out saves two round trips a request. SQLite's BEGIN costs nothing.
reading_engine = engine.execution_options(writes=False)


@contextmanager
def unit_of_work(*, writes: bool) -> Iterator[Session]:
    """The session of one request, committed at the end, rolled back on an error. One that only reads, and
    began no transaction, has nothing to end."""
    session = Session(writing_engine if writes else reading_engine, expire_on_commit=False)
    try:
        yield session
        if session.in_transaction():
            session.commit()
    finally:
        if session.in_transaction() or session.identity_map:
            session.close()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session for commands and jobs, which may take their time: committed at the end, rolled back on an
    error."""
    with Session(writing_engine, expire_on_commit=False) as session:
        if engine.dialect.name == "postgresql":
            session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield session
        session.commit()


@contextmanager
def aside(session: Session) -> Iterator[Session]:
    """A session for something small that any request writes, also one that only reads, in a transaction of
    its own.

    The transaction of the request ends first: no request ever holds two connections.
    """
    session.commit()
    with Session(session.get_bind().execution_options(writes=True)) as writing:
        yield writing
        writing.commit()


def write_aside(session: Session, statement: Update) -> None:
    """Run one statement aside."""
    with aside(session) as writing:
        writing.execute(statement)


def release(session: Session) -> None:
    """End the transaction early: what was written stays, even if a refusal follows, and the connection is
    given back before slow work such as hashing a password, which would otherwise keep every other writer
    waiting. What was loaded stays usable."""
    session.commit()
